"""Identities of real functions that shorten programs and make enclosures tight.

Each holds for all real numbers, and forgets nothing that is not a number everywhere.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from certify.program.domains import is_nonnegative, is_total
from certify.program.extreme_entries import is_extreme
from certify.program.primitives.primitive import elementwise_shape, stretched
from certify.program.removable import continued_quotient, guarded_limit, rests_on_a_continued_quotient
from certify.program.softmax_identities import log_softmax, log_sum, node_of, shift_back, softmax
from foundation import InputError

if TYPE_CHECKING:
    from certify.program.builder import Builder

Rule: TypeAlias = Callable[["Builder", Sequence[int], Mapping[str, Any]], int | None]


def simplified(
    builder: "Builder", primitive: str, operands: Sequence[int], parameters: Mapping[str, Any]
) -> int | None:
    """An existing or shorter value equal to the equation's; None when no identity applies."""
    for rule in _RULES.get(primitive, ()):
        found = rule(builder, operands, parameters)
        if found is not None:
            return found
    return None


def constant_entry(builder: "Builder", ref: int) -> float | None:
    """The number that a real value has in every entry, when that is known."""
    node = builder.nodes[ref]
    while node.primitive in ("broadcast_in_dim", "reshape"):
        node = builder.nodes[node.operands[0]]
    if node.array is None or node.array.dtype != np.float64 or node.array.size == 0:
        return None
    first = float(node.array.flat[0])
    return first if node.array.size == 1 or np.all(node.array == first) else None


def _shaped(builder: "Builder", ref: int, others: Sequence[int]) -> int:
    """The value with the common shape of itself and the others."""
    return stretched(builder, ref, elementwise_shape([builder.signature(x) for x in others]))


def _neutral(neutral: float, sides: tuple[int, ...]) -> Rule:
    """x + 0 = x, x * 1 = x, ...: `sides` are the positions where the neutral number may stand."""

    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        for side in sides:
            other = operands[1 - side]
            if builder.signature(other).is_real and constant_entry(builder, operands[side]) == neutral:
                return _shaped(builder, other, operands)
        return None

    return rule


def _absorbing(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """x * 0 = 0, for what is a number everywhere."""
    for x, y in (operands, operands[::-1]):
        if builder.signature(x).is_real and constant_entry(builder, x) == 0.0 and is_total(builder, y):
            return _shaped(builder, x, operands)
    return None


def _minus_one(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    for side in (0, 1):
        if constant_entry(builder, operands[side]) == -1.0:
            return builder.emit("neg", _shaped(builder, operands[1 - side], operands))
    return None


def _infinite(side: float) -> Rule:
    """max(x, -inf) = x, min(x, inf) = x."""

    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        for x, y in (operands, operands[::-1]):
            if constant_entry(builder, x) == side:
                return _shaped(builder, y, operands)
        return None

    return rule


def _nonnegative_floor(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """max(x, 0) = x for what is never negative by its form."""
    for x, y in (operands, operands[::-1]):
        if constant_entry(builder, x) == 0.0 and is_nonnegative(builder, y):
            return _shaped(builder, y, operands)
    return None


def _nonnegative_abs(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    return operands[0] if is_nonnegative(builder, operands[0]) else None


def _same_operands(result: bool) -> Rule:
    """x == x, x <= x: numbers are never NaN. What is no number everywhere stays, and is decided where it is one."""

    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        x, y = operands
        if x == y and rests_on_a_continued_quotient(builder, x):
            raise InputError(
                "a test for NaN of a quotient whose singularity is removable: it is continued by its limit, and "
                "never NaN; guard it by its argument, as in where(x == 0, limit, sin(x) / x)"
            )
        return _decided(builder, result, operands) if x == y and is_total(builder, x) else None

    return rule


def _decided(builder: "Builder", result: bool, operands: Sequence[int]) -> int:
    shape = elementwise_shape([builder.signature(x) for x in operands])
    return builder.constant(np.broadcast_to(np.bool_(result), shape))


def _with_infinity(name: str) -> Rule:
    """A comparison of a real number with a literal infinity or NaN."""

    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        x, y = (constant_entry(builder, ref) for ref in operands)
        compare = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal}
        compare |= {"gt": np.greater, "ge": np.greater_equal}
        if x is None and y is not None and not np.isfinite(y):
            return _itself(builder, bool(compare[name](0.0, y)), operands[0], operands)
        if y is None and x is not None and not np.isfinite(x):
            return _itself(builder, bool(compare[name](x, 0.0)), operands[1], operands)
        return None

    return rule


def _itself(builder: "Builder", result: bool, x: int, operands: Sequence[int]) -> int:
    """True or false where x is a number: x = x or x != x, in the operands' common shape."""
    full = _shaped(builder, x, operands)
    return builder.emit("eq" if result else "ne", full, full)


def _known_selection(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    which, *branches = operands
    if len(set(branches)) == 1:
        return branches[0]
    index = node_of(builder, which, "convert")
    if index is not None and len(branches) == 2 and builder.signature(index.operands[0]).dtype == "bool":
        return builder.emit("select_n", index.operands[0], *branches)
    array = builder.value(which)
    if array is None or array.size == 0:
        return None
    first = int(array.flat[0])
    return branches[min(max(first, 0), len(branches) - 1)] if np.all(array == array.flat[0]) else None


def _leaky(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """(x if x > 0 else a x) = max(x, a x) for 0 <= a <= 1: continuous, so it needs no decision."""
    which, *branches = operands
    test = builder.nodes[which]
    if test.primitive not in ("gt", "ge") or len(branches) != 2 or constant_entry(builder, test.operands[1]) != 0.0:
        return None
    otherwise, x = branches
    if x != test.operands[0]:
        return None
    product = node_of(builder, otherwise, "mul")
    pairs = () if product is None else (product.operands, product.operands[::-1])
    slopes = [constant_entry(builder, a) for a, b in pairs if b == x]
    small = any(slope is not None and 0.0 <= slope <= 1.0 for slope in slopes)
    return builder.emit("max", x, otherwise) if small or constant_entry(builder, otherwise) == 0.0 else None


def _identity_shape(name: str) -> Rule:
    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        same = builder.signature(operands[0]).shape == parameters[name]
        return operands[0] if same else None

    return rule


def _unit_axes(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """A broadcast that adds only axes of length 1 is a reshape."""
    same = builder.signature(operands[0]).size == math.prod(parameters["shape"]) > 0
    return builder.emit("reshape", operands[0], shape=parameters["shape"]) if same else None


def _nested(primitive: str) -> Rule:
    """A reshape of a reshape."""

    def rule(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
        inner = node_of(builder, operands[0], primitive)
        return builder.emit(primitive, inner.operands[0], **parameters) if inner else None

    return rule


def _identity_order(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    order = parameters["permutation"]
    if order == tuple(range(len(order))):
        return operands[0]
    product = node_of(builder, operands[0], "dot_general")
    if product is not None and order == (1, 0) and not any(product.parameters.values()):
        left, right = product.operands
        if len(builder.signature(left).shape) == len(builder.signature(right).shape) == 1:
            return builder.emit("dot_general", right, left, **product.parameters)
    inner = node_of(builder, operands[0], "transpose")
    if inner is None:
        return None
    joint = tuple(inner.parameters["permutation"][axis] for axis in order)
    return builder.emit("transpose", inner.operands[0], permutation=joint)


def _whole_slice(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    whole = not any(parameters["starts"]) and set(parameters["strides"]) <= {1}
    return operands[0] if whole and parameters["limits"] == builder.signature(operands[0]).shape else None


def _no_axes(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    return operands[0] if not parameters["axes"] else None


def _alone(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    return operands[0] if len(operands) == 1 else None


def _double_negation(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    inner = node_of(builder, operands[0], "neg")
    if inner is not None:
        return inner.operands[0]
    if constant_entry(builder, operands[0]) == 0.0:
        return operands[0]
    return None


def _small_power(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    (x,), exponent = operands, parameters["exponent"]
    if not builder.signature(x).is_real or exponent not in (0, 1, 2):
        return None
    if exponent == 0:
        return builder.number(1.0, builder.signature(x).shape)
    return x if exponent == 1 else builder.emit("square", x)


def _square_of(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    x, y = operands
    return builder.emit("square", x) if x == y and builder.signature(x).is_real else None


def _zero_minus(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    if not builder.signature(operands[0]).is_real or constant_entry(builder, operands[0]) != 0.0:
        return None
    return builder.emit("neg", _shaped(builder, operands[1], operands))


def _scaling(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """A contraction with a number is a product."""
    if any(builder.signature(x).shape == () for x in operands):
        return builder.emit("mul", *operands)
    return None


_COMPARISONS = {"eq": True, "ne": False, "le": True, "ge": True, "lt": False, "gt": False}

_RULES: dict[str, tuple[Rule, ...]] = {
    "add": (_neutral(0.0, (0, 1)), shift_back),
    "sub": (_neutral(0.0, (1,)), _zero_minus, log_softmax),
    "dot_general": (_scaling,),
    "mul": (_absorbing, _neutral(1.0, (0, 1)), _minus_one, _square_of),
    "div": (_neutral(1.0, (1,)), softmax, continued_quotient),
    "neg": (_double_negation,),
    "log": (log_sum,),
    "abs": (_nonnegative_abs,),
    "max": (_infinite(-np.inf), _nonnegative_floor),
    "min": (_infinite(np.inf),),
    "select_n": (_known_selection, guarded_limit, _leaky),
    "reshape": (_identity_shape("shape"), _nested("reshape")),
    "broadcast_in_dim": (_identity_shape("shape"), _unit_axes),
    "transpose": (_identity_order,),
    "slice": (_whole_slice,),
    "reduce_sum": (_no_axes,),
    "reduce_max": (_no_axes,),
    "reduce_min": (_no_axes,),
    "concatenate": (_alone,),
    "integer_pow": (_small_power,),
    **{name: (_same_operands(result), _with_infinity(name)) for name, result in _COMPARISONS.items()},
    "eq": (_same_operands(True), is_extreme, _with_infinity("eq")),
}
