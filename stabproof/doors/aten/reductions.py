"""Sums, means, extrema, norms, running sums and sorting."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.rule import NotModelled, Table, demand

Array = Any
Axes = Any


def axes_of(x: Array, dim: Axes) -> tuple[int, ...]:
    """The axes that `dim` names: all of them for None and for an empty list."""
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return tuple(range(x.ndim))
    return tuple(d % max(x.ndim, 1) for d in ([dim] if isinstance(dim, int) else dim)) if x.ndim else ()


def _kept_type(dtype: Any) -> None:
    demand(dtype is None or "float64" in str(dtype) or "int64" in str(dtype), f"dtype={dtype} is not modelled")


def _reduced(function: Any) -> Any:
    def rule(self: Array, dim: Axes = None, keepdim: bool = False, dtype: Any = None) -> Array:
        _kept_type(dtype)
        if dtype is not None and "float64" in str(dtype):
            self = jnp.asarray(self, jnp.float64)
        return function(self, axis=axes_of(self, dim), keepdims=keepdim)

    return rule


def _extreme(function: Any) -> Any:
    def rule(self: Array, dim: Axes = (), keepdim: bool = False) -> Array:
        return function(self, axis=axes_of(self, dim), keepdims=keepdim)

    return rule


def _extreme_with_position(value: Any, position: Any) -> Any:
    def rule(self: Array, dim: int, keepdim: bool = False) -> Any:
        if self.ndim == 0:
            return self, jnp.zeros((), jnp.int64)
        positions = position(self, axis=dim, keepdims=keepdim).astype(jnp.int64)
        return value(self, axis=dim, keepdims=keepdim), positions

    return rule


def _position(function: Any) -> Any:
    def rule(self: Array, dim: int | None = None, keepdim: bool = False) -> Array:
        return function(self, axis=dim, keepdims=keepdim).astype(jnp.int64)

    return rule


def _truth(function: Any) -> Any:
    def rule(self: Array, dim: Axes = None, keepdim: bool = False) -> Array:
        return function(self if self.dtype == bool else self != 0, axis=axes_of(self, dim), keepdims=keepdim)

    return rule


def variance(self: Array, dim: Axes = None, correction: Any = 1, keepdim: bool = False) -> Array:
    """sum |x - mean|^2 / (n - correction); the correction is 1 when nothing is said."""
    axes = axes_of(self, dim)
    count = math.prod(self.shape[a] for a in axes) - (1 if correction is None else correction)
    demand(count > 0, "a variance of so few entries is not a number")
    centred = self - jnp.mean(self, axis=axes, keepdims=True)
    return jnp.sum(centred * centred, axis=axes, keepdims=keepdim) / count


def _unbiased(self: Array, dim: Axes = None, unbiased: bool = True, keepdim: bool = False) -> Array:
    return variance(self, dim, 1 if unbiased else 0, keepdim)


def deviation(self: Array, dim: Axes = None, correction: Any = 1, keepdim: bool = False) -> Array:
    return jnp.sqrt(variance(self, dim, correction, keepdim))


def variance_and_mean(self: Array, dim: Axes = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return variance(self, dim, correction, keepdim), jnp.mean(self, axis=axes_of(self, dim), keepdims=keepdim)


def norm(self: Array, ord: Any = 2, dim: Axes = None, keepdim: bool = False, dtype: Any = None) -> Array:
    _kept_type(dtype)
    axes = axes_of(self, dim)
    if ord == 2:
        return jnp.sqrt(jnp.sum(self * self, axis=axes, keepdims=keepdim))
    if ord in (1, math.inf, -math.inf):
        choose: Any = {1: jnp.sum, math.inf: jnp.max, -math.inf: jnp.min}[ord]
        return choose(jnp.abs(self), axis=axes, keepdims=keepdim)
    demand(ord > 0, f"the norm of order {ord} is not modelled")
    return jnp.sum(jnp.abs(self) ** ord, axis=axes, keepdims=keepdim) ** (1 / ord)


def p_norm(self: Array, p: Any = 2, dim: Axes = None, keepdim: bool = False) -> Array:
    return norm(self, 2 if p is None else p, dim, keepdim)


def logsumexp(self: Array, dim: Axes, keepdim: bool = False) -> Array:
    return jax.nn.logsumexp(self, axis=axes_of(self, dim), keepdims=keepdim)


def _running(function: Any) -> Any:
    def rule(self: Array, dim: int, dtype: Any = None) -> Array:
        _kept_type(dtype)
        if self.ndim == 0:
            return self
        return function(self.astype(jnp.int64) if self.dtype != jnp.float64 else self, axis=dim)

    return rule


def _running_extreme(function: Any) -> Any:
    return lambda self, dim: (function(self, axis=dim % self.ndim), NotModelled("the positions of a running extremum"))


def sort(self: Array, dim: int = -1, descending: bool = False, stable: Any = None) -> Any:
    """Values, and the positions of a stable sort (torch leaves the order of ties open)."""
    # the complement turns the order of integers round, where -x wraps for unsigned ones and for the smallest
    turned = -self if jnp.issubdtype(self.dtype, jnp.floating) else ~self
    order = jnp.argsort(turned if descending else self, axis=dim, stable=True)
    return jnp.take_along_axis(self, order, axis=dim), order.astype(jnp.int64)


def top_k(self: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    values, order = sort(self, dim, descending=largest)
    cut = [slice(None)] * self.ndim
    cut[dim] = slice(0, k)
    return values[tuple(cut)], order[tuple(cut)]


TABLE: Table = {
    "sum.default": _reduced(jnp.sum),
    "sum.dim_IntList": _reduced(jnp.sum),
    "mean.default": _reduced(jnp.mean),
    "mean.dim": _reduced(jnp.mean),
    "prod.default": _reduced(jnp.prod),
    "prod.dim_int": _reduced(jnp.prod),
    "amax.default": _extreme(jnp.max),
    "amin.default": _extreme(jnp.min),
    "max.default": lambda self: jnp.max(self),
    "min.default": lambda self: jnp.min(self),
    "max.dim": _extreme_with_position(jnp.max, jnp.argmax),
    "min.dim": _extreme_with_position(jnp.min, jnp.argmin),
    "argmax.default": _position(jnp.argmax),
    "argmin.default": _position(jnp.argmin),
    "any.default": _truth(jnp.any),
    "any.dim": _truth(jnp.any),
    "any.dims": _truth(jnp.any),
    "all.default": _truth(jnp.all),
    "all.dim": _truth(jnp.all),
    "all.dims": _truth(jnp.all),
    "var.correction": variance,
    "var.dim": _unbiased,
    "var.default": _unbiased,
    "std.correction": deviation,
    "var_mean.correction": variance_and_mean,
    "linalg_vector_norm.default": norm,
    "norm.ScalarOpt_dim": p_norm,
    "norm.Scalar": p_norm,
    "logsumexp.default": logsumexp,
    "cumsum.default": _running(jnp.cumsum),
    "cumprod.default": _running(jnp.cumprod),
    "cummax.default": _running_extreme(jax.lax.cummax),
    "cummin.default": _running_extreme(jax.lax.cummin),
    "sort.default": sort,
    "sort.stable": sort,
    "topk.default": top_k,
}
