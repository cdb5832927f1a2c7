"""Sums, means, extrema and norms along axes."""

from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.aten.reductions import top_k as sorted_top
from stabproof.doors.onnx_operators.static import static_number, whole_numbers
from stabproof.doors.rule import Function, Table, demand

Array = Any


def reduced(function: Function) -> Function:
    """Axes by attribute or input; none given means all, or none with noop_with_empty_axes."""

    def rule(data: Array, axes: Any = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Array:
        chosen = [] if axes is None else whole_numbers(axes, "axes")
        if not chosen and noop_with_empty_axes:
            demand(function in (jnp.sum, jnp.mean, jnp.max, jnp.min, jnp.prod), "a norm over no axes is not modelled")
            return data
        places = tuple(a % data.ndim for a in chosen) if chosen else tuple(range(data.ndim))
        demand(all(data.shape[a] > 0 for a in places), "a reduction of no entries is not modelled")
        real = jnp.issubdtype(data.dtype, jnp.floating)
        demand(real or function in _OF_INTEGERS, "a mean, root or logarithm of integers is not modelled")
        return function(jnp.asarray(data), axis=places, keepdims=bool(keepdims)).astype(data.dtype)

    return rule


def _l1(x: Array, axis: Any, keepdims: bool) -> Array:
    return jnp.sum(jnp.abs(x), axis=axis, keepdims=keepdims)


def _sum_of_squares(x: Array, axis: Any, keepdims: bool) -> Array:
    return jnp.sum(x * x, axis=axis, keepdims=keepdims)


def _l2(x: Array, axis: Any, keepdims: bool) -> Array:
    return jnp.sqrt(_sum_of_squares(x, axis, keepdims))


# These keep the type of integers and wrap as it does.
_OF_INTEGERS = (jnp.sum, jnp.max, jnp.min, jnp.prod, _l1, _sum_of_squares)


def _log_sum(x: Array, axis: Any, keepdims: bool) -> Array:
    return jnp.log(jnp.sum(x, axis=axis, keepdims=keepdims))


def _position(function: Function) -> Function:
    def rule(data: Array, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Array:
        if not select_last_index:
            return function(data, axis=axis, keepdims=bool(keepdims)).astype(jnp.int64)
        last = data.shape[axis] - 1 - function(jnp.flip(data, axis), axis=axis, keepdims=bool(keepdims))
        return last.astype(jnp.int64)

    return rule


def running_sum(x: Array, axis: Any, exclusive: int = 0, reverse: int = 0) -> Array:
    place = int(static_number(axis, "axis")) % x.ndim
    turned = jnp.flip(x, place) if reverse else x
    total = jnp.cumsum(turned, axis=place).astype(x.dtype)
    total = total - turned if exclusive else total
    return jnp.flip(total, place) if reverse else total


def top_k(X: Array, K: Any, axis: int = -1, largest: int = 1, sorted: int = 1) -> Any:
    return sorted_top(X, int(static_number(K, "K")), axis, bool(largest))


def _over_space(function: Function) -> Function:
    return lambda X: function(X, axis=tuple(range(2, X.ndim)), keepdims=True)


TABLE: Table = {
    "ReduceSum": reduced(jnp.sum),
    "ReduceMean": reduced(jnp.mean),
    "ReduceMax": reduced(jnp.max),
    "ReduceMin": reduced(jnp.min),
    "ReduceProd": reduced(jnp.prod),
    "ReduceL1": reduced(_l1),
    "ReduceL2": reduced(_l2),
    "ReduceSumSquare": reduced(_sum_of_squares),
    "ReduceLogSum": reduced(_log_sum),
    "ReduceLogSumExp": reduced(jax.nn.logsumexp),
    "ArgMax": _position(jnp.argmax),
    "ArgMin": _position(jnp.argmin),
    "CumSum": running_sum,
    "TopK": top_k,
    "GlobalAveragePool": _over_space(jnp.mean),
    "GlobalMaxPool": _over_space(jnp.max),
}
