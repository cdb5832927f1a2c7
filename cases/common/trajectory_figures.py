"""Figures of distances, losses and weights along training."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cases.common.plot import Plot, Series

_MOST_POINTS = 400


def thinned(count: int, most: int = _MOST_POINTS) -> np.ndarray:
    """At most `most` indices below `count`, evenly spaced, first and last included."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def distance_plot(
    title: str, distances: np.ndarray, *, first: int = 0, labels: Sequence[str] = (), extra: tuple[Series, ...] = ()
) -> Plot:
    """Mean distances (thick) over those of single perturbations (thin) for n groups (n, M, T), from step `first` on."""
    chosen = thinned(distances.shape[2])
    time = first + chosen
    series = []
    for group, block in enumerate(distances):
        curves = np.maximum(block[:, chosen], np.finfo(float).tiny)
        low, high = curves.min(axis=0), curves.max(axis=0)
        series.append(Series("band", time, low, upper=high, tone=group))
        label = labels[group] if labels else f"initial condition {group + 1}"
        series.append(Series("line", time, curves.mean(axis=0), label, tone=group))
    ends = distances[:, :, [0, -1]].mean(axis=1)
    words = "; ".join(f"{a:.1e} to {b:.1e}" for a, b in ends)
    return Plot(
        title,
        "step",
        "L1 distance to the reference",
        (*series, *extra),
        f"Distances of perturbed networks to their reference: mean as a line, range over the perturbations as a band. "
        f"Means from first to last step shown: {words}.",
        {"log_y": True, "legend": "outside"},
    )


def loss_plot(title: str, losses: np.ndarray, *, log_x: bool = False) -> Plot:
    """Losses (n, T + 1) of n runs."""
    steps = thinned(losses.shape[1])
    if log_x:
        steps = np.unique(np.geomspace(1, losses.shape[1] - 1, 400).round().astype(int))
    series = [Series("line", steps, row[steps], f"initial condition {k + 1}") for k, row in enumerate(losses)]
    words = ", ".join(f"{row[0]:.3g} to {row[-1]:.3g}" for row in losses)
    options: dict[str, Any] = {"log_y": True, "log_x": log_x, "legend": "outside"}
    return Plot(title, "step", "training loss (nats)", tuple(series), f"Losses of the runs: {words}.", options)


def dots_plot(title: str, values: np.ndarray, y_label: str, alternative: str) -> Plot:
    """Every value of one series as a dot, unjoined: periods show as parallel lines."""
    steps = np.arange(len(values))
    return Plot(title, "step", y_label, (Series("points", steps, values),), alternative, {"size": (6.4, 3.2)})


def lines_plot(title: str, x: np.ndarray, rows: np.ndarray, names: Sequence[str], y_label: str, words: str) -> Plot:
    """One line a row; of long rows every 3k-th value, so that cycles of length 3 do not blur the lines."""
    stride = 3 * -(-len(x) // (3 * _MOST_POINTS)) if len(x) > _MOST_POINTS else 1
    chosen = np.arange(0, len(x), stride)
    series = [Series("line", x[chosen], row[chosen], name) for row, name in zip(rows, names, strict=True)]
    return Plot(title, "step", y_label, tuple(series), words, {"legend": "outside"})


def scatter_plot(title: str, x: np.ndarray, rows: np.ndarray, names: Sequence[str], y_label: str, words: str) -> Plot:
    """Every value of each row as a dot."""
    series = [Series("points", x, row, name) for row, name in zip(rows, names, strict=True)]
    return Plot(title, "step", y_label, tuple(series), words, {"legend": "outside"})
