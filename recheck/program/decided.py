"""Comparisons, kinks, jumps, selections, booleans and integers: each answers only where the balls decide it.

Where a differentiated input reaches the operands, equality does not decide: the function is then the same analytic
expression in a whole neighbourhood.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from flint import arb, arb_series

from recheck.outcome import NotCovered, Undecided
from recheck.program.elements import Element, order_of_itself, value_of
from recheck.program.kernel import Entries, Primitive, Site, elementwise, infer_reals, infer_same, plain, rows_of, taken
from recheck.program.signature import TYPES, Signature, common_shape, demand, spread, wrapped

_WHOLE = 2**52


def order_of(x: Any, y: Any, strict: bool) -> int:
    """-1, 0 or 1 as x < y, x = y (exactly), x > y; raises `Undecided` otherwise."""
    if isinstance(x, int) and isinstance(y, int):
        return (x > y) - (x < y)
    a, b = value_of(x), value_of(y)
    if a < b:
        return -1
    if a > b:
        return 1
    if not strict and a.is_exact() and b.is_exact() and a == b:
        return 0
    raise Undecided(f"the order of {a.str(8)} and {b.str(8)}")


def largest_place(entries: Sequence[Any], largest: bool, strict: bool) -> int:
    """The first place of the largest (smallest) entry."""
    best, sign = 0, 1 if largest else -1
    for k in range(1, len(entries)):
        if sign * order_of(entries[k], entries[best], strict) > 0:
            best = k
    rivals = [x for k, x in enumerate(entries) if k != best and strict]
    Undecided.when(any(sign * order_of(x, entries[best], True) >= 0 for x in rivals), "an extremum is attained twice")
    return best


def _comparison(accepted: tuple[int, ...]) -> Primitive:
    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        return Signature(infer_same(2, "fib")(operands, parameters).shape, "bool")

    def run(site: Site, operands: list[Entries]) -> Entries:
        order = (lambda x, y: order_of_itself(x)) if site.same else lambda x, y: order_of(x, y, site.strict)
        return elementwise(lambda x, y: order(x, y) in accepted)(site, operands)

    return Primitive(infer, run)


def sign_of(x: Element, strict: bool) -> int:
    return order_of(x, arb(0), strict)


def _run_abs(site: Site, operands: list[Entries]) -> Entries:
    if not site.output.is_real:
        return elementwise(lambda x: wrapped(abs(x), site.output.dtype))(site, operands)
    if not site.strict:
        return elementwise(lambda x: x.abs_lower().union(x.abs_upper()))(site, operands)
    return elementwise(lambda x: x if sign_of(x, True) > 0 else -x, [lambda x, y: sign_of(x, True)])(site, operands)


def extremum(largest: bool) -> Callable[[Site, Entries], Any]:
    """The largest (smallest) of the entries; where the site is differentiated, the one that is it everywhere near."""

    def run(site: Site, entries: Entries) -> Any:
        if not site.output.is_real:
            return max(entries) if largest else min(entries)
        if site.strict:
            return entries[largest_place(entries, largest, True)]
        return reduce(arb.max if largest else arb.min, entries)

    return run


def _of_pairs(largest: bool) -> Primitive:
    def run(site: Site, operands: list[Entries]) -> Entries:
        return [extremum(largest)(site, pair) for pair in rows_of(site, operands)]

    return Primitive(infer_same(2, "fi"), run)


def _flat(function: Callable[..., Element], count: int, infer: Any = None) -> Primitive:
    """A function that is constant near every point where it answers."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        return elementwise(lambda *x: function(*x, site.strict))(site, operands)

    return Primitive(infer or infer_reals(count), run)


def _sign(x: Any, strict: bool) -> Any:
    return (x > 0) - (x < 0) if isinstance(x, int) else arb(sign_of(x, strict))


def _rounded(function: Callable[[arb], arb]) -> Callable[[Element, bool], Element]:
    """A rounding to whole numbers: both ends of the ball, and a little beyond them, must round alike."""

    def apply(x: Element, strict: bool) -> Element:
        value = value_of(x)
        Undecided.when(not abs(value) < _WHOLE, f"a rounding of {value.str(8)}")
        low, high = function(value.lower()), function(value.upper())
        jumps = (2 * value + 1).contains_integer() if function in (_even, _away) else value.contains_integer()
        if not (low.is_exact() and high.is_exact() and low == high) or (strict and jumps):
            raise Undecided(f"a rounding of {value.str(8)} at a jump")
        return low

    return apply


def _even(x: arb) -> arb:
    half = (x + arb(0.5)).floor()
    tie = half - x == arb(0.5)
    return half - 1 if tie and int(half.unique_fmpz() or 0) % 2 else half


def _away(x: arb) -> arb:
    return (x + arb(0.5)).floor() if x >= 0 else (x - arb(0.5)).ceil()


def _infer_select(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) >= 2, "a selection needs a condition and a branch")
    which, branches = operands[0], operands[1:]
    demand(not which.is_real and len(set(branches)) == 1, "a selection of branches of one type by no real number")
    demand(which.dtype != "bool" or len(branches) <= 2, "a boolean selects one of two")
    demand(common_shape([s.shape for s in operands]) == branches[0].shape, "a condition of another shape")
    return branches[0]


def _run_select(site: Site, operands: list[Entries]) -> Entries:
    index, count = spread(site.operands[0].shape, site.output.shape), len(site.operands) - 1
    places = [int(which) for which in taken(operands[0], index)]
    NotCovered.unless(all(0 <= place < count for place in places), "a selection beyond its branches")
    return [operands[1 + place][k] for k, place in enumerate(places)]


def _exact(count: int, kinds: str, function: Callable[..., Any]) -> Primitive:
    """An operation of integers or booleans."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        dtype, found = site.output.dtype, [function(*row) for row in rows_of(site, operands)]
        return [bool(x) if dtype == "bool" else wrapped(x, dtype) for x in found]

    return Primitive(infer_same(count, kinds), run)


def _not(x: Any) -> Any:
    return not x if isinstance(x, bool) else ~x


def _divided(x: int, y: int) -> int:
    """The quotient, rounded toward zero."""
    NotCovered.when(y == 0, "an integer division by zero")
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def _shifted(left: bool) -> Callable[[int, int], int]:
    def apply(x: int, y: int) -> int:
        NotCovered.when(not 0 <= y < 8, "a shift by more than seven bits")
        return x << y if left else x >> y

    return apply


def _infer_convert(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and parameters["dtype"] in TYPES, "a conversion to an unknown type")
    demand(parameters["dtype"] != "bool" or operands[0].dtype == "bool", "a conversion of numbers to booleans")
    return Signature(operands[0].shape, parameters["dtype"])


def _run_convert(site: Site, operands: list[Entries]) -> Entries:
    source, target, entries = site.operands[0].dtype, site.output.dtype, operands[0]
    if source == target == "float64":
        return entries
    if source == "float64":
        truncate = _rounded(lambda x: x.floor() if x >= 0 else x.ceil())
        return [_fitting(int(truncate(plain(x), site.strict).unique_fmpz()), target) for x in entries]
    if target == "float64":
        NotCovered.when(any(abs(int(x)) > 2**53 for x in entries), "an integer above 2^53 as a real number")
        return [arb(int(x)) for x in entries]
    return [bool(x) if target == "bool" else wrapped(int(x), target) for x in entries]


def _fitting(value: int, dtype: str) -> int:
    NotCovered.when(wrapped(value, dtype) != value, "a conversion that overflows")
    return value


def _infer_narrow(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and operands[0].is_real and parameters["dtype"] in _BITS, "a narrowing of reals")
    return operands[0]


# significant bits, and the exponents of the least and largest normal numbers
_BITS = {"float32": (24, -126, 127), "float16": (11, -14, 15), "bfloat16": (8, -126, 127)}


def _run_narrow(site: Site, operands: list[Entries]) -> Entries:
    bits, least, most = _BITS[site.parameters["dtype"]]

    def identity(x: Element) -> Element:
        if isinstance(x, arb_series) or site.strict or not x.is_exact():
            raise Undecided("a rounding to a narrower type of a number that is not constant")
        mantissa, exponent = (int(part) for part in x.man_exp())
        size = mantissa.bit_length()
        if mantissa and not (size <= bits and least <= exponent + size - 1 <= most):
            raise Undecided("a rounding to a narrower type that changes the number")
        return x

    return elementwise(identity)(site, operands)


DECIDED: dict[str, Primitive] = {
    "lt": _comparison((-1,)),
    "le": _comparison((-1, 0)),
    "gt": _comparison((1,)),
    "ge": _comparison((0, 1)),
    "eq": _comparison((0,)),
    "ne": _comparison((-1, 1)),
    "abs": Primitive(infer_same(1, "fi"), _run_abs),
    "max": _of_pairs(True),
    "min": _of_pairs(False),
    "sign": _flat(_sign, 1, infer_same(1, "fi")),
    "slope_of_abs": _flat(lambda x, strict: arb(sign_of(x, True)), 1),
    "slope_of_jump": _flat(lambda x, strict: arb(0), 1),
    "step": _flat(lambda x, y, strict: arb(int(order_of(x, y, True) > 0)), 2),
    "floor": _flat(_rounded(lambda x: x.floor()), 1),
    "ceil": _flat(_rounded(lambda x: x.ceil()), 1),
    "round_to_even": _flat(_rounded(_even), 1),
    "round_away": _flat(_rounded(_away), 1),
    "select_n": Primitive(_infer_select, _run_select),
    "and": _exact(2, "ib", lambda x, y: x & y),
    "or": _exact(2, "ib", lambda x, y: x | y),
    "xor": _exact(2, "ib", lambda x, y: x ^ y),
    "not": _exact(1, "ib", _not),
    "quotient": _exact(2, "i", _divided),
    "remainder": _exact(2, "i", lambda x, y: x - y * _divided(x, y)),
    "shift_left": _exact(2, "i", _shifted(True)),
    "shift_right": _exact(2, "i", _shifted(False)),
    "convert": Primitive(_infer_convert, _run_convert, {"dtype": "text"}),
    "narrow": Primitive(_infer_narrow, _run_narrow, {"dtype": "text"}),
}
