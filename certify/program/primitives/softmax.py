"""Softmax and log-sum-exp along axes, as functions of their own: both are real-analytic."""

from collections.abc import Sequence

import numpy as np

from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand
from certify.program.primitives.reductions import infer_extremum, infer_same, shifted, spread
from certify.program.primitives.regularity import ENTIRE
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value, rearrange


def _infer_real_reduced(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(bool(operands) and operands[0].is_real, "takes real operands")
    return infer_extremum(operands, parameters)


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
    axes = shifted(parameters)
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
    axes = shifted(parameters)
    low, high, finite = _ends(system, operands[0])
    # each end with its own shift: the largest power is 1, so that the sum stays away from 0
    values = [_log_of_sum(system, end, axes) for end in (low, high)]
    known = np.all(finite, axis=axes)
    unknown = np.full(known.shape, np.inf)
    result = system.hull(*values)
    return result if known.all() else system.where(known, result, system.interval(-unknown, unknown))


def _log_of_sum(system: NumberSystem, end: Value, axes: tuple[int, ...]) -> Value:
    shift = _shift(system, end, axes)
    _, total = _exponentials(system, end, shift, axes)
    flat = rearrange(system, shift, lambda a: np.squeeze(a, axes))
    return system.function("add", system.function("log", total), flat)


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
    Primitive("softmax", infer_same, _evaluate_softmax, _pull_softmax, {"axes": "integers"}, ENTIRE),
    Primitive("logsumexp", _infer_real_reduced, _evaluate_logsumexp, _pull_logsumexp, {"axes": "integers"}, ENTIRE),
)
