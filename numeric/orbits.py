"""Orbits of maps and of optimisers; an orbit that diverges is returned with the step at which it did."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import InputError, finite_array, positive_integer
from numeric.curvature import gradient_traced
from numeric.optimizers import SGD, Optimizer, update_map
from numeric.precision import double_precision
from numeric.problem import Regression


@final
@dataclass(frozen=True)
class Orbit:
    """`points` (n + 1, d) at the iterations `steps` (n + 1,); estimates.

    `diverged_at` is the first recorded iteration that is not finite, None when there is none; points from there on
    are NaN.
    """

    steps: np.ndarray
    points: Float64[np.ndarray, "n d"]
    diverged_at: int | None


@final
@dataclass(frozen=True)
class TrainingOrbit:
    """Parameters (n + 1, D) and losses (n + 1,) at the iterations `steps`; divergence as in `Orbit`."""

    steps: np.ndarray
    parameters: Float64[np.ndarray, "n D"]
    losses: Float64[np.ndarray, " n"]
    diverged_at: int | None


@double_precision
def orbit(update: Callable[[Array], Any], start: Any, steps: int, *, every: int = 1) -> Orbit:
    """x_0 = `start`, x_{k+1} = update(x_k) for a JAX function on vectors, recorded `every` so many steps."""
    point = np.atleast_1d(finite_array(start, "start"))
    stride = _stride(steps, every)
    points = _recorded(lambda x, _: jnp.reshape(jnp.asarray(update(x)), x.shape), point, steps // stride, stride)
    array, diverged_at = _cut(points)
    return Orbit(stride * np.arange(len(array)), array, _scaled(diverged_at, stride))


@double_precision
def training_orbit(
    problem: Regression,
    optimizer: Optimizer,
    steps: int,
    *,
    theta: Any = None,
    key: Key[Array, ""] | None = None,
    every: int = 1,
) -> TrainingOrbit:
    """The parameters under `optimizer` from `theta` (default: the problem's), the losses beside them.

    SGD draws its batches without replacement from `key`, which it needs; the others ignore it.
    Raises `InputError` when `steps` is no multiple of `every`, or a batch is larger than the data.
    """
    stride = _stride(steps, every)
    step = _sampled_step(problem, optimizer, key)
    start = jnp.asarray(problem.vector(theta))
    carry = (start, optimizer.transformation.init(start))
    points = _recorded(step, carry, steps // stride, stride, lambda state: state[0])
    data = (jnp.asarray(problem.inputs), jnp.asarray(problem.targets))
    losses = np.asarray(jax.lax.map(lambda point: problem.loss_traced(point, *data), points))
    parameters, diverged_at = _cut(points)
    losses = np.where(np.isfinite(parameters).all(axis=1), losses, np.nan)
    return TrainingOrbit(stride * np.arange(len(points)), parameters, losses, _scaled(diverged_at, stride))


def _stride(steps: int, every: int) -> int:
    total, stride = positive_integer(steps, "steps"), positive_integer(every, "every")
    if total % stride:
        raise InputError(f"steps ({total}) must be a multiple of every ({stride})")
    return stride


def _sampled_step(problem: Regression, optimizer: Optimizer, key: Any) -> Callable[[Any, Array], Any]:
    step = update_map(optimizer, lambda theta, x, y: gradient_traced(problem, theta, x, y))
    number = problem.number_of_examples
    inputs, targets = jnp.asarray(problem.inputs), jnp.asarray(problem.targets)
    if not isinstance(optimizer, SGD):
        return lambda carry, _: step(*carry, inputs, targets)
    size = optimizer.checked_batch_size(number)
    if key is None:
        raise InputError("SGD draws batches at random: pass key=jax.random.key(seed)")

    def sampled(carry: Any, index: Array) -> Any:
        batch = jax.random.choice(jax.random.fold_in(key, index), number, (size,), replace=False)
        return step(*carry, inputs[batch], targets[batch])

    return sampled


def _recorded(
    step: Callable[[Any, Array], Any],
    start: Any,
    records: int,
    stride: int,
    view: Callable[[Any], Array] = lambda state: state,
) -> Array:
    def record(carry: Any, index: Array) -> tuple[Any, Array]:
        carry = jax.lax.fori_loop(0, stride, lambda k, state: step(state, index * stride + k), carry)
        return carry, view(carry)

    def run(first: Any) -> Array:
        _, points = jax.lax.scan(record, first, jnp.arange(records))
        return jnp.concatenate([view(first)[None], points])

    return jax.jit(run)(jax.tree_util.tree_map(jnp.asarray, start))


def _cut(points: Array) -> tuple[np.ndarray, int | None]:
    """The points with NaN from the first one that is not finite, and the index of that one."""
    array = np.array(points)
    bad = ~np.isfinite(array).all(axis=1)
    if not bad.any():
        return array, None
    first = int(np.argmax(bad))
    array[first:] = np.nan
    return array, first


def _scaled(index: int | None, stride: int) -> int | None:
    return None if index is None else index * stride
