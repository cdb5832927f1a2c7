"""Softmax of entries of which a fixed mask sets some to minus infinity: the softmax of the others, and 0 there.

No number stands for minus infinity: exp(-inf) = 0 leaves an entry out of the sum, whatever it was.
"""

from typing import TYPE_CHECKING

import numpy as np

from certify.program.primitives.primitive import stretched

if TYPE_CHECKING:
    from certify.program.builder import Builder


def masked_softmax(builder: "Builder", x: int, axes: tuple[int, ...]) -> int | None:
    """softmax(x) along `axes` by the entries that no fixed mask shuts out; None when none does, or all of a group."""
    shape = builder.signature(x).shape
    shut = np.zeros(shape, bool)
    while (found := _peeled(builder, x)) is not None:
        x, hidden = found
        shut |= np.broadcast_to(hidden, shape)
    groups = _groups(shape, axes)
    closed = shut.reshape(-1)[groups]
    if not shut.any() or closed.all(axis=1).any():
        return None
    x = stretched(builder, x, shape)
    counts = (~closed).sum(axis=1)
    places, parts, before = np.full(shut.size, -1, np.int64), [], 0
    for count in np.unique(counts):
        rows = groups[counts == count]
        kept = rows[~closed[counts == count]].reshape(-1, count)
        places[kept] = before + np.arange(kept.size).reshape(kept.shape)
        before += kept.size
        taken = builder.emit("take", x, builder.constant(kept))
        shares = builder.emit("softmax", taken, axes=(1,))
        parts.append(builder.emit("reshape", shares, shape=(kept.size,)))
    joined = builder.emit("concatenate", *parts, axis=0)
    return builder.emit("take", joined, builder.constant(places.reshape(shape)))


def _groups(shape: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """Flat positions, one row a softmax."""
    positions = np.arange(int(np.prod(shape))).reshape(shape)
    last = np.moveaxis(positions, axes, range(len(shape) - len(axes), len(shape)))
    return last.reshape(-1, int(np.prod([shape[axis] for axis in axes])))


def _peeled(builder: "Builder", ref: int) -> tuple[int, np.ndarray] | None:
    """(value, where it is replaced by minus infinity): of a selection with a fixed predicate, or of an added mask."""
    node = builder.nodes[ref]
    if node.primitive == "select_n" and len(node.operands) == 3:
        predicate = builder.value(node.operands[0])
        if predicate is None or predicate.dtype != bool:
            return None
        for case, value in enumerate(node.operands[1:]):
            other = node.operands[2 - case]
            if _is_minus_infinity(fixed_array(builder, value)):
                return other, predicate == bool(case)
    if node.primitive == "add":
        for mask, value in (node.operands, node.operands[::-1]):
            array = fixed_array(builder, mask)
            fits = array is not None and np.isin(array, (0.0, -np.inf)).all() and (array < 0).any()
            # the value stays in the program as a whole, so that what is no number there is still refused
            if array is not None and fits:
                return value, array < 0
    return None


def _is_minus_infinity(array: np.ndarray | None) -> bool:
    return array is not None and array.size > 0 and bool((array == -np.inf).all())


def fixed_array(builder: "Builder", ref: int) -> np.ndarray | None:
    """The numbers of a constant, also behind copies along axes and selections with a fixed predicate."""
    node = builder.nodes[ref]
    if node.array is not None:
        return node.array if node.array.dtype == np.float64 else None
    if node.primitive == "reshape":
        inner = fixed_array(builder, node.operands[0])
        return None if inner is None else inner.reshape(node.signature.shape)
    if node.primitive == "broadcast_in_dim":
        inner = fixed_array(builder, node.operands[0])
        if inner is None:
            return None
        spread = [1] * len(node.signature.shape)
        for axis, length in zip(node.parameters["axes"], inner.shape, strict=True):
            spread[axis] = length
        return np.broadcast_to(inner.reshape(spread), node.signature.shape)
    if node.primitive == "select_n" and len(node.operands) == 3:
        predicate = builder.value(node.operands[0])
        no, yes = (fixed_array(builder, x) for x in node.operands[1:])
        return None if predicate is None or no is None or yes is None else np.where(predicate, yes, no)
    return None
