"""Growth after n random steps: cell bounds below the exact growth, known exponents inside, signs in dimension 4."""

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.lyapunov.directions import n_step_growth as delayed_growth
from certify.lyapunov.directions.branch_and_bound import covers, halved
from certify.lyapunov.directions.growth_cells import growth_lower, level_of
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.families.sgd_family import sgd_family
from certify.minimum.momentum_family import momentum_family
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.directions import n_step_growth as delayed_growth_search
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import perron

NO_FRAME = np.zeros((0, 0))


def exact_growth(matrices: np.ndarray, probabilities: np.ndarray, steps: int, v: np.ndarray) -> float:
    """r_n(v) by the definition: one word after the other."""
    total = 0.0
    stack = [(1.0, v, 0)]
    while stack:
        chance, image, length = stack.pop()
        for p, a in zip(probabilities, matrices, strict=True):
            if length == steps:
                total += chance * p * (math.log(np.linalg.norm(a @ image)) - math.log(np.linalg.norm(image)))
            else:
                stack.append((chance * p, a @ image, length + 1))
    return total


def crude(matrices: np.ndarray, sign: float, count: int) -> list[float]:
    """Valid bounds of sign r_0, sign r_1, ..: the least growth of a single matrix."""
    sizes = np.linalg.svd(matrices)[1]
    least = math.log(sizes[:, -1].min()) if sign > 0 else -math.log(sizes[:, 0].max())
    return [least - 1e-9] * count


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(0, 3), st.sampled_from([1.0, -1.0]), st.integers(0, 9))
def test_the_bound_of_a_cell_lies_below_the_growth_on_it(seed: int, d: int, n: int, sign: float, size: int) -> None:
    rng = np.random.default_rng(seed)
    matrices, probabilities = rng.integers(-8, 9, (2, d, d)) / 4.0, [F(1, 3), F(2, 3)]
    if min(abs(np.linalg.det(a)) for a in matrices) < 0.05:
        return
    family = matrix_family(matrices.tolist(), probabilities)
    level, known = level_of(family, n, np.eye(d)), crude(matrices, sign, n)
    centres, halves = np.eye(d), 1.0 - np.eye(d)
    for _ in range(size):
        centres, halves = halved(centres, halves, rng.random(centres.shape))
        kept = rng.permutation(len(centres))[:6]
        centres, halves = centres[kept], halves[kept]
    bounds, weights = growth_lower(level, known, sign, (centres, halves))
    assert np.all(weights[halves > 0] > 0)
    for centre, half, bound in zip(centres, halves, bounds, strict=True):
        for shift in [*rng.uniform(-1, 1, (4, d)), rng.choice([-1.0, 1.0], d)]:
            growth = exact_growth(matrices, np.array([1 / 3, 2 / 3]), n, centre + shift * half)
            assert bound <= sign * growth + 1e-12


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_on_small_cells_little_is_lost(sign: float) -> None:
    rng = np.random.default_rng(3)
    matrices = rng.integers(-8, 9, (2, 3, 3)) / 4.0
    level = level_of(matrix_family(matrices.tolist()), 3, np.eye(3))
    centre, half = np.array([[1.0, 0.25, -0.5]]), np.array([[0.0, 2.0**-12, 2.0**-12]])
    bound = growth_lower(level, crude(matrices, sign, 3), sign, (centre, half))[0][0]
    assert bound > sign * exact_growth(matrices, np.array([0.5, 0.5]), 3, centre[0]) - 0.02


def test_the_curvature_of_the_subtracted_logarithm_is_paid_for() -> None:
    # v = (1, t): log |A v| = log(1 + 9 t^2) / 2 has slope 0 at t = 0, but exceeds its value there at the ends
    level = level_of(matrix_family([[[1.0, 0.0], [0.0, 3.0]]]), 0, np.eye(2))
    bound = growth_lower(level, [], -1.0, (np.array([[1.0, 0.0]]), np.array([[0.0, 0.125]])))[0][0]
    assert bound <= -(math.log(1 + 9 / 64) - math.log(1 + 1 / 64)) / 2


def test_the_curvature_of_the_added_logarithms_is_paid_for() -> None:
    # v = (1, 1 + t): the slopes of the two logarithms and of |v| cancel at t = 0
    matrices = np.array([[[9.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 9.0]]])
    half, level = 0.296875, level_of(matrix_family(matrices.tolist()), 0, np.eye(2))
    bound = growth_lower(level, [], 1.0, (np.array([[1.0, 1.0]]), np.array([[0.0, half]])))[0][0]
    assert bound > -0.2
    assert bound <= exact_growth(matrices, np.array([0.5, 0.5]), 0, np.array([1.0, 1.0 - half]))


@pytest.mark.usefixtures("few_cells")
def test_a_level_that_fails_ends_the_list() -> None:
    family, exponent = KNOWN["shears"]
    false = {"lower": np.array([-0.4, exponent + 0.1]), "upper": np.array([0.5, exponent - 0.1])}
    found = delayed_growth.prove(family, {"frame": NO_FRAME} | false)
    assert (found.lower, found.upper) == (-0.4, 0.5)


def test_what_is_unresolved_on_a_cell_is_worth_what_the_shorter_words_are() -> None:
    matrices = np.array([[[2.0, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 2.0]]])
    level = level_of(matrix_family(matrices.tolist()), 2, np.eye(2))
    face = (np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))

    def bound(known: list[float]) -> float:
        return float(growth_lower(level, known, 1.0, face)[0][0])

    # the weights of the prefixes are probabilities: a drop of the known bounds by one costs at most one
    assert 0.5 < bound([-0.7, -0.4]) - bound([-1.7, -1.4]) <= 1.0 + 1e-12
    assert bound([-np.inf, -np.inf]) == -np.inf


# exponents: D. Viswanath, Math. Comp. 69 (2000); two shears on their invariant cone; one matrix: its spectral radius
KNOWN: dict[str, tuple[Family, float]] = {
    "random Fibonacci": (matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]]), 0.12397559880),
    "shears": (matrix_family([[[1, 1], [0, 1]], [[1, 0], [1, 1]]]), 0.39621256429774),
    "golden": (matrix_family([[[2, 1], [1, 1]]]), math.log((3 + math.sqrt(5)) / 2)),
}


@pytest.fixture
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not proved with so few cells is given up sooner."""
    monkeypatch.setattr(delayed_growth, "_MOST_CELLS", 4000)


@pytest.mark.usefixtures("few_cells")
@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("error", [1e-9, 1e-3, 0.3])
def test_targets_beyond_the_exponent_are_never_proved(name: str, error: float) -> None:
    family, exponent = KNOWN[name]
    for count in (1, 3):
        false = {"lower": np.full(count, exponent + error), "upper": np.full(count, exponent - error)}
        found = delayed_growth.prove(family, {"frame": NO_FRAME} | false)
        assert (found.lower, found.upper) == (-np.inf, np.inf)


def test_more_steps_give_sharper_bounds_of_the_shears() -> None:
    """On 20001 directions r_0 .. r_4 lie in [-.347, .459], [.031, .413], [.210, .402], [.302, .398], [.349, .397]."""
    family, exponent = KNOWN["shears"]
    rising, falling = np.array([-0.4, -0.05, 0.15, 0.25, 0.3]), np.array([0.5, 0.43, 0.42, 0.41, 0.405])
    found = delayed_growth.prove(family, {"frame": NO_FRAME, "lower": rising, "upper": falling})
    assert (found.lower, found.upper) == (0.3, 0.405)
    assert found.contains(exponent)


def test_diagonal_matrices_in_dimension_four() -> None:
    # log |A v| of a multiple of an isometry does not depend on v: r_n = lambda exactly
    turn = np.array([[0.0, -2.0, 0, 0], [2.0, 0, 0, 0], [0, 0, 0, 2.0], [0, 0, 2.0, 0]])
    family = matrix_family([turn.tolist(), (np.eye(4) / 4).tolist()])
    exponent = (math.log(2) + math.log(1 / 4)) / 2
    witness = {"frame": NO_FRAME, "lower": np.array([exponent - 1e-3]), "upper": np.array([exponent + 1e-3])}
    found = delayed_growth.prove(family, witness)
    assert found.lower == exponent - 1e-3
    assert found.upper == exponent + 1e-3


def momentum_pair(multiple: F, memory: F) -> Family:
    """SGD with momentum for theta1 x + theta2 x^2 at x = 1, 2; eta = multiple / max K_ii."""
    return momentum_family(sgd_family([[2, 6], [6, 20]], multiple / 20), rational_ball(memory))


def test_momentum_at_a_large_rate_is_proved_unstable() -> None:
    """Simulated: 0.75 nats per step; the determinant b^2 of the block matrices is below one at every rate."""
    family = momentum_pair(F(6), F(9, 10))
    form = positive_metric(perron(family.matrices.mid, family.probabilities.mid).left, 1e-3)
    targets = np.array([-1.3, -0.7, -0.25, 0.05])
    witness = {"frame": delayed_growth_search.whitening_frame(form), "lower": targets, "upper": np.zeros(0)}
    assert delayed_growth.prove(family, witness).lower == 0.05


@pytest.mark.usefixtures("few_cells")
def test_a_ball_family_gives_no_more_than_its_members() -> None:
    family, exponent = KNOWN["shears"]
    blurred = matrix_family(Ball(family.matrices.mid, np.full((2, 2, 2), 0.02)))
    for target in np.linspace(-0.5, exponent, 7):
        witness = {"frame": NO_FRAME, "lower": np.array([target]), "upper": np.array([1.0])}
        wide, sharp = delayed_growth.prove(blurred, witness), delayed_growth.prove(family, witness)
        assert wide.lower <= sharp.lower
        assert wide.upper >= sharp.upper


def test_no_time_no_bounds() -> None:
    family = momentum_pair(F(6), F(9, 10))
    witness = delayed_growth_search.propose(family, 1, computing_time() - 1.0)
    found = delayed_growth.prove(family, witness)
    assert (found.lower, found.upper) == (-np.inf, np.inf)


@pytest.mark.parametrize("chance", [F(1, 2), F(1, 10**300)])
@pytest.mark.parametrize("target", [-1e5, -1e250])
def test_a_singular_matrix_has_no_lower_bound(target: float, chance: F) -> None:
    family = matrix_family([[[1, 0], [0, 0]], [[0, 1], [1, 1]]], [chance, 1 - chance])
    for count in (1, 2):
        witness = {"frame": NO_FRAME, "lower": np.array([target, -1.0][:count]), "upper": np.zeros(0)}
        assert delayed_growth.prove(family, witness).lower == -np.inf


def test_too_many_cells_end_the_subdivision() -> None:
    def never(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(centres), np.nan), halves

    assert not covers(never, 3, -1.0, at_once=8, most=1000, deadline=np.inf)


@pytest.mark.parametrize(
    "damage",
    [
        {"lower": np.array([math.nan])},
        {"lower": np.zeros((2, 2))},
        {"lower": np.zeros(40)},
        {"frame": np.zeros((2, 2))},
        {"frame": np.eye(3)},
    ],
)
def test_damaged_witnesses(damage: dict[str, Any]) -> None:
    witness: dict[str, Any] = {"frame": NO_FRAME, "lower": np.zeros(1), "upper": np.ones(1)}
    with pytest.raises(CertificateError):
        delayed_growth.prove(KNOWN["shears"][0], witness | damage)


def test_where_it_applies() -> None:
    assert delayed_growth.admits(KNOWN["shears"][0]) is not None
    assert delayed_growth.admits(momentum_pair(F(1), F(1, 2))) is None
