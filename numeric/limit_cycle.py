"""Limit cycles of vector fields: settling, crossings of a plane, Newton's method on the return; estimates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import InputError, finite_array, positive_number
from numeric.precision import double_precision

Field = Callable[[Array], Array]

_NEWTON_STEPS = 12


@final
@dataclass(frozen=True)
class LimitCycle:
    """point (n,) on the cycle, its period, the monodromy matrix DPhi_T (n, n) there, and |Phi_T(x) - x|; estimates."""

    point: Float64[np.ndarray, " n"]
    period: float
    monodromy: Float64[np.ndarray, "n n"]
    residual: float

    @property
    def multipliers(self) -> np.ndarray:
        """The n - 1 eigenvalues of the monodromy matrix without the one that is nearest to 1, largest modulus first."""
        values = np.linalg.eigvals(self.monodromy)
        rest = np.delete(values, np.argmin(np.abs(values - 1)))
        return np.asarray(rest[np.argsort(-np.abs(rest), kind="stable")])


@double_precision
def solution(field: Field, start: Any, times: Any, *, tolerance: float = 1e-9, most_steps: int = 200_000) -> np.ndarray:
    """States (k, n) at increasing times (k,), the first that of the start; adaptive, of order five."""
    grid = jnp.asarray(times)
    found = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, args: field(x)),
        diffrax.Tsit5(),
        grid[0],
        grid[-1],
        None,
        jnp.asarray(start),
        saveat=diffrax.SaveAt(ts=grid),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
        max_steps=most_steps,
        throw=False,
    )
    return np.asarray(found.ys)


@double_precision
def fundamental_matrix(
    field: Field, start: Any, time: float, *, most_steps: int = 200_000
) -> tuple[np.ndarray, np.ndarray]:
    """(Phi_T(x), DPhi_T(x)) by the variational equation V' = Df(x) V, V(0) = I."""
    return _time_map(field, most_steps)(np.asarray(start, np.float64), time)


def _time_map(field: Field, most_steps: int = 200_000) -> Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]:
    """Compiled once for all points and times."""

    def extended(t: Any, state: Any, args: Any) -> Any:
        x, v = state
        return field(x), jax.jacfwd(field)(x) @ v

    @jax.jit
    def run(start: Array, time: Array) -> tuple[Array, Array]:
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(extended),
            diffrax.Tsit5(),
            0.0,
            time,
            None,
            (start, jnp.eye(start.size)),
            stepsize_controller=diffrax.PIDController(rtol=1e-12, atol=1e-12),
            max_steps=most_steps,
            throw=False,
        )
        x, v = found.ys
        return x[-1], v[-1]

    def mapped(start: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray]:
        x, v = run(jnp.asarray(start), jnp.asarray(time))
        return np.asarray(x), np.asarray(v)

    return mapped


def limit_cycle(field: Field, start: Any, settle: float, *, coordinate: int = 0, samples: int = 40_000) -> LimitCycle:
    """The cycle that the orbit from `start` (n,) approaches during the time `settle`.

    The period is read off the last two upward crossings of zero by `coordinate`, then point and period are polished
    together. Raises `InputError` where the orbit does not cross twice, or Newton's method does not converge.
    """
    first, span = finite_array(start, "start"), positive_number(settle, "settle")
    times = np.linspace(0.0, span, samples)
    orbit = solution(field, first, times)
    signal = orbit[:, coordinate]
    crossings = np.flatnonzero((signal[:-1] < 0) & (signal[1:] >= 0))
    if not np.isfinite(orbit).all() or len(crossings) < 2:
        raise InputError(f"the orbit crosses zero {len(crossings)} times in the time {span:g}; settle longer")
    return polished_cycle(field, orbit[crossings[-1]], float(times[crossings[-1]] - times[crossings[-2]]))


@double_precision
def polished_cycle(field: Field, point: Any, period: float) -> LimitCycle:
    """Newton's method on Phi_T(x) - x in the plane through x across the field."""
    x, time = np.asarray(point, np.float64), float(period)
    time_map = _time_map(field)
    best: LimitCycle | None = None
    for _ in range(_NEWTON_STEPS):
        end, matrix = time_map(x, time)
        size = float(np.abs(end - x).max())
        if best is None or size < best.residual:
            best = LimitCycle(x, time, matrix, size)
        elif size > 1e-10:
            break
        velocity, arrival = np.asarray(field(jnp.asarray(x))), np.asarray(field(jnp.asarray(end)))
        system = np.block([[matrix - np.eye(x.size), arrival[:, None]], [velocity[None], np.zeros((1, 1))]])
        step = np.linalg.lstsq(system, np.append(x - end, 0.0), rcond=None)[0]
        if not np.isfinite(step).all() or np.abs(step[:-1]).max() < 1e-14:
            break
        x, time = x + step[:-1], time + float(step[-1])
    if best is None or not best.residual < 1e-6:
        raise InputError("Newton's method found no cycle; start closer to it")
    return best
