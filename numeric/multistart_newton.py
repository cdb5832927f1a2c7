"""Critical points of a scalar function by Newton's method from many starts: estimates, possibly not all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np

from foundation import InputError, finite_array, positive_integer
from numeric.precision import double_precision

_LARGEST_STEP = 0.25
_SINGULAR = 1e-12


@final
@dataclass(frozen=True, eq=False)
class CriticalPoints:
    """points (M, d), sorted; index (M,): numbers of negative Hessian eigenvalues; starts: how many were used."""

    points: np.ndarray
    index: np.ndarray
    starts: int


@double_precision
def critical_points(
    function: Callable[[Any], Any],
    box: Any,
    *,
    starts: int = 1000,
    steps: int = 40,
    seed: int = 0,
    tolerance: float = 1e-10,
) -> CriticalPoints:
    """Newton's method on the gradient of a JAX function (d,) -> scalar from random starts in the box (d, 2).

    Steps are limited to a quarter of the box. Kept are the limits in the box where a further step is below
    `tolerance` times its width and the Hessian, its rows and columns brought to one size, is regular to rounding;
    limits closer than a thousand tolerances count once.
    """
    pairs, count = finite_array(box, "box"), positive_integer(starts, "starts")
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not (pairs[:, 0] < pairs[:, 1]).all():
        raise InputError(f"box must be d pairs (lower, upper) with lower < upper, but is {pairs.tolist()}")
    lower, upper = pairs.T
    width = upper - lower
    gradient, hessian = jax.grad(function), jax.hessian(function)

    def step(x: Any, _: Any) -> tuple[Any, None]:
        move = _newton_move(gradient(x), hessian(x))
        size = jnp.max(jnp.abs(move) / width)
        return x - move / jnp.maximum(1.0, size / _LARGEST_STEP), None

    def run(x: Any) -> tuple[Any, Any, Any]:
        end, _ = jax.lax.scan(step, x, None, length=steps)
        return (
            end,
            jnp.max(jnp.abs(_newton_move(gradient(end), hessian(end))) / width),
            _scaled_eigenvalues(hessian(end)),
        )

    begin = np.random.default_rng(seed).uniform(lower, upper, (count, len(pairs)))
    ends, error, eigenvalues = (np.asarray(a) for a in jax.jit(jax.vmap(run))(begin))
    size = np.abs(eigenvalues)
    kept = (error < tolerance) & (ends >= lower).all(axis=1) & (ends <= upper).all(axis=1)
    kept &= size.min(axis=1) > _SINGULAR * size.max(axis=1)
    points, first = _distinct(ends[kept], 1e3 * tolerance * width)
    return CriticalPoints(points, (eigenvalues[kept][first] < 0).sum(axis=1), count)


def _scaled_eigenvalues(matrix: Any) -> Any:
    """Those of D H D for the diagonal D that brings the largest entry of each row near 1: the signs are those of H."""
    root = jnp.sqrt(jnp.max(jnp.abs(matrix), axis=1))
    scale = jnp.where(root > 0, 1 / root, 1.0)
    return jnp.linalg.eigvalsh(scale[:, None] * matrix * scale[None, :])


def _newton_move(gradient: Any, hessian: Any) -> Any:
    return jnp.linalg.solve(hessian, gradient)


def _distinct(points: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points that are not near an earlier one, sorted, with their numbers."""
    order = np.lexsort(points.T[::-1])
    chosen: list[int] = []
    for k in order.tolist():
        if not chosen or not (np.abs(points[chosen] - points[k]) <= distance).all(axis=1).any():
            chosen.append(k)
    return points[chosen], np.array(chosen, dtype=np.int64)
