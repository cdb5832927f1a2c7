"""JAX primitives that move entries, reduce axes or contract."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import Rule, axes_of
from certify.program.signature import FLOAT
from foundation import InputError


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _reshape(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x = operands[0]
    if parameters.get("dimensions") is not None:
        x = builder.emit("transpose", x, permutation=_whole(parameters["dimensions"]))
    return (builder.emit("reshape", x, shape=_whole(parameters["new_sizes"])),)


def _squeeze(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    shape = builder.signature(operands[0]).shape
    kept = tuple(n for axis, n in enumerate(shape) if axis not in _whole(parameters["dimensions"]))
    return (builder.emit("reshape", operands[0], shape=kept),)


def _expand(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    shape = list(builder.signature(operands[0]).shape)
    for axis in sorted(_whole(parameters["dimensions"])):
        shape.insert(axis, 1)
    return (builder.emit("reshape", operands[0], shape=tuple(shape)),)


def _broadcast(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    shape, axes = _whole(parameters["shape"]), _whole(parameters["broadcast_dimensions"])
    return (builder.emit("broadcast_in_dim", operands[0], shape=shape, axes=axes),)


def _transpose(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("transpose", operands[0], permutation=_whole(parameters["permutation"])),)


def _concatenate(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("concatenate", *operands, axis=int(parameters["dimension"])),)


def _stack(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    axis = int(parameters.get("axis", parameters.get("dimension", 0)))
    shape = list(builder.signature(operands[0]).shape)
    shape.insert(axis, 1)
    rows = (builder.emit("reshape", x, shape=tuple(shape)) for x in operands)
    return (builder.emit("concatenate", *rows, axis=axis),)


def _slice(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    starts, limits = _whole(parameters["start_indices"]), _whole(parameters["limit_indices"])
    strides = _whole(parameters["strides"] or (1,) * len(starts))
    return (builder.emit("slice", operands[0], starts=starts, limits=limits, strides=strides),)


def _split(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, axis = operands[0], int(parameters["axis"])
    edges = np.concatenate([[0], np.cumsum(_whole(parameters["sizes"]))])
    return [sliced(builder, x, axis, int(a), int(b)) for a, b in itertools.pairwise(edges)]


def sliced(builder: Builder, x: int, axis: int, start: int, stop: int) -> int:
    """The entries start..stop-1 along one axis."""
    shape = builder.signature(x).shape
    starts, limits = [0] * len(shape), list(shape)
    starts[axis], limits[axis] = start, stop
    return builder.emit("slice", x, starts=tuple(starts), limits=tuple(limits), strides=(1,) * len(shape))


def _pad(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """Zero padding, negative padding as a slice, and other values by a selection."""
    x, value = operands
    before, after, inside = zip(*((_whole(c)) for c in parameters["padding_config"]), strict=True) or ((), (), ())
    padded = padded_with_zeros(builder, x, before, after, inside)
    known = builder.value(value)
    if known is not None and known.size == 1 and not known.any():
        return (padded,)
    shape = builder.signature(x).shape
    marks = builder.constant(np.ones(shape, np.int64))
    mask = builder.emit("ne", padded_with_zeros(builder, marks, before, after, inside), builder.constant(np.int64(0)))
    full = builder.emit("broadcast_in_dim", value, shape=builder.signature(padded).shape, axes=())
    return (builder.emit("select_n", mask, full, padded),)


def padded_with_zeros(
    builder: Builder, x: int, before: Sequence[int], after: Sequence[int], inside: Sequence[int]
) -> int:
    """Zeros around and between the entries; negative widths cut entries off."""
    more = {
        "before": tuple(max(n, 0) for n in before),
        "after": tuple(max(n, 0) for n in after),
        "interior": tuple(inside),
    }
    wide = builder.emit("pad", x, **more)
    shape = builder.signature(wide).shape
    starts = tuple(max(-n, 0) for n in before)
    limits = tuple(length - max(-n, 0) for length, n in zip(shape, after, strict=True))
    return builder.emit("slice", wide, starts=starts, limits=limits, strides=(1,) * len(shape))


def _reverse(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("rev", operands[0], axes=axes_of(parameters["dimensions"])),)


def _reduction(name: str) -> Rule:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        return (builder.emit(name, operands[0], axes=axes_of(parameters["axes"])),)

    return rule


def _product(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The product along axes, by halves."""
    x = operands[0]
    for axis in reversed(axes_of(parameters["axes"])):
        x = _product_along(builder, x, axis)
    return (x,)


def _product_along(builder: Builder, x: int, axis: int) -> int:
    shape = builder.signature(x).shape
    if shape[axis] == 0:
        rest = (*shape[:axis], *shape[axis + 1 :])
        one = builder.constant(np.ones((), builder.signature(x).dtype))
        return builder.emit("broadcast_in_dim", one, shape=rest, axes=())
    while (length := builder.signature(x).shape[axis]) > 1:
        half = length // 2
        product = builder.emit("mul", sliced(builder, x, axis, 0, half), sliced(builder, x, axis, half, 2 * half))
        odd = [sliced(builder, x, axis, 2 * half, length)] if length % 2 else []
        x = builder.emit("concatenate", product, *odd, axis=axis)
    shape = builder.signature(x).shape
    return builder.emit("reshape", x, shape=(*shape[:axis], *shape[axis + 1 :]))


def _index_of(largest: bool) -> Rule:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        dtype = str(np.dtype(parameters["index_dtype"]))
        axes = axes_of(parameters["axes"])
        return (builder.emit("extremum_index", operands[0], axes=axes, largest=largest, dtype=dtype),)

    return rule


def _cumulative_sum(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    axes = (int(parameters["axis"]),)
    return (builder.emit("cumsum", operands[0], axes=axes, reverse=bool(parameters["reverse"])),)


def _running(combine: Callable[[Builder, int, int], int]) -> Rule:
    """A running product, maximum, ... written out entry by entry."""

    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        x, axis = operands[0], int(parameters["axis"])
        length = builder.signature(x).shape[axis]
        entries = [sliced(builder, x, axis, i, i + 1) for i in range(length)]
        if parameters["reverse"]:
            entries.reverse()
        for i in range(1, length):
            entries[i] = combine(builder, entries[i - 1], entries[i])
        if parameters["reverse"]:
            entries.reverse()
        return (builder.emit("concatenate", *entries, axis=axis) if entries else x,)

    return rule


def _contraction(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (left, right), (left_batch, right_batch) = parameters["dimension_numbers"]
    # JAX multiplies arrays of whole numbers with real ones as they are
    mixed = len({builder.signature(x).is_real for x in operands}) > 1
    factors = [_real(builder, x) for x in operands] if mixed else operands
    return (
        builder.emit(
            "dot_general",
            *factors,
            left_contract=_whole(left),
            right_contract=_whole(right),
            left_batch=_whole(left_batch),
            right_batch=_whole(right_batch),
        ),
    )


def _real(builder: Builder, x: int) -> int:
    return x if builder.signature(x).is_real else builder.emit("convert", x, dtype=FLOAT)


def _iota(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    shape, axis = _whole(parameters["shape"]), int(parameters["dimension"])
    line = np.arange(shape[axis]).reshape(tuple(n if i == axis else 1 for i, n in enumerate(shape)))
    dtype = np.dtype(parameters["dtype"])
    return (builder.constant(np.broadcast_to(line, shape).astype(dtype)),)


def _tile(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x = operands[0]
    for axis, count in enumerate(_whole(parameters["reps"])):
        x = builder.emit("concatenate", *[x] * count, axis=axis)
    return (x,)


def _sort(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The order of the keys, then every array read in that order."""
    axis, keys = int(parameters["dimension"]), int(parameters["num_keys"])
    positions = builder.emit("order", *operands[:keys], axis=axis)
    return [builder.emit("take", x, positions) for x in operands]


def _top(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The k largest entries along an axis, in falling order, and their positions."""
    x, k = operands[0], int(parameters["k"])
    shape = builder.signature(x).shape
    axis = int(parameters.get("axis", len(shape) - 1)) % len(shape)
    positions = builder.emit("order", builder.emit("neg", x), axis=axis)
    first = sliced(builder, positions, axis, 0, k)
    line = np.arange(shape[axis]).reshape(tuple(n if i == axis else 1 for i, n in enumerate(shape)))
    places = builder.constant(np.broadcast_to(line, shape).astype(np.int64))
    index = builder.emit("convert", builder.emit("take", places, first), dtype="int32")
    return (builder.emit("take", x, first), index)


def _unsupported_tuple(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    raise InputError("a reduction with its own function cannot be enclosed; use sum, max, min or prod")


RULES: dict[str, Rule] = {
    "reshape": _reshape,
    "squeeze": _squeeze,
    "expand_dims": _expand,
    "broadcast_in_dim": _broadcast,
    "transpose": _transpose,
    "concatenate": _concatenate,
    "stack": _stack,
    "slice": _slice,
    "split": _split,
    "pad": _pad,
    "rev": _reverse,
    "tile": _tile,
    "reduce_sum": _reduction("reduce_sum"),
    "reduce_max": _reduction("reduce_max"),
    "reduce_min": _reduction("reduce_min"),
    "reduce_prod": _product,
    "reduce": _unsupported_tuple,
    "argmax": _index_of(True),
    "argmin": _index_of(False),
    "cumsum": _cumulative_sum,
    "cumprod": _running(lambda b, x, y: b.emit("mul", x, y)),
    "cummax": _running(lambda b, x, y: b.emit("max", x, y)),
    "cummin": _running(lambda b, x, y: b.emit("min", x, y)),
    "cumlogsumexp": _running(lambda b, x, y: b.emit("logaddexp", x, y)),
    "dot_general": _contraction,
    "iota": _iota,
    "sort": _sort,
    "top_k": _top,
}
