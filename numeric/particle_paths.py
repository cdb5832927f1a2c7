"""Paths of interacting particles with monitored invariants: adaptive Runge-Kutta, and leapfrog for x'' = a(x)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import InputError, finite_array, positive_integer, positive_number
from numeric.interactions import Velocity
from numeric.precision import double_precision


@final
@dataclass(frozen=True, eq=False)
class ParticlePath:
    """Positions `states` (R, M, d) at `times` (R,), and the monitored quantities (R,) along the path.

    Where the solver gave up, the states are NaN from there on.
    """

    times: Float64[np.ndarray, " R"]
    states: Float64[np.ndarray, "R M d"]
    monitored: Mapping[str, Float64[np.ndarray, " R"]] = field(default_factory=dict)

    def drift(self, name: str) -> float:
        """The largest distance of a monitored quantity from its first value; infinite where the path ended early."""
        values = self.monitored[name]
        return float(np.abs(values - values[0]).max()) if np.isfinite(values).all() else float("inf")


@double_precision
def particle_path(
    velocity: Velocity,
    start: Any,
    times: Any,
    *,
    monitored: Mapping[str, Callable[[Array], Array]] | None = None,
    tolerance: float = 1e-8,
    stiff: bool = False,
    most_steps: int = 100_000,
) -> ParticlePath:
    """The path from `start` (M, d) at `times` (R,), increasing from its start.

    Adaptive Runge-Kutta method of order 8 for tolerances below 1e-10, else of order 5; `stiff`: implicit, of order 5.
    After `most_steps` steps it gives up.
    monitored: functions of a state, such as an energy; what is conserved must stay constant up to the tolerance.
    """
    first, moments = _state(start), _moments(times)
    small = positive_number(tolerance, "tolerance")
    solver = diffrax.Kvaerno5() if stiff else diffrax.Dopri8() if small < 1e-10 else diffrax.Tsit5()
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, x, _: velocity(x)),
        solver,
        moments[0],
        moments[-1],
        None,
        jnp.asarray(first),
        saveat=diffrax.SaveAt(ts=jnp.asarray(moments)),
        stepsize_controller=diffrax.PIDController(rtol=small, atol=small),
        max_steps=positive_integer(most_steps, "most_steps"),
        throw=False,
    )
    states = np.asarray(solution.ys)
    states = np.where(np.isfinite(states), states, np.nan)
    return ParticlePath(moments, states, _monitored(monitored, states))


@double_precision
def leapfrog_path(
    acceleration: Velocity,
    positions: Any,
    velocities: Any,
    time_step: float,
    steps: int,
    *,
    every: int = 1,
    monitored: Mapping[str, Callable[[Array], Array]] | None = None,
) -> ParticlePath:
    """x'' = a(x) by the leapfrog (Stoermer-Verlet) scheme, symplectic and of order two.

    The states are positions and velocities side by side (M, 2 d), recorded `every` so many steps [Hairer, Lubich and
    Wanner, Geometric Numerical Integration, I.1.4].
    """
    x, v = _state(positions), _state(velocities)
    if x.shape != v.shape:
        raise InputError(f"positions and velocities must have one shape, but have {x.shape} and {v.shape}")
    size, stride = positive_number(time_step, "time_step"), positive_integer(every, "every")
    records = positive_integer(steps, "steps") // stride

    def advance(_: Any, state: Any) -> Any:
        x, v, a = state
        half = v + size / 2 * a
        moved = x + size * half
        pull = acceleration(moved)
        return moved, half + size / 2 * pull, pull

    def record(state: Any, _: Any) -> Any:
        state = jax.lax.fori_loop(0, stride, advance, state)
        return state, jnp.concatenate(state[:2], axis=1)

    start = (jnp.asarray(x), jnp.asarray(v))
    run = jax.jit(lambda x, v: jax.lax.scan(record, (x, v, acceleration(x)), None, length=records)[1])
    states = np.concatenate([np.concatenate([x, v], axis=1)[None], np.asarray(run(*start))])
    return ParticlePath(size * stride * np.arange(len(states)), states, _monitored(monitored, states))


def _monitored(functions: Mapping[str, Any] | None, states: np.ndarray) -> dict[str, np.ndarray]:
    chosen = functions or {}
    found = jax.lax.map(lambda state: {name: f(state) for name, f in chosen.items()}, jnp.asarray(states))
    return {name: np.asarray(values) for name, values in found.items()}


def _state(start: Any) -> np.ndarray:
    first = finite_array(start, "start")
    if first.ndim != 2 or not first.size:
        raise InputError(f"start must have shape (particles, dimension), but has shape {first.shape}")
    return first


def _moments(times: Any) -> np.ndarray:
    moments = finite_array(times, "times")
    if moments.ndim != 1 or len(moments) < 2 or not (np.diff(moments) > 0).all():
        raise InputError("times must be at least two increasing numbers")
    return moments
