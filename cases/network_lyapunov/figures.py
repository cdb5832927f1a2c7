"""Figures of exponents: their distribution, their dependence on the radius, and their decay with time."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.trajectory_figures import thinned
from numeric.trajectories import Divergence, WindowFit


def histogram(fit: WindowFit, radius: Fraction) -> Plot:
    """Figure 8, left: the distribution of the kept slopes as a density."""
    kept = fit.slope[fit.kept()]
    edges = np.linspace(0, max(0.6, float(kept.max()) if len(kept) else 0.6), 25)
    density, _ = np.histogram(kept, edges, density=True) if len(kept) else (np.zeros(24), edges)
    mean = f"mean {kept.mean():.3f}, standard deviation {kept.std():.3f}" if len(kept) else "no fit was kept"
    return Plot(
        f"Figure 8, left: exponents of {len(kept)} initial conditions, radius {float(radius):g}",
        "exponent (nats per step)",
        "density",
        (Series("bars", (edges[1:] + edges[:-1]) / 2, density, mean),),
        f"Histogram of the slopes that were kept, {len(kept)} of {len(fit.slope)}: {mean}.",
        {"vertical": (float(kept.mean()),)} if len(kept) else {},
    )


def radius_plot(fits: Mapping[float, WindowFit]) -> Plot:
    """Figure 8, right: mean and standard deviation of the exponents by radius."""
    rows = [(r, fit.slope[fit.kept()]) for r, fit in sorted(fits.items()) if fit.kept().any()]
    radii = np.array([r for r, _ in rows])
    means, spreads = np.array([s.mean() for _, s in rows]), np.array([s.std() for _, s in rows])
    errors = spreads / np.sqrt([len(s) for _, s in rows])
    words = ", ".join(f"{m:.3f} at {r:g}" for r, m in zip(radii, means, strict=True))
    return Plot(
        "Figure 8, right: mean exponent by perturbation radius",
        "perturbation radius",
        "exponent (nats per step)",
        (
            Series("band", radii, means - spreads, "standard deviation", upper=means + spreads, tone=0),
            Series("dashed", radii, means - 2 * errors, "two standard errors of the mean", tone=1),
            Series("dashed", radii, means + 2 * errors, tone=1),
            Series("path", radii, means, "mean", tone=0),
        ),
        f"Mean exponents: {words}.",
        {"log_x": True, "legend": "outside"},
    )


def decay_plot(logs: np.ndarray) -> Plot:
    """Finite-time exponents of tangent vectors (n, T + 1) against T: a positive mean that decays."""
    time = np.unique(np.geomspace(10, logs.shape[1] - 1, 120).round().astype(int))
    rates = logs[:, time] / time
    low, middle, high = np.quantile(rates, [0.1, 0.5, 0.9], axis=0)
    reference = middle.max() * time[middle.argmax()] / time
    late = time >= time[middle.argmax()]
    return Plot(
        "The exponent of tangent vectors over the first T steps: a transient",
        "T (steps)",
        "log(|v_T| / |v_0|) / T (nats per step)",
        (
            Series("band", time, low, "eight in ten orbits", upper=high, tone=0),
            Series("line", time, middle, "median", tone=0),
            Series("dashed", time[late], reference[late], "no growth after the maximum: 1/T", tone=1),
        ),
        f"The median exponent of {len(logs)} orbits is largest, {middle.max():.3f}, over {time[middle.argmax()]} steps "
        f"and {middle[-1]:.3f} over {time[-1]}.",
        {"log_x": True, "legend": "outside"},
    )


def orbit_plot(found: Divergence, fit: WindowFit) -> Plot:
    """The three estimators on the first kept initial condition."""
    kept = np.flatnonzero(fit.kept())
    place = int(kept[0]) if len(kept) else 0
    logs, growth = found.log_mean[place], found.growth[place]
    steps = thinned(len(logs))
    first, last, slope = int(fit.start[place]), int(fit.last[place]), float(fit.slope[place])
    window = np.array([first, last])
    line = logs[first : last + 1].mean() + slope * (window - window.mean())
    chord = (logs[last] - logs[0]) / last
    return Plot(
        f"Three estimators on initial condition {place + 1}",
        "step",
        "logarithm (nats)",
        (
            Series("line", steps, logs[steps], "log of the mean distance", tone=0),
            Series("dashed", window, line, f"best fit: slope {slope:.3f}", emphasis=True),
            Series("dashed", np.array([0, last]), logs[[0, last]], f"(3): {chord:.3f}", tone=1),
            Series("line", steps, logs[0] + growth[steps], "tangent vector, moved to the same start", tone=2),
        ),
        f"The best straight window, steps {first} to {last}, has the slope {slope:.3f}; the rate (3) up to its end is "
        f"{chord:.3f}; the tangent vector grows by {growth[-1]:.1f} nats over all steps.",
        {"legend": "outside"},
    )
