"""Rearrangements: views, slices, joins, padding. No number changes."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import Table, demand

Array = Any

_EVERYTHING = 2**63 - 1


def _axis(x: Array, dim: int) -> int:
    return dim % max(x.ndim, 1)


def view(self: Array, size: Sequence[int]) -> Array:
    return jnp.reshape(self, tuple(size))


def expand(self: Array, size: Sequence[int], implicit: bool = False) -> Array:
    new = len(size) - self.ndim
    shape = [self.shape[i - new] if n == -1 else n for i, n in enumerate(size)]
    return jnp.broadcast_to(self, tuple(shape))


def permute(self: Array, dims: Sequence[int]) -> Array:
    return jnp.transpose(self, tuple(dims))


def transpose(self: Array, dim0: int, dim1: int) -> Array:
    return jnp.swapaxes(self, dim0, dim1) if self.ndim else self


def squeeze(self: Array, dim: Any = None) -> Array:
    """Axes of length 1 among `dim` go; others stay."""
    axes = range(self.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    gone = tuple({_axis(self, a) for a in axes if self.ndim and self.shape[a] == 1})
    return jnp.squeeze(self, gone)


def unsqueeze(self: Array, dim: int) -> Array:
    return jnp.expand_dims(self, dim)


def _span(length: int, start: Any, end: Any) -> tuple[int, int]:
    """Python's rule for the two ends of a slice; beyond the ends is clamped."""
    first, last, _ = slice(start, None if end == _EVERYTHING else end).indices(length)
    return first, max(first, last)


def sliced(self: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    first, last = _span(self.shape[dim], start, end)
    return jax.lax.slice_in_dim(self, first, last, step, _axis(self, dim))


def select(self: Array, dim: int, index: int) -> Array:
    demand(isinstance(index, int), "a position that is computed is not modelled")
    demand(-self.shape[dim] <= index < self.shape[dim], f"position {index} is outside the axis")
    return jax.lax.index_in_dim(self, index % self.shape[dim], _axis(self, dim), keepdims=False)


def cat(tensors: Sequence[Array], dim: int = 0) -> Array:
    """Empty vectors are left out, as torch does for historical reasons."""
    kept = [x for x in tensors if x.shape != (0,)] or list(tensors)[:1]
    return jnp.concatenate(kept, axis=dim)


def stack(tensors: Sequence[Array], dim: int = 0) -> Array:
    return jnp.stack(list(tensors), axis=dim)


def split_with_sizes(self: Array, split_sizes: Sequence[int], dim: int = 0) -> list[Array]:
    demand(sum(split_sizes) == self.shape[dim], f"the parts {list(split_sizes)} do not fill the axis")
    stops = np.cumsum(split_sizes)[:-1].tolist()
    return jnp.split(self, stops, axis=dim)


def split(self: Array, split_size: int, dim: int = 0) -> list[Array]:
    length = self.shape[dim]
    return jnp.split(self, list(range(split_size, length, split_size)), axis=dim)


def chunk(self: Array, chunks: int, dim: int = 0) -> list[Array]:
    return split(self, max(1, math.ceil(self.shape[dim] / chunks)), dim)


def unbind(self: Array, dim: int = 0) -> list[Array]:
    return [jax.lax.index_in_dim(self, i, _axis(self, dim), keepdims=False) for i in range(self.shape[dim])]


def flip(self: Array, dims: Sequence[int]) -> Array:
    return jnp.flip(self, axis=tuple(dims))


def roll(self: Array, shifts: Any, dims: Any = ()) -> Array:
    if not dims:
        return jnp.roll(self.reshape(-1), shifts[0]).reshape(self.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        self = jnp.roll(self, shift, axis=dim)
    return self


def repeat(self: Array, repeats: Sequence[int]) -> Array:
    return jnp.tile(self, tuple(repeats))


def repeat_interleave(self: Array, repeats: int, dim: int | None = None) -> Array:
    demand(isinstance(repeats, int), "repeats that are computed are not modelled")
    return jnp.repeat(self.reshape(-1) if dim is None else self, repeats, axis=0 if dim is None else dim)


def _pairs(pad: Sequence[int], rank: int) -> list[tuple[int, int]]:
    """(left, right) an axis; torch lists the last axis first."""
    widths = [(int(pad[2 * i]), int(pad[2 * i + 1])) for i in range(len(pad) // 2)]
    return [(0, 0)] * (rank - len(widths)) + widths[::-1]


def constant_pad(self: Array, pad: Sequence[int], value: Any = 0) -> Array:
    """Negative widths cut."""
    widths = [(left, right, 0) for left, right in _pairs(pad, self.ndim)]
    return jax.lax.pad(self, jnp.asarray(value, self.dtype), widths)


def _padded(mode: str) -> Any:
    def rule(self: Array, padding: Sequence[int]) -> Array:
        demand(all(width >= 0 for width in padding), f"negative {mode} padding is not modelled")
        return jnp.pad(self, _pairs(padding, self.ndim), mode=mode)

    return rule


def tril(self: Array, diagonal: int = 0) -> Array:
    return jnp.where(_lower(self, diagonal), self, jnp.zeros((), self.dtype))


def triu(self: Array, diagonal: int = 0) -> Array:
    return jnp.where(_lower(self, diagonal - 1), jnp.zeros((), self.dtype), self)


def _lower(x: Array, diagonal: int) -> np.ndarray:
    return np.tri(x.shape[-2], x.shape[-1], diagonal, dtype=bool)


def diagonal(self: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return jnp.diagonal(self, offset, dim1, dim2)


def slice_scatter(self: Array, src: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    first, last = _span(self.shape[dim], start, end)
    place = [slice(None)] * self.ndim
    place[dim] = slice(first, last, step)
    return jnp.asarray(self).at[tuple(place)].set(src)


def select_scatter(self: Array, src: Array, dim: int, index: int) -> Array:
    place: list[Any] = [slice(None)] * self.ndim
    place[dim] = index
    return jnp.asarray(self).at[tuple(place)].set(src)


def unfold(self: Array, dimension: int, size: int, step: int) -> Array:
    """Windows of one axis, the positions inside a window last."""
    axis = _axis(self, dimension)
    starts = np.arange(0, self.shape[axis] - size + 1, step)
    windows = jnp.take(self, starts[:, None] + np.arange(size), axis=axis)
    return jnp.moveaxis(windows, axis + 1, -1)


def pixel_shuffle(self: Array, upscale_factor: int) -> Array:
    *lead, channels, height, width = self.shape
    r = upscale_factor
    split_channels = self.reshape(*lead, channels // (r * r), r, r, height, width)
    n = len(lead)
    order = (*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return jnp.transpose(split_channels, order).reshape(*lead, channels // (r * r), height * r, width * r)


def _same(self: Array) -> Array:
    return self


TABLE: Table = {
    "view.default": view,
    "_unsafe_view.default": view,
    "reshape.default": lambda self, shape: view(self, shape),
    "expand.default": expand,
    "permute.default": permute,
    "transpose.int": transpose,
    "t.default": lambda self: self.T,
    "squeeze.default": squeeze,
    "squeeze.dim": squeeze,
    "squeeze.dims": squeeze,
    "unsqueeze.default": unsqueeze,
    "slice.Tensor": sliced,
    "select.int": select,
    "cat.default": cat,
    "stack.default": stack,
    "split_with_sizes.default": split_with_sizes,
    "split.Tensor": split,
    "chunk.default": chunk,
    "unbind.int": unbind,
    "flip.default": flip,
    "roll.default": roll,
    "repeat.default": repeat,
    "repeat_interleave.self_int": repeat_interleave,
    "constant_pad_nd.default": constant_pad,
    **{f"reflection_pad{n}d.default": _padded("reflect") for n in (1, 2, 3)},
    **{f"replication_pad{n}d.default": _padded("edge") for n in (1, 2, 3)},
    "tril.default": tril,
    "triu.default": triu,
    "diagonal.default": diagonal,
    "slice_scatter.default": slice_scatter,
    "select_scatter.default": select_scatter,
    "unfold.default": unfold,
    "pixel_shuffle.default": pixel_shuffle,
    "alias.default": _same,
    "clone.default": _same,
    "detach.default": _same,
    "contiguous.default": _same,
    "lift_fresh_copy.default": _same,
}
for _name in ("view", "expand", "permute", "squeeze", "unsqueeze", "slice", "select", "alias", "t", "detach"):
    for _kind in ("default", "int", "Tensor", "dim", "dims"):
        if f"{_name}.{_kind}" in TABLE:
            TABLE[f"{_name}_copy.{_kind}"] = TABLE[f"{_name}.{_kind}"]  # type: ignore[index]
