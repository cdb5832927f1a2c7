"""Estimators of exponents on series whose answers are known: exponentials, the logistic map, noise, autoregression."""

import numpy as np
import pytest

from cases.loss_series.autocorrelation import autocorrelation
from cases.loss_series.irregular import irregular_section
from cases.loss_series.kantz import kantz, local_expansion
from cases.loss_series.surrogates import phase_randomised, shuffled
from cases.network_lyapunov.estimates import expansion_rate
from foundation import InputError
from numeric.trajectories import growth_rate, window_slope


def logistic(count, start=0.3):
    orbit = np.empty(count)
    for step in range(count):
        orbit[step], start = start, 4 * start * (1 - start)
    return orbit


def autoregression(count, phi, generator):
    series = np.zeros(count)
    for step, noise in enumerate(generator.standard_normal(count - 1)):
        series[step + 1] = phi * series[step] + noise
    return series


def test_the_best_window_finds_a_late_exponential_phase_and_the_rate_since_the_start_does_not():
    """No growth for 40 steps, 60 steps at the rate 0.3, then saturation: (3) sees 0.3 * 59 / 99 at the window's end."""
    time = np.arange(201)
    logs = 0.3 * np.clip(time - 40, 0, 60) + 1e-3 * np.sin(time)
    fit = window_slope(logs[None])
    assert abs(fit.slope[0] - 0.3) < 1e-3
    assert fit.start[0] >= 40
    assert fit.last[0] <= 100
    assert fit.kept()[0]
    last = int(fit.last[0])
    rate = expansion_rate(np.exp(logs)[None, None], fit.last).rate[0]
    assert abs(rate - 0.3 * (last - 40) / last) < 1e-4
    assert fit.slope[0] / rate > 1.3


def test_the_windows_are_those_of_least_squares():
    generator = np.random.default_rng(0)
    series = np.cumsum(generator.standard_normal((3, 201)), axis=1)
    fit = window_slope(series)
    for row, slope, quality, start, length in zip(series, fit.slope, fit.r_squared, fit.start, fit.length, strict=True):
        best = max(
            np.corrcoef(np.arange(n), row[s : s + n])[0, 1] ** 2 for s in range(0, 101, 5) for n in range(30, 101, 5)
        )
        assert abs(quality - best) < 1e-12
        assert abs(slope - np.polyfit(np.arange(length), row[start : start + length], 1)[0]) < 1e-10
        assert start % 5 == 0
        assert length % 5 == 0


def test_flat_and_broken_series_are_not_kept():
    series = np.zeros((2, 201))
    series[1] = -np.inf
    fit = window_slope(series)
    assert not fit.kept().any()
    with pytest.raises(InputError, match="window"):
        window_slope(np.zeros((1, 20)))


def test_the_expansion_rate_is_the_mean_of_increments_with_a_jackknife_error():
    generator = np.random.default_rng(1)
    distances = np.exp(generator.standard_normal((2, 5, 11)))
    found = expansion_rate(distances, [10, 4])
    for block, tau, rate, error in zip(distances, (10, 4), found.rate, found.error, strict=True):
        means = np.log(block.mean(axis=0))
        assert abs(rate - np.diff(means[: tau + 1]).mean()) < 1e-12
        left = [np.diff(np.log(np.delete(block, k, 0).mean(axis=0))[: tau + 1]).mean() for k in range(5)]
        assert abs(error - np.sqrt(0.8 * ((left - np.mean(left)) ** 2).sum())) < 1e-12
    for bad in (0, 11, 2.5):
        with pytest.raises(InputError):
            expansion_rate(distances, bad)
    with pytest.raises(InputError, match="zero"):
        expansion_rate(np.zeros((1, 1, 4)), 2)


def test_growth_rates_of_a_straight_line_and_of_noise():
    line = growth_rate(0.2 * np.arange(101), 20, 80)
    assert abs(line.rate[0] - 0.2) < 1e-14
    assert line.error[0] < 1e-14
    generator = np.random.default_rng(2)
    walks = np.cumsum(generator.standard_normal((400, 1001)), axis=1)
    found = growth_rate(walks)
    assert abs((np.abs(found.rate) < 2 * found.error).mean() - 0.92) < 0.05  # Student's t with 9 degrees: 0.923
    with pytest.raises(InputError, match="stretch"):
        growth_rate(walks, 10, 10)


def test_kantz_finds_log_2_for_the_logistic_map():
    found = kantz(logistic(4000), 8, radius=1e-3, fit=(0, 4))
    assert abs(found.exponent - np.log(2)) < 0.02
    assert found.error < 0.01
    local = local_expansion(logistic(2000), 6, radius=1e-3, fit=(0, 4))
    assert local.significant().mean() > 0.6
    assert abs(np.median(local.slopes) - np.log(2)) < 0.1


def test_noise_shows_no_stretching_after_its_first_step():
    noise = np.random.default_rng(3).standard_normal(3000)
    found = kantz(noise, 8, radius=0.1, fit=(1, 8))
    assert abs(found.exponent) < 4 * found.error + 1e-3
    local = local_expansion(noise, 8, radius=0.1, fit=(1, 8))
    assert local.significant().mean() < 0.06  # two-sided test at 5 %, one side counts


def test_autocorrelation_of_an_autoregression_and_of_noise():
    generator = np.random.default_rng(4)
    found = autocorrelation(autoregression(20_000, 0.5, generator), 6, generator=generator, realisations=200)
    assert (np.abs(found.values - 0.5 ** np.arange(7)) <= 4 * found.errors).all()
    assert {1, 2, 3, 4} <= set(found.significant)
    noise = generator.standard_normal(2000)
    flat = autocorrelation(noise, 100, generator=generator, realisations=400)
    assert len(flat.significant) <= 12  # 5 expected, standard deviation 2.2
    assert np.abs(flat.upper[1:] - 1.96 / np.sqrt(2000)).max() < 0.012
    slow = [np.sum((noise[k:] - noise.mean()) * (noise[: 2000 - k] - noise.mean())) for k in range(101)]
    assert np.abs(flat.values - np.array(slow) / slow[0]).max() < 1e-12


def test_surrogates_keep_what_they_promise():
    generator = np.random.default_rng(5)
    series = autoregression(4096, 0.8, generator)
    for surrogate in (shuffled(series, generator), phase_randomised(series, generator)):
        assert (np.sort(surrogate) == np.sort(series)).all()
        assert (surrogate != series).any()
    linear = autocorrelation(phase_randomised(series, generator), 3, generator=generator, realisations=20)
    mixed = autocorrelation(shuffled(series, generator), 3, generator=generator, realisations=20)
    assert abs(linear.values[1] - 0.8) < 0.05
    assert abs(mixed.values[1]) < 0.07


def test_irregular_sections_exclude_rest_and_short_cycles():
    rest, cycle = np.full(300, 1.1), np.tile([3.0, 4.0, 5.0], 200)
    series = np.concatenate([rest, logistic(500), cycle, logistic(200)])
    found = irregular_section(series)
    assert abs(found.start - 300) <= 100
    assert abs(found.stop - 800) <= 100
    assert len(irregular_section(cycle)) == 0
    assert irregular_section(logistic(400)) == range(400)


@pytest.mark.parametrize(
    "call",
    [
        lambda g: kantz(np.arange(10.0), 3, radius=0.1),
        lambda g: kantz(logistic(200), 3, radius=1e-12),
        lambda g: kantz(logistic(200), 3, radius=-1.0),
        lambda g: kantz(logistic(200), 3, radius=0.1, fit=(2, 9)),
        lambda g: local_expansion(logistic(200), 3, radius=0.1, fit=(1, 2)),
        lambda g: autocorrelation(np.ones(50), 3, generator=g),
        lambda g: autocorrelation(np.arange(4.0), 3, generator=g),
        lambda g: shuffled([1.0], g),
        lambda g: phase_randomised([np.nan] * 9, g),
        lambda g: irregular_section(np.zeros((2, 2))),
    ],
)
def test_bad_series_are_refused(call):
    with pytest.raises(InputError):
        call(np.random.default_rng(0))
