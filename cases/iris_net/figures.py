"""Figures 3 to 7, 9 and 12 of training on Iris, drawn from our own runs."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from cases.common.iris import IrisNetwork
from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.common.trajectory_figures import distance_plot, dots_plot, lines_plot, loss_plot, scatter_plot
from numeric import double_precision
from numeric.trajectories import SoftmaxNetwork, descend, draw, separate, window_slope
from numeric.trajectories.network import loss

_RADII = (1e-14, 1e-10, 1e-6, 1e-2)
_LATE = 1000
_EARLY = 200
_SHOWN = 1000
_WINDOW = 250


def figures(iris: IrisNetwork, values: Mapping[str, Any]) -> tuple[Plot, ...]:
    """All figures, in the paper's order."""
    return (
        *_small_rate(iris.network, values),
        *_edge(iris.network, values),
        *_large_rate(iris.network, values),
    )


def bundles(network: SoftmaxNetwork, values: Mapping[str, Any], radius: float) -> np.ndarray:
    """(n, 1 + M, D): initial conditions, each followed by its perturbations."""
    copies, seed = values["perturbations"], values["seed"]
    return np.stack([draw(network, k, radius, copies, seed) for k in range(values["initial_conditions"])])


def _small_rate(network: SoftmaxNetwork, values: Mapping[str, Any]) -> tuple[Plot, ...]:
    rate, steps, radius = as_float(values["low_rate"]), values["steps"], as_float(values["radius"])
    start = bundles(network, values, radius)
    near = separate(network, start[:, 0], start[:, 1:], rate, steps)
    radii = [bundles(network, {**values, "initial_conditions": 1}, r)[0] for r in _RADII]
    by_radius = separate(network, [b[0] for b in radii], np.stack([b[1:] for b in radii]), rate, steps)
    title = f"eta = {rate:g}"
    return (
        distance_plot(f"Figure 3: distances to perturbed networks, {title}, radius {radius:g}", near.distances),
        loss_plot(f"Figure 3: the loss falls at every step, {title}", near.losses),
        distance_plot(
            f"Figure 4: distances for several perturbation radii, {title}",
            by_radius.distances,
            labels=[f"radius {r:g}" for r in _RADII],
        ),
        *_weights(network, start[0, 0], rate, steps),
        _after_learning(network, near.ends, values, rate),
    )


def _weights(network: SoftmaxNetwork, start: np.ndarray, rate: float, steps: int) -> tuple[Plot, Plot]:
    """Figure 5: what single weights matter for the loss, and how far each went."""
    run = descend(network, start[None], rate, steps)
    path = run.parameters[0][:, network.is_weight]
    moved = np.abs(path[-1] - path[0]) / np.abs(path[0])
    travelled = np.abs(np.diff(path, axis=0)).sum(axis=0)
    # a straight path from w(0) has the displacement |w(T) - w(0)| = D_w, the largest that is possible
    share = np.abs(path[-1] - path[0]) / travelled
    return _importance(network, run.parameters[0, -1]), Plot(
        "Figure 5, right: displacement of single weights against the distance travelled",
        "distance travelled D_w",
        "displacement Delta_w = |w(T) - w(0)| / |w(0)|",
        (Series("points", travelled, moved, "weights"),),
        f"{len(moved)} weights. The displacement is {share.min():.2g} to {share.max():.2g} of the distance travelled, "
        f"with median {np.median(share):.2g}: no weight wanders far without getting anywhere.",
        {"log_x": True, "log_y": True},
    )


@double_precision
def _importance(network: SoftmaxNetwork, theta: np.ndarray) -> Plot:
    """Change of the loss when one hidden weight is set to zero."""
    width, hidden = network.inputs.shape[1], network.hidden
    disabled = np.tile(theta, (width * hidden, 1))
    np.fill_diagonal(disabled[:, : width * hidden], 0.0)
    baseline = float(loss(jnp.asarray(theta), network.data))
    change = (np.asarray(loss(jnp.asarray(disabled), network.data)) - baseline).reshape(width, hidden)
    return Plot(
        "Figure 5, left: change of the loss without one weight of the hidden layer",
        "hidden unit",
        "input",
        (Series("image", np.arange(1, hidden + 1), np.arange(1, width + 1), "L_w - L (nats)", upper=change),),
        f"Setting one of {change.size} hidden weights to zero changes the loss {baseline:.3g} by {change.min():.2g} to "
        f"{change.max():.2g}; half of the changes are below {np.median(np.abs(change)):.1g} in size.",
    )


def _after_learning(network: SoftmaxNetwork, ends: np.ndarray, values: Mapping[str, Any], rate: float) -> Plot:
    generator = np.random.default_rng((values["seed"], 1))
    radius = as_float(values["radius"])
    moved = np.stack([network.perturbed(end, radius, values["perturbations"], generator) for end in ends])
    found = separate(network, ends, moved, rate, _LATE)
    title = f"Figure 6: distances to networks perturbed after {values['steps']} steps, eta = {rate:g}"
    return distance_plot(title, found.distances, first=values["steps"])


def _edge(network: SoftmaxNetwork, values: Mapping[str, Any]) -> tuple[Plot, ...]:
    rate, steps, radius = as_float(values["edge_rate"]), values["steps"], as_float(values["radius"])
    start = bundles(network, values, radius)
    found = separate(network, start[:, 0], start[:, 1:], rate, steps)
    title = f"eta = {rate:g}"
    early = found.distances[:, :, : _EARLY + 1]
    last = found.distances[:, :, -min(50, steps) :]
    return (
        distance_plot(f"Figure 7, first column: distances, {title}, radius {radius:g}", found.distances),
        distance_plot("Figure 7, second column: the exponential phase", early, extra=_fits(early)),
        distance_plot("Figure 7, third column: the last steps", last, first=steps + 1 - last.shape[2]),
        loss_plot(f"Figure 7, fourth column: the loss, {title}", found.losses, log_x=True),
    )


def _fits(distances: np.ndarray) -> tuple[Series, ...]:
    """The best exponential fits as dashed lines; none where the run is shorter than a window."""
    if distances.shape[2] < 31:
        return ()
    logs = np.log(np.maximum(distances.mean(axis=1), np.finfo(float).tiny))
    fit = window_slope(logs)
    lines = []
    for row, slope, first, last in zip(logs, fit.slope, fit.start, fit.last, strict=True):
        time = np.array([first, last])
        centre = row[first : last + 1].mean()
        value = np.exp(centre + slope * (time - (first + last) / 2))
        label = f"slope {slope:.2f} a step"
        lines.append(Series("dashed", time, value, label, emphasis=True))
    return tuple(lines)


def _large_rate(network: SoftmaxNetwork, values: Mapping[str, Any]) -> tuple[Plot, ...]:
    rate, steps = as_float(values["high_rate"]), values["high_steps"]
    starts = bundles(network, values, 1e-8)[:, 0]
    run = descend(network, starts, rate, steps)
    norms = np.abs(run.parameters).sum(axis=2)
    names = [f"initial condition {k + 1}" for k in range(len(starts))]
    losses = [
        dots_plot(
            f"Figure 9: the loss at eta = {rate:g}, {name}",
            row[: _SHOWN + 1],
            "training loss (nats)",
            f"{name}: {_bands(row[-300:])}.",
        )
        for name, row in zip(names, run.losses, strict=True)
    ]
    words = ", ".join(f"{row[0]:.3g} to {row[-1]:.3g}" for row in norms)
    return (
        *losses,
        lines_plot(f"Figure 9: weight norms at eta = {rate:g}", run.steps, norms, names, "L1 norm", f"Norms: {words}."),
        _single_weights(network, run.parameters, rate),
    )


def _bands(tail: np.ndarray) -> str:
    """In words: what the last steps look like."""
    spread = float(tail.max() - tail.min())
    if spread < 1e-3:
        return f"the last losses stay at {tail.mean():.3g}"
    thirds = max(float(np.ptp(tail[k::3])) for k in range(3))
    if thirds < 0.05 * spread:
        return f"the last losses jump between three values, from {tail.min():.3g} to {tail.max():.3g}"
    return f"the last losses lie irregularly between {tail.min():.3g} and {tail.max():.3g}"


def _single_weights(network: SoftmaxNetwork, parameters: np.ndarray, rate: float) -> Plot:
    """Figure 12: the weights that move most, of the run whose weights keep moving."""
    weights = parameters[:, :, network.is_weight]
    late = np.abs(np.diff(weights[:, weights.shape[1] // 2 :], axis=1)).sum(axis=1)
    run = int(late.sum(axis=1).argmax())
    moving = np.argsort(late[run])[::-1][:5]
    still = float((late[run] < 1e-6).mean())
    return scatter_plot(
        f"Figure 12: single weights at eta = {rate:g}, initial condition {run + 1}",
        np.arange(_WINDOW),
        weights[run, :_WINDOW, moving],
        [f"weight {index + 1}" for index in moving],
        "weight",
        f"The first {_WINDOW} steps of the five weights of {weights.shape[2]} that move most in the second half of "
        f"training; {still:.0%} of all do not move there at all.",
    )
