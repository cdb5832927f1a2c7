"""The floating-point view of flocking."""

import math
from collections.abc import Mapping
from typing import Any

import diffrax
import jax.numpy as jnp
import numpy as np
import scipy.integrate

from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.cucker_smale.figures import phase_plane
from cases.cucker_smale.system import DISTANCE, LEFT_OVER, THRESHOLD, oriented, tail_area
from cases.model import Estimate, NumericView
from numeric import double_precision


def numeric_view(values: Mapping[str, Any]) -> NumericView:
    alpha, coupling = as_float(values["alpha"]), as_float(values["coupling"])
    r, w = (as_float(x) for x in oriented(values))
    estimates: dict[str, Estimate] = {}
    threshold = math.inf
    if alpha > 1:
        threshold = coupling * (tail_area(alpha) - _area(r, alpha))
        estimates[THRESHOLD] = Estimate(threshold, 1e-8 * coupling)
    times, path = two_agents(alpha, coupling, r, w)
    rest = coupling / (1 + abs(path[-1, 0]) ** alpha) * times[-1]
    if w < 0.999 * threshold and path[-1, 1] < 1e-9 * max(w, 1e-3) and rest > 0:
        estimates[DISTANCE] = Estimate(abs(float(path[-1, 0])), 1e-5 * max(1.0, abs(float(path[-1, 0]))))
        estimates[LEFT_OVER] = Estimate(float(path[-1, 1]), 1e-6)
    flock = _flock(values["agents"], alpha, coupling)
    remarks = (flock[1],)
    return NumericView(estimates, (phase_plane(alpha, coupling, threshold, path), flock[0]), remarks)


def _area(r: float, alpha: float) -> float:
    """The integral of 1/(1 + |s|^alpha) from 0 to r."""
    found = scipy.integrate.quad(lambda s: 1 / (1 + s**alpha), 0, abs(r), epsabs=1e-12, limit=400)[0]
    return math.copysign(found, r)


@double_precision
def two_agents(alpha: float, coupling: float, r: float, w: float) -> tuple[np.ndarray, np.ndarray]:
    """(times, (r, w) at them) by Tsitouras' 5(4) method in diffrax, for a time in units of 1/K."""
    end = 2000.0 / coupling

    def field(t: Any, y: Any, args: Any) -> Any:
        return jnp.stack([y[1], -coupling * y[1] / (1 + jnp.abs(y[0]) ** alpha)])

    times = np.concatenate([[0.0], np.geomspace(1e-2 / coupling, end, 200)])
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5(),
        t0=0.0,
        t1=end,
        dt0=None,
        y0=jnp.array([r, w]),
        saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
        stepsize_controller=diffrax.PIDController(rtol=1e-9, atol=1e-12),
        max_steps=200_000,
    )
    return times, np.asarray(solution.ys)


@double_precision
def _flock(count: int, alpha: float, coupling: float) -> tuple[Plot, str]:
    """`count` agents on the line with velocities between -1 and 1."""
    draws = np.random.default_rng(0)
    start = jnp.asarray(np.concatenate([draws.normal(size=count), draws.uniform(-1, 1, size=count)]))

    def field(t: Any, y: Any, args: Any) -> Any:
        x, v = y[:count], y[count:]
        weights = 1 / (1 + jnp.abs(x[:, None] - x[None, :]) ** alpha)
        return jnp.concatenate([v, coupling / count * (weights @ v - weights.sum(axis=1) * v)])

    times = np.linspace(0, 30 / coupling, 121)
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Tsit5(),
        t0=0.0,
        t1=float(times[-1]),
        dt0=None,
        y0=start,
        saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
        stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-9),
        max_steps=100_000,
    )
    velocities = np.asarray(solution.ys)[:, count:]
    spread = np.ptp(velocities, axis=1)
    drift = float(np.abs(velocities.mean(axis=1) - velocities[0].mean()).max())
    chosen = np.linspace(0, count - 1, min(count, 40)).astype(int)
    series = tuple(
        Series("line", times, velocities[:, k], "velocities" if n == 0 else "", tone=0) for n, k in enumerate(chosen)
    )
    plot = Plot(
        f"{count} agents, alpha = {alpha:g}, K = {coupling:g}",
        "time",
        "velocity",
        series,
        f"The spread of the velocities of {count} agents goes from {spread[0]:.3g} to {spread[-1]:.3g}.",
    )
    return plot, f"The mean velocity of {count} agents is conserved up to {drift:.1g}."
