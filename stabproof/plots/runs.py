"""Runs of training and orbits (estimates): loss and weights along the steps; figures of a cross-check."""

from typing import Any

import numpy as np

from cases.common.plot import Plot, Series

_MOST_LINES = 7


def training_figures(found: Any) -> dict[str, Plot]:
    """Of `numeric.train`: the loss after every step."""
    losses = np.asarray(found.losses, dtype=float)
    return {"loss": _loss(np.arange(1, len(losses) + 1), losses)} if len(losses) else {}


def training_orbit_figures(found: Any) -> dict[str, Plot]:
    """Of `numeric.training_orbit`: the loss, and the weights that move most."""
    return {"loss": _loss(found.steps, found.losses), "weights": _weights(found.steps, found.parameters, "weight")}


def orbit_figures(found: Any) -> dict[str, Plot]:
    """Of `numeric.orbit`: the coordinates that move most."""
    return {"orbit": _weights(found.steps, found.points, "coordinate")}


def track_figures(found: Any) -> dict[str, Plot]:
    """Of `numeric.track`: exponents along training, loss, and critical learning rates."""
    steps = found.series("step")
    zero = {"horizontal": (0.0,)}
    exponents = Plot(
        "Exponents of the linearised update along training",
        "step",
        "nats per step",
        (
            Series("path", steps, found.series("exponent"), "Lyapunov exponent", tone=0),
            Series("path", steps, found.series("half_second_moment"), "half of the second moment's", tone=1),
            Series("path", steps, found.series("mu"), "gradient descent's", tone=2),
        ),
        f"Three exponents at {len(steps)} checkpoints; all are estimates.",
        zero,
    )
    rates = Plot(
        "Learning rate and critical learning rates",
        "step",
        "learning rate",
        (
            Series("line", steps, np.full(len(steps), found.learning_rate), "chosen", tone=6),
            Series("path", steps, found.series("gradient_descent_rate"), "critical, gradient descent", tone=2),
            Series("path", steps, found.series("mean_square_rate"), "critical, mean square", tone=1),
        ),
        "The chosen learning rate against two critical ones at each checkpoint; all are estimates.",
    )
    return {"exponents": exponents, "loss": _loss(steps, found.series("loss")), "learning rates": rates}


def crosscheck_figures(found: Any) -> dict[str, Plot]:
    """Every figure of the case, by its title."""
    plots = (*(found.numeric.plots if found.numeric else ()), *found.plots)
    return {plot.title: plot for plot in plots}


def _loss(steps: Any, losses: Any) -> Plot:
    values = np.asarray(losses, dtype=float)
    positive = np.isfinite(values) & (values > 0)
    shown = np.where(positive, values, np.nan)
    last = values[np.isfinite(values)][-1] if np.isfinite(values).any() else float("nan")
    return Plot(
        "Loss along the run",
        "step",
        "loss",
        (Series("line", np.asarray(steps), shown, ""),),
        f"The loss starts at {values[0]:.3g} and ends at {last:.3g}; an estimate.",
        {"log_y": bool(positive.any())},
    )


def _weights(steps: Any, points: Any, name: str) -> Plot:
    values = np.asarray(points, dtype=float)
    moved = np.ptp(np.where(np.isfinite(values), values, np.nan_to_num(values[0])), axis=0)
    chosen = np.sort(np.argsort(-moved, kind="stable")[:_MOST_LINES])
    others = values.shape[1] - len(chosen)
    title = f"The {len(chosen)} {name}s that move most" if others else f"{len(chosen)} {name}{'s' * (len(chosen) != 1)}"
    return Plot(
        title,
        "step",
        name,
        tuple(Series("line", np.asarray(steps), values[:, k], f"{name} {k + 1}", tone=n) for n, k in enumerate(chosen)),
        f"{title} of {values.shape[1]}; an estimate.",
        {"legend": "outside"},
    )
