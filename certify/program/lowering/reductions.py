"""JAX primitives that reduce axes, or run along one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import axes_of
from certify.program.lowering.rule import (
    BOOLEAN,
    ELEMENT_TYPE,
    INTEGER,
    INTEGERS,
    NEUTRAL,
    Lowering,
    Rule,
    optional,
)
from certify.program.lowering.structural import sliced


def _reduction(name: str) -> Lowering:
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


def _index_of(largest: bool) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        dtype = str(np.dtype(parameters["index_dtype"]))
        axes = axes_of(parameters["axes"])
        return (builder.emit("extremum_index", operands[0], axes=axes, largest=largest, dtype=dtype),)

    return rule


def _cumulative_sum(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    axes = (int(parameters["axis"]),)
    return (builder.emit("cumsum", operands[0], axes=axes, reverse=bool(parameters["reverse"])),)


def _running(combine: Callable[[Builder, int, int], int]) -> Lowering:
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


_REDUCED = {"axes": INTEGERS, "out_sharding": optional(NEUTRAL)}


_INDEX = {"axes": INTEGERS, "index_dtype": ELEMENT_TYPE}


_CUMULATIVE = {"axis": INTEGER, "reverse": BOOLEAN}

RULES: dict[str, Rule] = {
    "reduce_sum": Rule(_reduction("reduce_sum"), _REDUCED),
    "reduce_max": Rule(_reduction("reduce_max"), _REDUCED),
    "reduce_min": Rule(_reduction("reduce_min"), _REDUCED),
    "reduce_prod": Rule(_product, _REDUCED),
    "argmax": Rule(_index_of(True), _INDEX),
    "argmin": Rule(_index_of(False), _INDEX),
    "cumsum": Rule(_cumulative_sum, _CUMULATIVE),
    "cumprod": Rule(_running(lambda b, x, y: b.emit("mul", x, y)), _CUMULATIVE),
    "cummax": Rule(_running(lambda b, x, y: b.emit("max", x, y)), _CUMULATIVE),
    "cummin": Rule(_running(lambda b, x, y: b.emit("min", x, y)), _CUMULATIVE),
    "cumlogsumexp": Rule(_running(lambda b, x, y: b.emit("logaddexp", x, y)), _CUMULATIVE),
}
