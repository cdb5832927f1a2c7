"""Quotients whose singularity at 0 is removable, recognised in programs: (e^u - 1) / u, log(1 + u) / u, sin(u) / u.

Each becomes a function of its own, real-analytic at 0, where the quotient itself is 0 / 0: the program is continued
there by its limit. With constants a, b: (e^(b w) - 1) / (a w) = (b / a) q(b w), and a w / (e^(b w) - 1) = (a / b) / q(b
w). A selection that puts the limit in by hand, where(u == 0, limit, quotient), is the same function.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from certify.program.builder import Builder

CONTINUED = frozenset(("expm1_over", "log1p_over", "sine_over"))
_POSITIVE = frozenset(("expm1_over", "log1p_over"))
_DEPTH = 40


class Ratio(NamedTuple):
    """The product of the numbers `above` over that of the numbers `below`, exactly."""

    above: tuple[float, ...]
    below: tuple[float, ...]

    @property
    def exact(self) -> Fraction:
        return math.prod(map(Fraction, self.above), start=Fraction(1)) / math.prod(map(Fraction, self.below))


def continued_quotient(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """f(b w) / (a w), and a w / f(b w) where f(u) / u has no zero, for f one of e^u - 1, log(1 + u), sin u."""
    top, bottom = operands
    found = _over_argument(builder, top, bottom)
    if found is not None:
        name, argument, scale, sign = found
        return _times(builder, builder.emit(name, argument, order=0), scale, sign)
    found = _over_argument(builder, bottom, top)
    if found is not None and found[0] in _POSITIVE:
        name, argument, scale, sign = found
        value = builder.emit(name, argument, order=0)
        inverse = Ratio(scale.below, scale.above)
        return _times(builder, builder.emit("div", builder.number(1.0), value), inverse, sign)
    return None


def guarded_limit(builder: "Builder", operands: Sequence[int], parameters: Mapping[str, Any]) -> int | None:
    """where(w == 0, limit, quotient) for a quotient that is continued by this limit, also with a guarded divisor."""
    which, no, yes = operands if len(operands) == 3 else (operands[0], -1, -1)
    if no < 0:
        return None
    test = builder.nodes[which]
    if test.primitive not in ("eq", "ne"):
        return None
    sides = [(test.operands[0], test.operands[1]), (test.operands[1], test.operands[0])]
    core = next((x for x, zero in sides if _entry(builder, zero) == 0.0), None)
    if core is None:
        return None
    limit, quotient, branch = (yes, no, 0) if test.primitive == "eq" else (no, yes, 1)
    value = _entry(builder, limit)
    if value is None or not np.isfinite(value):
        return None
    plain = _taken(builder, quotient, which, branch, {}, _DEPTH)
    if plain is None or builder.signature(plain).shape != builder.signature(quotient).shape:
        return None
    return plain if _at_zero(builder, plain, _scaled(builder, core)[1]) == Fraction(value) else None


def rests_on_a_continued_quotient(builder: "Builder", ref: int) -> bool:
    """Whether the value depends on a quotient that was continued: a test for NaN would see the difference."""
    seen, stack = {ref}, [ref]
    while stack:
        node = builder.nodes[stack.pop()]
        if node.primitive in CONTINUED:
            return True
        fresh = [x for x in node.operands if x not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return False


def _over_argument(builder: "Builder", top: int, bottom: int) -> tuple[str, int, Ratio, float] | None:
    """(name, u, b / a, sign) with top / bottom = sign (b / a) q(u), u = b w, bottom = a w."""
    found = _vanishing(builder, top)
    if found is None or builder.signature(top).shape != builder.signature(bottom).shape:
        return None
    name, argument, sign = found
    (inner, core), (outer, other) = _scaled(builder, argument), _scaled(builder, bottom)
    if core != other or builder.nodes[core].array is not None:
        return None
    return name, argument, Ratio(inner.above + outer.below, inner.below + outer.above), sign


def _vanishing(builder: "Builder", ref: int) -> tuple[str, int, float] | None:
    """(name of f(u) / u, u, sign) for a value sign * f(u)."""
    node = builder.nodes[ref]
    if node.primitive == "neg":
        inner = _vanishing(builder, node.operands[0])
        return None if inner is None else (*inner[:2], -inner[2])
    if node.primitive in ("expm1", "log1p", "sin"):
        return {"expm1": "expm1_over", "log1p": "log1p_over", "sin": "sine_over"}[node.primitive], node.operands[0], 1.0
    if node.primitive == "log":
        argument = _beside_one(builder, node.operands[0])
        return None if argument is None else ("log1p_over", argument, 1.0)
    if node.primitive == "sub":
        for (x, y), sign in ((node.operands, 1.0), (node.operands[::-1], -1.0)):
            if builder.nodes[x].primitive == "exp" and _entry(builder, y) == 1.0:
                return "expm1_over", builder.nodes[x].operands[0], sign
    if node.primitive == "add":
        for x, y in (node.operands, node.operands[::-1]):
            if builder.nodes[x].primitive == "exp" and _entry(builder, y) == -1.0:
                return "expm1_over", builder.nodes[x].operands[0], 1.0
            negative = builder.nodes[x]
            power = builder.nodes[negative.operands[0]] if negative.primitive == "neg" else negative
            if power is not negative and power.primitive == "exp" and _entry(builder, y) == 1.0:
                return "expm1_over", power.operands[0], -1.0
    return None


def _beside_one(builder: "Builder", ref: int) -> int | None:
    """u for 1 + u."""
    node = builder.nodes[ref]
    if node.primitive != "add":
        return None
    return next((x for x, y in (node.operands, node.operands[::-1]) if _entry(builder, y) == 1.0), None)


def _scaled(builder: "Builder", ref: int) -> tuple[Ratio, int]:
    """(r, w) with the value r w: factors that are one number, or a quotient of two, are taken off."""
    above: tuple[float, ...] = ()
    below: tuple[float, ...] = ()
    for _ in range(_DEPTH):
        node = builder.nodes[ref]
        if node.primitive == "neg":
            above, ref = (*above, -1.0), node.operands[0]
            continue
        if node.primitive not in ("mul", "div"):
            break
        pairs = [node.operands, node.operands[::-1]] if node.primitive == "mul" else [node.operands[::-1]]
        found = next(((r, rest) for x, rest in pairs if (r := _number(builder, x)) is not None), None)
        if found is None or builder.signature(found[1]).shape != node.signature.shape:
            break
        ratio, ref = found
        if node.primitive == "div":
            ratio = Ratio(ratio.below, ratio.above)
        above, below = above + ratio.above, below + ratio.below
    return Ratio(above, below), ref


def _number(builder: "Builder", ref: int) -> Ratio | None:
    """A value that is one number other than 0, or the quotient of two."""
    node = builder.nodes[ref]
    parts = node.operands if node.primitive == "div" else (ref,)
    numbers = [_entry(builder, part) for part in parts]
    if any(x is None or x == 0 or not np.isfinite(x) for x in numbers):
        return None
    first, *rest = (float(x) for x in numbers if x is not None)
    return Ratio((first,), tuple(rest))


def _times(builder: "Builder", value: int, ratio: Ratio, sign: float) -> int:
    if ratio.exact * Fraction(sign) == 1:
        return value
    above, below = (
        reduce(lambda x, y: builder.emit("mul", x, y), [builder.number(x) for x in numbers])
        for numbers in ((sign, *ratio.above), (1.0, *ratio.below))
    )
    return builder.emit("mul", builder.emit("div", above, below), value)


def _taken(builder: "Builder", ref: int, which: int, branch: int, made: dict[int, int], depth: int) -> int | None:
    """The value where the selection by `which` takes this branch: inner selections by the same test are settled."""
    if ref in made:
        return made[ref]
    node = builder.nodes[ref]
    if depth == 0:
        return None
    if node.primitive == "select_n" and node.operands[0] == which:
        result = _taken(builder, node.operands[1 + branch], which, branch, made, depth - 1)
    elif not node.primitive:
        result = ref
    else:
        operands = [_taken(builder, x, which, branch, made, depth - 1) for x in node.operands]
        if any(x is None for x in operands):
            return None
        same = tuple(operands) == tuple(node.operands)
        result = (
            ref if same else builder.emit(node.primitive, *(x for x in operands if x is not None), **node.parameters)
        )
    if result is not None:
        made[ref] = result
    return result


def _at_zero(builder: "Builder", ref: int, core: int) -> Fraction | None:
    """The value at w = 0 of a constant multiple of q(b w) or of 1 / q(b w); None for other values."""
    ratio, inner = _scaled(builder, ref)
    node = builder.nodes[inner]
    if node.primitive == "div" and _entry(builder, node.operands[0]) == 1.0:
        node = builder.nodes[node.operands[1]]
        if node.primitive not in _POSITIVE:
            return None
    if node.primitive not in CONTINUED or node.parameters["order"] != 0:
        return None
    return ratio.exact if _scaled(builder, node.operands[0])[1] == core else None


def _entry(builder: "Builder", ref: int) -> float | None:
    from certify.program.simplify import constant_entry

    return constant_entry(builder, ref)
