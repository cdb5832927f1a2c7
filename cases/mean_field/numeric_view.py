"""The floating-point view of mean-field limits."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np

from cases.common.parameters import as_float
from cases.mean_field.estimates import mean_field_path
from cases.mean_field.figures import laws, picture
from cases.mean_field.system import FIRST, GROWTH, LAST, LIPSCHITZ, RECORDS, coupling_name
from cases.mean_field.wasserstein import wasserstein_distance
from cases.model import Estimate, NumericView
from numeric import double_precision


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    time, count = as_float(values["time"]), values["particles"]
    levels = (np.arange(count) + 0.5) / count
    starts = levels, as_float(values["shift"]) + as_float(values["width"]) * levels
    steps = _steps(values)
    paths = [mean_field_path(_field(values), start, time, steps, RECORDS) for start in starts]
    times = paths[0][0]
    distances = np.array([wasserstein_distance(x, y) for x, y in zip(paths[0][1], paths[1][1], strict=True)])
    scale = max(1.0, float(np.abs(paths[0][1]).max()), float(np.abs(paths[1][1]).max()))
    estimates = {FIRST: Estimate(float(distances[0]), 1e-12 + 1.0 / count**2)}
    if np.isfinite(distances[-1]):
        error = scale * (1e-7 + 1.0 / count**2)
        estimates[LAST] = Estimate(float(distances[-1]), error)
        if distances[0] > 1e-9:
            growth = float(distances[-1] / distances[0])
            estimates[GROWTH] = Estimate(growth, error * (1 + growth) / float(distances[0]))
    lipschitz = _sampled_constant(values)
    estimates[LIPSCHITZ] = Estimate(lipschitz, 1e-3 * max(1.0, lipschitz))
    return NumericView(estimates, (picture(values, times, distances, lipschitz), laws(times, [p[1] for p in paths])))


def _field(values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """All velocities from the averages of x, or of sin x and cos x."""
    a, b = as_float(values["a"]), as_float(values["b"])
    if values["coupling"] == "linear":
        return lambda x: a * x + b * jnp.mean(x)
    if values["coupling"] == "sine":
        return lambda x: a * (jnp.cos(x) * jnp.mean(jnp.sin(x)) - jnp.sin(x) * jnp.mean(jnp.cos(x)))
    return lambda x: a * x - x**3 + b * jnp.mean(x)


def _steps(values: Mapping[str, Any]) -> int:
    reach = float(max(Fraction(1), abs(values["shift"]) + values["width"]))
    rates = {"linear": abs(values["a"]) + abs(values["b"]), "sine": abs(values["a"])}
    # steps for each unit of rate x time; the cubic contracts where it is stiff
    density, rate = 60 if values["coupling"] == "linear" else 36, float(rates.get(values["coupling"], Fraction(0)))
    if values["coupling"] == "cubic":
        density, rate = 20, float(abs(values["a"]) + abs(values["b"])) + 3 * reach**2
    return 2 + math.ceil(density * rate * float(values["time"]) / RECORDS)


@double_precision
def _sampled_constant(values: Mapping[str, Any]) -> float:
    """The largest difference quotient of g along the axes on a grid of the box."""
    radius = as_float(values["radius"])
    grid = jnp.linspace(-radius, radius, 401)
    surface = np.asarray(coupling_name(values)(grid[:, None], grid[None, :]) + 0 * grid[:, None] * grid[None, :])
    step = 2 * radius / 400
    slopes = [np.abs(np.gradient(surface, step, axis=axis, edge_order=2)).max() for axis in (0, 1)]
    return float(max(slopes))
