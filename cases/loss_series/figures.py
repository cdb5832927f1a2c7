"""Figures 10 and 11: an irregular loss series, its autocorrelation, and how neighbouring stretches part."""

import numpy as np

from cases.common.plot import Plot, Series
from cases.loss_series.autocorrelation import Autocorrelation
from cases.loss_series.kantz import LocalExpansion, Stretching

_ZOOM = 50


def series_plots(series: np.ndarray, first: int, rate: float) -> tuple[Plot, Plot]:
    """Figure 10, left and centre."""
    shown = min(len(series), 1000)
    words = f"values between {series.min():.3g} and {series.max():.3g}, mean {series.mean():.3g}"
    return (
        Plot(
            f"Figure 10, left: an irregular section of the loss, eta = {rate:g}",
            "step",
            "training loss (nats)",
            (Series("points", first + np.arange(shown), series[:shown]),),
            f"{shown} of {len(series)} steps: {words}.",
        ),
        Plot(
            f"Figure 10, centre: {_ZOOM} steps of it",
            "step",
            "training loss (nats)",
            (Series("path", first + np.arange(_ZOOM), series[:_ZOOM]),),
            f"The first {_ZOOM} steps, without a visible pattern: {words}.",
        ),
    )


def autocorrelation_plot(found: Autocorrelation) -> Plot:
    """Figure 10, right."""
    lags = np.arange(1, len(found.values))
    significant = found.significant
    listed = ", ".join(str(lag) for lag in significant[:10])
    return Plot(
        "Figure 10, right: autocorrelation of the loss",
        "lag (steps)",
        "autocorrelation",
        (
            Series("band", lags, found.lower[1:], "95 % of shuffled series", upper=found.upper[1:], tone=1),
            Series("path", lags, found.values[1:], "loss", tone=0),
        ),
        f"{len(significant)} of {len(lags)} lags lie outside the band of shuffled series (the first ones: {listed}); "
        f"the largest autocorrelation is {np.abs(found.values[1:]).max():.3f} in size.",
        {"horizontal": (0.0,), "legend": "outside"},
    )


def stretching_plot(curves: dict[str, Stretching]) -> Plot:
    """S(k) of the loss beside that of its surrogates."""
    series = []
    for tone, (name, found) in enumerate(curves.items()):
        steps = np.arange(len(found.curve))
        low, high = found.curve - 2 * found.errors, found.curve + 2 * found.errors
        series.append(Series("band", steps, low, upper=high, tone=tone))
        series.append(Series("path", steps, found.curve, f"{name}: slope {found.exponent:.3f}", tone=tone))
    words = "; ".join(f"{name} {found.curve[0]:.2f} to {found.curve[-1]:.2f}" for name, found in curves.items())
    return Plot(
        "Kantz's stretching of the loss and of its null models",
        "k (steps)",
        "S(k) = mean log distance (nats)",
        tuple(series),
        f"S from first to last k: {words}.",
        {"legend": "outside"},
    )


def local_plots(found: LocalExpansion, fit: tuple[int, int]) -> tuple[Plot, Plot]:
    """Figure 11: two reference points, and the distribution of local exponents."""
    chosen = found.significant()
    return _two_points(found, chosen, fit), _distribution(found, chosen)


def _two_points(found: LocalExpansion, chosen: np.ndarray, fit: tuple[int, int]) -> Plot:
    steps = np.arange(found.distances.shape[1])
    time = np.arange(fit[0], fit[1] + 1)
    series = []
    for tone, (mask, name) in enumerate(((chosen, "growth is significant"), (~chosen, "growth is not significant"))):
        if not mask.any():
            continue
        place = int(np.flatnonzero(mask)[mask.sum() // 2])
        curve = found.distances[place]
        line = np.exp(np.log(curve[time]).mean() + found.slopes[place] * (time - time.mean()))
        series.append(Series("path", steps, curve, f"{name} (p = {found.p_values[place]:.2g})", tone=tone))
        series.append(Series("dashed", time, line, f"slope {found.slopes[place]:.2f}", tone=tone))
    return Plot(
        "Figure 11, left: distances to neighbours from two reference points",
        "n (steps)",
        "mean distance of the losses (nats)",
        tuple(series),
        f"Mean distances against time; {chosen.mean():.0%} of {len(chosen)} reference points show significant growth.",
        {"log_y": True, "legend": "outside"},
    )


def _distribution(found: LocalExpansion, chosen: np.ndarray) -> Plot:
    edges = np.linspace(found.slopes.min(), found.slopes.max() + 1e-9, 41)
    middle = (edges[1:] + edges[:-1]) / 2
    counts = [np.histogram(found.slopes[mask], edges)[0] for mask in (np.ones_like(chosen), chosen)]
    return Plot(
        "Figure 11, right: distribution of local exponents",
        "exponent (nats per step)",
        "reference points",
        (
            Series("bars", middle, counts[0], "all", tone=6),
            Series("bars", middle, counts[1], "p < 0.05 and growing", tone=5),
        ),
        f"Local exponents of {len(chosen)} reference points, mean {found.slopes.mean():.3f}; {int(chosen.sum())} are "
        f"significant, with mean {found.slopes[chosen].mean() if chosen.any() else 0:.3f}.",
        {"legend": "outside"},
    )
