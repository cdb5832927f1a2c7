"""Sums, cumulative sums, extrema, and softmax-like functions along axes."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Emitter, Parameters, Primitive, Pull, demand
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


def _infer_extremum(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, axes = _axes(operands, parameters)
    demand(all(x.shape[axis] > 0 for axis in axes), f"the largest entry of no entries: {x} along {axes}")
    return _infer_reduced(operands, parameters)


def _infer_same(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x, _ = _axes(operands, parameters)
    demand(x.is_real, f"takes real operands, got {x.dtype}")
    demand(0 not in x.shape, "takes at least one entry")
    return x


def _infer_real_reduced(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(bool(operands) and operands[0].is_real, "takes real operands")
    return _infer_extremum(operands, parameters)


def _shifted(parameters: Parameters) -> tuple[int, ...]:
    return tuple(axis + 1 for axis in parameters["axes"])


def _evaluate_sum(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,) = operands
    axes = _shifted(parameters)
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
        axes = _shifted(parameters)
        return integer(x, axis=axes) if is_plain(x) else system.extremum(x, axes, largest)

    def pull(p: Pull) -> Sequence[int]:
        e, (x,), axes = p.emitter, p.operands, p.parameters["axes"]
        shape = e.signature(x).shape
        share = e.emit("extremum_share", x, axes=axes, largest=largest)
        return (e.emit("mul", spread(e, p.cotangent, axes, shape), share),)

    return Primitive(name, _infer_extremum, evaluate, pull, {"axes": "integers"}, analytic=False)


def _evaluate_share(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """Clarke's weights of the entries in their maximum: 1 for a proved single maximum, 0 for a proved loser, else [0, 1]."""
    low, high = system.bounds(operands[0])
    if not parameters["largest"]:
        low, high = -high, -low
    axes = _shifted(parameters)
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
    return Signature(_infer_extremum(operands, parameters).shape, parameters["dtype"])


def _evaluate_index(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """The first position of the largest (smallest) entry; undecided when two entries may both be it."""
    (x,), (axis,) = operands, _shifted(parameters)
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
    (x,), (axis,) = operands, _shifted(parameters)
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
        axes = _shifted(parameters)
        if every:
            return ternary(np.all(true, axis=axes), np.any(false, axis=axes))
        return ternary(np.any(true, axis=axes), np.all(false, axis=axes))

    return Primitive(name, infer, evaluate, None, {"axes": "integers"})


# Softmax and log-sum-exp, as functions of their own: both are invariant under the shift that programs put in
# against overflow, and real-analytic, while the shift itself (a maximum) is not.


def _exponentials(system: NumberSystem, x: Value, shift: Value, axes: tuple[int, ...]) -> tuple[Value, Value]:
    """(exp(x - m), their sums) for any shift m."""
    powers = system.function("exp", system.function("sub", x, shift))
    return powers, system.sum(powers, axes)


def _shift(system: NumberSystem, x: Value, axes: tuple[int, ...]) -> Value:
    """A float near the largest entry: the result does not depend on it, the size of the powers does."""
    _, high = system.bounds(x)
    largest = np.asarray(np.max(high, axis=axes, keepdims=True), np.float64)
    return system.constant(np.where(np.isfinite(largest), largest, 0.0))


def _ends(system: NumberSystem, x: Value) -> tuple[Value, Value, np.ndarray]:
    """(lower ends, upper ends, whether both are finite); what is not finite is replaced by 0."""
    low, high = (np.asarray(bound, np.float64) for bound in system.bounds(x))
    finite = np.isfinite(low) & np.isfinite(high)
    safe = x if finite.all() else system.where(finite, x, system.constant(np.zeros(finite.shape)))
    return *system.ends(safe), finite


def _evaluate_softmax(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """p_i = e_i / (e_i + sum of the others): increasing in x_i and decreasing in the others, so it is evaluated at
    the ends that give its smallest and its largest value.
    """
    axes = _shifted(parameters)
    low, high, finite = _ends(system, operands[0])
    shift = _shift(system, high, axes)
    (least, least_sum), (most, most_sum) = (_exponentials(system, end, shift, axes) for end in (low, high))
    smallest = _share(system, least, most, most_sum, axes)
    result = system.hull(smallest, _share(system, most, least, least_sum, axes))
    if finite.all():
        return result
    known = np.broadcast_to(np.all(finite, axis=axes, keepdims=True), finite.shape)
    return system.where(known, result, system.interval(np.zeros(finite.shape), np.ones(finite.shape)))


def _share(system: NumberSystem, own: Value, others: Value, total: Value, axes: tuple[int, ...]) -> Value:
    """own / (own + the sum of the others without their own entry)."""
    whole = rearrange(system, total, lambda a: np.expand_dims(a, axes))
    rest = system.function("add", system.function("sub", whole, others), own)
    return system.function("div", own, rest)


def _evaluate_logsumexp(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """Increasing in every entry: evaluated at both ends."""
    axes = _shifted(parameters)
    low, high, finite = _ends(system, operands[0])
    shift = _shift(system, high, axes)
    flat = rearrange(system, shift, lambda a: np.squeeze(a, axes))
    sums = [_exponentials(system, end, shift, axes)[1] for end in (low, high)]
    values = [system.function("add", system.function("log", total), flat) for total in sums]
    known = np.all(finite, axis=axes)
    unknown = np.full(known.shape, np.inf)
    result = system.hull(*values)
    return result if known.all() else system.where(known, result, system.interval(-unknown, unknown))


def _pull_softmax(p: Pull) -> Sequence[int]:
    """dL/dx = p * (c - sum(c p))."""
    e, axes = p.emitter, p.parameters["axes"]
    shape = e.signature(p.output).shape
    mean = e.emit("reduce_sum", e.emit("mul", p.cotangent, p.output), axes=axes)
    return (e.emit("mul", p.output, e.emit("sub", p.cotangent, spread(e, mean, axes, shape))),)


def _pull_logsumexp(p: Pull) -> Sequence[int]:
    e, (x,), axes = p.emitter, p.operands, p.parameters["axes"]
    weights = e.emit("softmax", x, axes=axes)
    return (e.emit("mul", spread(e, p.cotangent, axes, e.signature(x).shape), weights),)


PRIMITIVES = (
    Primitive("reduce_sum", _infer_reduced, _evaluate_sum, _pull_sum, {"axes": "integers"}),
    _extremum("reduce_max", np.max, True),
    _extremum("reduce_min", np.min, False),
    Primitive(
        "extremum_share",
        _infer_same,
        _evaluate_share,
        _pull_share,
        {"axes": "integers", "largest": "boolean"},
        analytic=False,
    ),
    Primitive(
        "extremum_index",
        _infer_index,
        _evaluate_index,
        None,
        {"axes": "integers", "largest": "boolean", "dtype": "text"},
    ),
    Primitive(
        "cumsum", _infer_cumulative, _evaluate_cumulative, _pull_cumulative, {"axes": "integers", "reverse": "boolean"}
    ),
    _logical("reduce_and", True),
    _logical("reduce_or", False),
    Primitive("softmax", _infer_same, _evaluate_softmax, _pull_softmax, {"axes": "integers"}),
    Primitive("logsumexp", _infer_real_reduced, _evaluate_logsumexp, _pull_logsumexp, {"axes": "integers"}),
)
