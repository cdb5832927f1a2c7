"""JAX primitives that read or write at positions."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.rule import BOOLEAN, INTEGERS, Admitted, Lowering, Rule, name_of, named, only
from certify.program.primitives.primitive import stretched
from certify.program.signature import BOOL, FLOAT


class Window(NamedTuple):
    """Where index vectors point: `axes[k]` is the array's axis that component k moves along; `paired` are axes that
    follow an axis of the index array itself; `sizes` the extent of the window along each axis of the array.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    paired: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _strides(shape: Sequence[int]) -> list[int]:
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _number(builder: Builder, value: int) -> int:
    return builder.constant(np.int64(value))


def _wide(builder: Builder, index: int) -> int:
    """The index as int64; what lies beyond its range stays beyond every array."""
    if builder.signature(index).dtype == "uint64":
        index = builder.emit("min", index, builder.constant(np.uint64(2**62)))
    return builder.emit("convert", index, dtype="int64")


def _starts(builder: Builder, indices: int, window: Window) -> dict[int, int]:
    """For each moved axis of the array the start of the window, in the shape of the index array without its last
    axis.
    """
    shape = builder.signature(indices).shape
    batch = shape[:-1]
    wide = _wide(builder, indices)
    starts = {}
    for component, axis in enumerate(window.axes):
        first, last = (0,) * len(batch) + (component,), (*batch, component + 1)
        part = builder.emit("slice", wide, starts=first, limits=last, strides=(1,) * len(shape))
        starts[axis] = builder.emit("reshape", part, shape=batch)
    for axis, source in window.paired:
        line = np.arange(batch[source], dtype=np.int64).reshape([n if i == source else 1 for i, n in enumerate(batch)])
        starts[axis] = builder.constant(np.broadcast_to(line, batch))
    return starts


def _positions(builder: Builder, starts: Mapping[int, int], window: Window, mode: str) -> tuple[int, int | None]:
    """(flat position of each window's corner, whether the window lies inside), in the shape of the starts."""
    shape = next((builder.signature(ref).shape for ref in starts.values()), ())
    corner = builder.constant(np.zeros(shape, np.int64))
    inside: int | None = None
    strides = _strides(window.shape)
    for axis, start in starts.items():
        last = window.shape[axis] - window.sizes[axis]
        clipped = builder.emit("min", builder.emit("max", start, _number(builder, 0)), _number(builder, last))
        if mode != "CLIP":
            fits = builder.emit("eq", start, clipped)
            inside = fits if inside is None else builder.emit("and", inside, fits)
        corner = builder.emit("add", corner, builder.emit("mul", clipped, _number(builder, strides[axis])))
    return corner, inside


def _spread(
    builder: Builder,
    corner: int,
    inside: int | None,
    window: Window,
    kept: Sequence[int],
    places: Sequence[int],
    outside: int,
) -> int:
    """Flat positions of all entries of all windows: axis `places[j]` of the result runs along axis `kept[j]` of the
    array, the others along the corners. Windows that do not fit get the position `outside`.
    """
    batch = builder.signature(corner).shape
    rank = len(batch) + len(kept)
    rest = [axis for axis in range(rank) if axis not in places]
    shape = [0] * rank
    offsets = np.zeros((1,) * rank, np.int64)
    strides = _strides(window.shape)
    for place, axis in zip(places, kept, strict=True):
        shape[place] = window.sizes[axis]
        line = np.arange(window.sizes[axis], dtype=np.int64) * strides[axis]
        offsets = offsets + line.reshape([-1 if i == place else 1 for i in range(rank)])
    for axis, length in zip(rest, batch, strict=True):
        shape[axis] = length
    full = tuple(shape)

    def broadcast(ref: int) -> int:
        return builder.emit("broadcast_in_dim", ref, shape=full, axes=tuple(rest))

    shifts = builder.constant(np.broadcast_to(offsets, full))
    positions = builder.emit("add", broadcast(corner), shifts)
    if inside is None:
        return positions
    missing = builder.constant(np.full(full, outside, np.int64))
    return builder.emit("select_n", broadcast(inside), missing, positions)


def _mode(parameters: Mapping[str, Any]) -> str:
    return name_of(parameters["mode"])


def _gather(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, indices = operands
    numbers = parameters["dimension_numbers"]
    paired = zip(_whole(numbers.operand_batching_dims), _whole(numbers.start_indices_batching_dims), strict=True)
    window = Window(
        builder.signature(x).shape, _whole(numbers.start_index_map), tuple(paired), _whole(parameters["slice_sizes"])
    )
    dropped = {*_whole(numbers.collapsed_slice_dims), *_whole(numbers.operand_batching_dims)}
    kept = [axis for axis in range(len(window.shape)) if axis not in dropped]
    mode = _mode(parameters)
    corner, inside = _positions(builder, _starts_or_origin(builder, indices, window), window, mode)
    fill = None if mode == "PROMISE_IN_BOUNDS" else _fill(builder.signature(x).dtype, parameters["fill_value"])
    places = _whole(numbers.offset_dims)
    # a position beyond the array makes `take` refuse
    outside = math.prod(window.shape) if fill is None else -1
    positions = _spread(builder, corner, inside, window, kept, places, outside)
    taken = builder.emit("take", x, positions)
    if fill is None or inside is None or not np.any(fill):
        return (taken,)
    shape = builder.signature(taken).shape
    rest = tuple(axis for axis in range(len(shape)) if axis not in places)
    known = builder.emit("broadcast_in_dim", inside, shape=shape, axes=rest)
    return (builder.emit("select_n", known, builder.constant(np.broadcast_to(fill, shape)), taken),)


def _fill(dtype: str, value: Any) -> np.ndarray | None:
    """What a read outside the array gives: the fill value, or JAX's own; None where that is no number."""
    if value is None:
        if dtype == FLOAT:
            return None
        limits = {"b": True} if dtype == BOOL else {"i": np.iinfo(dtype).min, "u": np.iinfo(dtype).max}
        return np.asarray(limits[np.dtype(dtype).kind], dtype)
    number = np.asarray(value)
    if number.dtype.kind == "f" and not np.isfinite(number):
        return None
    return number.astype(dtype)


def _starts_or_origin(builder: Builder, indices: int, window: Window) -> dict[int, int]:
    starts = _starts(builder, indices, window)
    if starts or not window.shape:
        return starts
    batch = builder.signature(indices).shape[:-1]
    return {0: builder.constant(np.zeros(batch, np.int64))}


def _scatter_positions(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> int:
    x, indices, updates = operands
    numbers = parameters["dimension_numbers"]
    dropped = {*_whole(numbers.inserted_window_dims), *_whole(numbers.operand_batching_dims)}
    shape = builder.signature(x).shape
    kept = [axis for axis in range(len(shape)) if axis not in dropped]
    places = _whole(numbers.update_window_dims)
    made = builder.signature(updates).shape
    sizes = [1] * len(shape)
    for axis, place in zip(kept, places, strict=True):
        sizes[axis] = made[place]
    paired = zip(_whole(numbers.operand_batching_dims), _whole(numbers.scatter_indices_batching_dims), strict=True)
    window = Window(shape, _whole(numbers.scatter_dims_to_operand_dims), tuple(paired), tuple(sizes))
    corner, inside = _positions(builder, _starts_or_origin(builder, indices, window), window, _mode(parameters))
    # what lies outside is dropped; where that was promised not to happen, the position is refused
    outside = math.prod(shape) if _mode(parameters) == "PROMISE_IN_BOUNDS" else -1
    return _spread(builder, corner, inside, window, kept, places, outside)


def _scatter_add(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, _, updates = operands
    positions = _scatter_positions(builder, operands, parameters)
    shape = builder.signature(x).shape
    updates = stretched(builder, updates, builder.signature(positions).shape)
    return (builder.emit("add", x, builder.emit("scatter_add", updates, positions, shape=shape)),)


def _scatter_subtract(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, indices, updates = operands
    return _scatter_add(builder, (x, indices, builder.emit("neg", updates)), parameters)


def _written(combine: Callable[[Builder, int, int], int]) -> Lowering:
    """Writes at positions that must differ from each other: with equal ones the result would depend on an order."""

    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        x, _, updates = operands
        return (write(builder, x, updates, _scatter_positions(builder, operands, parameters), combine),)

    return rule


def write(
    builder: Builder,
    x: int,
    updates: int,
    positions: int,
    combine: Callable[[Builder, int, int], int] = lambda b, x, y: y,
) -> int:
    """`x` with combine(x, update) at the positions of the updates."""
    shape = builder.signature(x).shape
    updates = stretched(builder, updates, builder.signature(positions).shape)
    writer = builder.emit("inverse_positions", positions, shape=shape)
    fresh = combine(builder, x, builder.emit("take", updates, writer))
    return builder.emit("select_n", builder.emit("ge", writer, _number(builder, 0)), x, fresh)


def _corner_positions(builder: Builder, shape: tuple[int, ...], starts: Sequence[int], sizes: tuple[int, ...]) -> int:
    window = Window(shape, tuple(range(len(shape))), (), sizes)
    wide = {axis: _wide(builder, start) for axis, start in enumerate(starts)}
    corner, _ = _positions(builder, wide, window, "CLIP")
    axes = list(range(len(shape)))
    return _spread(builder, corner, None, window, axes, axes, -1)


def _dynamic_slice(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, *starts = operands
    shape, sizes = builder.signature(x).shape, _whole(parameters["slice_sizes"])
    known = [builder.value(start) for start in starts]
    if all(array is not None for array in known):
        moved = zip(known, shape, sizes, strict=True)
        first = tuple(min(max(int(np.asarray(array)), 0), n - size) for array, n, size in moved)
        limits = tuple(a + size for a, size in zip(first, sizes, strict=True))
        return (builder.emit("slice", x, starts=first, limits=limits, strides=(1,) * len(shape)),)
    return (builder.emit("take", x, _corner_positions(builder, shape, starts, sizes)),)


def _dynamic_update(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    x, updates, *starts = operands
    positions = _corner_positions(builder, builder.signature(x).shape, starts, builder.signature(updates).shape)
    return (write(builder, x, updates, positions),)


def _combines(name: str) -> Admitted:
    """The function that a scatter combines entries with: absent, or exactly this one of its two arguments."""

    def holds(jaxpr: Any) -> bool:
        if jaxpr is None:
            return True
        equations = list(getattr(jaxpr, "eqns", ()))
        if len(equations) != 1 or equations[0].primitive.name != name:
            return False
        return equations[0].invars == list(jaxpr.invars) and list(jaxpr.outvars) == equations[0].outvars

    return Admitted(holds, f"`{name}` of the entry and the update (.add, .multiply, .min, .max and .set are enclosed)")


_WRITES_UPDATE = only(None)
_MODES = named("CLIP", "FILL_OR_DROP", "PROMISE_IN_BOUNDS")
# promises that do not change a function whose result does not depend on an order
_PROMISES = {"indices_are_sorted": BOOLEAN, "unique_indices": BOOLEAN}
_NUMBERS = Admitted(lambda x: hasattr(x, "operand_batching_dims"), "dimension numbers")
_FILL = Admitted(lambda x: x is None or np.ndim(x) == 0, "a number or None")


def _scatter_rule(lower: Lowering, update: Admitted) -> Rule:
    constants = {"update_jaxpr": update, "update_consts": only(())}
    return Rule(lower, {"dimension_numbers": _NUMBERS, "mode": _MODES, **_PROMISES, **constants})


RULES: dict[str, Rule] = {
    "gather": Rule(
        _gather,
        {"dimension_numbers": _NUMBERS, "slice_sizes": INTEGERS, "mode": _MODES, "fill_value": _FILL, **_PROMISES},
    ),
    **dict.fromkeys(("scatter-add", "scatter_add"), _scatter_rule(_scatter_add, _combines("add"))),
    **dict.fromkeys(("scatter-sub", "scatter_sub"), _scatter_rule(_scatter_subtract, _combines("sub"))),
    "scatter": _scatter_rule(_written(lambda b, x, y: y), _WRITES_UPDATE),
    **dict.fromkeys(
        ("scatter-mul", "scatter_mul"), _scatter_rule(_written(lambda b, x, y: b.emit("mul", x, y)), _combines("mul"))
    ),
    **dict.fromkeys(
        ("scatter-max", "scatter_max"), _scatter_rule(_written(lambda b, x, y: b.emit("max", x, y)), _combines("max"))
    ),
    **dict.fromkeys(
        ("scatter-min", "scatter_min"), _scatter_rule(_written(lambda b, x, y: b.emit("min", x, y)), _combines("min"))
    ),
    "dynamic_slice": Rule(_dynamic_slice, {"slice_sizes": INTEGERS}),
    "dynamic_update_slice": Rule(_dynamic_update),
}
