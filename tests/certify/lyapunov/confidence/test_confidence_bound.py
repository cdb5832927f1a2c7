"""Confidence bounds: inequalities, chains and bounds against exact arithmetic and known exponents."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.confidence.concentration import METHODS, mean_upper
from certify.lyapunov.confidence.confidence_bound import derived_seed
from certify.lyapunov.confidence.sample_chains import MatrixSteps, SGDSteps, run_chains
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.families.sgd_family import sgd_family
from foundation import CertificateError, InputError
from search.lyapunov.confidence.confidence_bound import confidence_bound, growth_bound, repeat_bound

FIBONACCI = matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]])
TWO_POINTS = [[2, 6], [6, 20]]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 200), st.floats(1e-12, 0.5))
def test_the_inequalities_are_evaluated_upward(seed: int, count: int, delta: float) -> None:
    samples = np.random.default_rng(seed).uniform(-1.0, 3.0, count)
    with mpmath.workdps(40):
        values = [mpmath.mpf(x) for x in samples]
        mean = sum(values) / count
        variance = sum((v - mean) ** 2 for v in values) / (count - 1)
        logarithm = mpmath.log(2 / mpmath.mpf(delta))
        exact = mean + mpmath.sqrt(2 * variance * logarithm / count) + 7 * 4 * logarithm / (3 * (count - 1))
        found = mean_upper(samples, -1.0, 3.0, delta, "empirical-bernstein")
        assert exact <= found <= exact + 1e-10
        p = (mpmath.mpf(mean_upper(samples, -1.0, 3.0, delta, "chernoff-hoeffding")) + 1) / 4
        q = (mean + 1) / 4
        if p < 1:
            divergence = q * mpmath.log(q / p) + (1 - q) * mpmath.log((1 - q) / (1 - p))
            excess = divergence - mpmath.log(1 / mpmath.mpf(delta)) / count
            assert excess >= 0
            assert excess < (1e-9 if p < 0.99 else 1)


def test_the_inequalities_cover() -> None:
    rng = np.random.default_rng(0)
    for method in METHODS:
        bounds = [mean_upper((rng.random(60) < 0.1).astype(float), 0.0, 1.0, 0.05, method) for _ in range(400)]
        assert np.mean(np.array(bounds) < 0.1) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)
        assert np.mean(bounds) < 0.6


@pytest.mark.parametrize(
    ("samples", "lower", "upper", "delta", "method"),
    [
        ([0.5], 0.0, 1.0, 0.1, METHODS[0]), ([0.5, 2.0], 0.0, 1.0, 0.1, METHODS[0]),
        ([0.5, 0.6], 0.0, 1.0, 0.0, METHODS[1]),
        ([0.5, 0.6], 1.0, 1.0, 0.1, METHODS[1]), ([0.5, 0.6], 0.0, 1.0, 0.1, "magic"),
    ],
)  # fmt: skip
def test_bad_samples(samples: list[float], lower: float, upper: float, delta: float, method: str) -> None:
    with pytest.raises(InputError):
        mean_upper(np.array(samples), lower, upper, delta, method)


def _exact_run(updates: list[list[list[Fraction]]], letters: list[Any], start: np.ndarray) -> list[Fraction]:
    vector = [Fraction(x) for x in start]
    for letter in letters:
        vector = [sum((a * v for a, v in zip(row, vector, strict=True)), Fraction(0)) for row in updates[letter]]
    return vector


class _Recorded:
    """A generator that keeps the integers it hands out."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.drawn: list[np.ndarray] = []

    def integers(self, *args: Any, **options: Any) -> np.ndarray:
        values = self.generator.integers(*args, **options)
        self.drawn.append(np.array(values))
        return values


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 1e-4]))
def test_one_sgd_step_is_within_its_local_error(seed: int, rate: float) -> None:
    gradients = np.random.default_rng(seed).standard_normal((5, 8))
    gram = (gradients @ gradients.T + (gradients @ gradients.T).T) / 2
    family = sgd_family(gram, rate)
    steps, recorder = SGDSteps(family), _Recorded(seed)
    start = np.random.default_rng(seed + 1).standard_normal((4, 5))
    steps.start(4)
    computed = steps.advance(start.copy(), recorder)  # type: ignore[arg-type]
    for c in range(4):
        i = int(recorder.drawn[0][c, 0])
        exact = [Fraction(x) for x in start[c]]
        exact[i] -= Fraction(rate) * sum(Fraction(k) * Fraction(x) for k, x in zip(gram[i], start[c], strict=True))
        error = math.sqrt(float(sum((Fraction(x) - y) ** 2 for x, y in zip(computed[c], exact, strict=True))))
        assert error <= steps.local_error * np.linalg.norm(start[c])
    assert steps.local_error < 1e-13


def test_the_local_error_covers_the_members_of_a_ball() -> None:
    radius = np.array([[[0.0, 1e-3], [2e-3, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    steps = MatrixSteps(matrix_family(Ball(np.array([np.eye(2), np.eye(2)]), radius)))
    # the member diag(1, 1) + radius moves (1, 0) by 2e-3 from the computed image
    assert 2e-3 <= steps.local_error < 2.3e-3


def test_batches_are_drawn_without_replacement_and_uniformly() -> None:
    steps = SGDSteps(sgd_family(np.eye(4), 0.5, 2))
    steps.start(30_000)
    vectors = steps.advance(np.ones((30_000, 4)), np.random.default_rng(0))
    moved = vectors != 1.0
    assert (moved.sum(axis=1) == 2).all()
    again = steps.advance(np.ones((30_000, 4)), np.random.default_rng(1)) != 1.0
    for chosen in (moved, again):
        pairs = np.array([(chosen[:, i] & chosen[:, j]).mean() for i in range(4) for j in range(i)])
        assert np.abs(pairs - 1 / 6).max() < 5 * math.sqrt(5 / 36 / 30_000)


def test_chains_start_on_the_lattice_and_rescale_exactly() -> None:
    family = matrix_family([[[0.5, 0.0], [0.0, 0.5]]])
    vectors, exponents, healthy = run_chains(MatrixSteps(family), 50, 40, np.random.default_rng(3))
    lattice = np.random.default_rng(3).integers(2**53, size=(50, 2))
    start = ((2.0 * lattice - 2.0**53) + 1.0) / 2.0**53
    assert np.all(np.abs(start) < 1)
    assert healthy.all()
    assert np.array_equal(np.ldexp(vectors, exponents[:, None].astype(int)), start * 2.0**-40)


def test_vanished_chains_are_not_healthy() -> None:
    _, _, healthy = run_chains(MatrixSteps(matrix_family([[[0.0, 0.0], [0.0, 0.0]]])), 20, 32, np.random.default_rng(0))
    assert not healthy.any()


def test_growth_bounds_hold() -> None:
    gradients = np.random.default_rng(5).standard_normal((4, 9))
    gram = (gradients @ gradients.T + (gradients @ gradients.T).T) / 2
    growth = growth_bound(sgd_family(gram, 0.2))
    updates = [np.eye(4) - 0.2 * np.outer(np.eye(4)[i], gram[i]) for i in range(4)]
    radius = max(abs(np.linalg.eigvals(sum(np.kron(a, a) for a in updates) / 4)))
    assert growth.mu >= radius * (1 - 1e-12)
    assert growth.mu < radius * 1.01
    assert 0 < growth.smallest <= growth.trace
    with pytest.raises(CertificateError):
        growth_bound(sgd_family(np.ones((2, 2)), 0.2))


@pytest.mark.parametrize(
    ("family", "exponent", "within"),
    [
        (FIBONACCI, 0.1239755988, 0.08),
        (sgd_family(TWO_POINTS, Fraction(1, 25)), -0.00367856843944, 0.05),
        (sgd_family([[2, 0], [0, 2]], Fraction(1, 4), 2), math.log(3 / 4), 0.1),  # B = N: log(1 - 1/4)
        (sgd_family(TWO_POINTS, Fraction(1, 20)), -0.004602033302672292, 0.05),  # a singular member
    ],
)
def test_known_exponents(family: Any, exponent: float, within: float) -> None:
    bound = confidence_bound(family, 1e-6, seed=7, budget=1.0)
    assert exponent < bound.upper < exponent + within
    # E log |M v| may lie below log |M| by 1 + log(2)/2
    assert bound.sampled > bound.mean + (1 + math.log(2) / 2) / bound.steps
    assert exponent < bound.sampled < exponent + within
    assert "confidence 1 - 1e-06" in bound.confidence
    assert "not proved" in bound.confidence
    again = repeat_bound(family, bound)
    assert again.upper == bound.upper
    assert replace(again, seconds=0.0) == replace(bound, seconds=0.0)


def test_the_second_moment_bounds_the_exponent_for_certain() -> None:
    gram = np.array([[2.0, 1.0], [1.0, 3.0]])
    updates = [np.eye(2) - 0.25 * np.outer(np.eye(2)[i], gram[i]) for i in range(2)]
    exact = math.log(max(abs(np.linalg.eigvals(sum(np.kron(a, a) for a in updates) / 2)))) / 2
    bound = confidence_bound(sgd_family(gram, 0.25), 1e-9, budget=0.05)
    assert exact - 1e-12 < bound.proved < exact + 1e-5
    assert bound.upper <= bound.proved
    assert bound.reason == ""
    assert "not proved" in bound.confidence


def test_an_undecided_bound_says_what_a_sample_could_decide() -> None:
    bound = confidence_bound(FIBONACCI, 1e-6, seed=7, budget=0.2)
    assert bound.upper == min(bound.sampled, bound.proved) > 0
    assert f"below about {bound.mean - bound.sampled:.3g}" in bound.reason
    assert "never shows instability" in bound.reason


def test_a_smaller_clip_is_refused() -> None:
    bound = confidence_bound(FIBONACCI, 1e-3, budget=1.0)
    with pytest.raises(CertificateError):
        repeat_bound(FIBONACCI, replace(bound, clip_upper=bound.clip_lower + 1.0, steps=bound.steps))
    with pytest.raises(CertificateError):
        repeat_bound(FIBONACCI, replace(bound, method="magic"))


@pytest.mark.parametrize(
    "options", [{"delta": 0.0}, {"delta": 1.0}, {"delta": math.nan}, {"seed": -1}, {"seed": 1.5}, {"budget": 0}]
)
def test_bad_input(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        confidence_bound(FIBONACCI, **options)


def test_ball_probabilities_cannot_be_sampled() -> None:
    probabilities = Ball(np.array([0.5, 0.5]), np.array([0.1, 0.1]))
    with pytest.raises(InputError):
        confidence_bound(matrix_family(FIBONACCI.matrices, probabilities))


def test_the_seed_follows_from_the_input_and_delta() -> None:
    bound = confidence_bound(FIBONACCI, 1e-3, budget=0.2)
    assert bound.seed_is_derived
    assert bound.seed == derived_seed(FIBONACCI, 1e-3)
    assert "chosen" not in bound.confidence
    assert any("none was tried" in text for text in bound.hypotheses)
    others = [
        derived_seed(FIBONACCI, 1e-4),
        derived_seed(matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]], [Fraction(1, 3), Fraction(2, 3)]), 1e-3),
        derived_seed(sgd_family(TWO_POINTS, Fraction(1, 25)), 1e-3),
        derived_seed(sgd_family(TWO_POINTS, Fraction(1, 26)), 1e-3),
        derived_seed(sgd_family(TWO_POINTS, Fraction(1, 25), 2), 1e-3),
    ]
    assert len({bound.seed, *others}) == 6


def test_a_seed_of_the_user_is_reported_as_such() -> None:
    bound = confidence_bound(FIBONACCI, 1e-3, seed=7, budget=0.2)
    assert not bound.seed_is_derived
    assert "seed chosen by the user" in bound.confidence
    assert any("seed chosen by the user" in text for text in bound.hypotheses)
    with pytest.raises(CertificateError, match="derived"):
        repeat_bound(FIBONACCI, replace(bound, seed_is_derived=True))


@pytest.mark.parametrize("clip", [math.inf, math.nan])
def test_clips_are_finite(clip: float) -> None:
    bound = confidence_bound(FIBONACCI, 1e-3, budget=0.2)
    with pytest.raises(CertificateError):
        repeat_bound(FIBONACCI, replace(bound, clip_upper=clip))
