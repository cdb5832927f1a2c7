"""Rearrangements: no number changes."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.aten.indexing import wrapped
from stabproof.doors.onnx_operators.static import demand_room, is_static, static_number, text, whole_numbers
from stabproof.doors.rule import Table, demand

Array = Any


def _arrays(x: Array) -> Any:
    """NumPy for constants, so that what is computed of shapes stays known; JAX for the rest."""
    return np if is_static(x) else jnp


def flatten(input: Array, axis: int) -> Array:
    axis = axis % input.ndim if axis < 0 else axis
    rows = math.prod(input.shape[:axis])
    return input.reshape(rows, math.prod(input.shape[axis:]))


def reshape(data: Array, shape: Any, allowzero: int = 0) -> Array:
    """0 keeps the length of that axis unless allowzero is set; -1 is what is left."""
    sizes = whole_numbers(shape, "shape")
    if not allowzero:
        sizes = [data.shape[i] if n == 0 else n for i, n in enumerate(sizes)]
    return data.reshape(tuple(sizes))


def transpose(data: Array, perm: Any = None) -> Array:
    return _arrays(data).transpose(data, None if perm is None else tuple(perm))


def concat(inputs: tuple[Array, ...], axis: int) -> Array:
    xp = np if all(is_static(x) for x in inputs) else jnp
    return xp.concatenate(inputs, axis=axis)


def sliced(data: Array, starts: Any, ends: Any, axes: Any = None, steps: Any = None) -> Array:
    """Python's slices, also with negative steps: the clamping of ends is the same."""
    first, last = whole_numbers(starts, "starts"), whole_numbers(ends, "ends")
    places = list(range(len(first))) if axes is None else whole_numbers(axes, "axes")
    widths = [1] * len(first) if steps is None else whole_numbers(steps, "steps")
    cut = [slice(None)] * data.ndim
    for a, b, axis, step in zip(first, last, places, widths, strict=True):
        length = data.shape[axis]
        demand(step > 0 or a >= -length, "a descending slice that starts before the first entry is read differently")
        # -1 as an end of a descending slice is the place before the last, unless it is below every place
        below = step < 0 and b < -length
        cut[axis] = slice(a, None if below else b, step)
    return data[tuple(cut)]


def split(input: Array, split: Any = None, axis: int = 0, num_outputs: int | None = None, outputs: int = 0) -> Any:
    length = input.shape[axis]
    if split is None:
        count = num_outputs or outputs
        size = -(-length // count)
        sizes = [size] * (count - 1) + [length - size * (count - 1)]
    else:
        sizes = whole_numbers(split, "split")
    demand(sum(sizes) == length and min(sizes) >= 0, f"the parts {sizes} do not fill an axis of length {length}")
    return tuple(_arrays(input).split(input, np.cumsum(sizes)[:-1].tolist(), axis=axis))


def gather(data: Array, indices: Array, axis: int) -> Array:
    if is_static(data) and is_static(indices):
        return np.take(data, indices, axis=axis)
    if is_static(indices):
        length = data.shape[axis]
        demand(bool(np.all((indices >= -length) & (indices < length))), "a position is outside the array")
        return jnp.take(data, np.where(indices < 0, indices + length, indices), axis=axis)
    return jnp.take(data, wrapped(indices, data.shape[axis]), axis=axis, mode="fill")


def gather_elements(data: Array, indices: Array, axis: int) -> Array:
    cut = tuple(slice(None) if a == axis % data.ndim else slice(0, n) for a, n in enumerate(indices.shape))
    places = wrapped(jnp.asarray(indices), data.shape[axis])
    return jnp.take_along_axis(jnp.asarray(data)[cut], places, axis=axis, mode="fill")


def gather_nd(data: Array, indices: Array, batch_dims: int) -> Array:
    demand(batch_dims == 0, "GatherND with batch_dims is not modelled")
    places = tuple(wrapped(jnp.asarray(indices)[..., i], data.shape[i]) for i in range(indices.shape[-1]))
    return jnp.asarray(data).at[places].get(mode="fill")


def scatter_nd(data: Array, indices: Array, updates: Array, reduction: Any = "none") -> Array:
    demand(is_static(indices), "writing to positions that depend on the input is not modelled")
    demand(text(reduction) in ("none", "add"), f"reduction {text(reduction)} is not modelled")
    depth = indices.shape[-1]
    rows = np.where(indices < 0, indices + np.array(data.shape[:depth]), indices).reshape(-1, depth)
    demand(bool(np.all((rows >= 0) & (rows < np.array(data.shape[:depth])))), "a position is outside the array")
    target = jnp.asarray(data).at[tuple(np.moveaxis(rows.reshape(indices.shape), -1, 0))]
    if text(reduction) == "add":
        return target.add(updates)
    demand(len(np.unique(rows, axis=0)) == len(rows), "writing twice to one place is not modelled")
    return target.set(updates)


def squeeze(data: Array, axes: Any = None) -> Array:
    if axes is None:
        return data.reshape(tuple(n for n in data.shape if n != 1))
    gone = {a % data.ndim for a in whole_numbers(axes, "axes")}
    demand(all(data.shape[a] == 1 for a in gone), "an axis longer than 1 cannot be squeezed")
    return data.reshape(tuple(n for a, n in enumerate(data.shape) if a not in gone))


def unsqueeze(data: Array, axes: Any) -> Array:
    places = whole_numbers(axes, "axes")
    rank = data.ndim + len(places)
    new = {a % rank for a in places}
    old = iter(data.shape)
    return data.reshape(tuple(1 if a in new else next(old) for a in range(rank)))


def expand(input: Array, shape: Any) -> Array:
    wanted = np.broadcast_shapes(input.shape, tuple(whole_numbers(shape, "shape")))
    demand_room(math.prod(wanted))
    return _arrays(input).broadcast_to(input, wanted)


def tile(input: Array, repeats: Any) -> Array:
    times = whole_numbers(repeats, "repeats")
    demand_room(input.size * math.prod(times))
    return _arrays(input).tile(input, times)


def pad(data: Array, pads: Any, constant_value: Any = None, axes: Any = None, mode: Any = "constant") -> Array:
    """Widths of all starts, then of all ends; negative ones cut."""
    widths, kind = whole_numbers(pads, "pads"), text(mode)
    places = list(range(data.ndim)) if axes is None else [a % data.ndim for a in whole_numbers(axes, "axes")]
    pairs = [(0, 0)] * data.ndim
    for i, axis in enumerate(places):
        pairs[axis] = (widths[i], widths[i + len(places)])
    demand_room(math.prod(max(0, n + a + b) for n, (a, b) in zip(data.shape, pairs, strict=True)))
    if kind == "constant":
        value = jnp.zeros((), data.dtype) if constant_value is None else jnp.asarray(constant_value).reshape(())
        return jax.lax.pad(jnp.asarray(data), value.astype(data.dtype), [(a, b, 0) for a, b in pairs])
    demand(kind in ("reflect", "edge", "wrap"), f"mode {kind} is not modelled")
    demand(all(a >= 0 and b >= 0 for a, b in pairs), f"negative {kind} padding is not modelled")
    return jnp.pad(data, pairs, mode=kind)


def shape(data: Array, start: int = 0, end: int | None = None) -> Array:
    return np.array(data.shape[start:end], np.int64)


def size(data: Array) -> Array:
    return np.array(data.size, np.int64)


def constant_of_shape(input: Any, value: Any = None) -> Array:
    filling = np.zeros((), np.float64) if value is None else np.asarray(value).reshape(())
    lengths = tuple(whole_numbers(input, "shape"))
    demand_room(math.prod(lengths))
    return np.full(lengths, filling)


def numbers(start: Any, limit: Any, delta: Any) -> Array:
    ends = [static_number(value, name) for value, name in ((start, "start"), (limit, "limit"), (delta, "delta"))]
    demand(all(np.asarray(end).dtype.kind in "iu" for end in ends), "a Range of real numbers is not modelled")
    demand(ends[2] != 0, "a Range of step 0 has no end")
    demand_room((int(ends[1]) - int(ends[0])) // int(ends[2]))
    return np.arange(*ends, dtype=np.asarray(start).dtype)


def depth_to_space(input: Array, blocksize: int, mode: Any = "DCR") -> Array:
    n, c, h, w = input.shape
    b = blocksize
    if text(mode) == "DCR":
        parts = input.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        parts = input.reshape(n, c // (b * b), b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(n, c // (b * b), h * b, w * b)


def space_to_depth(input: Array, blocksize: int) -> Array:
    n, c, h, w = input.shape
    b = blocksize
    parts = input.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return parts.reshape(n, c * b * b, h // b, w // b)


def triangle(input: Array, k: Any = None, upper: int = 1) -> Array:
    shift = 0 if k is None else int(static_number(k, "k"))
    lower = np.tri(input.shape[-2], input.shape[-1], shift - 1 if upper else shift, dtype=bool)
    return jnp.where(~lower if upper else lower, input, jnp.zeros((), input.dtype))


TABLE: Table = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Transpose": transpose,
    "Concat": concat,
    "Slice": sliced,
    "Split": split,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "ScatterND": scatter_nd,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Expand": expand,
    "Tile": tile,
    "Pad": pad,
    "Shape": shape,
    "Size": size,
    "ConstantOfShape": constant_of_shape,
    "Range": numbers,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": space_to_depth,
    "Trilu": triangle,
}
