"""The stopping rule's statistics on synthetic growth with known mean, variance and correlation."""

import numpy as np
import pytest

from numeric.lyapunov.stopping import LARGEST_RATIO, agree, summarise


def autoregressive(rng, memory, shape):
    """Stationary AR(1) with unit variance along the first axis."""
    noise = rng.normal(size=shape)
    values = np.empty(shape)
    values[0] = noise[0]
    for step in range(1, shape[0]):
        values[step] = memory * values[step - 1] + np.sqrt(1 - memory**2) * noise[step]
    return values


def test_independent_growth_passes(rng):
    summary = summarise(0.3 + rng.normal(size=(64, 1, 256)))
    assert summary.failures(tolerance=0.1, visits=100.0) == []
    assert abs(summary.estimate[0] - 0.3) < 5 * summary.error[0]
    assert summary.error[0] == pytest.approx(1 / np.sqrt(48 * 256), rel=0.6)
    assert summary.ratio[0] == pytest.approx(1.0, abs=0.4)


def test_errors_cover_at_their_rate(rng):
    scores = [(s.estimate[0]) / s.error[0] for s in (summarise(rng.normal(size=(64, 1, 64))) for _ in range(400))]
    assert 0.66 <= np.mean(np.abs(scores) <= 1) <= 0.9
    assert np.mean(np.abs(scores) <= 2) >= 0.94


def test_slow_mixing_fails(rng):
    """Correlation over as many windows as there are: chains differ by more than their windows explain."""
    summary = summarise(autoregressive(rng, 0.9, (64, 1, 256)))
    assert summary.ratio[0] > LARGEST_RATIO
    assert any("mix slowly" in reason for reason in summary.failures(1.0, 100.0))


def test_a_trend_fails(rng):
    trend = np.exp(-np.arange(64) / 30.0)[:, None, None]
    summary = summarise(trend + 0.5 * rng.normal(size=(64, 1, 256)))
    assert any("halves" in reason for reason in summary.failures(1.0, 100.0))
    assert summary.error[0] > 0.1


def test_wide_errors_and_few_visits_fail(rng):
    summary = summarise(rng.normal(size=(64, 1, 256)))
    assert any("tolerance" in reason for reason in summary.failures(1e-4, 100.0))
    assert any("rarest" in reason for reason in summary.failures(1.0, 3.0))


def test_disagreement_of_consecutive_estimates(rng):
    here, there = (summarise(mean + rng.normal(size=(64, 1, 256))) for mean in (0.0, 0.2))
    assert agree(here, here)
    assert not agree(here, there)


def test_error_bars_cover_where_two_exponents_are_equal(rng):
    """The greater of two opposite random walks grows like sqrt(n): its rate is a bias, the exponent is 0."""
    ratios = []
    for _ in range(40):
        walk = np.abs(rng.choice([-1.0, 1.0], size=(64, 64, 64)).sum(axis=1).cumsum(axis=0))
        summary = summarise(np.diff(walk, axis=0, prepend=0.0)[:, None, :] / 64)
        ratios.append(summary.estimate[0] / summary.error[0])
    # the standard error of the chains alone is a fifth of the bias
    assert np.median(ratios) < 3.0
    assert np.mean(np.array(ratios) < 4.0) > 0.8
