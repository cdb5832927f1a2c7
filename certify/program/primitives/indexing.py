"""Reading and adding at positions: every gather, scatter, dynamic slice and sort is brought to these.

A position is a whole number into the flattened array (last axis fastest); -1 stands for "nowhere": it reads zero and
adds nothing.
"""

import math
from collections.abc import Sequence

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand
from certify.program.primitives.regularity import ENTIRE, ORDERED
from certify.program.signature import INTEGERS, Signature
from certify.program.values import NumberSystem, Ternary, Value, is_plain, rearrange


def _infer_take(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 2, "takes an array and positions")
    demand(operands[1].dtype == "int64", f"positions must be int64, got {operands[1].dtype}")
    return Signature(operands[1].shape, operands[0].dtype)


def _in_range(positions: np.ndarray, size: int) -> None:
    demand(not positions.size or (positions.min() >= -1 and positions.max() < size), f"positions leave 0..{size - 1}")


def _evaluate_take(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    x, positions = operands
    _in_range(positions, math.prod(x.shape[1:]))
    return rearrange(system, x, lambda a: _take(a, positions))


def _take(a: np.ndarray, positions: np.ndarray) -> np.ndarray:
    flat, where = a.reshape(a.shape[0], -1), positions.reshape(positions.shape[0], -1)
    if not flat.shape[1]:
        return np.zeros((max(a.shape[0], positions.shape[0]), *positions.shape[1:]), a.dtype)
    if where.shape[0] == 1:
        found = flat[:, where[0]]
    else:
        found = np.take_along_axis(np.broadcast_to(flat, (where.shape[0], flat.shape[1])), np.maximum(where, 0), 1)
    if (where < 0).any():
        found = np.where(where < 0, np.zeros((), a.dtype), found)
    return found.reshape(found.shape[0], *positions.shape[1:])


def _pull_take(p: Pull) -> Sequence[int | None]:
    shape = p.emitter.signature(p.operands[0]).shape
    return (p.emitter.emit("scatter_add", p.cotangent, p.operands[1], shape=shape), None)


def _infer_scatter(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 2, "takes an array and positions")
    x, positions = operands
    demand(positions.dtype == "int64" and positions.shape == x.shape, f"positions {positions} for {x}")
    demand(min(parameters["shape"], default=1) >= 0, "negative length")
    demand(x.dtype != "bool", "adds numbers")
    return Signature(parameters["shape"], x.dtype)


def _evaluate_scatter(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    x, positions = operands
    size = math.prod(parameters["shape"])
    _in_range(positions, size)
    examples = max(x.shape[0], positions.shape[0])
    if positions.shape[0] == 1:
        return _scatter(system, x, positions[0].reshape(-1), parameters["shape"])
    # different positions in each example: one scatter into the array of all examples
    offsets = np.arange(examples).reshape(-1, *(1,) * (positions.ndim - 1)) * size
    places = np.where(positions < 0, -1, positions + offsets).reshape(-1)
    spread = rearrange(system, x, lambda a: np.broadcast_to(a, (examples, *a.shape[1:])).reshape(1, -1))
    joint = _scatter(system, spread, places, (examples, size))
    return rearrange(system, joint, lambda a: a.reshape(examples, *parameters["shape"]))


def _scatter(system: NumberSystem, x: Value, positions: np.ndarray, shape: tuple[int, ...]) -> Value:
    order = np.argsort(positions, kind="stable")
    order = order[positions[order] >= 0]
    targets, starts = np.unique(positions[order], return_index=True)
    flat = rearrange(system, x, lambda a: a.reshape(a.shape[0], -1))
    if not order.size:
        sums = rearrange(system, flat, lambda a: a[:, :0])
    elif targets.size == order.size:
        sums = rearrange(system, flat, lambda a: a[:, order])
    else:
        sums = (
            np.add.reduceat(flat[:, order], starts, 1, dtype=flat.dtype)
            if is_plain(flat)
            else system.segment_sum(flat, order, starts)
        )
    return rearrange(system, sums, lambda a: _placed(a, targets, shape))


def _placed(a: np.ndarray, targets: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    result = np.zeros((a.shape[0], math.prod(shape)), a.dtype)
    result[:, targets] = a
    return result.reshape(a.shape[0], *shape)


def _pull_scatter(p: Pull) -> Sequence[int | None]:
    return (p.emitter.emit("take", p.cotangent, p.operands[1]), None)


def _infer_inverse(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype == "int64", "takes positions of type int64")
    demand(min(parameters["shape"], default=1) >= 0, "negative length")
    return Signature(parameters["shape"], "int64")


def _evaluate_inverse(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """For each target position the place that writes to it, or -1."""
    (positions,) = operands
    size = math.prod(parameters["shape"])
    _in_range(positions, size)
    flat = positions.reshape(positions.shape[0], -1)
    result = np.full((flat.shape[0], size), -1, np.int64)
    for row, places in zip(result, flat, strict=True):
        used = places >= 0
        demand(np.unique(places[used]).size == used.sum(), "two values are written to the same position")
        row[places[used]] = np.flatnonzero(used)
    return result.reshape(flat.shape[0], *parameters["shape"])


def _infer_order(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) >= 1, "orders at least one key")
    shape, axis = operands[0].shape, parameters["axis"]
    demand(all(s.shape == shape for s in operands) and 0 <= axis < len(shape), "keys of one shape, and one axis")
    demand(all(s.is_real or s.dtype in INTEGERS for s in operands), "orders numbers")
    return Signature(shape, "int64")


def _evaluate_order(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """Flat positions of the entries in increasing order along the axis; equal exact entries keep their order."""
    axis = parameters["axis"] + 1
    examples = max(x.shape[0] for x in operands)
    full = [rearrange(system, x, lambda a: np.broadcast_to(a, (examples, *a.shape[1:]))) for x in operands]
    low, high = zip(*(_key_bounds(system, x, axis) for x in full), strict=True)
    order = np.lexsort([*reversed(low)], axis=-1)
    _check_order([np.take_along_axis(b, order, -1) for b in low], [np.take_along_axis(b, order, -1) for b in high])
    shape = low[0].shape
    lengths = [*operands[0].shape[1:]]
    flat = np.moveaxis(np.arange(math.prod(lengths)).reshape(lengths), axis - 1, -1)
    places = np.take_along_axis(np.broadcast_to(flat, shape), order, -1)
    return np.moveaxis(places, -1, axis).astype(np.int64)


def _key_bounds(system: NumberSystem, x: Value, axis: int) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(x, Ternary):
        raise UndecidedBranch("an order depends on undecided booleans; shrink the balls")
    bounds = (x, x) if is_plain(x) else system.bounds(x)
    low, high = (np.moveaxis(bound, axis, -1) for bound in bounds)
    if low.dtype == object:
        # ranks of the numbers among all: lexsort wants plain keys
        values = {value: rank for rank, value in enumerate(sorted({*map(_Key, low.flat), *map(_Key, high.flat)}))}
        low, high = (np.vectorize(lambda v: values[_Key(v)], otypes=[np.int64])(b) for b in (low, high))
    return low, high


class _Key:
    """An exact Arb number as a sortable key."""

    def __init__(self, number: object) -> None:
        self.number = number

    def __lt__(self, other: "_Key") -> bool:
        return bool(self.number < other.number)  # type: ignore[operator]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and bool(self.number == other.number)

    def __hash__(self) -> int:
        return hash(float(self.number))  # type: ignore[arg-type]


def _check_order(low: list[np.ndarray], high: list[np.ndarray]) -> None:
    """Neighbours must be decided: less in some key, and exactly equal in the keys before it."""
    equal = np.ones(low[0][..., 1:].shape, bool)
    decided = np.zeros(equal.shape, bool)
    for a, b in zip(low, high, strict=True):
        decided |= equal & (b[..., :-1] < a[..., 1:])
        equal &= (a[..., :-1] == b[..., 1:]) & (b[..., :-1] == a[..., 1:]) & (a[..., :-1] == b[..., :-1])
    if not np.all(decided | equal):
        raise UndecidedBranch("an order of entries cannot be decided by the balls; shrink them")


PRIMITIVES = (
    Primitive("take", _infer_take, _evaluate_take, _pull_take, regularity=ENTIRE),
    Primitive("scatter_add", _infer_scatter, _evaluate_scatter, _pull_scatter, {"shape": "integers"}, ENTIRE),
    Primitive("inverse_positions", _infer_inverse, _evaluate_inverse, None, {"shape": "integers"}, ENTIRE),
    Primitive("order", _infer_order, _evaluate_order, None, {"axis": "integer"}, ORDERED),
)
