"""Ranges of learning rates: thresholds known in closed form lie in the bracket, and every segment is proved again."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.sgd import sgd_determinant
from certify.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound
from certify.lyapunov.sgd.certified_range import Segment, prove_range, segment_holds
from certify.verdict import Verdict
from foundation import CertificateError, InputError
from search.lyapunov.sgd import certified_range as certified_range_search
from search.lyapunov.sgd import sgd_jensen_bound as sgd_concave_bound_search
from search.lyapunov.sgd.certified_range import CertifiedRange, certified_range


def check(gram: Any, batch: int, outputs: int, found: CertifiedRange) -> None:
    assert prove_range(gram, batch, outputs, found.segments) == (
        found.stable_up_to,
        found.unstable_from,
        found.unstable_up_to,
    )


def test_one_example() -> None:
    # lambda = log |1 - 2 eta|: negative below eta = 1, positive above
    found = certified_range([[2.0]], budget=3)
    assert found.stable_up_to <= 1 <= found.unstable_from
    assert found.ratio < 1.001
    assert found.unstable_up_to == np.inf
    check([[2.0]], 1, 1, found)


def test_two_points() -> None:
    gram = [[2, 6], [6, 20]]  # theta1 x + theta2 x^2 at x = 1, 2
    found = certified_range(gram, budget=8)
    # lambda(1/25) < 0 < lambda(9/50)
    assert 1 / 25 < found.stable_up_to < found.unstable_from <= 9 / 50
    check(gram, 1, 1, found)


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_ten_examples(batch: int) -> None:
    gradients = np.random.default_rng(1).integers(-8, 9, (4, 9)) / 8.0
    gram = gradients @ gradients.T
    found = certified_range(gram, batch, budget=6, up_to=3.0)
    assert 0 < found.stable_up_to < found.unstable_from
    check(gram, batch, 1, found)
    if batch == 4:
        critical = 8 / np.linalg.eigvalsh(gram)[-1]  # gradient descent: 2 N / lambda_max(K)
        assert found.stable_up_to <= critical * (1 + 1e-9)
        assert found.stable_up_to > (1 - 1e-9) * critical
        assert found.unstable_from < (1 + 1e-9) * critical


def test_stable_rates_are_stable_in_simulation() -> None:
    gradients = np.random.default_rng(2).standard_normal((6, 12))
    gram = (gradients @ gradients.T + (gradients @ gradients.T).T) / 2
    found = certified_range(gram, budget=5)
    for rate, sign in ((0.999 * found.stable_up_to, -1), (1.02 * found.unstable_from, 1)):
        rng = np.random.default_rng(3)
        vectors, total = rng.standard_normal((400, 6)), 0.0
        for k in range(3000):
            rows = rng.integers(6, size=400)
            vectors[np.arange(400), rows] -= rate * np.einsum("ci,ci->c", gram[rows], vectors)
            norms = np.linalg.norm(vectors, axis=1)
            vectors /= norms[:, None]
            total += float(np.log(norms).mean()) * (k >= 500)
        assert sign * total / 2500 > -0.003


def test_a_ball_gram_matrix_narrows_the_range() -> None:
    gram = np.array([[2.0, 0.5], [0.5, 1.0]])
    sharp = certified_range(gram, budget=3)
    blurred = certified_range(Ball(gram, np.full((2, 2), 0.01)), budget=3)
    assert blurred.stable_up_to < sharp.unstable_from
    assert blurred.stable_up_to > 0
    assert blurred.unstable_from > sharp.stable_up_to


def test_false_segments_are_refused() -> None:
    # diag(2, 2): lambda = (1/2) log |1 - 2 eta|, critical at eta = 1
    gram = 2 * np.eye(2)
    base = sgd_family(gram, 1.0)
    found = certified_range(gram, budget=3)
    first = found.segments[0]
    last = next(s for s in found.segments if s.upper == np.inf)
    assert not segment_holds(base, replace(first, upper=1.5))
    assert not segment_holds(base, replace(first, method="gradient-descent"))
    assert not segment_holds(base, replace(first, verdict=Verdict.UNSTABLE))
    assert not segment_holds(base, replace(first, method="magic"))
    assert not segment_holds(base, replace(last, lower=0.9))
    assert not segment_holds(base, replace(last, verdict=Verdict.STABLE))
    assert not segment_holds(sgd_family(np.eye(2), 1.0, 2), replace(last, lower=3.0))
    with pytest.raises(CertificateError):
        prove_range(gram, 1, 1, [replace(first, upper=1.5)])
    alone = certified_range([[2.0]], budget=1).segments
    assert {s.method for s in alone} == {"gradient-descent"}
    for segment in alone:
        wrong = replace(segment, upper=1.1) if segment.verdict is Verdict.STABLE else replace(segment, lower=0.9)
        assert not segment_holds(sgd_family([[2.0]], 1.0), wrong)


def test_gaps_are_not_bridged() -> None:
    gram = [[2, 6], [6, 20]]
    found = certified_range(gram, budget=4)
    stable = [s for s in found.segments if s.verdict is Verdict.STABLE]
    assert len(stable) > 2
    low, _, _ = prove_range(gram, 1, 1, [stable[0], *stable[2:]])
    assert low == stable[0].upper


@pytest.mark.parametrize(
    ("gram", "options"),
    [
        ([[0.0]], {}),
        ([[1.0, 2.0]], {}),
        ([[1.0]], {"budget": 0}),
        ([[1.0]], {"up_to": -1.0}),
        ([[1.0]], {"batch_size": 2}),
    ],
)
def test_bad_input(gram: Any, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        certified_range(gram, **options)


def test_exact_rationals() -> None:
    found = certified_range([[Fraction(2)]], budget=2)
    assert found.stable_up_to <= 1 <= found.unstable_from


def test_contraction_covers_the_neighbourhood_of_zero_where_the_second_moment_is_out_of_reach():
    """Nearly dependent gradients: the metric of the second moment is lost to rounding, contraction is not."""
    gram = np.array([[4.0, 4.0 - 1e-9], [4.0 - 1e-9, 4.0]])
    base = sgd_family(gram, 1.0)
    assert segment_holds(base, Segment(0.0, 0.4999, Verdict.STABLE, "contraction", {}))
    assert not segment_holds(base, Segment(0.0, 0.5001, Verdict.STABLE, "contraction", {}))
    assert not segment_holds(base, Segment(0.1, 0.4, Verdict.STABLE, "contraction", {}))
    assert not segment_holds(base, Segment(0.0, 0.4, Verdict.UNSTABLE, "contraction", {}))


def test_batches_without_a_list_have_an_unstable_end() -> None:
    rows = np.random.default_rng(4).standard_normal((60, 300)) / 17.3
    gram = (rows @ rows.T + (rows @ rows.T).T) / 2
    found = certified_range(gram, 6, budget=4)
    assert 0 < found.stable_up_to < found.unstable_from < found.unstable_up_to == np.inf
    assert found.ratio < 4
    check(gram, 6, 1, found)
    monotone = Segment(0.5 * found.unstable_from, np.inf, Verdict.UNSTABLE, "monotone", {})
    assert not segment_holds(sgd_family(gram, 1.0, 6), monotone)


def test_unstable_as_far_as_asked() -> None:
    gram = [[2, 6], [6, 20]]
    found = certified_range(gram, budget=3, up_to=7.0)
    assert found.unstable_up_to >= 7.0
    outputs = np.array([[2.0, 0.1, 0.3, 0.0], [0.1, 1.0, 0.0, 0.2], [0.3, 0.0, 3.0, 0.5], [0.0, 0.2, 0.5, 2.0]])
    vector = certified_range(outputs, 1, 2, budget=3, up_to=30.0)
    assert vector.unstable_from < 5
    assert vector.unstable_up_to >= 30
    check(outputs, 1, 2, vector)


@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (1, 2), (2, 1)])
def test_a_positive_determinant_before_a_pole_is_no_monotone_proof(batch: int, outputs: int) -> None:
    # eta K_11 = 1/2 < 1: at eta = 2 the first factor vanishes, although the sum of logarithms is positive at eta = 1
    gram = np.diag([0.5, 1000.0, 1000.0, 1000.0]) + 0.01
    base = sgd_family(gram, 1.0, batch, outputs)
    assert sgd_determinant.prove(base, {}).lower > 0
    assert not segment_holds(base, Segment(1.0, np.inf, Verdict.UNSTABLE, "monotone", {}))
    assert segment_holds(base, Segment(5.0, np.inf, Verdict.UNSTABLE, "monotone", {}))


@pytest.mark.parametrize(
    ("size", "elapsed", "words"),
    [(2, 9.5, "budget of 10 s"), (2, 1.0, "no further up"), (8, 1.0, "by determinants alone")],
)
def test_the_reason_says_what_ended_the_search(
    monkeypatch: pytest.MonkeyPatch, size: int, elapsed: float, words: str
) -> None:
    search = certified_range_search._Search(np.eye(size) + 0.1, 1, 1, 10.0, None)
    monkeypatch.setattr(certified_range_search._Search, "elapsed", lambda self: elapsed)
    reason, advice = search.explanation(1.0, 2.0)
    assert words in reason
    assert ("raise the budget" in advice) == (elapsed > 9)


def test_the_search_for_scales_starts_where_it_is_told_and_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    gradients = np.random.default_rng(4).integers(-8, 9, (6, 12)) / 8.0
    family = sgd_family(gradients @ gradients.T, 0.3)
    start, told = np.linspace(0.5, 2.0, 6), []
    # any bound is low enough: the first one is answered
    witness = sgd_concave_bound_search.propose(family, 0, np.inf, start=start, enough=np.inf)
    assert witness["scales"] == pytest.approx(start, rel=1e-12)
    monkeypatch.setattr(sgd_concave_bound_search, "_QUIET", -1.0)
    better = sgd_concave_bound_search.propose(family, 0, np.inf, start=start, progress=told.append)
    assert sgd_concave_bound.prove(family, better).upper < sgd_concave_bound.prove(family, witness).upper
    assert len(told) > 1
    assert "6 scales" in told[0]


@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (3, 1), (2, 2)])
def test_decay_of_the_second_moment_is_proved_below_its_threshold_alone(batch: int, outputs: int) -> None:
    """Nearly dependent gradients; the threshold from the largest eigenvalue of E A (x) A, by bisection."""
    rows = np.random.default_rng(6).normal(size=(4 * outputs, 12))
    rows[1] = rows[0] + 0.1 * rows[1]
    gram = (rows @ rows.T + (rows @ rows.T).T) / 2
    low, high = 0.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        listed = sgd_family(gram, middle, batch, outputs).explicit()
        assert listed is not None
        squares = np.mean([np.kron(a, a) for a in listed.matrices.mid], axis=0)
        low, high = (middle, high) if max(abs(np.linalg.eigvals(squares))) < 1 else (low, middle)
    base = sgd_family(gram, 1.0, batch, outputs)
    form = {"form": sgd_concave_bound_search.decaying_form(base.with_learning_rate(low * (1 - 1e-4)))}
    assert segment_holds(base, Segment(0.0, low * (1 - 1e-4), Verdict.STABLE, "decay", form))
    assert not segment_holds(base, Segment(0.0, low * (1 + 1e-4), Verdict.STABLE, "decay", form))
    assert not segment_holds(base, Segment(0.1 * low, 0.5 * low, Verdict.STABLE, "decay", form))
    assert not segment_holds(base, Segment(0.0, 0.5 * low, Verdict.UNSTABLE, "decay", form))
    assert not segment_holds(base, Segment(0.0, 0.5 * low, Verdict.STABLE, "decay", {"form": -form["form"]}))
    beyond = {"form": sgd_concave_bound_search.decaying_form(base.with_learning_rate(low * (1 + 1e-4)))}
    assert not segment_holds(base, Segment(0.0, low * (1 + 1e-4), Verdict.STABLE, "decay", beyond))
