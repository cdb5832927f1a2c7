"""Pictures of 3-spin experiments: loss against n and time, slices of the sphere, local slopes with error bars."""

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np

from cases.common.plot import Plot, Series

Function = Callable[[np.ndarray], np.ndarray]


def by_size(found: Mapping[int, np.ndarray], y_label: str, title: str, powers: tuple[int, ...]) -> Plot:
    """Stars: single targets; a path through their means, with a band of one standard error; lines n^power."""
    sizes = np.array(sorted(found), dtype=float)
    means = np.array([found[int(n)].mean() for n in sizes])
    errors = np.array([_standard_error(found[int(n)]) for n in sizes])
    single = np.concatenate([np.full(len(found[int(n)]), n) for n in sizes])
    every = np.concatenate([found[int(n)] for n in sizes])
    series = [
        Series("path", sizes, means, "mean of the targets", emphasis=True, tone=0),
        Series("points", single, every, "single targets", tone=1),
    ]
    if len(sizes) > 1:
        lower = np.maximum(means - errors, means * 1e-2)
        series.append(Series("band", sizes, lower, "one standard error", upper=means + errors, tone=0))
        series += [
            Series("dashed", sizes, means[0] * (sizes / sizes[0]) ** power, f"n^{power}", tone=3 + k)
            for k, power in enumerate(powers)
        ]
    return Plot(
        title,
        "number of particles n",
        y_label,
        tuple(series),
        "; ".join(
            f"n = {int(n)}: {mean:.3g} +- {error:.1g}" for n, mean, error in zip(sizes, means, errors, strict=True)
        ),
        {"log_x": True, "log_y": True},
    )


def over_time(
    paths: Mapping[int, tuple[np.ndarray, np.ndarray]], x_label: str, title: str, y_label: str = "loss"
) -> Plot:
    """One line for each n."""
    return Plot(
        title,
        x_label,
        y_label,
        tuple(Series("line", times, values, f"n = {n}") for n, (times, values) in paths.items()),
        "; ".join(f"n = {n}: from {values[0]:.3g} to {values[-1]:.3g}" for n, (_, values) in paths.items()),
        {"log_y": True},
    )


def slice_images(dimension: int, target: Function, network: Function, n: int) -> tuple[Plot, Plot]:
    """f and f_n on the slice (4.7), x = sqrt(d) (sin t cos p, sin t sin p, cos t, 0, ...)."""
    polar, azimuth = np.linspace(0, math.pi, 61), np.linspace(0, 2 * math.pi, 121)
    t, p = np.meshgrid(polar, azimuth, indexing="ij")
    x = np.zeros((t.size, dimension))
    x[:, 0], x[:, 1], x[:, 2] = (np.sin(t) * np.cos(p)).ravel(), (np.sin(t) * np.sin(p)).ravel(), np.cos(t).ravel()
    x *= math.sqrt(dimension)
    plots = []
    for name, values in ((f"network f_n, n = {n}", network(x)), ("target f", target(x))):
        image = values.reshape(t.shape)
        plots.append(
            Plot(
                f"The {name}, on a slice of the sphere",
                "azimuth phi",
                "polar angle theta",
                (Series("image", azimuth, polar, "value", upper=image),),
                f"Values between {image.min():.3g} and {image.max():.3g}.",
                {"size": (6.4, 3.8)},
            )
        )
    return plots[1], plots[0]


def great_circles(dimension: int, target: Function, network: Function, n: int) -> tuple[Plot, ...]:
    """f and f_n along the circles (4.12) in the planes of the first coordinates."""
    angle = np.linspace(0, 2 * math.pi, 241)
    plots = []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        x = np.zeros((len(angle), dimension))
        x[:, i], x[:, j] = math.sqrt(dimension) * np.cos(angle), math.sqrt(dimension) * np.sin(angle)
        exact, found = target(x), network(x)
        plots.append(
            Plot(
                f"Along the great circle of coordinates {i + 1}, {j + 1}; d = {dimension}, n = {n}",
                "angle theta",
                "value",
                (Series("line", angle, exact, "target f"), Series("dashed", angle, found, "network f_n")),
                f"Root mean square distance {np.sqrt(np.mean((exact - found) ** 2)):.3g}.",
            )
        )
    return tuple(plots)


def local_slopes(found: Mapping[int, np.ndarray], draws: int = 2000) -> list[tuple[int, int, float, float]]:
    """(n, m, slope, error) between neighbours: d log |mean| / d log n, its error by a bootstrap over the targets.

    Targets are resampled jointly at both sizes when they are the same; means of either sign are taken by size.
    """
    generator = np.random.default_rng(0)
    slopes = []
    for small, large in itertools.pairwise(sorted(found)):
        a, b = found[small], found[large]
        step = math.log(large / small)
        slope = math.log(abs(b.mean()) / abs(a.mean())) / step
        picks = generator.integers(len(a), size=(draws, len(a)))
        with np.errstate(all="ignore"):
            drawn = np.log(np.abs(b[picks].mean(axis=1)) / np.abs(a[picks].mean(axis=1))) / step
        drawn = drawn[np.isfinite(drawn)]
        slopes.append((small, large, slope, float(drawn.std()) if len(a) > 1 else math.inf))
    return slopes


def averages(found: Mapping[int, np.ndarray], name: str) -> list[str]:
    """One sentence for each local slope."""
    finite = {n: values for n, values in found.items() if np.isfinite(values).all() and values.mean() != 0}
    return [
        f"Local slope of the {name} from n = {small} to {large}: {slope:.2f}"
        + (f" +- {error:.2f} (bootstrap over {len(found[small])} targets)." if math.isfinite(error) else ".")
        for small, large, slope, error in local_slopes(finite)
    ]


def _standard_error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0
