"""The floating-point view of residual networks."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate

from cases.common.parameters import as_float
from cases.model import Estimate, NumericView
from cases.resnet.figures import limit_plot, order_plot, path_plot
from cases.resnet.proofs import Block
from cases.resnet.system import (
    DETERMINANT,
    LIPSCHITZ,
    ORDER,
    block_of,
    end_name,
    error_name,
    layer_states,
    limit_name,
)
from numeric import double_precision


@double_precision
def numeric_view(values: Mapping[str, Any]) -> NumericView:
    block, start = block_of(values), np.array([as_float(x) for x in values["start"]])
    field, horizon = block.field(), as_float(values["horizon"])
    times, path, coefficient = _solution(block.field_and_error(library=np), start, horizon)
    numbers = np.unique(np.concatenate([2 ** np.arange(1, 13), [values["layers"]]]))
    plain = block.field(np)
    ends = np.array([layer_states(plain, start, horizon, int(n))[-1] for n in numbers])
    errors = path[-1] - ends
    scale = 1 + float(np.abs(path).max())
    here = int(np.searchsorted(numbers, values["layers"]))
    estimates = {}
    for i in range(len(start)):
        tolerance = 1e-10 * scale * max(1.0, horizon)
        estimates[end_name(i)] = Estimate(float(path[-1, i]), 1e-11 * scale)
        estimates[error_name(i)] = Estimate(float(values["layers"] * errors[here, i]), values["layers"] * 3e-12 * scale)
        estimates[limit_name(i)] = Estimate(
            float(horizon * coefficient[i]), tolerance * (1 + horizon * abs(coefficient[i]))
        )
    sizes = np.abs(errors).max(axis=1)
    last = sizes[np.isin(numbers, (1024, 2048, 4096))]
    if last[-1] > 1e-9 * scale:
        before, order = np.log2(last[:-1] / last[1:])
        estimates[ORDER] = Estimate(float(order), 0.01 + 3 * abs(float(order - before)))
    jacobian = jax.jacobian(lambda x: _scanned(field, x, horizon, values["layers"]))(jnp.asarray(start))
    value = float(np.linalg.det(np.asarray(jacobian)))
    norm = float(np.linalg.norm(np.asarray(jacobian), 2))
    estimates[DETERMINANT] = Estimate(value, 1e-13 * values["layers"] * (abs(value) + norm ** len(start)) + 1e-15)
    constant = _sampled_constant(field, start, values, block)
    estimates[LIPSCHITZ] = Estimate(constant, 0.1 * constant + 1e-12)
    plots = (
        order_plot(numbers, sizes),
        limit_plot(numbers, errors[:, 0], horizon * float(coefficient[0])),
        path_plot(times, path[:, 0], plain, start, horizon),
    )
    return NumericView(estimates, plots)


def _solution(both: Any, start: np.ndarray, horizon: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, h(t), and E(T): E' = Df E + Df f / 2 from 0, the coefficient of the error."""
    times = np.linspace(0.0, horizon, 65)
    found = scipy.integrate.solve_ivp(
        lambda t, state: both(state),
        (0.0, horizon),
        np.concatenate([start, 0 * start]),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-14,
        max_step=horizon / 64,
    )
    return times, found.y[: len(start)].T, found.y[len(start) :, -1]


def _scanned(field: Any, start: Any, horizon: float, count: int) -> Any:
    """h_L in JAX, by a scan."""
    return jax.lax.scan(lambda h, _: (h + horizon / count * field(h), None), start, None, length=count)[0]


def _sampled_constant(field: Any, start: np.ndarray, values: Mapping[str, Any], block: Block) -> float:
    """The largest spectral norm of the derivative of (T/L) f at random points of the box, then around the best."""
    rng, radius = np.random.default_rng(0), as_float(values["radius"])
    slopes = jax.jit(jax.vmap(jax.jacobian(field)))
    best, place = 0.0, 0 * start
    for spread in (0.0, 2.0, 1.0, 0.3, 0.1, 0.03, 0.01):
        steps = spread * rng.normal(size=(500, len(start))) if spread else rng.uniform(-2, 2, size=(500, len(start)))
        directions = np.clip(place + steps, -1, 1)
        directions[0] = place
        norms = np.linalg.norm(np.asarray(slopes(jnp.asarray(start + radius * directions))), 2, axis=(1, 2))
        best, place = float(norms.max()), directions[int(norms.argmax())]
    return float(block.step) * best
