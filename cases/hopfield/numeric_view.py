"""The floating-point view of Hopfield networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.told import counted
from cases.hopfield.estimates import abscissa, newton_equilibria
from cases.hopfield.figures import bifurcations, orbits_figure
from cases.hopfield.system import (
    ABSCISSA,
    COUNT,
    GAIN,
    LARGE_ABSCISSA,
    LOWEST,
    STABLE,
    STATE,
    memory,
    network_of,
    settled,
)
from cases.model import Estimate, NumericView


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    network = network_of(values)
    weights, bias, decay = network.floats
    estimates = _large_estimates(values)
    points = newton_equilibria(weights, bias, decay, starts=1000)
    tops = [abscissa(weights, decay, point) for point in points]
    equilibria = counted(len(points), "equilibrium", "equilibria")
    remark = f"Newton's method from 1000 random states finds {equilibria}; it may miss some."
    if network.size <= 2 and tops and min(abs(top) for top in tops) > 1e-6 * decay:
        estimates[COUNT] = Estimate(float(len(points)), 0.25)
        estimates[STABLE] = Estimate(float(sum(top < 0 for top in tops)), 0.25)
    state = settled(network)
    if state is not None:
        slope = weights * (1 - np.tanh(state) ** 2) - decay * np.eye(network.size)
        spectrum = np.linalg.eigvals(slope).real
        error = 1e-7 * (1 + float(np.abs(slope).max()))
        estimates[STATE] = Estimate(float(state[0]), 1e-8 * (1 + abs(float(state[0]))))
        estimates[ABSCISSA] = Estimate(float(spectrum.max()), error)
        estimates[LOWEST] = Estimate(float(spectrum.min()), error)
    top = float(np.linalg.eigvals(weights).real.max())
    if not bias.any() and top > 1e-9 * float(np.abs(weights).max()):
        estimates[GAIN] = Estimate(decay / top, 1e-6 * decay / top)
    plots = (orbits_figure(network, points), bifurcations(network))
    return NumericView(estimates, plots, (remark,))


def _large_estimates(values: Mapping[str, Any]) -> dict[str, Estimate]:
    model, x = memory(values)
    left, right = model.weights
    for _ in range(200):
        x = left @ (right.T @ np.tanh(x))
    slopes = 1 - np.tanh(x) ** 2
    top = float(np.linalg.eigvals((right * slopes[:, None]).T @ left).real.max())
    return {LARGE_ABSCISSA: Estimate(max(top, 0.0) - 1.0, 1e-6)}
