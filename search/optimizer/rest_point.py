"""A point of rest of an optimiser with decoupled weight decay, next to a strict minimum: a proposal."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from numeric.precision import double_precision

_SETTLING = 30_000
_LATE = 2.0**24
_BISECTIONS = 60
_NEWTON_STEPS = 12
_SIZES = 10.0 ** np.arange(-40, 4)


@double_precision
def propose_rest(
    step: Callable[..., Any],
    theta: np.ndarray,
    slope: np.ndarray,
    leaves: Sequence[dict[str, Any]],
    field: Callable[[Any], Any],
) -> dict[str, np.ndarray] | None:
    """(point, scale) for `certify.training.optimizer.whole_map`; None where none was found.

    step: (theta, gradient, *memory) -> (update, *memory). theta (D,): the minimum. slope (D, D): the Hessian there. The
    gradient at which the update vanishes is looked for coordinate by coordinate, the memory settled at each try;
    Newton's method on the whole map, with field: theta -> gradient, does the rest.
    """
    start = [np.full(x["value"].shape, _LATE) if x["kind"] == "clock" else np.zeros(x["value"].shape) for x in leaves]
    clocks = [x["kind"] == "clock" for x in leaves]

    @jax.jit
    def settled(gradient: Any) -> Any:
        def body(_: Any, memory: Any) -> Any:
            following = step(jnp.asarray(theta), gradient, *memory)[1:]
            return [a if clock else x for a, x, clock in zip(memory, following, clocks, strict=True)]

        memory = jax.lax.fori_loop(0, _SETTLING, body, [jnp.asarray(a, dtype=float) for a in start])
        return step(jnp.asarray(theta), gradient, *memory)[0], memory

    still = np.sign(np.asarray(settled(np.zeros(theta.shape))[0]))
    gradient = _balanced(lambda g: np.asarray(settled(g)[0]), still)
    if gradient is None:
        return None
    moved = np.linalg.lstsq(slope, gradient, rcond=None)[0]
    memory = [np.asarray(x) for x in settled(gradient)[1]]
    parts = [a.reshape(-1) for a, clock in zip(memory, clocks, strict=True) if not clock]
    point = np.concatenate([theta + moved, *parts])
    scale = np.abs(np.concatenate([np.full(theta.shape, np.abs(moved).max()), *parts]))
    scale = np.where(scale > 1e-12 * np.abs(moved).max() ** 2, scale, np.abs(moved).max())
    if not (np.isfinite(point).all() and (scale > 0).all()):
        return None
    point = _polished(step, field, point, scale, leaves)
    return {"point": point, "scale": scale} if np.isfinite(point).all() else None


def _polished(
    step: Callable[..., Any],
    field: Callable[[Any], Any],
    point: np.ndarray,
    scale: np.ndarray,
    leaves: Sequence[dict[str, Any]],
) -> np.ndarray:
    """A few steps of Newton's method on T(z) - z, in coordinates scaled to the entries of z."""
    shapes = [x["value"].shape for x in leaves]
    size = len(point) - sum(int(np.prod(s)) for s, x in zip(shapes, leaves, strict=True) if x["kind"] != "clock")

    def moved(y: Any) -> Any:
        z, place, memory, kept = point + scale * y, size, [], []
        for shape, leaf in zip(shapes, leaves, strict=True):
            if leaf["kind"] == "clock":
                memory.append(jnp.full(shape, _LATE))
                continue
            count = int(np.prod(shape))
            memory.append(z[place : place + count].reshape(shape))
            place += count
        update, *following = step(z[:size], field(z[:size]), *memory)
        for leaf, before, after in zip(leaves, memory, following, strict=True):
            if leaf["kind"] != "clock":
                kept.append((after - before).reshape(-1))
        return jnp.concatenate([update, *kept]) / scale

    y, slope = jnp.zeros(len(point)), jax.jit(jax.jacfwd(moved))
    for _ in range(_NEWTON_STEPS):
        y = y - jnp.linalg.lstsq(slope(y), moved(y))[0]
    return np.asarray(point + scale * np.asarray(y))


def _balanced(update: Callable[[np.ndarray], np.ndarray], still: np.ndarray) -> np.ndarray | None:
    """The gradient, of the sign of what the optimiser does without one, at which the update vanishes."""
    low, high = np.zeros(still.shape), np.full(still.shape, np.inf)
    for size in _SIZES:
        same = np.sign(update(still * size)) == still
        low = np.where(same & np.isinf(high), size, low)
        high = np.where(~same & np.isinf(high), size, high)
    if not (np.isfinite(high).all() and still.all()):
        return None
    low = np.maximum(low, high * 1e-2)
    for _ in range(_BISECTIONS):
        middle = np.sqrt(low) * np.sqrt(high)
        same = np.sign(update(still * middle)) == still
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return still * np.sqrt(low) * np.sqrt(high)
