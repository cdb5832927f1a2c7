"""Bounded confidence: limits against exact means and an independent integration, undecided cases, bad input."""

from fractions import Fraction

import numpy as np
import pytest

from cases.hegselmann_krause import case as hegselmann_krause
from cases.hegselmann_krause.estimates import interactions, opinion_path
from certify.certificate import issue
from certify.opinions import Limits, Undecided, opinion_limits
from certify.opinions import limits as opinion_proof
from certify.verdict import Verdict
from foundation import CertificateError, InputError
from stabproof import comparison
from stabproof.tasks import run_task
from symbolic import Outcome


def fractions(text):
    return tuple(Fraction(x) for x in text.split(","))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"start": "0,0.4,1,1.35", "below": "0.45", "above": "0.45"},
        {"start": "0,0.4,0.9", "below": "0.5,0.1,0.3", "above": "0.2,0.6,0.2"},
        {"start": "0,1/4,1/2,3/4,1", "below": "0.3", "above": "0.3"},
        {"start": "7"},
        {"start": "0,1/2"},
        {"start": "0,1/2,1"},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("hegselmann-krause", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


def test_two_clusters_keep_their_means():
    found = opinion_limits(fractions("0,0.4,1,1.35"), (Fraction("0.45"),) * 4, (Fraction("0.45"),) * 4)
    assert isinstance(found, Limits)
    assert found.exact == fractions("0.2,0.2,1.175,1.175")


def test_a_chain_merges_through_events_to_the_common_mean():
    found = opinion_limits(fractions("0,0.25,0.5"), (Fraction("0.3"),) * 3, (Fraction("0.3"),) * 3)
    assert isinstance(found, Limits)
    assert found.events > 0
    assert set(found.exact) == {Fraction(1, 4)}
    assert np.all(found.limits.contains(0.25))
    assert found.limits.rad.max() < 1e-9


def test_one_way_listening_turns_mutual():
    """Agent 1 comes to agent 2, who hears it from 0.9 on; then both meet at the middle of 0.9 and 1."""
    found = opinion_limits(fractions("0,1"), fractions("2,0.1"), fractions("2,0.1"))
    assert isinstance(found, Limits)
    assert found.exact is None
    assert np.all(found.limits.contains(0.95))
    assert found.limits.rad.max() < 1e-12


def test_symmetric_gaps_that_cross_together_are_undecided():
    """Whichever of the pairs (1, 3) and (3, 5) listens first keeps the other apart: there are several solutions."""
    found = opinion_limits(fractions("0,1/4,1/2,3/4,1"), (Fraction("0.3"),) * 5, (Fraction("0.3"),) * 5)
    assert isinstance(found, Undecided)
    assert "threshold" in found.reason


def test_different_thresholds_agree_with_a_fine_euler_scheme():
    start, low, high = fractions("0,0.4,0.9"), fractions("0.5,0.1,0.3"), fractions("0.2,0.6,0.2")
    found = opinion_limits(start, low, high)
    assert isinstance(found, Limits)
    x, below, above = (np.array([float(v) for v in part]) for part in (start, low, high))
    for _ in range(40_000):
        listens = interactions(x, below, above)
        x = x + 5e-4 * (listens * (x[None, :] - x[:, None])).sum(axis=1)
    assert np.all(np.abs(x - found.limits.mid) < 1e-3)


def test_a_pull_away_from_a_threshold_is_undecided():
    """Agents 1 and 2 differ by the threshold and agent 3 pulls them apart: the solution is not unique."""
    found = opinion_limits(fractions("0,0.5,0.9"), (Fraction(1, 2),) * 3, (Fraction(1, 2),) * 3)
    assert isinstance(found, Undecided)
    view = hegselmann_krause.CASE.certified(hegselmann_krause.CASE.values({"start": "0,0.5,0.9"}))
    assert run_task(view.tasks[0]).verdict is Verdict.UNDECIDED


def test_the_exact_limit_stays_exact_at_the_closed_threshold():
    found = opinion_limits(fractions("0,0.5"), (Fraction(1, 2),) * 2, (Fraction(1, 2),) * 2)
    assert found.exact == fractions("1/4,1/4")


def test_the_numeric_path_finds_the_event():
    path = opinion_path([0.0, 0.4, 0.75], 0.5, 0.5, 60.0)
    assert len(path.events) >= 1
    assert path.opinions[-1] == pytest.approx(np.full(3, 1.15 / 3), abs=1e-7)


@pytest.mark.parametrize(
    "parameters",
    [
        {"start": "0,nan"},
        {"below": 0},
        {"below": "1,2"},
        {"above": -1},
        {"start": ",".join(["1"] * 41)},
        {"crowd": 1},
        {"coupling": 0},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("hegselmann-krause", **parameters)


@pytest.mark.parametrize(("start", "below"), [([np.nan], 1.0), ([0.0, 1.0], 0.0)])
def test_bad_arrays_are_refused(start, below):
    with pytest.raises(InputError):
        opinion_path(start, below, 1.0, 1.0)


def test_a_planted_error_is_seen(monkeypatch):
    right = opinion_proof._means

    def wrong(start, labels):
        return tuple(x + Fraction(1, 10**9) for x in right(start, labels))

    monkeypatch.setattr(opinion_proof, "_means", wrong)
    assert not comparison.crosscheck("hegselmann-krause").agrees


def test_a_certificate_without_thresholds_is_refused():
    problem = {"start": [Fraction(0), Fraction(1)], "below": [Fraction(0), Fraction(1)], "above": [Fraction(1)] * 2}
    with pytest.raises(CertificateError, match="thresholds above 0"):
        issue("opinions", problem, {})
