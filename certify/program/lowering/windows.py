"""Convolutions and pooling."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import converted
from certify.program.lowering.rule import (
    ELEMENT_TYPE,
    INTEGER,
    INTEGERS,
    NESTED_INTEGERS,
    NEUTRAL,
    NOTHING,
    PRECISION,
    Admitted,
    Lowering,
    Rule,
    either,
    name_of,
    named,
    optional,
)
from certify.program.lowering.structural import factor_types, padded_with_zeros
from foundation import InputError


class Windows(NamedTuple):
    """Windows over an array, one entry an axis; `padding` may be negative."""

    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    base_dilation: tuple[int, ...]
    window_dilation: tuple[int, ...]

    def counts(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The number of windows along each axis."""
        return tuple(
            max(0, (low + high + (n - 1) * base + 1 - ((size - 1) * dilation + 1)) // stride + 1) if n else 0
            for n, size, stride, (low, high), base, dilation in zip(shape, *self, strict=True)
        )


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _pairs(values: Any) -> tuple[tuple[int, int], ...]:
    return tuple((int(low), int(high)) for low, high in values)


def _shifted_slices(builder: Builder, x: int, windows: Windows) -> list[int]:
    """For each place in the window the entries at that place of all windows, padded with zeros."""
    before, after = zip(*windows.padding, strict=True) if windows.padding else ((), ())
    padded = padded_with_zeros(builder, x, before, after, [base - 1 for base in windows.base_dilation])
    counts = windows.counts(builder.signature(x).shape)
    slices = []
    for place in itertools.product(*map(range, windows.sizes)):
        starts = tuple(i * dilation for i, dilation in zip(place, windows.window_dilation, strict=True))
        reach = zip(starts, counts, windows.strides, strict=True)
        limits = tuple(start + (count - 1) * stride + 1 if count else start for start, count, stride in reach)
        slices.append(builder.emit("slice", padded, starts=starts, limits=limits, strides=windows.strides))
    return slices


def _convolution(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The windows of the input laid out as a matrix, times the kernel."""
    numbers = parameters["dimension_numbers"]
    types = factor_types(builder, operands, parameters)
    image, filters = (converted(builder, ref, t) for ref, t in zip(operands, types, strict=True))
    x = builder.emit("transpose", image, permutation=_whole(numbers.lhs_spec))
    kernel = builder.emit("transpose", filters, permutation=_whole(numbers.rhs_spec))
    groups = (int(parameters["batch_group_count"]), int(parameters["feature_group_count"]))
    images, channels, *_ = builder.signature(x).shape
    features, depth, *sizes = builder.signature(kernel).shape
    windows = Windows(
        (1, 1, *sizes),
        (1, 1, *_whole(parameters["window_strides"])),
        ((0, 0), (0, 0), *_pairs(parameters["padding"])),
        (1, 1, *_whole(parameters["lhs_dilation"])),
        (1, 1, *_whole(parameters["rhs_dilation"])),
    )
    places = windows.counts(builder.signature(x).shape)[2:]
    patches = _patches(builder, x, windows)
    joined = max(groups)
    shape = (groups[0], images // groups[0], groups[1], channels // groups[1], math.prod(sizes), math.prod(places))
    split = builder.emit("reshape", patches, shape=shape)
    weights = builder.emit("reshape", kernel, shape=(joined, features // joined, depth, math.prod(sizes)))
    # one of the two group counts is 1: bring the other to the front
    front = builder.emit("transpose", split, permutation=(0, 2, 1, 3, 4, 5))
    cases = builder.emit("reshape", front, shape=(joined, images // groups[0], depth, *shape[4:]))
    product = builder.emit(
        "dot_general",
        weights,
        cases,
        left_batch=(0,),
        right_batch=(0,),
        left_contract=(2, 3),
        right_contract=(2, 3),
    )
    # (group, feature, image, place) -> (image, group, feature, place)
    ordered = builder.emit("transpose", product, permutation=(2, 0, 1, 3))
    result = builder.emit("reshape", ordered, shape=(images // groups[0], features, *places))
    return (builder.emit("transpose", result, permutation=tuple(int(i) for i in np.argsort(_whole(numbers.out_spec)))),)


def _patches(builder: Builder, x: int, windows: Windows) -> int:
    """The windows' entries, shape (images, channels, places in the window, windows)."""
    images, channels, *_ = shape = builder.signature(x).shape
    places = math.prod(windows.counts(shape)[2:])
    if math.prod(windows.sizes) > _MOST_SLICES:
        positions = np.moveaxis(_window_positions(shape, windows), 0, 2)
        taken = builder.emit("take", x, builder.constant(positions))
        return builder.emit("reshape", taken, shape=(images, channels, math.prod(windows.sizes), places))
    slices = _shifted_slices(builder, x, windows)
    rows = [builder.emit("reshape", part, shape=(images, channels, 1, places)) for part in slices]
    return builder.emit("concatenate", *rows, axis=2)


# More places in a window than this are read by a table of positions instead of slice by slice.
_MOST_SLICES = 64


def _window_positions(shape: Sequence[int], windows: Windows) -> np.ndarray:
    """Flat positions of the windows' entries, shape (places in the window, *windows); -1 in the padding."""
    counts, rank = windows.counts(shape), len(shape)
    total = np.zeros((1,) * (2 * rank), np.int64)
    valid = np.ones((1,) * (2 * rank), bool)
    for axis, (n, size, stride, (low, _), base, dilation) in enumerate(zip(shape, *windows, strict=True)):
        place = (np.arange(size) * dilation)[:, None] + (np.arange(counts[axis]) * stride)[None, :] - low
        index, remainder = np.divmod(place, base)
        lengths = [1] * (2 * rank)
        lengths[axis], lengths[rank + axis] = place.shape
        valid = valid & ((index >= 0) & (index < n) & (remainder == 0)).reshape(lengths)
        total = total * n + index.reshape(lengths)
    return np.where(valid, total, -1).reshape(math.prod(windows.sizes), *counts)


def _pool_windows(parameters: Mapping[str, Any]) -> Windows:
    sizes = _whole(parameters["window_dimensions"])
    ones = (1,) * len(sizes)
    return Windows(
        sizes,
        _whole(parameters["window_strides"]),
        _pairs(parameters["padding"]),
        _whole(parameters.get("base_dilation", ones)),
        _whole(parameters.get("window_dilation", ones)),
    )


def _sum_pool(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    positions = _window_positions(builder.signature(operands[0]).shape, _pool_windows(parameters))
    taken = builder.emit("take", operands[0], builder.constant(positions))
    return (builder.emit("reduce_sum", taken, axes=(0,)),)


def _entries(builder: Builder, x: int, positions: np.ndarray, largest: bool) -> int:
    """The windows' entries; padding gets a number that is never the extreme one."""
    valid = positions >= 0
    if valid.all():
        return builder.emit("take", x, builder.constant(positions))
    if not valid.any(axis=0).all():
        raise InputError("a pooling window lies in the padding alone; its extreme entry would be infinite")
    first = np.take_along_axis(positions, np.argmax(valid, axis=0)[None], 0)
    taken = builder.emit("take", x, builder.constant(np.where(valid, positions, first)))
    worst = builder.emit("reduce_min" if largest else "reduce_max", taken, axes=(0,))
    # strictly beyond, so that padding has no share in the extreme entry; integers might wrap, and have no shares
    real = builder.signature(x).is_real
    beyond = builder.emit("add", worst, builder.number(-1.0 if largest else 1.0)) if real else worst
    shape = builder.signature(taken).shape
    filler = builder.emit("broadcast_in_dim", beyond, shape=shape, axes=tuple(range(1, len(shape))))
    return builder.emit("select_n", builder.constant(valid), filler, taken)


def _extreme_pool(largest: bool) -> Lowering:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        positions = _window_positions(builder.signature(operands[0]).shape, _pool_windows(parameters))
        entries = _entries(builder, operands[0], positions, largest)
        return (builder.emit("reduce_max" if largest else "reduce_min", entries, axes=(0,)),)

    return rule


def _shares(builder: Builder, x: int, parameters: Mapping[str, Any]) -> tuple[int, np.ndarray]:
    """The weight of each entry in its window's extreme entry, and the positions."""
    largest = name_of(parameters["select_prim"]) == "ge"
    positions = _window_positions(builder.signature(x).shape, _pool_windows(parameters))
    entries = _entries(builder, x, positions, largest)
    return builder.emit("extremum_share", entries, axes=(0,), largest=largest), positions


def _scatter_to_extreme(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The gradient of pooling by maxima: each window's number goes to its extreme entry."""
    source, x = operands
    shares, positions = _shares(builder, x, parameters)
    full = builder.emit("broadcast_in_dim", source, shape=positions.shape, axes=tuple(range(1, positions.ndim)))
    shape = builder.signature(x).shape
    return (builder.emit("scatter_add", builder.emit("mul", shares, full), builder.constant(positions), shape=shape),)


def _gather_from_extreme(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The tangent of pooling by maxima: the tangent at each window's extreme entry."""
    tangent, x = operands
    shares, positions = _shares(builder, x, parameters)
    taken = builder.emit("take", tangent, builder.constant(positions))
    return (builder.emit("reduce_sum", builder.emit("mul", shares, taken), axes=(0,)),)


_WINDOWS = {
    "window_dimensions": INTEGERS,
    "window_strides": INTEGERS,
    "padding": NESTED_INTEGERS,
    "base_dilation": optional(INTEGERS),
    "window_dilation": optional(INTEGERS),
}
_SELECTED = {**_WINDOWS, "select_prim": named("ge", "le")}
_CONVOLUTION = {
    "dimension_numbers": Admitted(lambda x: hasattr(x, "lhs_spec"), "dimension numbers"),
    "window_strides": INTEGERS,
    "padding": NESTED_INTEGERS,
    "lhs_dilation": INTEGERS,
    "rhs_dilation": INTEGERS,
    "feature_group_count": INTEGER,
    "batch_group_count": INTEGER,
    "precision": PRECISION,
    "preferred_element_type": either(NOTHING, ELEMENT_TYPE),
    "out_sharding": optional(NEUTRAL),
}

RULES: dict[str, Rule] = {
    "conv_general_dilated": Rule(_convolution, _CONVOLUTION),
    "reduce_window_sum": Rule(_sum_pool, _WINDOWS),
    "reduce_window_max": Rule(_extreme_pool(True), _WINDOWS),
    "reduce_window_min": Rule(_extreme_pool(False), _WINDOWS),
    "select_and_scatter_add": Rule(_scatter_to_extreme, _SELECTED),
    "select_and_gather_add": Rule(_gather_from_extreme, _SELECTED),
}
