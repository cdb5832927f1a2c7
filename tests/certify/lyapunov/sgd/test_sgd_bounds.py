"""SGD families: the closed forms agree with the explicit list of batches, and the known exponents are contained."""

import math
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.families.sgd_family import SGDFamily, avoids, is_connected, is_regular, sgd_family
from certify.lyapunov.norms import contraction
from certify.lyapunov.norms import jensen_bound as concave_bound
from certify.lyapunov.sgd import sgd_determinant, sgd_reduction
from certify.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound
from certify.lyapunov.sgd.sgd_moment import single_weights, uniform_weights, weighted_moment
from certify.statements.exponents import PLACES
from foundation import CertificateError, InputError
from foundation.computing_time import computing_time
from search.lyapunov.norms import jensen_bound as concave_bound_search
from search.lyapunov.norms import second_moment as second_moment_search
from search.lyapunov.registry import Proposer, proposer_named
from search.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound_search
from search.lyapunov.sgd import sgd_reduction as sgd_reduction_search
from search.lyapunov.sgd.sgd_moment import MomentSolver, mean_square_threshold


def proposer(engine: Any) -> Proposer:
    """What looks for the witnesses of the theorem in this module."""
    return proposer_named(
        next(name for name, place in PLACES.items() if engine.__name__ == f"certify.lyapunov.{place}")
    )


F = Fraction


def gram_of(rows: list[list[Any]]) -> list[list[Any]]:
    return [[sum(a * b for a, b in zip(r, s, strict=True)) for s in rows] for r in rows]


def random_gram(seed: int, rows: int, columns: int) -> np.ndarray:
    gradients = np.random.default_rng(seed).integers(-8, 9, (rows, columns)) / 8.0
    gram = gradients @ gradients.T
    return np.asarray(gram)


def explicit_updates(gram: np.ndarray, rate: Fraction, batch: int, outputs: int) -> list[list[list[Fraction]]]:
    """I - (eta/B) E_S K in rational arithmetic, written out from the definition."""
    size = len(gram)
    updates = []
    for chosen in combinations(range(size // outputs), batch):
        matrix = []
        for i in range(size):
            factor = rate / batch if i // outputs in chosen else F(0)
            matrix.append([F(int(i == j)) - factor * F(gram[i, j]) for j in range(size)])
        updates.append(matrix)
    return updates


@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
def test_explicit_families_follow_the_definition(batch: int, outputs: int) -> None:
    gram = random_gram(1, 3 * outputs, 7)
    family = sgd_family(gram, F(1, 7), batch, outputs)
    listed = family.explicit()
    assert listed is not None
    assert listed.exact is not None
    expected = explicit_updates(gram, F(1, 7), batch, outputs)
    for matrix, rows in zip(listed.exact, expected, strict=True):
        assert [[Fraction(int(x.p), int(x.q)) for x in row] for row in matrix.tolist()] == rows
    balls = sgd_family(Ball(gram, np.zeros(gram.shape)), Ball.exact(np.asarray(1 / 7)), batch, outputs)
    assert balls.update(tuple(range(batch))).contains(listed.matrices.mid[0]).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 4), st.integers(1, 2))
def test_the_second_moment_without_a_list_of_batches(seed: int, count: int, batch: int, outputs: int) -> None:
    batch = min(batch, count)
    gram = random_gram(seed, count * outputs, 5)
    family = sgd_family(gram, F(1, 3), batch, outputs)
    root = np.random.default_rng(seed).integers(-5, 6, gram.shape).astype(float)
    form = root + root.T
    updates = explicit_updates(gram, F(1, 3), batch, outputs)
    images = _mean_image(updates, form, [F(1, len(updates))] * len(updates))
    assert _encloses(weighted_moment(family, uniform_weights(family), form), images)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(1, 2))
def test_the_weighted_moment_of_single_examples(seed: int, outputs: int) -> None:
    gram = random_gram(seed, 3 * outputs, 5)
    family = sgd_family(gram, F(1, 3), 1, outputs)
    form = np.diag(np.arange(1.0, len(gram) + 1))
    weights = [F(1, 2), F(3), F(5, 4)]
    updates = explicit_updates(gram, F(1, 3), 1, outputs)
    images = _mean_image(updates, form, [w / 3 for w in weights])
    enclosure = weighted_moment(family, single_weights(family, np.array([float(w) for w in weights])), form)
    assert _encloses(enclosure, images)
    assert enclosure.rad.max() < 1e-10 * max(np.abs(enclosure.mid).max(), 1.0)


def _mean_image(updates: list[list[list[Fraction]]], form: np.ndarray, weights: list[Fraction]) -> np.ndarray:
    """sum_S w_S A_S X A_S^T, exactly."""
    x = np.array([[Fraction(v) for v in row] for row in form], dtype=object)
    arrays = [np.array(a, dtype=object) for a in updates]
    total: np.ndarray = sum((w * (a @ x @ a.T) for w, a in zip(weights, arrays, strict=True)), start=0 * x)
    return total


def _encloses(balls: Ball, exact: np.ndarray) -> bool:
    return all(
        abs(Fraction(float(balls.mid[i])) - value) <= Fraction(float(balls.rad[i]))
        for i, value in np.ndenumerate(exact)
    )


@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
def test_structured_bounds_agree_with_the_listed_family(batch: int, outputs: int) -> None:
    family = sgd_family(random_gram(3, 4 * outputs, 12), 0.125, batch, outputs)
    listed = family.explicit()
    assert listed is not None
    moment, explicit = (
        sgd_concave_bound_search.second_moment_exponent(family),
        second_moment_search.second_moment_exponent(listed),
    )
    moment.intersect(explicit)
    assert moment.width < 1e-6
    if batch == 1:
        own = sgd_concave_bound.prove(family, sgd_concave_bound_search.propose(family, 3, computing_time() + 20)).upper
        other = concave_bound.prove(listed, concave_bound_search.propose(listed, 2, computing_time() + 20)).upper
        assert own == pytest.approx(other, abs=2e-6)


# theta1 x + theta2 x^2 at two points: rows (x, x^2)
TWO: dict[str, tuple[list[list[Any]], Fraction, float]] = {
    "cone": ([[1, 1], [2, 4]], F(1, 25), -0.00367856843944),
    "unstable": ([[1, 1], [2, 4]], F(9, 50), 0.29115828539),
    "singular": ([[1, 1], [2, 4]], F(1, 20), -0.004602033302672292),
    "almost surely stable": ([[3, 9], [4, 16]], F(1, 100), -0.0022612697),
    "orthogonal": ([[2, 4], [F(-1, 2), F(1, 4)]], F(3, 20), math.log(2) / 2),
}


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("engine", [sgd_concave_bound, sgd_determinant, contraction, sgd_reduction])
def test_known_exponents(name: str, engine: Any) -> None:
    rows, rate, exponent = TWO[name]
    family = sgd_family(gram_of(rows), rate)
    if proposer(engine).applies(family) is None:
        bounds = engine.prove(family, proposer(engine).propose(family, 0, computing_time() + 2))
        assert bounds.lower - 1e-10 <= exponent <= bounds.upper + 1e-10


def test_the_bound_does_not_depend_on_the_unit_of_the_scales() -> None:
    family = sgd_family(random_gram(3, 4, 12), 0.125)
    witness = sgd_concave_bound_search.propose(family, 1, computing_time() + 5)
    bound = sgd_concave_bound.prove(family, witness).upper
    scaled = sgd_concave_bound.prove(family, witness | {"scales": 3.0 * witness["scales"]}).upper
    assert scaled == pytest.approx(bound, abs=1e-12)


def test_the_determinant_bound_is_the_mean_over_examples_and_dimensions() -> None:
    # K_11 = 2, K_22 = 20, eta = 9/50: (log |1 - 18/50| + log |1 - 18/5|) / 4
    lower = sgd_determinant.prove(sgd_family(gram_of([[1, 1], [2, 4]]), F(9, 50)), {}).lower
    exact = (math.log(1 - 18 / 50) + math.log(18 / 5 - 1)) / 4
    assert exact - 1e-14 < lower <= exact


def test_sums_of_exponents_for_batches() -> None:
    # theta1 x + theta2 x^2 + theta3 at x = -1, 1, 2 with eta = 1/9
    gram = gram_of([[-1, 1, 1], [1, 1, 1], [2, 4, 1]])
    for batch, total in ((1, -0.174416048), (2, -1.132768556)):
        enclosure = sgd_determinant.exponent_sum(sgd_family(gram, F(1, 9), batch))
        assert enclosure.width < 1e-12
        assert enclosure.midpoint == pytest.approx(total, abs=1e-9)


def test_determinant_with_an_exact_zero() -> None:
    family = sgd_family(gram_of([[1, 1], [2, 4]]), F(1, 20))
    assert sgd_determinant.prove(family, {}).lower == -np.inf


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 3), st.floats(0.01, 1.5))
def test_contraction_dominates_the_mean_square_in_parameter_space(seed: int, batch: int, share: float) -> None:
    gram = random_gram(seed, 3, 9)
    if np.linalg.eigvalsh(gram)[0] < 1e-3:
        return
    rate = share / float(np.diagonal(gram).max())
    family = sgd_family(gram, rate, batch)
    updates = [np.array(a, dtype=float) for a in explicit_updates(gram, F(rate), batch, 1)]
    mean = sum(a.T @ gram @ a for a in updates) / len(updates)
    root = np.linalg.inv(np.linalg.cholesky(gram))
    exact = np.log(max(np.linalg.eigvalsh(root @ mean @ root.T)[-1], 1e-300)) / 2
    bound = contraction.prove(family, {}).upper
    assert bound >= exact - 1e-9
    if batch == 1 and share < 1:
        assert bound < 0


def test_a_ball_of_learning_rates_covers_its_members() -> None:
    gram = random_gram(2, 4, 9)
    rates = Ball.from_bounds(0.05, 0.06)
    wide = sgd_family(gram, rates)
    witness = sgd_concave_bound_search.propose(wide, 1, computing_time() + 5)
    upper = sgd_concave_bound.prove(wide, witness).upper
    lower = sgd_determinant.prove(wide, {}).lower
    for rate in (0.05, 0.055, 0.06):
        narrow = sgd_family(gram, rate)
        assert sgd_concave_bound.prove(narrow, witness).upper <= upper
        assert sgd_determinant.prove(narrow, {}).lower >= lower


def test_blocks_of_the_gram_matrix_slow_one_another_down() -> None:
    # two orthogonal pairs: lambda = max over the blocks of (2/4) lambda(block)
    pair = np.array(gram_of([[1, 1], [2, 4]]), dtype=object)
    zero = np.zeros((2, 2), dtype=object)
    joined = np.block([[pair, zero], [zero, 2 * pair]]).tolist()
    family = sgd_family(joined, F(1, 25))
    bounds = sgd_reduction.prove(family, sgd_reduction_search.propose(family, 1, computing_time() + 10))
    single = sgd_family(gram_of([[1, 1], [2, 4]]), F(2, 25))
    upper = sgd_concave_bound.prove(single, sgd_concave_bound_search.propose(single, 2, np.inf)).upper
    assert bounds.lower <= max(-0.00367856843944, upper) / 2 + 1e-12
    assert bounds.upper >= -0.00367856843944 / 2 - 1e-12
    assert sgd_reduction.admits(single) is not None


def test_a_diagonal_gram_matrix_is_exact() -> None:
    # orthogonal gradients: lambda = (1/N) max log |1 - eta K_ii|
    family = sgd_family([[F(3), 0, 0], [0, F(1), 0], [0, 0, F(1, 2)]], F(1))
    bounds = sgd_reduction.prove(family, sgd_reduction_search.propose(family, 0, computing_time() + 10))
    assert bounds.lower <= math.log(2) / 3 <= bounds.upper
    assert bounds.width < 1e-12


def test_perron_pair_of_the_solver() -> None:
    gram = random_gram(4, 12, 40)
    family = sgd_family(gram, 0.05)
    weights = uniform_weights(family)
    solver = MomentSolver(family)
    pair = solver.solve(weights)
    image = weighted_moment(family, weights, pair.form).mid
    assert np.abs(image - pair.radius * pair.form).max() < 1e-7
    assert np.abs(gram @ pair.form @ gram - pair.dual).max() < 1e-8 * np.abs(pair.dual).max()
    better = solver.subinvariant(weights, pair)
    slack = better.radius * better.form - weighted_moment(family, weights, better.form).mid
    assert np.linalg.eigvalsh(slack)[0] > 0
    assert better.radius - pair.radius < 1e-6


def test_full_batches_are_gradient_descent() -> None:
    gram = random_gram(3, 4, 12)
    family = sgd_family(gram, 0.125, 4)
    exact = math.log(max(abs(1 - 0.125 / 4 * np.linalg.eigvalsh(gram))))
    bounds = contraction.prove(family, {})
    assert bounds.lower - 1e-12 <= exact <= bounds.upper + 1e-12
    assert bounds.width < 1e-10


def test_a_hundred_examples_beyond_the_mean_square_threshold() -> None:
    gradients = np.random.default_rng(0).standard_normal((100, 300)) / np.sqrt(300)
    gram = (gradients @ gradients.T + (gradients @ gradients.T).T) / 2
    solver = MomentSolver(sgd_family(gram, 1.0))
    low, high = 0.0, 2 / float(np.diagonal(gram).mean())
    for _ in range(14):
        middle = (low + high) / 2
        solver.step = middle
        pair = solver.solve(uniform_weights(sgd_family(gram, middle)), tolerance=1e-6)
        low, high = (middle, high) if pair.radius < 1 else (low, middle)
    family = sgd_family(gram, high * 1.003)
    assert sgd_concave_bound_search.second_moment_exponent(family).lower > 0
    bounds = sgd_concave_bound.prove(family, sgd_concave_bound_search.propose(family, 0, computing_time() + 60))
    assert bounds.upper < 0


def test_regularity() -> None:
    gram = gram_of([[1, 1], [2, 4]])
    assert is_regular(sgd_family(gram, F(1, 25))) is True
    assert avoids(sgd_family(gram, F(1, 20)), 1) is False
    assert is_regular(sgd_family(gram, F(1, 10))) is False
    assert is_regular(sgd_family(gram_of([[2, 4], [F(-1, 2), F(1, 4)]]), F(3, 20))) is False
    assert is_regular(sgd_family(gram, F(1, 25), 2)) is None
    blurred = sgd_family(Ball(np.eye(2), np.full((2, 2), 0.1)), 0.1)
    assert is_connected(blurred) is None
    assert is_connected(sgd_family(Ball(np.eye(2), np.eye(2) * 0.1), 0.1)) is False
    assert avoids(sgd_family(np.eye(2), Ball.from_bounds(0.9, 1.1)), 1) is None


@pytest.mark.parametrize(
    ("gram", "rate", "batch", "outputs"),
    [
        ([[1.0, 2.0], [0.0, 1.0]], 0.1, 1, 1), (np.ones((2, 3)), 0.1, 1, 1), (np.eye(2), 0.0, 1, 1),
        (np.eye(2), -1.0, 1, 1),
        (np.eye(2), 0.1, 3, 1), (np.eye(2), 0.1, 0, 1), (np.eye(3), 0.1, 1, 2), (np.eye(2), math.nan, 1, 1),
        ([[math.nan]], 0.1, 1, 1), ([], 0.1, 1, 1), ("abc", 0.1, 1, 1), (np.eye(2), "0.1", 1, 1),
        (np.eye(2), True, 1, 1),
        (np.eye(2), Ball.exact(np.ones(2)), 1, 1), (np.eye(2), Ball.from_bounds(-1.0, 1.0), 1, 1),
        (Ball(np.array([[1.0, 2.0], [0.0, 1.0]]), np.zeros((2, 2))), 0.1, 1, 1),
    ],
)  # fmt: skip
def test_bad_input(gram: Any, rate: Any, batch: int, outputs: int) -> None:
    with pytest.raises(InputError):
        sgd_family(gram, rate, batch, outputs)


def test_inexact_symmetry_keeps_the_symmetric_members() -> None:
    mid = np.array([[1.0, 0.5], [0.5 + 1e-9, 1.0]])
    family = sgd_family(Ball(mid, np.full((2, 2), 1e-8)), 0.1)
    assert np.array_equal(family.gram.mid, family.gram.mid.T)
    assert family.gram.contains(np.array([[1.0, 0.5 + 5e-10], [0.5 + 5e-10, 1.0]])).all()


def test_large_families_have_no_list() -> None:
    assert sgd_family(np.eye(200), 0.1, 10).explicit() is None
    assert isinstance(sgd_family(fmpq_mat([[1, 0], [0, 1]]), 0.5), SGDFamily)


def test_damaged_witnesses() -> None:
    family = sgd_family(random_gram(1, 4, 9), 0.1)
    witness = sgd_concave_bound_search.propose(family, 0, np.inf)
    with pytest.raises(CertificateError):
        sgd_concave_bound.prove(family, witness | {"form": witness["form"] + np.triu(np.ones((4, 4)), 1)})
    with pytest.raises(CertificateError):
        sgd_concave_bound.prove(family, witness | {"scales": -witness["scales"]})
    with pytest.raises(CertificateError):
        sgd_concave_bound.prove(sgd_family(random_gram(1, 4, 9), 0.1, 2), witness)
    indefinite = sgd_concave_bound.prove(family, witness | {"form": np.diag([1.0, 1.0, 1.0, -1.0])})
    assert indefinite.upper == np.inf


@pytest.mark.parametrize("gram", [[[2**53 + 1, 0], [0, 0.5]], np.array([[2**53 + 1, 0], [0, 1]])])
def test_whole_numbers_that_floats_cannot_hold_are_not_rounded(gram: Any) -> None:
    family = sgd_family(gram, F(1, 2**53))
    assert family.exact is not None
    assert family.exact[0][0, 0] == 2**53 + 1
    # eta K_11 = 1 + 2^-53, not 1
    assert avoids(family, 1) is True


def test_a_singular_gram_matrix_proves_no_contraction() -> None:
    assert contraction.prove(sgd_family(np.ones((2, 2)), 0.5), {}).upper == np.inf
    assert contraction.prove(matrix_family([[[0.5]]]), {"words": [[0]], "metric": np.eye(1)}).upper < 0


@pytest.mark.parametrize(("outputs", "batch"), [(1, 2), (1, 3), (2, 2), (2, 3)])
def test_determinants_without_a_list_of_batches(outputs: int, batch: int) -> None:
    rows = np.random.default_rng(7).normal(size=(6 * outputs, 60))
    gram = (rows @ rows.T + (rows @ rows.T).T) / 120
    smallest, centre = np.linalg.eigvalsh(gram)[0], np.trace(gram) / len(gram)
    for multiple in (1.05, 2.0, 10.0):
        family = sgd_family(gram, multiple * batch / smallest, batch, outputs)
        truth, found = sgd_determinant.exponent_sum(family), sgd_determinant.spectral_lower(family)
        assert found <= truth.upper
        if multiple > 1.5:
            # what is lost is below the spread of the eigenvalues around their mean
            assert found > truth.lower - 0.1 * batch * outputs * (
                np.linalg.norm(gram - centre * np.eye(len(gram))) / centre
            )
    below = sgd_family(gram, 0.99 * batch / smallest, batch, outputs)
    assert sgd_determinant.spectral_lower(below) == -np.inf


def test_equal_orthogonal_gradients_lose_nothing_without_a_list() -> None:
    # K = I plus a small entry: log |det(c K_SS - I)| = B log(c - 1) up to the square of the entry
    gram = np.eye(5)
    gram[0, 1] = gram[1, 0] = 1e-6
    family = sgd_family(gram, 6.0, 2)
    assert 2 * math.log(2.0) - 1e-5 < sgd_determinant.spectral_lower(family) <= 2 * math.log(2.0)


def test_many_batches_have_a_lower_bound() -> None:
    rows = np.random.default_rng(8).normal(size=(60, 400))
    gram = (rows @ rows.T + (rows @ rows.T).T) / 800
    rate = 40.0 / np.linalg.eigvalsh(gram)[0]
    family = sgd_family(gram, rate, 8)
    assert math.comb(60, 8) > 10**9
    generator, logs = np.random.default_rng(9), []
    for _ in range(300):
        chosen = generator.choice(60, 8, replace=False)
        logs.append(np.linalg.slogdet(rate / 8 * gram[np.ix_(chosen, chosen)] - np.eye(8))[1])
    sampled, error = np.mean(logs) / 60, np.std(logs) / math.sqrt(300) / 60
    found = sgd_determinant.prove(family, {}).lower
    assert sampled - 0.05 < found <= sampled + 4 * error


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([(4, 1, 1), (5, 2, 1), (4, 3, 1), (3, 1, 2), (3, 2, 2)]))
def test_the_mean_square_threshold(seed: int, sizes: tuple[int, int, int]) -> None:
    examples, batch, outputs = sizes
    rows = np.random.default_rng(seed).normal(size=(examples * outputs, 3 * examples * outputs))
    gram = (rows @ rows.T + (rows @ rows.T).T) / 2
    rate = mean_square_threshold(sgd_family(gram, 1.0, batch, outputs))
    below, above = (second_moment_search.second_moment_exponent(sgd_family(gram, rate * s, batch, outputs).explicit()) for s in (1 - 1e-5, 1 + 1e-5))  # fmt: skip # noqa: E501
    assert below.upper < 0 < above.lower
    assert mean_square_threshold(sgd_family(np.zeros((2, 2)), 1.0)) == 0.0


@pytest.mark.slow
def test_gradients_of_many_lengths_beyond_the_mean_square_threshold() -> None:
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(120, 180)) * np.exp(0.3 * generator.normal(size=(120, 1))) / 13.4
    gram = (rows @ rows.T + (rows @ rows.T).T) / 2
    family = sgd_family(gram, 1.004 * mean_square_threshold(sgd_family(gram, 1.0)))
    assert sgd_concave_bound_search.second_moment_exponent(family).lower > 0
    found = sgd_concave_bound.prove(family, sgd_concave_bound_search.propose(family, 0, computing_time() + 60))
    assert found.upper < 0
