"""The floating-point view of attention particles: spectra, and clustering of large crowds."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from cases.common.matrix_parameters import float_matrix
from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.model import Estimate, NumericView
from foundation import InputError
from numeric import double_precision
from numeric.interactions import in_blocks
from numeric.particle_paths import ParticlePath, particle_path

REAL, LENGTH = "largest real part", "largest change of a length |x_i|"
_SHOWN = 60


def eigenvector(values: Mapping[str, Any], system: Any) -> tuple[float, np.ndarray]:
    """(eigenvalue, unit eigenvector) of V: the chosen one of its real eigenvalues, an estimate."""
    value = float_matrix(system.value)
    if system.is_scalar:
        return float(value[0, 0]), np.eye(system.size)[-1]
    found, vectors = np.linalg.eig(value)
    real = np.flatnonzero(np.abs(found.imag) <= 1e-9 * (1 + np.abs(found)))
    if system.on_sphere and len(real) < values["eigenvalue"]:
        raise InputError(
            f"V has {len(real)} real eigenvalues, so there is no consensus number {values['eigenvalue']} on the "
            "sphere; choose another eigenvalue or V"
        )
    if not len(real):
        return 0.0, np.eye(system.size)[-1]
    order = real[np.argsort(-found[real].real, kind="stable")]
    chosen = order[min(values["eigenvalue"], len(order)) - 1]
    direction = vectors[:, chosen].real
    return float(found[chosen].real), direction / np.linalg.norm(direction)


@double_precision
def transformer_numeric(values: Mapping[str, Any], system: Any) -> NumericView:
    """Estimates and figures."""
    estimates = {REAL: _abscissa(values, system)}
    path = crowd_path(values, system)
    if system.on_sphere:
        estimates[LENGTH] = Estimate(path.drift("length"), 1e-5)
    return NumericView(estimates, (_coordinates(path, system), _order(path, system)))


def velocity(system: Any) -> Any:
    """The field (M, d) -> (M, d), a block of rows of the attention matrix at a time.

    On the sphere it is that of x/|x|, which keeps every length: y - (x.y) x leaves the sphere where x.y < 0.
    """
    form, value = jnp.asarray(float_matrix(system.form)), jnp.asarray(float_matrix(system.value))

    def rows(part: Any, numbers: Any, everyone: Any) -> Any:
        y = jax.nn.softmax(part @ form @ everyone.T, axis=1) @ (everyone @ value.T)
        return y - jnp.sum(part * y, axis=1, keepdims=True) * part if system.on_sphere else y

    if system.on_sphere:
        return lambda x: in_blocks(rows, x / jnp.linalg.norm(x, axis=1, keepdims=True))
    return lambda x: in_blocks(rows, x)


def _abscissa(values: Mapping[str, Any], system: Any) -> Estimate:
    direction = eigenvector(values, system)[1]
    count, size = system.particles, system.size
    signs = np.where(np.arange(count) < count - system.opposite, 1.0, -1.0)
    point = np.outer(signs, direction) if system.on_sphere else np.zeros((count, size))
    field = velocity(system)
    slopes = np.asarray(jax.jacfwd(lambda x: field(x.reshape(count, size)).ravel())(jnp.asarray(point.ravel())))
    if system.on_sphere:
        frame = np.linalg.qr(np.column_stack([direction, np.eye(size)]))[0][:, 1:size]
        tangent = np.kron(np.eye(count), frame)
        slopes = tangent.T @ slopes @ tangent
    found = np.linalg.eigvals(slopes)
    # multiple eigenvalues of a defective matrix move by a root of the rounding errors
    return Estimate(float(found.real.max()), 1e-4 * (1 + float(np.abs(found).max())))


@double_precision
def crowd_path(values: Mapping[str, Any], system: Any) -> ParticlePath:
    """A crowd from random positions on the sphere, with the largest change of a length."""
    generator = np.random.default_rng(0)
    start = generator.normal(size=(values["crowd"], system.size))
    start /= np.linalg.norm(start, axis=1, keepdims=True)
    horizon = as_float(values["horizon"])
    if not system.on_sphere:
        horizon = min(horizon, 3 / max(1e-3, float(np.abs(float_matrix(system.value)).sum(axis=1).max())))
    watched = {
        "length": lambda x: jnp.max(jnp.abs(jnp.linalg.norm(x, axis=1) - 1)),
        "order": lambda x: jnp.linalg.norm(jnp.mean(x, axis=0)),
        "spread": lambda x: jnp.sqrt(jnp.mean(jnp.sum((x - jnp.mean(x, axis=0)) ** 2, axis=1))),
    }
    return particle_path(velocity(system), start, np.linspace(0, horizon, 121), monitored=watched, tolerance=1e-8)


def _coordinates(path: ParticlePath, system: Any) -> Plot:
    shown = min(_SHOWN, path.states.shape[1])
    series = tuple(Series("line", path.times, path.states[:, i, 0], tone=0) for i in range(shown))
    place = "on the sphere" if system.on_sphere else "in space"
    return Plot(
        f"First coordinates of {shown} of {path.states.shape[1]} attention particles {place}",
        "time",
        "first coordinate of x_i",
        series,
        f"The particles start at random; at the end their spread is {path.monitored['spread'][-1]:.3g}.",
    )


def _order(path: ParticlePath, system: Any) -> Plot:
    spread = np.maximum(path.monitored["spread"], 1e-12)
    return Plot(
        "Clustering",
        "time",
        "length",
        (
            Series("line", path.times, path.monitored["order"], "length of the mean of all x_i"),
            Series("line", path.times, spread, "root mean square distance from the mean"),
        ),
        f"The length of the mean goes from {path.monitored['order'][0]:.3g} to {path.monitored['order'][-1]:.3g}, the "
        f"spread from {spread[0]:.3g} to {spread[-1]:.3g}.",
        {"log_y": True},
    )
