"""Equilibria of a few charged particles on the sphere: the flow off the sphere, and Newton's method; estimates."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import scipy.optimize
from jaxtyping import Array, Float64

from cases.rbf_three_spin.estimates import radial_velocity
from numeric.particles.three_spin import sphere_points
from numeric.precision import double_precision

_DURATION, _STARTS = 30.0, 40

Field = Callable[[Array], Array]


def radial_field(total: Float64[np.ndarray, "d d d"], particles: int, rate: float) -> Field:
    """(4.5), signs corrected, for (y_1, ..., y_n, c_1, ..., c_n) flattened, extended to all y_i != 0.

    The tangent part of the velocity of y_i is followed by -(|y_i|^2 - d) y_i: then d|y|^2/dt = -2 |y|^2 (|y|^2 - d),
    so every equilibrium lies on the sphere exactly, and the added direction is stable with eigenvalue -2 d.
    """
    d = len(total)

    def field(z: Array) -> Array:
        y, c = z[: particles * d].reshape(particles, d), z[particles * d :]
        velocity, growth = radial_velocity(jnp.asarray(total), y, c, rate)
        square = jnp.sum(y * y, axis=1, keepdims=True)
        tangent = velocity - jnp.sum(velocity * y, axis=1, keepdims=True) * y / square
        return jnp.concatenate([(tangent - (square - d) * y).ravel(), growth])

    return field


@double_precision
def radial_equilibrium(
    total: Float64[np.ndarray, "d d d"], particles: int, rate: float, seed: int, *, stable: bool = True
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]] | None:
    """(point, real parts of the linearisation, falling) near the end of the flow, or of an unstable equilibrium.

    An estimate: Newton's method from the state after a long time, or from random points until one is unstable. None
    when no isolated one is found. Charges are of the size e^(-rate d) and positions move as slowly, so both are scaled.
    """
    d = len(total)
    unit = math.exp(rate * d)
    scale = np.concatenate([np.ones(particles * d), np.full(particles, 1 / unit)])
    pace = np.concatenate([np.full(particles * d, unit), np.ones(particles)])
    field = radial_field(total, particles, rate)
    value, slope = jax.jit(field), jax.jit(jax.jacobian(field))

    def residual(w: np.ndarray) -> np.ndarray:
        return np.asarray(value(w * scale)) * pace

    def derivative(w: np.ndarray) -> np.ndarray:
        return np.asarray(slope(w * scale)) * np.multiply.outer(pace, scale)

    for start in range(seed, seed + _STARTS):
        w = _start(total, particles, rate, start, stable) / scale
        if stable:
            w = _end_of_flow(residual, derivative, pace, w)
        found = scipy.optimize.root(residual, w, jac=derivative, tol=1e-13)
        point = found.x * scale
        if not np.isfinite(point).all() or np.abs(residual(found.x)).max() > 1e-8:
            continue
        spectrum = np.sort(np.linalg.eigvals(np.asarray(slope(point))).real)[::-1]
        if np.abs(spectrum).min() * unit > 1e-4 and bool(spectrum[0] < 0) is stable:
            return point, spectrum
    return None


def _start(total: np.ndarray, particles: int, rate: float, seed: int, stable: bool) -> np.ndarray:
    """Random positions with charges 0; or critical points of the target, which are equilibria of one particle."""
    d = len(total)
    y = sphere_points(particles, d, seed)
    if stable:
        return np.concatenate([y.ravel(), np.zeros(particles)])
    y = np.stack([_critical_point(total, row) for row in y])
    heights = np.einsum("pqr,ip,iq,ir->i", total, y, y, y) / (6 * d)
    return np.concatenate([y.ravel(), np.linalg.lstsq(np.exp(rate * y @ y.T) / particles, heights)[0]])


def _critical_point(total: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Newton's method for grad f = lambda y, |y|^2 = d; back to the start where it leaves the sphere."""
    d, start = len(total), y
    multiplier = np.einsum("pqr,p,q,r", total, y, y, y) / (2 * d * d)
    for _ in range(60):
        hessian = np.einsum("pqr,q->pr", total, y) / d
        gap = np.append(hessian @ y / 2 - multiplier * y, (d - y @ y) / 2)
        border = np.block([[hessian - multiplier * np.eye(d), -y[:, None]], [-y[None], np.zeros((1, 1))]])
        step = np.linalg.lstsq(border, -gap)[0]
        y, multiplier = y + step[:d], multiplier + step[d]
    return y if np.isfinite(y).all() and abs(y @ y - d) < 1e-6 else start


def _end_of_flow(residual: Any, derivative: Any, pace: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The state long after `w`, in units of time in which positions move at the order of one."""
    unit = float(pace.max())
    charge_speed = np.where(pace == 1, unit**2, 1.0)  # of c e^(rate d) in the slow time
    path = scipy.integrate.solve_ivp(
        lambda _, w: residual(w) * charge_speed,
        (0.0, _DURATION),
        w,
        method="BDF",
        jac=lambda _, w: derivative(w) * charge_speed[:, None],
        rtol=1e-6,
        atol=1e-8,
    )
    return np.asarray(path.y[:, -1])
