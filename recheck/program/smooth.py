"""Elementwise arithmetic and elementary functions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flint import arb, arb_series

from recheck.outcome import NotCovered, Undecided
from recheck.program.elements import FUNCTIONS, apply, derivative_of, divide, expm1_over, power, slope, square, value_of
from recheck.program.kernel import Element, Entries, Primitive, Site, elementwise, infer_reals, infer_same
from recheck.program.signature import Signature, demand, wrapped

Rule = Callable[..., Element]


def _named(name: str) -> Primitive:
    def run(site: Site, operands: list[Entries]) -> Entries:
        return elementwise(lambda x: apply(name, x, not site.strict), [lambda x, y: slope(name, x, y)])(site, operands)

    return Primitive(infer_reals(1), run, entire=name in _ENTIRE)


_ENTIRE = {"exp", "expm1", "tanh", "logistic", "sin", "cos", "atan", "sinh", "cosh", "asinh", "erf", "erfc"}


def _number(count: int, real: Rule, partials: list[Rule], whole: Callable[..., int]) -> Primitive:
    """An operation of reals, or of integers that wrap as their type does."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        if site.output.is_real:
            return elementwise(real, partials)(site, operands)
        return elementwise(lambda *x: wrapped(whole(*x), site.output.dtype))(site, operands)

    return Primitive(infer_same(count, "fi"), run, entire=True)


def _of_two(function: Rule, by_first: Rule, by_second: Rule, entire: bool = False) -> Primitive:
    return Primitive(infer_reals(2), elementwise(function, [by_first, by_second]), entire=entire)


def _atan2(y: Element, x: Element) -> Element:
    above, along = value_of(y), value_of(x)
    Undecided.when(not (along > 0 or above > 0 or above < 0), f"atan2({above.str(8)}, {along.str(8)}) at its cut")
    turn = divide(x * derivative_of(y) - y * derivative_of(x), square(x) + square(y))
    return _integrated(arb.atan2(above, along), turn)


def _turn(y: Element, x: Element, z: Element) -> Element:
    """The derivative of the angle of (x, y) by y; by x it is that of (y, x), turned around."""
    return x / (square(x) + square(y))


def _integrated(value: arb, change: Element) -> Element:
    """The series with this first coefficient and derivative; the value alone where nothing moves."""
    return value + change.integral() if isinstance(change, arb_series) else value


def _logaddexp(x: Element, y: Element) -> Element:
    a, b = value_of(x), value_of(y)
    Undecided.when(not (a.is_finite() and b.is_finite()), "log(e^x + e^y) of unbounded numbers")
    value = _log_sum(a.lower(), b.lower()).union(_log_sum(a.upper(), b.upper()))
    share = _share(x, y)
    return _integrated(value, share * derivative_of(x) + (1 - share) * derivative_of(y))


def _share(x: Element, y: Element) -> Element:
    """e^x / (e^x + e^y)."""
    return apply("logistic", x - y)


def _log_sum(x: arb, y: arb) -> arb:
    return x.max(y) + (-abs(x - y)).exp().log1p()


def _general_power(x: Element, y: Element) -> Element:
    """x^y; for a known whole exponent of any base, else for a base above 0."""
    whole = None if isinstance(y, arb_series) or not y.is_exact() else y.unique_fmpz()
    if whole is not None and abs(int(whole)) <= _LARGEST_POWER:
        return power(x, int(whole))
    return apply("exp", y * apply("log", x))


_LARGEST_POWER = 2**20


def _power_by_base(x: Element, y: Element, z: Element) -> Element:
    if not isinstance(y, arb_series) and y.is_zero():
        return arb(0)
    return y * _general_power(x, y - 1)


def _infer_power(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
    demand(len(operands) == 1 and operands[0].dtype != "bool", "a power of one number")
    exponent = parameters["exponent"]
    demand(abs(exponent) <= 2**20 and (operands[0].is_real or 0 <= exponent <= 64), f"the exponent {exponent}")
    return operands[0]


def _run_power(site: Site, operands: list[Entries]) -> Entries:
    exponent = site.parameters["exponent"]
    if not site.output.is_real:
        return elementwise(lambda x: wrapped(x**exponent, site.output.dtype))(site, operands)
    slope_at: Rule = lambda x, y: exponent * power(x, exponent - 1) if exponent else arb(0)  # noqa: E731
    return elementwise(lambda x: power(x, exponent), [slope_at])(site, operands)


def _run_expm1_over(site: Site, operands: list[Entries]) -> Entries:
    order = site.parameters["order"]
    NotCovered.unless(0 <= order <= _LARGEST_ORDER, "a derivative of (e^x - 1) / x of another order")
    return elementwise(lambda x: expm1_over(x, order), [lambda x, y: expm1_over(x, order + 1)])(site, operands)


_LARGEST_ORDER = 64
SMOOTH: dict[str, Primitive] = {
    **{name: _named(name) for name in FUNCTIONS},
    "neg": _number(1, lambda x: -x, [lambda x, y: -1], lambda x: -x),
    "square": _number(1, square, [lambda x, y: 2 * x], lambda x: x * x),
    "add": _number(2, lambda x, y: x + y, [lambda x, y, z: 1, lambda x, y, z: 1], lambda x, y: x + y),
    "sub": _number(2, lambda x, y: x - y, [lambda x, y, z: 1, lambda x, y, z: -1], lambda x, y: x - y),
    "mul": _number(2, lambda x, y: x * y, [lambda x, y, z: y, lambda x, y, z: x], lambda x, y: x * y),
    "div": _of_two(divide, lambda x, y, z: divide(arb(1), y), lambda x, y, z: -divide(z, y)),
    "pow": _of_two(_general_power, _power_by_base, lambda x, y, z: z * apply("log", x)),
    "atan2": _of_two(_atan2, _turn, lambda y, x, z: -_turn(x, y, z)),
    "logaddexp": _of_two(_logaddexp, lambda x, y, z: _share(x, y), lambda x, y, z: _share(y, x), entire=True),
    "expm1_over": Primitive(infer_reals(1), _run_expm1_over, {"order": "integer"}, entire=True),
    "integer_pow": Primitive(_infer_power, _run_power, {"exponent": "integer"}),
}
