"""Entries picked and placed by integer arrays. A position outside the array makes NaN, which is refused later."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import Table, demand

Array = Any


def within(index: Array, length: int) -> Array:
    """Positions as int64; those outside become `length`, where torch raises and an entry read is NaN here."""
    wide = index.astype(jnp.int64)
    return jnp.where((wide < 0) | (wide >= length), length, wide)


def wrapped(index: Array, length: int) -> Array:
    """The same, where negative positions count from the end."""
    wide = index.astype(jnp.int64)
    return within(jnp.where(wide < 0, wide + length, wide), length)


def embedding(
    weight: Array, indices: Array, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Array:
    """Rows of `weight`."""
    demand(padding_idx < 0, "padding_idx gives a row no gradient, so training does not descend the loss; leave it out")
    demand(not scale_grad_by_freq, "scale_grad_by_freq makes training no descent of the loss; leave it out")
    return jnp.take(weight, within(indices, weight.shape[0]), axis=0, mode="fill")


def index_select(self: Array, dim: int, index: Array) -> Array:
    return jnp.take(self, within(index, self.shape[dim]), axis=dim, mode="fill")


def gather(self: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    if self.ndim == 0:
        return jnp.broadcast_to(self, index.shape)
    cut = tuple(slice(None) if a == dim % self.ndim else slice(0, n) for a, n in enumerate(index.shape))
    return jnp.take_along_axis(self[cut], within(index, self.shape[dim]), axis=dim, mode="fill")


def _places(self: Array, indices: Sequence[Any]) -> tuple[Any, ...]:
    places: list[Any] = []
    for position, index in enumerate(indices):
        if index is None:
            places.append(slice(None))
            continue
        demand(index.dtype != bool, "a mask as an index makes a shape that depends on the numbers; use torch.where")
        places.append(wrapped(index, self.shape[position]))
    return tuple(places)


def index(self: Array, indices: Sequence[Any]) -> Array:
    return jnp.asarray(self).at[_places(self, indices)].get(mode="fill")


def index_put(self: Array, indices: Sequence[Any], values: Array, accumulate: bool = False) -> Array:
    if len(indices) == 1 and indices[0] is not None and indices[0].dtype == bool and values.ndim == 0:
        demand(not accumulate, "adding where a mask says is not modelled")
        mask = indices[0].reshape(indices[0].shape + (1,) * (self.ndim - indices[0].ndim))
        return jnp.where(mask, values, self)
    _check_constant(indices, self.shape)
    target = jnp.asarray(self).at[_places(self, indices)]
    demand(accumulate or _distinct(indices, self.shape), "writing twice to one place is not modelled")
    return target.add(values) if accumulate else target.set(values)


def _constant(index: Any) -> bool:
    return isinstance(index, np.ndarray)


def _check_constant(indices: Sequence[Any], shape: Sequence[int]) -> None:
    """A write outside is an error in torch and is dropped in JAX: only positions known here can be written to."""
    for index, length in zip(indices, shape, strict=False):
        demand(index is None or _constant(index), "writing to positions that depend on the input is not modelled")
        demand(index is None or bool(np.all((index >= -length) & (index < length))), "a position is outside the array")


def _distinct(indices: Sequence[Any], shape: Sequence[int]) -> bool:
    pairs = zip(indices, shape, strict=False)
    known = np.broadcast_arrays(*(index % length for index, length in pairs if index is not None))
    rows = np.stack([index.reshape(-1) for index in known], axis=1)
    return len(np.unique(rows, axis=0)) == len(rows)


def scatter_add(self: Array, dim: int, index: Array, src: Array) -> Array:
    return _scattered(self, dim, index, src).add(_cut(src, index))


def scatter(self: Array, dim: int, index: Array, src: Array) -> Array:
    demand(_constant(index), "writing to positions that depend on the input is not modelled")
    places = np.sort(index, axis=dim)
    demand(bool(np.all(np.diff(places, axis=dim) > 0)), "writing twice to one place is not modelled")
    return _scattered(self, dim, index, src).set(_cut(src, index))


def scatter_value(self: Array, dim: int, index: Array, value: Any) -> Array:
    return _scattered(self, dim, index, None).set(value)


def _scattered(self: Array, dim: int, index: Array, src: Any) -> Any:
    demand(_constant(index), "writing to positions that depend on the input is not modelled")
    demand(bool(np.all((index >= 0) & (index < self.shape[dim]))), "a position is outside the array")
    places: list[Any] = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    return jnp.asarray(self).at[tuple(places)]


def _cut(src: Array, index: Array) -> Array:
    return src[tuple(slice(0, n) for n in index.shape)]


TABLE: Table = {
    "embedding.default": embedding,
    "index_select.default": index_select,
    "gather.default": gather,
    "index.Tensor": index,
    "_unsafe_index.Tensor": index,
    "index_put.default": index_put,
    "scatter_add.default": scatter_add,
    "scatter.src": scatter,
    "scatter.value": scatter_value,
}
