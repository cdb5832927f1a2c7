"""Pictures of residual networks."""

from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from cases.resnet.system import layer_states


def order_plot(numbers: np.ndarray, sizes: np.ndarray) -> Plot:
    seen = sizes > 1e-15
    series = [Series("path", numbers[seen], sizes[seen], "largest error of h_L", emphasis=True)]
    if seen.any():
        line = sizes[seen][-1] * numbers[seen][-1] / numbers[seen]
        series.append(Series("dashed", numbers[seen], line, "slope -1"))
    return Plot(
        "Deeper networks come closer to the differential equation",
        "layers L",
        "error |h(T) - h_L|",
        tuple(series),
        "The error falls along the line of slope -1 in logarithmic axes.",
        {"log_x": True, "log_y": True},
    )


def limit_plot(numbers: np.ndarray, errors: np.ndarray, limit: float) -> Plot:
    return Plot(
        "L times the error converges",
        "layers L",
        "L (h(T) - h_L), neuron 1",
        (
            Series("path", numbers, numbers * errors, "network", emphasis=True),
            Series("dashed", numbers[[0, -1]], np.full(2, limit), f"limit {limit:.6g}"),
        ),
        f"L times the error approaches {limit:.6g}.",
        {"log_x": True},
    )


def path_plot(times: np.ndarray, path: np.ndarray, field: Any, start: np.ndarray, horizon: float) -> Plot:
    series = [Series("line", times, path, "differential equation", emphasis=True)]
    for count in (2, 4, 8, 16):
        states = layer_states(field, start, horizon, count)[:, 0]
        series.append(Series("path", np.linspace(0, horizon, count + 1), states, f"L = {count}"))
    return Plot(
        "Layers as Euler steps",
        "time t = l T / L",
        "state, neuron 1",
        tuple(series),
        "The layers of networks of growing depth approach the solution.",
    )
