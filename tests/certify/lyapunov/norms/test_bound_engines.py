"""The engines for any dimension: known exponents lie in the bounds, whatever the witness; the bounds are sharp."""

import math
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.directions import lower_bound
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.norms import block_bound, contraction, determinant, second_moment
from certify.lyapunov.norms import jensen_bound as concave_bound
from certify.lyapunov.norms import prefix_code_bound as stopping_words
from certify.lyapunov.norms import word_norms as words
from certify.lyapunov.structure import reduction
from certify.statements.exponents import PLACES
from certify.verdict import Verdict
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.directions import lower_bound as lower_bound_search
from search.lyapunov.norms import jensen_bound as concave_bound_search
from search.lyapunov.norms import prefix_code_bound as stopping_words_search
from search.lyapunov.norms import second_moment as second_moment_search
from search.lyapunov.norms import word_norms as words_search
from search.lyapunov.registry import Proposer, proposer_named
from search.lyapunov.structure import reduction as reduction_search


def proposer(engine: Any) -> Proposer:
    """What looks for the witnesses of the theorem in this module."""
    return proposer_named(
        next(name for name, place in PLACES.items() if engine.__name__ == f"certify.lyapunov.{place}")
    )


F = Fraction

ENGINES = (
    block_bound, concave_bound, contraction, determinant, lower_bound, second_moment, stopping_words, words,
)  # fmt: skip


def _sgd(points: list[Any], rate: Fraction) -> Family:
    """SGD with batches of one for theta1 x + theta2 x^2, as exact matrices."""
    rows = [[x, x * x] for x in points]
    gram = [[sum(a * b for a, b in zip(r, s, strict=True)) for s in rows] for r in rows]
    size = len(points)
    return matrix_family(
        [
            [[F(int(i == j)) - (rate * gram[i][j] if i == k else 0) for j in range(size)] for i in range(size)]
            for k in range(size)
        ]
    )


FIBONACCI = matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]])
SHEARS = matrix_family([[[1, 1], [0, 1]], [[1, 0], [1, 1]]])

# (family, exponent in nats per step, digits it is known to)
KNOWN = {
    # Viswanath, Math. Comp. 69 (2000): log 1.13198824...
    "random Fibonacci": (FIBONACCI, 0.1239755988, 1e-10),
    # two shears: computed to 20 digits on their invariant cone
    "shears": (SHEARS, 0.39621256429774456, 1e-16),
    "two points, small rate": (_sgd([1, 2], F(1, 25)), -0.00367856843944, 1e-14),
    "two points, large rate": (_sgd([1, 2], F(9, 50)), 0.29115828539, 1e-11),
    "two points, singular": (_sgd([1, 2], F(1, 20)), -0.004602033302672292, 1e-17),
    "almost surely stable only": (_sgd([3, 4], F(1, 100)), -0.0022612697, 1e-10),
    # mean of log 1/4 and log 2
    "scalars": (matrix_family([[[F(1, 4)]], [[-2]]]), -math.log(2) / 2, 1e-15),
    # one matrix: the logarithm of its spectral radius
    "golden": (matrix_family([[[2, 1], [1, 1]]]), math.log((3 + math.sqrt(5)) / 2), 1e-15),
    "rotation": (matrix_family([[[0, -1], [1, 0]], [[0, 1], [-1, 0]]]), 0.0, 0.0),
    # commuting diagonal matrices: the larger of the two mean logarithms, log(3/4)/3 and 0
    "diagonal": (matrix_family([[[3, 0], [0, 1]], [[F(1, 2), 0], [0, 1]]], [F(1, 3), F(2, 3)]), 0.0, 0.0),
}


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__.rpartition(".")[2])
@pytest.mark.parametrize("name", KNOWN)
def test_known_exponents_are_contained(name: str, engine: Any) -> None:
    family, exponent, digits = KNOWN[name]
    for effort in (0, 1):
        if proposer(engine).applies(family) is not None:
            continue
        bounds = engine.prove(family, proposer(engine).propose(family, effort, computing_time() + 2))
        assert bounds.lower <= exponent + digits
        assert bounds.upper >= exponent - digits


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(sorted(KNOWN)))
def test_any_witness_of_the_concave_bound_is_sound(seed: int, name: str) -> None:
    family, exponent, digits = KNOWN[name]
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((family.dimension, family.dimension))
    metric = root @ root.T + 0.01 * np.eye(family.dimension)
    witness = {"metric": (metric + metric.T) / 2, "scales": np.exp(rng.standard_normal(family.count))}
    assert concave_bound.prove(family, witness).upper >= exponent - digits


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from(["random Fibonacci", "shears", "two points, large rate", "golden"]))
def test_any_witness_of_the_lower_bound_is_sound(seed: int, name: str) -> None:
    family, exponent, digits = KNOWN[name]
    root = np.random.default_rng(seed).standard_normal((2, 2))
    metric = root @ root.T + 0.01 * np.eye(2)
    witness = {"words": [[i] for i in range(family.count)], "metric": (metric + metric.T) / 2}
    for target in (exponent + 1e-6, exponent - 1.0, 0.0):
        assert lower_bound.prove(family, witness | {"target": target}).lower <= exponent + digits


def test_concave_bound_is_exact_for_one_matrix_and_for_conformal_matrices() -> None:
    golden, exponent, _ = KNOWN["golden"]
    upper = concave_bound.prove(golden, concave_bound_search.propose(golden, 1, np.inf)).upper
    assert 0 <= upper - exponent < 1e-6
    # multiples c_i of rotations: s_i = c_i^2, so the scales make the bound an equality where t = 1 loses log(5/4)/2
    conformal = matrix_family([[[0, -2], [2, 0]], [[F(1, 2), 0], [0, F(1, 2)]]])
    upper = concave_bound.prove(conformal, concave_bound_search.propose(conformal, 2, np.inf)).upper
    assert 0 <= upper < 1e-7
    plain = second_moment.prove(conformal, second_moment_search.propose(conformal, 0, np.inf)).upper
    assert plain == pytest.approx(math.log(17 / 8) / 2, abs=1e-9)


def test_blocks_prove_a_sign_that_the_mean_square_denies() -> None:
    family, exponent, _ = KNOWN["almost surely stable only"]
    moment = second_moment_search.second_moment_exponent(family)
    assert 0.39 < moment.lower < moment.upper < 0.40
    assert second_moment.mean_square_verdict(moment) is Verdict.UNSTABLE
    bounds = stopping_words.prove(family, stopping_words_search.propose(family, 4, computing_time() + 30))
    assert exponent < bounds.upper < 0


def test_second_moment_of_two_multipliers() -> None:
    # E a^2 = (1/16 + 4) / 2 = 65/32
    enclosure = second_moment_search.second_moment_exponent(KNOWN["scalars"][0])
    assert enclosure.contains(math.log(65 / 32)) or enclosure.width < 1e-14
    assert abs(enclosure.midpoint - math.log(65 / 32)) < 1e-14


def test_second_moment_is_tight_on_both_sides() -> None:
    rng = np.random.default_rng(5)
    matrices = rng.standard_normal((4, 3, 3))
    kronecker = sum(np.kron(a, a) for a in matrices) / 4
    exact = math.log(max(abs(np.linalg.eigvals(kronecker))))
    enclosure = second_moment_search.second_moment_exponent(matrix_family(matrices))
    assert enclosure.lower - 1e-12 <= exact <= enclosure.upper + 1e-12
    assert enclosure.width < 1e-9


def test_second_moment_from_a_poor_metric() -> None:
    # E A^T A = diag(4, 1) for A = diag(2, 1): P = I proves log 1 <= Lambda(2) = log 4 <= log 4
    enclosure = second_moment.metric_growth(matrix_family([[[2, 0], [0, 1]]]), {"metric": np.eye(2)})
    assert -1e-13 < enclosure.lower <= 0
    assert math.log(4) <= enclosure.upper < math.log(4) + 1e-13


@pytest.mark.parametrize("engine", [words, stopping_words, block_bound])
def test_more_words_come_closer(engine: Any) -> None:
    bounds = [
        engine.prove(FIBONACCI, proposer(engine).propose(FIBONACCI, e, computing_time() + 5)).upper for e in (0, 2)
    ]
    assert 0.1239755 < bounds[1] < bounds[0] < 0.4


def test_determinant_of_exact_and_ball_families() -> None:
    exact = matrix_family([[[2, 0], [0, F(1, 3)]], [[1, 1], [0, 3]]])
    assert determinant.prove(exact, {}).lower == pytest.approx(math.log(2) / 4, abs=1e-15)
    assert determinant.prove(exact, {}).lower <= math.log(2) / 4
    balls = matrix_family(Ball(exact.matrices.mid, np.full((2, 2, 2), 1e-9)))
    assert determinant.prove(balls, {}).lower < determinant.prove(exact, {}).lower
    assert determinant.prove(balls, {}).lower > math.log(2) / 4 - 1e-7
    singular = matrix_family([[[1, 1], [1, 1]], [[2, 0], [0, 2]]])
    assert determinant.prove(singular, {}).lower == -np.inf


def test_the_least_growth_beats_the_determinant() -> None:
    rng = np.random.default_rng(0)
    family = matrix_family(rng.standard_normal((4, 4, 4)))
    bounds = lower_bound.prove(family, lower_bound_search.propose(family, 1, computing_time() + 60))
    assert determinant.prove(family, {}).lower + 0.02 < bounds.lower
    assert bounds.lower < _monte_carlo(family.matrices.mid, 1)


def test_singular_letters_have_no_least_growth() -> None:
    # the direction (1, -1) dies under the second letter, however unlikely it is
    family = matrix_family([[[2, 0], [0, 2]], [[1, 1], [1, 1]]], [1 - F(1, 10**9), F(1, 10**9)])
    witness = {"words": [[0], [1]], "metric": np.eye(2), "target": 0.1}
    assert lower_bound.prove(family, witness).lower == -np.inf


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(2, 4))
def test_the_growth_of_a_cell_is_below_the_growth_of_its_directions(seed: int, dimension: int) -> None:
    rng = np.random.default_rng(seed)
    matrices = rng.standard_normal((3, dimension, dimension))
    root = rng.standard_normal((dimension, dimension))
    metric = root @ root.T + np.eye(dimension)
    metric = (metric + metric.T) / 2
    forms = lower_bound.product_forms(Ball.exact(matrices), Ball.exact(np.array([0.5, 0.25, 0.25])), metric)
    centres = rng.integers(-8, 9, (6, dimension)) / 8.0
    halves = np.full((6, dimension), 2.0 ** -int(rng.integers(2, 8)))
    centres[:, 0], halves[:, 0] = 1.0, 0.0
    bounds, _ = lower_bound._growth_lower(forms, centres, halves)
    for bound, centre, half in zip(bounds, centres, halves, strict=True):
        least = np.inf
        for v in centre + half * rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], (200, dimension)):
            sizes = [w @ metric @ w for w in matrices @ v]
            least = min(least, float(np.array([0.5, 0.25, 0.25]) @ np.log(sizes) - np.log(v @ metric @ v)) / 2)
        assert bound <= least + 1e-12


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(2, 3), st.integers(1, 3))
def test_engines_agree_on_random_families(seed: int, dimension: int, count: int) -> None:
    family = matrix_family(np.random.default_rng(seed).standard_normal((count, dimension, dimension)))
    proofs = [e.prove(family, proposer(e).propose(family, 0, computing_time() + 1)) for e in ENGINES]
    total = proofs[0]
    for enclosure in proofs[1:]:
        total = total.intersect(enclosure)
    estimate = _monte_carlo(family.matrices.mid, seed)
    assert total.lower - 0.15 < estimate < total.upper + 0.15
    assert math.isfinite(total.width)


def _monte_carlo(matrices: np.ndarray, seed: int, chains: int = 400, steps: int = 300) -> float:
    rng = np.random.default_rng(seed + 1)
    vectors = rng.standard_normal((chains, matrices.shape[-1]))
    total = np.zeros(chains)
    for k in range(steps):
        vectors = np.einsum("cij,cj->ci", matrices[rng.integers(len(matrices), size=chains)], vectors)
        norms = np.linalg.norm(vectors, axis=1)
        vectors /= norms[:, None]
        total += np.log(norms) * (k >= steps // 3)
    return float(total.mean()) / (steps - steps // 3)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__.rpartition(".")[2])
def test_balls_cover_the_exponents_of_their_members(engine: Any) -> None:
    centre, radius = np.array([[2.0, 1.0], [1.0, 1.0]]), 0.05
    family = matrix_family(Ball(centre[None], np.full((1, 2, 2), radius)))
    bounds = engine.prove(family, proposer(engine).propose(family, 0, computing_time() + 2))
    for signs in product((-1, 0, 1), repeat=4):
        inside = centre + radius * np.array(signs).reshape(2, 2)
        exponent = math.log(max(abs(np.linalg.eigvals(inside))))
        assert bounds.lower - 1e-12 <= exponent <= bounds.upper + 1e-12


def test_reduction_takes_the_largest_block() -> None:
    # conjugate of diag blocks: the golden matrix and the scalar 5, mixed with the identity
    golden = [[2, 1, 7], [1, 1, -3], [0, 0, 5]]
    identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    family = matrix_family([golden, identity], [F(1, 2), F(1, 2)])
    assert reduction_search.applies(family) is None
    bounds = reduction.prove(family, reduction_search.propose(family, 1, computing_time() + 5))
    exact = max(math.log(5), math.log((3 + math.sqrt(5)) / 2)) / 2
    assert bounds.lower - 1e-15 <= exact <= bounds.upper + 1e-15
    assert bounds.width < 1e-9


def test_reduction_finds_a_hidden_invariant_line() -> None:
    basis = np.array([[1, 2, 0], [1, 3, 1], [2, 1, 1]])
    inverse = np.round(np.linalg.inv(basis) * round(np.linalg.det(basis))).astype(int)
    scale = round(np.linalg.det(basis))
    triangular = [np.array([[1, 2, 1], [0, 3, 1], [0, 1, 0]]), np.array([[2, 0, 5], [0, 1, 1], [0, 1, 2]])]
    hidden = [[[F(int(x), scale) for x in row] for row in basis @ t @ inverse] for t in triangular]
    family = matrix_family(hidden)
    assert not any(entry == 0 for matrix in hidden for row in matrix for entry in row)
    assert reduction_search.applies(family) is None
    witness = reduction_search.propose(family, 0, computing_time() + 3)
    bounds = reduction.prove(family, witness)
    block = matrix_family([[[3, 1], [1, 0]], [[1, 1], [1, 2]]])
    direct = words.prove(block, words_search.propose(block, 2, np.inf))
    # positive block with determinants -1 and 1: its exponent is positive and exceeds log(2)/2 of the invariant line
    assert math.log(2) / 2 < bounds.upper <= direct.upper + 0.3
    assert bounds.lower <= direct.upper


def test_irreducible_families_are_left_alone() -> None:
    assert reduction_search.applies(FIBONACCI) is not None
    assert reduction_search.applies(matrix_family([[[2]]])) is not None


@pytest.mark.parametrize(
    ("engine", "damage"),
    [
        (concave_bound, {"metric": np.eye(3)}),
        (concave_bound, {"metric": np.array([[1.0, 2.0], [0.0, 1.0]])}),
        (concave_bound, {"scales": np.array([1.0, 0.0])}),
        (concave_bound, {"scales": np.array([1.0, np.nan])}),
        (stopping_words, {"words": [[0], [1, 0]]}),
        (stopping_words, {"words": [[0], [1], [1, 0]]}),
        (words, {"words": [[0], [2]]}),
        (words, {"words": []}),
        (lower_bound, {"target": math.nan}),
        (lower_bound, {"words": [[0]]}),
    ],
)
def test_damaged_witnesses_are_refused(engine: Any, damage: dict[str, Any]) -> None:
    witness = proposer(engine).propose(FIBONACCI, 0, computing_time() + 2) | damage
    with pytest.raises(CertificateError):
        engine.prove(FIBONACCI, witness)


def test_an_indefinite_metric_proves_nothing() -> None:
    witness = {"metric": np.array([[1.0, 0.0], [0.0, -1.0]]), "scales": np.ones(2)}
    assert concave_bound.prove(FIBONACCI, witness).upper == np.inf
    growth = {"words": [[0], [1]], "metric": witness["metric"], "target": -5.0}
    assert lower_bound.prove(FIBONACCI, growth).lower == -np.inf


def test_mean_square_growth_of_two_copies_with_different_rates() -> None:
    # diag(2, 1) and diag(1/2, 3), half each: the greatest of (4 + 1/4)/2, (2 + 3)/4 ... is (1 + 9)/2
    family = matrix_family([[[2, 0], [0, 1]], [[0.5, 0], [0, 3]]])
    growth = second_moment_search.second_moment_exponent(family)
    assert growth.lower - 1e-14 <= np.log(5.0) <= growth.upper + 1e-14
    assert growth.width < 1e-12
