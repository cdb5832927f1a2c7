"""Equilibria of a few charged particles on the sphere: the flow off the sphere, and Newton's method; estimates."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import scipy.optimize
from jaxtyping import Array, Float64

from foundation import InputError
from numeric.particles.radial import radial_velocity
from numeric.particles.three_spin import sphere_points
from numeric.precision import double_precision

_DURATION, _STARTS = 3000.0, 40

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
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """(point, real parts of the linearisation, falling) near the end of the flow, or of an unstable equilibrium.

    An estimate: Newton's method from the state after a long time, or from random points until one is unstable.
    Raises `InputError` when none is found.
    """
    d = len(total)
    field = radial_field(total, particles, rate)
    value, slope = jax.jit(field), jax.jit(jax.jacobian(field))
    for start in range(seed, seed + _STARTS):
        y = sphere_points(particles, d, start)
        kernel = np.exp(rate * y @ y.T) / particles
        heights = np.einsum("pqr,ip,iq,ir->i", total, y, y, y) / (6 * d)
        z = np.concatenate([y.ravel(), np.zeros(particles) if stable else np.linalg.solve(kernel, heights)])
        if stable:
            path = scipy.integrate.solve_ivp(
                lambda _, z: np.asarray(value(z)),
                (0.0, _DURATION),
                z,
                method="BDF",
                jac=lambda _, z: np.asarray(slope(z)),
                rtol=1e-6,
                atol=1e-9,
            )
            z = path.y[:, -1]
        found = scipy.optimize.root(lambda z: np.asarray(value(z)), z, jac=lambda z: np.asarray(slope(z)), tol=1e-14)
        if not np.isfinite(found.x).all() or np.abs(np.asarray(value(found.x))).max() > 1e-10:
            continue
        spectrum = np.sort(np.linalg.eigvals(np.asarray(slope(found.x))).real)[::-1]
        if np.abs(spectrum).min() > 1e-6 and (spectrum[0] < 0) is np.bool_(stable):
            return found.x, spectrum
    raise InputError(f"no isolated {'' if stable else 'un'}stable equilibrium of {particles} particles was found")
