"""Tensor contractions."""

import math
from collections.abc import Sequence

import numpy as np

from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand
from certify.program.primitives.regularity import ENTIRE
from certify.program.signature import BOOL, Signature
from certify.program.values import NumberSystem, Value, is_plain, rearrange


def free_axes(rank: int, *used: tuple[int, ...]) -> tuple[int, ...]:
    taken = {axis for axes in used for axis in axes}
    return tuple(axis for axis in range(rank) if axis not in taken)


def _infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 2, "takes two operands")
    x, y = operands
    demand(x.dtype == y.dtype != BOOL, f"contraction of {x} and {y}")
    sides = ((x, "left"), (y, "right"))
    for signature, side in sides:
        used = (*parameters[f"{side}_batch"], *parameters[f"{side}_contract"])
        inside = all(0 <= axis < len(signature.shape) for axis in used)
        demand(inside and len(set(used)) == len(used), f"axes {used} of {signature}")
    for kind in ("batch", "contract"):
        left, right = parameters[f"left_{kind}"], parameters[f"right_{kind}"]
        same = tuple(x.shape[a] for a in left) == tuple(y.shape[a] for a in right)
        demand(same, f"{kind} axes {left} of {x} and {right} of {y} differ in length")
    batch = tuple(x.shape[a] for a in parameters["left_batch"])
    rest = tuple(
        s.shape[axis]
        for s, side in sides
        for axis in free_axes(len(s.shape), parameters[f"{side}_batch"], parameters[f"{side}_contract"])
    )
    return Signature((*batch, *rest), x.dtype)


def _evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """Both operands become stacks of matrices (examples, batch, free, contracted); one product does the rest."""
    x, y = operands
    left_batch, left_contract = parameters["left_batch"], parameters["left_contract"]
    right_batch, right_contract = parameters["right_batch"], parameters["right_contract"]
    left_free = free_axes(x.ndim - 1, left_batch, left_contract)
    right_free = free_axes(y.ndim - 1, right_batch, right_contract)
    lengths = [x.shape[1 + a] for a in left_batch], [x.shape[1 + a] for a in left_free]
    columns = [y.shape[1 + a] for a in right_free]
    left = _stacked(system, x, (left_batch, left_free, left_contract))
    right = _stacked(system, y, (right_batch, right_contract, right_free))
    product = np.matmul(left, right) if is_plain(left) else system.matmul(left, right)
    examples = max(x.shape[0], y.shape[0])
    return rearrange(system, product, lambda a: a.reshape(examples, *lengths[0], *lengths[1], *columns))


def _stacked(system: NumberSystem, x: Value, groups: tuple[tuple[int, ...], ...]) -> Value:
    order = (0, *(axis + 1 for group in groups for axis in group))
    shape = (x.shape[0], *(math.prod(x.shape[1 + axis] for axis in group) for group in groups))
    return rearrange(system, x, lambda a: np.transpose(a, order).reshape(shape))


def _pull(p: Pull) -> Sequence[int]:
    return (_cotangent(p, left=True), _cotangent(p, left=False))


def _cotangent(p: Pull, left: bool) -> int:
    """The cotangent contracted with the other operand, its axes brought back into the operand's order."""
    e = p.emitter
    own, other = ("left", "right") if left else ("right", "left")
    operand, partner = p.operands if left else reversed(p.operands)
    batch, contract = p.parameters[f"{own}_batch"], p.parameters[f"{own}_contract"]
    other_batch, other_contract = p.parameters[f"{other}_batch"], p.parameters[f"{other}_contract"]
    rank, other_rank = len(e.signature(operand).shape), len(e.signature(partner).shape)
    free, other_free = free_axes(rank, batch, contract), free_axes(other_rank, other_batch, other_contract)
    leading = len(batch)
    start = leading + (len(free) if left else 0)
    summed = tuple(range(start, start + len(other_free)))
    kept_batch = tuple(range(leading))
    # axes of the product: batch, own free axes, the partner's contracted axes in increasing order
    product = e.emit(
        "dot_general",
        p.cotangent,
        partner,
        left_batch=kept_batch,
        right_batch=tuple(other_batch),
        left_contract=summed,
        right_contract=other_free,
    )
    partners = [contract[other_contract.index(axis)] for axis in sorted(other_contract)]
    places = [*batch, *free, *partners]
    return e.emit("transpose", product, permutation=tuple(places.index(axis) for axis in range(rank)))


PRIMITIVES = (
    Primitive(
        "dot_general",
        _infer,
        _evaluate,
        _pull,
        {
            "left_batch": "integers",
            "right_batch": "integers",
            "left_contract": "integers",
            "right_contract": "integers",
        },
        ENTIRE,
    ),
)
