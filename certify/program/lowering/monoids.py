"""Reductions with a function of their own, bit operations, and loops that stop where the balls say so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering import indexing, reductions, windows
from certify.program.lowering.elementwise import axes_of
from certify.program.lowering.rule import (
    BOOLEAN,
    ELEMENT_TYPE,
    INTEGERS,
    NESTED_INTEGERS,
    NEUTRAL,
    Admitted,
    Lowering,
    Rule,
    only,
    optional,
)
from certify.program.primitives.primitive import stretched
from foundation import InputError

# Functions of two numbers that are associative and commutative: the order of a reduction does not matter.
_MONOIDS = {"add": "reduce_sum", "mul": "reduce_prod", "max": "reduce_max", "min": "reduce_min"}
_BITWISE = {"and": "bitwise_and_along", "or": "bitwise_or_along", "xor": "bitwise_xor_along"}


def monoid_of(jaxpr: Any) -> str:
    """The name of the one primitive that the body applies to its two arguments; `InputError` for other bodies."""
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    equations = list(inner.eqns)
    if len(equations) == 1 and equations[0].primitive.name in (*_MONOIDS, *_BITWISE) and len(inner.invars) == 2:
        single = equations[0]
        arguments = [a for a in single.invars if not hasattr(a, "val")]
        if len(arguments) == 2 and set(arguments) == set(inner.invars) and list(inner.outvars) == list(single.outvars):
            return str(single.primitive.name)
    raise InputError("a reduction with a function of its own is enclosed for add, mul, max, min, and, or, xor alone")


def _reduce(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    if len(operands) != 2:
        raise InputError("a reduction of several arrays together cannot be enclosed; reduce them one by one")
    x, start = operands
    name, axes = monoid_of(parameters["jaxpr"]), axes_of(parameters["dimensions"])
    reduced = _reduced(builder, x, name, axes)
    return (builder.emit(name, stretched(builder, start, builder.signature(reduced).shape), reduced),)


def _reduced(builder: Builder, x: int, name: str, axes: tuple[int, ...]) -> int:
    if name == "mul":
        return reductions.RULES["reduce_prod"].lower(builder, (x,), {"axes": axes})[0]
    if name in _MONOIDS:
        return builder.emit(_MONOIDS[name], x, axes=axes)
    return builder.emit(_BITWISE[name], x, axes=axes)


def _reduce_xor(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("bitwise_xor_along", operands[0], axes=axes_of(parameters["axes"])),)


def _bits_or_truth(logical: str, bitwise: str) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        name = logical if builder.signature(operands[0]).dtype == "bool" else bitwise
        return (builder.emit(name, operands[0], axes=axes_of(parameters["axes"])),)

    return rule


def _window(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """A window that reaches beyond the array holds the starting value there."""
    if len(operands) != 2:
        raise InputError("windows of several arrays together cannot be enclosed; reduce them one by one")
    x, start = operands
    name = monoid_of(parameters["jaxpr"])
    places = windows._window_positions(builder.signature(x).shape, windows._pool_windows(parameters))
    taken = builder.emit("take", x, builder.constant(np.maximum(places, 0)))
    filler = stretched(builder, start, builder.signature(taken).shape)
    inside = builder.emit("select_n", builder.constant(places >= 0), filler, taken)
    reduced = _reduced(builder, inside, name, (0,))
    return (builder.emit(name, stretched(builder, start, builder.signature(reduced).shape), reduced),)


def _layered(name: str) -> Lowering:
    """Writes whose positions may repeat: updates of the same position follow each other, as the order does not count.

    Positions that depend on the inputs must differ from each other, which the evaluation checks.
    """
    combine = _combination(name)

    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        x, _, updates = operands
        positions = indexing._scatter_positions(builder, operands, parameters)
        known = builder.value(positions)
        if known is None:
            return (indexing.write(builder, x, updates, positions, combine),)
        ranks = _occurrences(known.reshape(-1)).reshape(known.shape)
        if ranks.size and ranks.max() >= _MOST_LAYERS:
            raise InputError(f"more than {_MOST_LAYERS} updates of one position are too many to write out")
        for layer in range(int(ranks.max(initial=-1)) + 1):
            chosen = builder.constant(np.where(ranks == layer, known, -1).astype(np.int64))
            x = indexing.write(builder, x, updates, chosen, combine)
        return (x,)

    return rule


# Each layer of repeated positions copies the whole array.
_MOST_LAYERS = 256


def _combination(name: str) -> Callable[[Builder, int, int], int]:
    return lambda builder, x, y: builder.emit(name, x, y)


def _occurrences(positions: np.ndarray) -> np.ndarray:
    """How often each position came before; -1 for positions outside."""
    seen: dict[int, int] = {}
    ranks = np.full(positions.shape, -1)
    for index, position in enumerate(positions.tolist()):
        if position >= 0:
            ranks[index] = seen.get(position, 0)
            seen[position] = int(ranks[index]) + 1
    return ranks


def _bitcast(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    raise InputError("the bits of a value are read by its own element type")  # see `bitcast`


def bitcast(builder: Builder, x: int, source: str, target: str) -> int:
    """The bits of one element type read as another of the same width."""
    return x if source == target else builder.emit("bitcast", x, source=source, target=target)


def _renamed(name: str) -> Lowering:
    return lambda builder, operands, parameters: (builder.emit(name, *_full(builder, operands)),)


def _full(builder: Builder, operands: Sequence[int]) -> list[int]:
    from certify.program.primitives.primitive import elementwise_shape

    shape = elementwise_shape([builder.signature(x) for x in operands])
    return [stretched(builder, x, shape) for x in operands]


_REDUCED = {"axes": INTEGERS, "out_sharding": optional(NEUTRAL)}
_JAXPR = Admitted(lambda x: hasattr(x, "eqns"), "a jaxpr")
_WINDOWS = {
    "window_dimensions": INTEGERS,
    "window_strides": INTEGERS,
    "padding": NESTED_INTEGERS,
    "base_dilation": INTEGERS,
    "window_dilation": INTEGERS,
}


def _scatter(name: str) -> Rule:
    existing = indexing.RULES[f"scatter-{name}"]
    return Rule(_layered(name), existing.parameters)


RULES: dict[str, Rule] = {
    "reduce": Rule(
        _reduce, {"computation": NEUTRAL, "jaxpr": _JAXPR, "dimensions": INTEGERS, "consts": optional(only(()))}
    ),
    "reduce_xor": Rule(_reduce_xor, _REDUCED),
    "reduce_and": Rule(_bits_or_truth("reduce_and", "bitwise_and_along"), _REDUCED),
    "reduce_or": Rule(_bits_or_truth("reduce_or", "bitwise_or_along"), _REDUCED),
    "reduce_window": Rule(_window, {**_WINDOWS, "jaxpr": _JAXPR, "consts": only(())}),
    **{f"scatter{mark}{name}": _scatter(name) for name in ("mul", "max", "min") for mark in "-_"},
    "population_count": Rule(_renamed("population_count")),
    "clz": Rule(_renamed("leading_zeros")),
    "shift_right_logical": Rule(_renamed("shift_right_logical")),
    "mulhi": Rule(_renamed("high_product")),
    "bitcast_convert_type": Rule(_bitcast, {"new_dtype": ELEMENT_TYPE}),
}

__all__ = ["BOOLEAN", "RULES", "bitcast", "monoid_of"]
