"""JAX primitives that move entries or contract."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import axes_of, converted
from certify.program.lowering.rule import (
    BOOLEAN,
    ELEMENT_TYPE,
    INTEGER,
    INTEGERS,
    NESTED_INTEGERS,
    NEUTRAL,
    NOTHING,
    PRECISION,
    Rule,
    either,
    only,
    optional,
)
from certify.program.signature import FLOAT
from foundation import InputError


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _reshape(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("reshape", operands[0], shape=_whole(parameters["new_sizes"])),)


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
    axis = int(parameters["axis"])
    shape = list(builder.signature(operands[0]).shape)
    shape.insert(axis, 1)
    rows = (builder.emit("reshape", x, shape=tuple(shape)) for x in operands)
    return (builder.emit("concatenate", *rows, axis=axis),)


def _unstack(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, axis = operands[0], int(parameters["axis"])
    shape = builder.signature(x).shape
    rest = (*shape[:axis], *shape[axis + 1 :])
    return [builder.emit("reshape", sliced(builder, x, axis, i, i + 1), shape=rest) for i in range(shape[axis])]


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


def _contraction(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (left, right), (left_batch, right_batch) = parameters["dimension_numbers"]
    factors = [
        converted(builder, x, t) for x, t in zip(operands, factor_types(builder, operands, parameters), strict=True)
    ]
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


def factor_types(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> list[str]:
    """The element types in which JAX multiplies the operands: integers are summed in the preferred type.

    Narrower floats than the operands' are left to the check of the result, which lets exact numbers pass alone.
    """
    preferred = parameters.get("preferred_element_type")
    types = [builder.signature(x).dtype for x in operands]
    target = None if preferred is None else str(np.dtype(preferred))
    if FLOAT in types or (target is not None and np.dtype(preferred).kind not in "biu"):
        # JAX multiplies arrays of whole numbers with real ones as they are
        return [FLOAT] * len(types)
    return [target or types[0]] * len(types) if target or len(set(types)) == 1 else types


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
    if not parameters["is_stable"] and keys < len(operands):
        raise InputError("an unstable sort may order equal keys in any way; use is_stable=True")
    positions = builder.emit("order", *operands[:keys], axis=axis)
    return [builder.emit("take", x, positions) for x in operands]


def _top(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The k largest entries along an axis, in falling order, and their positions."""
    x, k = operands[0], int(parameters["k"])
    shape = builder.signature(x).shape
    axis = int(parameters.get("axis", len(shape) - 1)) % len(shape)
    # the complement turns the order of integers of every type around; the negative wraps at the smallest
    falling = builder.emit("neg" if builder.signature(x).is_real else "not", x)
    positions = builder.emit("order", falling, axis=axis)
    first = sliced(builder, positions, axis, 0, k)
    line = np.arange(shape[axis]).reshape(tuple(n if i == axis else 1 for i, n in enumerate(shape)))
    places = builder.constant(np.broadcast_to(line, shape).astype(np.int64))
    index = builder.emit("convert", builder.emit("take", places, first), dtype="int32")
    return (builder.emit("take", x, first), index)


_PLACED = {"sharding": optional(NEUTRAL)}
_STRIDES = either(NOTHING, INTEGERS)
_TYPE = optional(either(NOTHING, ELEMENT_TYPE))

RULES: dict[str, Rule] = {
    "reshape": Rule(_reshape, {"new_sizes": INTEGERS, "dimensions": NOTHING, **_PLACED}),
    "squeeze": Rule(_squeeze, {"dimensions": INTEGERS}),
    "expand_dims": Rule(_expand, {"dimensions": INTEGERS}),
    "broadcast_in_dim": Rule(_broadcast, {"shape": INTEGERS, "broadcast_dimensions": INTEGERS, **_PLACED}),
    "transpose": Rule(_transpose, {"permutation": INTEGERS}),
    "concatenate": Rule(_concatenate, {"dimension": INTEGER}),
    "stack": Rule(_stack, {"axis": INTEGER}),
    "unstack": Rule(_unstack, {"axis": INTEGER}),
    "slice": Rule(_slice, {"start_indices": INTEGERS, "limit_indices": INTEGERS, "strides": _STRIDES}),
    "split": Rule(_split, {"sizes": INTEGERS, "axis": INTEGER}),
    "pad": Rule(_pad, {"padding_config": NESTED_INTEGERS}),
    "rev": Rule(_reverse, {"dimensions": INTEGERS}),
    "tile": Rule(_tile, {"reps": INTEGERS}),
    "dot_general": Rule(
        _contraction,
        {
            "dimension_numbers": NESTED_INTEGERS,
            "precision": PRECISION,
            "preferred_element_type": _TYPE,
            "out_sharding": optional(NEUTRAL),
        },
    ),
    "iota": Rule(_iota, {"dtype": ELEMENT_TYPE, "shape": INTEGERS, "dimension": INTEGER, **_PLACED}),
    "sort": Rule(_sort, {"dimension": INTEGER, "is_stable": BOOLEAN, "num_keys": INTEGER}),
    "top_k": Rule(_top, {"k": INTEGER, "axis": optional(INTEGER), "is_stable": optional(only(True))}),
}
