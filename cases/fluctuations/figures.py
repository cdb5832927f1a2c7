"""Figures of the fluctuations of networks of many particles."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from cases.common.told import Range, Told

PARTICLES = 2048


def histogram_plot(paths: np.ndarray, values: Mapping[str, Any]) -> Plot:
    """Deviations at the start and later, beside Gaussian densities."""
    series = []
    spreads = [math.sqrt(PARTICLES) * found.std() for found in paths]
    for tone, (found, label) in enumerate(zip(paths, ("t = 0", f"t = {values['time']}"), strict=True)):
        scaled = math.sqrt(PARTICLES) * (found - found.mean())
        width = 4 * scaled.std()
        density, edges = np.histogram(scaled, bins=40, range=(-width, width), density=True)
        centres = (edges[1:] + edges[:-1]) / 2
        error = np.sqrt(np.maximum(density, 1e-12) / (len(found) * (edges[1] - edges[0])))
        grid = np.linspace(-width, width, 201)
        deviation = scaled.std()
        normal = np.exp(-(grid**2) / (2 * deviation**2)) / (deviation * math.sqrt(2 * math.pi))
        lower, upper = np.maximum(density - error, 0), density + error
        series += [
            Series("points", centres, density, f"{label}: {len(found)} networks", tone=tone),
            Series("segments", centres, lower, upper=np.stack([centres, upper], axis=1), tone=tone),
            Series("line", grid, normal, f"{label}: Gaussian", tone=tone),
        ]
    return Plot(
        f"Central limit theorem at the start and later, n = {PARTICLES}",
        "sqrt(n) (f_n - mean)",
        "density",
        tuple(series),
        f"Histograms with the standard deviations {spreads[0]:.3g} at the start and {spreads[1]:.3g} later, "
        f"beside Gaussian "
        "densities of these.",
    )


def variance_plot(ensembles: Mapping[int, tuple[np.ndarray, ...]]) -> Plot:
    """Variances against the number of particles, at a few times."""
    sizes = np.array(sorted(ensembles), dtype=float)
    times = ensembles[int(sizes[0])][0]
    series = []
    for tone, k in enumerate((0, len(times) // 8, len(times) // 2, len(times) - 1)):
        y = np.array([ensembles[int(n)][1][k] for n in sizes]) / sizes
        error = np.array([ensembles[int(n)][2][k] for n in sizes]) / sizes
        ends = np.stack([sizes, y + error], axis=1)
        series.append(Series("path", sizes, y, f"t = {times[k]:.3g}", tone=tone))
        series.append(Series("segments", sizes, np.maximum(y - error, y / 10), upper=ends, tone=tone))
    first = ensembles[int(sizes[0])][1][0]
    series.append(Series("dashed", sizes, first / sizes, "1/n", tone=5))
    return Plot(
        "Variance of f_n along the full flow (2.1)",
        "number of particles n",
        "variance of f_n, mean over the points",
        tuple(series),
        Told.of(
            "n times the variance lies {} at the first time and {} at the last one, over all n: constant where "
            "the variance "
            "falls like 1/n.",
            *(Range.of(np.array([ensembles[int(n)][1][k] for n in sizes])) for k in (0, -1)),
        ),
        {"log_x": True, "log_y": True},
    )


def healing_plot(ensembles: Mapping[int, tuple[np.ndarray, ...]]) -> Plot:
    """n times the variance over time, for each n."""
    series = []
    for tone, (n, (times, spread, error)) in enumerate(sorted(ensembles.items())):
        series.append(Series("line", times, spread, f"n = {n}", tone=tone))
        lower = np.maximum(spread - error, spread / 10)
        series.append(Series("band", times, lower, upper=spread + error, tone=tone))
    return Plot(
        "n times the variance heals at a rate without n",
        "time t",
        "n times the variance of f_n",
        tuple(series),
        Told.of(
            "n times the variance lies {} at the start and {} at the end, over all n.",
            *(Range.of(np.array([found[1][k] for found in ensembles.values()])) for k in (0, -1)),
        ),
        {"log_y": True},
    )
