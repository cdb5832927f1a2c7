"""What the form of a value shows: that it is never negative, or a number for all inputs.

An identity may leave out of a program what is a number for all inputs, and nothing else.

x = x is true and 0 x is 0 where x is a number, and there alone: JAX's log(t) is NaN for t < 0, so that isnan(log t) is
a step function. An identity that forgets x would extend the program beyond its domain, and drop the step.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from certify.program.primitives.registry import PRIMITIVES
from certify.program.primitives.regularity import Kind

if TYPE_CHECKING:
    from certify.program.builder import Builder, Node

# Smooth on an open set alone, but numbers at its edge too.
_CLOSED = frozenset(("cbrt", "slope_of_abs"))


_SURELY = frozenset(("square", "exp", "abs", "cosh", "softmax", "logistic", "sqrt", "rsqrt", "erfc"))
_INHERITED = frozenset(
    ("reduce_sum", "reshape", "transpose", "broadcast_in_dim", "slice", "reduce_max", "reduce_min", "cumsum")
)
_JOINT = frozenset(("add", "mul", "div", "concatenate", "min"))


def is_nonnegative(builder: "Builder", ref: int, depth: int = 12) -> bool:
    """Whether the form of the expression alone shows that it is >= 0 everywhere in its domain."""
    node = builder.nodes[ref]
    if node.array is not None:
        return node.array.dtype == np.float64 and bool(np.all(node.array >= 0))
    if node.primitive in _SURELY:
        return True
    if depth == 0:
        return False
    if node.primitive in _INHERITED or node.primitive in _JOINT:
        return all(is_nonnegative(builder, x, depth - 1) for x in node.operands)
    if node.primitive == "max":
        return any(is_nonnegative(builder, x, depth - 1) for x in node.operands)
    even = node.primitive == "integer_pow" and node.parameters["exponent"] % 2 == 0
    return even or (node.primitive == "mul" and node.operands[0] == node.operands[1])


def is_total(builder: "Builder", ref: int) -> bool:
    """Whether the form of the value alone shows that it is a number for all inputs."""
    known = builder.total
    stack = [ref]
    while stack:
        node, operands = stack[-1], builder.nodes[stack[-1]].operands
        waiting = [x for x in operands if x not in known]
        if node not in known and waiting:
            stack.extend(waiting)
            continue
        known[node] = _is_defined(builder, builder.nodes[node]) and all(known[x] for x in operands)
        stack.pop()
    return known[ref]


def adds_no_domain(builder: "Builder", ref: int, beyond: int) -> bool:
    """Whether the value is a number wherever the value `beyond` is one, by its form."""
    seen, stack = {beyond}, [ref]
    while stack:
        current = stack.pop()
        if current in seen or is_total(builder, current):
            continue
        if not _is_defined(builder, builder.nodes[current]):
            return False
        seen.add(current)
        stack.extend(builder.nodes[current].operands)
    return True


def _is_defined(builder: "Builder", node: "Node") -> bool:
    """Whether the equation gives a number for all numbers."""
    if node.array is not None:
        return bool(np.isfinite(node.array).all())
    if not node.primitive or node.primitive in _CLOSED:
        return True
    special = _CONDITIONS.get(node.primitive)
    if special is not None:
        return special(builder, node)
    rule = PRIMITIVES[node.primitive].regularity
    return rule is not None and rule.kind is not Kind.DOMAIN


def _root(builder: "Builder", node: "Node") -> bool:
    return is_nonnegative(builder, node.operands[0])


def _whole_power(builder: "Builder", node: "Node") -> bool:
    return bool(node.parameters["exponent"] >= 0)


def _quotient(builder: "Builder", node: "Node") -> bool:
    divisor = builder.nodes[node.operands[1]]
    while divisor.primitive in ("broadcast_in_dim", "reshape"):
        divisor = builder.nodes[divisor.operands[0]]
    if divisor.primitive == "log" and (inner := builder.nodes[divisor.operands[0]].array) is not None:
        return bool(np.all((inner > 0) & (inner != 1)))  # log_2 x = log x / log 2
    return divisor.array is not None and bool(np.all(divisor.array != 0))


def _logarithm(builder: "Builder", node: "Node") -> bool:
    array = builder.nodes[node.operands[0]].array
    return array is not None and bool(np.all(array > 0))


_CONDITIONS: dict[str, Callable[["Builder", "Node"], bool]] = {
    "sqrt": _root,
    "integer_pow": _whole_power,
    "div": _quotient,
    "log": _logarithm,
}
