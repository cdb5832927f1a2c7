"""Which entries are the largest ones: x == max x and x == max(x, y), as derivatives of maxima ask."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from certify.program.builder import Builder

# Each entry is compared with all others: at most so many comparisons are written out.
_MOST_COMPARISONS = 1 << 14


def is_extreme(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """x == max x (min x) along axes: whether each entry is at least (at most) as large as each *other* one; and
    x == max(x, y) is x >= y.

    Balls decide this although no ball is less than itself: the comparison with the entry itself is left out.
    """
    for x, y in (operands, operands[::-1]):
        if (other := _competitor(builder, x, y)) is not None:
            return builder.emit("ge" if builder.nodes[y].primitive == "max" else "le", x, other)
        found = _reduced(builder, x, y)
        if found is not None:
            return _against_the_others(builder, x, *found)
    return None


def _competitor(builder: "Builder", x: int, y: int) -> int | None:
    """The other operand if y is the larger (smaller) one of x and another real value."""
    node = builder.nodes[y]
    if node.primitive not in ("max", "min") or x not in node.operands or not builder.signature(x).is_real:
        return None
    return node.operands[1 - node.operands.index(x)]


def _reduced(builder: "Builder", x: int, y: int) -> tuple[tuple[int, ...], bool] | None:
    """The axes, and whether the largest entry is taken, if y is the extreme entry of x in x's place."""
    shape = builder.signature(x).shape
    node, rank = builder.nodes[y], len(shape)
    if node.primitive == "broadcast_in_dim" and node.parameters["axes"] == tuple(range(rank)) and rank:
        node = builder.nodes[node.operands[0]]
    source = builder.nodes[node.operands[0]] if node.primitive in ("reshape", "broadcast_in_dim") else node
    if source.primitive not in ("reduce_max", "reduce_min") or source.operands != (x,):
        return None
    axes = tuple(source.parameters["axes"])
    kept = tuple(axis for axis in range(rank) if axis not in axes)
    in_place = {
        "reshape": node.signature.shape == tuple(1 if axis in axes else n for axis, n in enumerate(shape)),
        "broadcast_in_dim": len(node.signature.shape) == rank and node.parameters.get("axes") == kept,
    }.get(node.primitive, not kept)
    return (axes, source.primitive == "reduce_max") if in_place and builder.signature(x).is_real else None


def _against_the_others(builder: "Builder", x: int, axes: tuple[int, ...], largest: bool) -> int | None:
    shape = builder.signature(x).shape
    rank, count = len(shape), math.prod(shape[axis] for axis in axes)
    if not 0 < math.prod(shape) * count <= _MOST_COMPARISONS:
        return None
    kept = tuple(axis for axis in range(rank) if axis not in axes)
    wide = (*shape, count)
    rows = builder.emit("transpose", x, permutation=(*kept, *axes))
    rows = builder.emit("reshape", rows, shape=(*(shape[axis] for axis in kept), count))
    others = builder.emit("broadcast_in_dim", rows, shape=wide, axes=(*kept, rank))
    own = builder.emit("broadcast_in_dim", x, shape=wide, axes=tuple(range(rank)))
    places = np.arange(count).reshape([n if axis in axes else 1 for axis, n in enumerate(shape)])
    itself = np.broadcast_to(places[..., None] == np.arange(count), wide)
    better = builder.emit("ge" if largest else "le", own, others)
    return builder.emit("reduce_and", builder.emit("or", better, builder.constant(itself)), axes=(rank,))
