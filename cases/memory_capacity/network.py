"""The delay equation that represents a target function: the construction solved numerically, and its pictures."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from certify.delay import DecayPhase
from numeric.delay import DelayPath, Phase, delay_path

_REACH, _ERROR = "K_Psi / (w w~) in reach of the construction", "largest error of the construction"
_STEPS = 64
_TARGETS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "cos": np.cos,
    "sin": np.sin,
    "tanh": np.tanh,
    "bump": lambda s: np.exp(-(s**2)),
}


def target(values: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    """Psi(x)."""
    scale, frequency = as_float(values["amplitude"]), as_float(values["frequency"])
    return np.asarray(scale * _TARGETS[values["target"]](frequency * x))


def network_values(
    values: Mapping[str, Any], memory: float, horizon: float, ell: float, way: DecayPhase | None
) -> tuple[dict[str, tuple[float, float]], tuple[str, ...]]:
    """The reach, measured as the response of the delay equation to a unit of g, and the largest error on a grid."""
    if way is None:
        return {}, ("K tau is too small for the construction at this horizon.",)
    kappa, end = float(way.kappa), float(way.time)
    answers = [_unit_response(kappa, end, steps) for steps in (_STEPS, 2 * _STEPS)]
    growth = (memory - kappa) * math.exp(min(memory * (horizon - end), 700.0))
    error = abs(answers[1] - answers[0]) + 1e-12 * abs(answers[1])
    found = {_REACH: (growth * answers[1], growth * error)}
    if growth * answers[1] < (1 - 1e-9) * ell:
        return found, (
            "The target is out of reach of this construction with one neuron: the picture shows the construction "
            "scaled to the Lipschitz constant K. The verdict on Psi may rest on another construction.",
        )
    x, output = _outputs(values, memory, horizon, ell, way)
    worst = float(np.abs(output - target(values, x)).max())
    return found, (f"Largest |Phi - Psi| of the construction on the grid of the picture: {worst:.2g}.",)


def _unit_response(kappa: float, end: float, steps: int) -> float:
    """h(S) for h = 0 before 0 and a unit source on the first delay: the multiplier of g."""
    path = _solve(lambda past: -kappa * past + 1.0, kappa, 0.0, end, end, np.array(0.0), steps)
    return float(path.states[-1])


def _solve(first: Any, kappa: float, rate: float, end: float, horizon: float, start: Any, steps: int) -> DelayPath:
    """h' = first(h(t - 1)) until min(1, S), -kappa h(t - 1) until S, rate h until T; times in delays."""
    phases = [Phase(min(1.0, end), lambda t, h, past: first(past))]
    if end > 1:
        phases.append(Phase(end, lambda t, h, past: -kappa * past))
    if horizon > end:
        phases.append(Phase(horizon, lambda t, h, past: rate * h))
    return delay_path(phases, start, 1.0, max(steps, math.ceil(4 * rate)))


def _network(
    values: Mapping[str, Any], memory: float, horizon: float, ell: float, way: DecayPhase | None, x: np.ndarray
) -> DelayPath:
    """Solutions for the inputs x; out of reach, g is cut down to the Lipschitz constant that is left."""
    w, out = as_float(values["w"]), as_float(values["w_out"])
    if way is None:
        return _solve(lambda past: -memory * past, memory, 0.0, horizon, horizon, w * x, _STEPS)
    kappa, end, rest = float(way.kappa), float(way.time), float(way.rest)
    least = ell * kappa / ((memory - kappa) * rest)
    rate = min(memory, max(0.0, math.log(least)) / (horizon - end)) if horizon > end else 0.0
    gain = math.exp(rate * (horizon - end)) * rest / kappa
    share = min(1.0, (memory - kappa) * gain / ell)

    def first(past: np.ndarray) -> np.ndarray:
        return -kappa * past + share * target(values, past / w) / (out * gain)

    return _solve(first, kappa, rate, end, horizon, w * x, _STEPS)


def _inputs(values: Mapping[str, Any], count: int) -> np.ndarray:
    return np.linspace(-2 * math.pi, 2 * math.pi, count) / as_float(values["frequency"])


def _outputs(
    values: Mapping[str, Any], memory: float, horizon: float, ell: float, way: DecayPhase | None
) -> tuple[np.ndarray, np.ndarray]:
    x = _inputs(values, 161)
    return x, as_float(values["w_out"]) * _network(values, memory, horizon, ell, way, x).states[-1]


def network_plots(
    values: Mapping[str, Any], memory: float, horizon: float, ell: float, way: DecayPhase | None
) -> tuple[Plot, ...]:
    """Output of the network beside the target, and the solutions for several inputs."""
    x, output = _outputs(values, memory, horizon, ell, way)
    wanted = target(values, x)
    worst = float(np.abs(output - wanted).max())
    graph = Plot(
        f"Network with K tau = {memory:g}, T = {horizon:g} tau",
        "input x",
        "output",
        (Series("line", x, output, "network", emphasis=True), Series("dashed", x, wanted, "Psi")),
        f"The output of the delay equation and the target differ by at most {worst:.2g} on the grid.",
    )
    path = _network(values, memory, horizon, ell, way, _inputs(values, 9))
    series = tuple(
        Series("line", np.concatenate([[-1.0], path.times]), np.concatenate([[h[0]], h]), "", tone=k)
        for k, h in enumerate(path.states.T)
    )
    paths = Plot(
        "Solutions for nine inputs",
        "time t / tau",
        "h(t)",
        series,
        "Each solution starts at its input, forgets it while it takes up the target, and is then amplified."
        if way is not None
        else "The solutions approach each other, but none overtakes another: the order of the inputs is kept.",
    )
    return graph, paths
