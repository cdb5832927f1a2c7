"""Log-sum-exp and softmax, recognised in programs.

The shift that programs subtract against overflow is a maximum: it would spoil smoothness and tightness, although
neither function depends on it. The identities hold for every shift.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from certify.program.domains import adds_no_domain
from certify.program.masked_softmax import masked_softmax
from certify.program.primitives.primitive import elementwise_shape

if TYPE_CHECKING:
    from certify.program.builder import Builder, Node


def node_of(builder: "Builder", ref: int, primitive: str) -> "Node | None":
    """The equation that makes the value, when it is of that primitive."""
    node = builder.nodes[ref]
    return node if node.primitive == primitive else None


def _reduced_axes(builder: "Builder", ref: int, source: int) -> tuple[int, tuple[int, ...]] | None:
    """(core, axes) when `ref` is `core` copied along `axes` into the shape of `source`, by itself or elementwise."""
    shape, own = builder.signature(source).shape, builder.signature(ref).shape
    node = builder.nodes[ref]
    if node.primitive == "broadcast_in_dim" and own == shape:
        ref, own = node.operands[0], builder.signature(node.operands[0]).shape
        places = node.parameters["axes"]
    elif len(own) == len(shape) and own != shape and all(n in (1, m) for n, m in zip(own, shape, strict=True)):
        places = tuple(range(len(shape)))
    else:
        return None
    kept = tuple(axis for axis, n in zip(places, own, strict=True) if n == shape[axis])
    axes = tuple(axis for axis in range(len(shape)) if axis not in kept)
    return builder.emit("reshape", ref, shape=tuple(shape[axis] for axis in kept)), axes


def _is_largest(builder: "Builder", shift: int, x: int, axes: tuple[int, ...]) -> bool:
    """Whether the shift is the largest entry of x along the axes, as libraries choose it."""
    node = builder.nodes[shift]
    while node.primitive in ("reshape", "broadcast_in_dim", "stopped"):
        node = builder.nodes[node.operands[0]]
    return node.primitive == "reduce_max" and node.operands == (x,) and node.parameters["axes"] == axes


def _unshifted(builder: "Builder", ref: int, axes: tuple[int, ...]) -> tuple[int, int | None]:
    """(x, m) when the value is x - m with m constant along the axes, and a number wherever x is; else (value, None)."""
    node = node_of(builder, ref, "sub")
    if node is None or not adds_no_domain(builder, node.operands[1], node.operands[0]):
        return ref, None
    x, shift = node.operands
    if builder.signature(shift).shape == () != builder.signature(x).shape:
        if axes != tuple(range(len(builder.signature(x).shape))):
            return ref, None
        core = shift
    else:
        found = _reduced_axes(builder, shift, ref)
        if found is None or found[1] != axes or builder.signature(x).shape != builder.signature(ref).shape:
            return ref, None
        core = found[0]
    if not _is_largest(builder, shift, x, axes):
        builder.shifts.add(builder.source)
    return x, core


def softmax(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """exp(x) / sum(exp(x)), whatever was subtracted from x before."""
    powers, total = operands
    exponential = node_of(builder, powers, "exp")
    if exponential is None:
        return None
    shape = builder.signature(powers).shape
    everything = tuple(range(len(shape)))
    scalar = builder.signature(total).shape == () != shape
    found = (total, everything) if scalar else _reduced_axes(builder, total, powers)
    if found is None:
        return None
    core, axes = found
    summed = node_of(builder, _stripped(builder, core), "reduce_sum")
    if summed is None or summed.operands[0] != powers or summed.parameters["axes"] != axes:
        return None
    x, shift = _unshifted(builder, exponential.operands[0], axes)
    if shift is None:
        builder.shifts.add(builder.source)
    masked = masked_softmax(builder, x, axes)
    return builder.emit("softmax", x, axes=axes) if masked is None else masked


def log_sum(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """log(sum(exp(x)))."""
    summed = node_of(builder, _stripped(builder, operands[0]), "reduce_sum")
    exponential = None if summed is None else node_of(builder, summed.operands[0], "exp")
    if summed is None or exponential is None or 0 in builder.signature(summed.operands[0]).shape:
        return None
    axes = summed.parameters["axes"]
    if _unshifted(builder, exponential.operands[0], axes)[1] is None:
        builder.shifts.add(builder.source)
    total = builder.emit("logsumexp", exponential.operands[0], axes=axes)
    return builder.emit("reshape", total, shape=builder.signature(operands[0]).shape)


def shift_back(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """logsumexp(x - m) + m = logsumexp(x)."""
    shapes = {builder.signature(x).shape for x in operands}
    if len(shapes) != 1 and any(builder.signature(x).size != 1 for x in operands):
        return None  # the same numbers along other axes: an outer sum
    for value, shift in (operands, operands[::-1]):
        core, outer = _stripped(builder, value), _stripped(builder, shift)
        node = node_of(builder, core, "logsumexp")
        if node is None:
            continue
        x, inner = _unshifted(builder, node.operands[0], node.parameters["axes"])
        if inner is not None and _stripped(builder, inner) == outer:
            total = builder.emit("logsumexp", x, axes=node.parameters["axes"])
            shape = elementwise_shape([builder.signature(value), builder.signature(shift)])
            return builder.emit("reshape", total, shape=shape)
    return None


def log_softmax(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """(x - m) - logsumexp(x - m) = x - logsumexp(x)."""
    shifted, total = operands
    scalar = builder.signature(total).shape == ()
    axes_of = builder.signature(shifted).shape
    found = (total, tuple(range(len(axes_of)))) if scalar else _reduced_axes(builder, total, shifted)
    if found is None or node_of(builder, shifted, "sub") is None:
        return None
    node = node_of(builder, _stripped(builder, found[0]), "logsumexp")
    if node is None or node.operands[0] != shifted or node.parameters["axes"] != found[1]:
        return None
    x, inner = _unshifted(builder, shifted, found[1])
    if inner is None:
        return None
    fresh = builder.emit("logsumexp", x, axes=found[1])
    kept = tuple(axis for axis in range(len(axes_of)) if axis not in found[1])
    return builder.emit("sub", x, builder.emit("broadcast_in_dim", fresh, shape=axes_of, axes=kept))


def _stripped(builder: "Builder", ref: int) -> int:
    """The value without reshapes (only axes of length 1 may have been added or dropped)."""
    node = builder.nodes[ref]
    while node.primitive == "reshape" or (
        node.primitive == "broadcast_in_dim" and node.signature.size == builder.signature(node.operands[0]).size
    ):
        if [n for n in node.signature.shape if n != 1] != [
            n for n in builder.signature(node.operands[0]).shape if n != 1
        ]:
            return ref
        ref = node.operands[0]
        node = builder.nodes[ref]
    return ref
