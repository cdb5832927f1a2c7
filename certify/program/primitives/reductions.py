"""Sums, cumulative sums and extrema along axes."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Emitter, Parameters, Primitive, Pull, demand
from certify.program.primitives.regularity import ENTIRE, EXTREME, LARGEST, SMALLEST
from certify.program.signature import BOOL, INTEGERS, Signature
from certify.program.values import NumberSystem, Value, is_plain, rearrange, ternary, truth


def _axes(operands: Sequence[Signature], parameters: Parameters) -> tuple[Signature, tuple[int, ...]]:
    demand(len(operands) == 1, f"takes one operand, got {len(operands)}")
    x, axes = operands[0], parameters["axes"]
    demand(all(0 <= axis < len(x.shape) for axis in axes), f"axes {axes} of {x}")
    demand(all(a < b for a, b in itertools.pairwise(axes)), f"axes {axes} do not increase")
    return x, axes


def _infer_reduced(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, axes = _axes(operands, parameters)
    return Signature(tuple(n for axis, n in enumerate(x.shape) if axis not in axes), x.dtype)


def infer_extremum(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    """Axes of at least one entry are reduced."""
    x, axes = _axes(operands, parameters)
    demand(all(x.shape[axis] > 0 for axis in axes), f"the largest entry of no entries: {x} along {axes}")
    return _infer_reduced(operands, parameters)


def infer_same(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    """Real entries along axes keep their shape."""
    x, _ = _axes(operands, parameters)
    demand(x.is_real, f"takes real operands, got {x.dtype}")
    demand(0 not in x.shape, "takes at least one entry")
    return x


def shifted(parameters: Parameters) -> tuple[int, ...]:
    """The axes behind the batch axis."""
    return tuple(axis + 1 for axis in parameters["axes"])


def _evaluate_sum(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,) = operands
    axes = shifted(parameters)
    return np.sum(x, axis=axes, dtype=x.dtype) if is_plain(x) else system.sum(x, axes)


def spread(emitter: Emitter, x: int, axes: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """The reduced value copied back along the axes."""
    kept = tuple(axis for axis in range(len(shape)) if axis not in axes)
    return emitter.emit("broadcast_in_dim", x, shape=shape, axes=kept)


def _pull_sum(p: Pull) -> Sequence[int]:
    shape = p.emitter.signature(p.operands[0]).shape
    return (spread(p.emitter, p.cotangent, p.parameters["axes"], shape),)


def _extremum(name: str, integer: Callable[..., np.ndarray], largest: bool) -> Primitive:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        (x,) = operands
        axes = shifted(parameters)
        return integer(x, axis=axes) if is_plain(x) else system.extremum(x, axes, largest)

    def pull(p: Pull) -> Sequence[int]:
        e, (x,), axes = p.emitter, p.operands, p.parameters["axes"]
        shape = e.signature(x).shape
        share = e.emit("extremum_share", x, axes=axes, largest=largest)
        return (e.emit("mul", spread(e, p.cotangent, axes, shape), share),)

    return Primitive(name, infer_extremum, evaluate, pull, {"axes": "integers"}, LARGEST if largest else SMALLEST)


def _evaluate_share(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """Clarke's weights of the entries in their maximum: 1 for a proved single maximum, 0 for a proved loser, else [0,
    1].
    """
    low, high = system.bounds(operands[0])
    if not parameters["largest"]:
        low, high = -high, -low
    axes = shifted(parameters)
    best = np.max(low, axis=axes, keepdims=True)
    possible = np.asarray(high >= best, bool)
    single = possible & (np.sum(possible, axis=axes, keepdims=True) == 1)
    return system.interval(np.where(single, 1.0, 0.0), np.where(possible, 1.0, 0.0))


def _pull_share(p: Pull) -> Sequence[int]:
    slopes = p.emitter.emit("slope_of_jump", p.output)
    return (p.emitter.emit("mul", p.cotangent, slopes),)


def _infer_index(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(parameters["axes"]) == 1, "takes one axis")
    demand(parameters["dtype"] in INTEGERS, f"index type {parameters['dtype']}")
    length = operands[0].shape[parameters["axes"][0]] if len(operands[0].shape) > parameters["axes"][0] else 0
    demand(
        length - 1 <= np.iinfo(parameters["dtype"]).max, f"positions up to {length - 1} overflow {parameters['dtype']}"
    )
    return Signature(infer_extremum(operands, parameters).shape, parameters["dtype"])


def _evaluate_index(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """The first position of the largest (smallest) entry; undecided when two entries may both be it."""
    (x,), (axis,) = operands, shifted(parameters)
    pick = np.argmax if parameters["largest"] else np.argmin
    if is_plain(x):
        return pick(x, axis=axis).astype(parameters["dtype"])
    low, high = system.bounds(x)
    if not parameters["largest"]:
        low, high = -high, -low
    winner = np.expand_dims(np.argmax(low, axis=axis), axis)
    best = np.take_along_axis(low, winner, axis)
    exact = np.take_along_axis(np.asarray(low == high, bool), winner, axis)
    places = np.arange(low.shape[axis]).reshape((-1,) + (1,) * (low.ndim - 1 - axis))
    later_tie = (places > winner) & np.asarray(high == best, bool) & exact
    if np.any(np.asarray(high >= best, bool) & (places != winner) & ~later_tie):
        raise UndecidedBranch("the position of an extreme entry cannot be decided by the balls; shrink them")
    return np.squeeze(winner, axis).astype(parameters["dtype"])


def _infer_cumulative(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, axes = _axes(operands, parameters)
    demand(len(axes) == 1 and x.dtype != BOOL, "takes one axis of numbers")
    return x


def _evaluate_cumulative(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,), (axis,) = operands, shifted(parameters)
    flipped = rearrange(system, x, lambda a: np.flip(a, axis)) if parameters["reverse"] else x
    total = np.cumsum(flipped, axis, dtype=x.dtype) if is_plain(x) else system.cumulative_sum(flipped, axis)
    return rearrange(system, total, lambda a: np.flip(a, axis)) if parameters["reverse"] else total


def _pull_cumulative(p: Pull) -> Sequence[int]:
    reverse = not p.parameters["reverse"]
    return (p.emitter.emit("cumsum", p.cotangent, axes=p.parameters["axes"], reverse=reverse),)


def _logical(name: str, every: bool) -> Primitive:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(bool(operands) and operands[0].dtype == BOOL, "takes booleans")
        return _infer_reduced(operands, parameters)

    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        true, false = truth(operands[0])
        axes = shifted(parameters)
        if every:
            return ternary(np.all(true, axis=axes), np.any(false, axis=axes))
        return ternary(np.any(true, axis=axes), np.all(false, axis=axes))

    return Primitive(name, infer, evaluate, None, {"axes": "integers"}, ENTIRE)


PRIMITIVES = (
    Primitive("reduce_sum", _infer_reduced, _evaluate_sum, _pull_sum, {"axes": "integers"}, ENTIRE),
    _extremum("reduce_max", np.max, True),
    _extremum("reduce_min", np.min, False),
    Primitive(
        "extremum_share",
        infer_same,
        _evaluate_share,
        _pull_share,
        {"axes": "integers", "largest": "boolean"},
        EXTREME,
    ),
    Primitive(
        "extremum_index",
        _infer_index,
        _evaluate_index,
        None,
        {"axes": "integers", "largest": "boolean", "dtype": "text"},
        EXTREME,
    ),
    Primitive(
        "cumsum",
        _infer_cumulative,
        _evaluate_cumulative,
        _pull_cumulative,
        {"axes": "integers", "reverse": "boolean"},
        ENTIRE,
    ),
    _logical("reduce_and", True),
    _logical("reduce_or", False),
)
