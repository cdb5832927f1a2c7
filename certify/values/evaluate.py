"""Formulas in Arb balls: every rule encloses, and what has no value gives an unbounded ball."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import final

import flint

from certify.effort import charge, charge_arb
from certify.integral import exact_arb
from certify.values.formula import Formula, checked_formula, rational_value
from certify.values.integrand import complex_value, is_real_between, without_powers
from certify.values.matrices import flow_entry, power_entry, spectral
from certify.values.special import counted_integral, moment, reach, real_root
from foundation.arb_precision import arb_precision

_NOWHERE = flint.arb("nan")


@final
class Formulas:
    """A checked list of formulas, each of which may stand on earlier ones; values are kept for each precision."""

    def __init__(self, formulas: Sequence[Formula]) -> None:
        self._formulas: list[Formula] = []
        self._exact: list[Fraction | None] = []
        self._balls: dict[tuple[int, int], flint.arb] = {}
        for formula in formulas:
            charge("steps", checked_formula(formula, len(self._formulas)))
            self._exact.append(rational_value(formula, self._exact))
            self._formulas.append(formula)

    def __len__(self) -> int:
        return len(self._formulas)

    def exact(self, formula: Formula) -> Fraction | None:
        """The value of a formula on top of the list where it is rational; see `rational_value`."""
        return rational_value(formula, self._exact)

    def enclosed(self, formula: Formula, bits: int) -> flint.arb:
        """A ball around the value of a checked formula on top of the list; unbounded where it has none."""
        with arb_precision(bits):
            return self._value(formula, bits)

    def _value(self, formula: Formula, bits: int) -> flint.arb:
        charge("steps", 1)
        charge_arb(8, bits)
        exact = self.exact(formula)
        if exact is not None:
            return exact_arb(exact)
        if formula == "pi":
            return flint.arb.pi()
        head, arguments = formula[0], formula[1:]
        if head == "value":
            return self._earlier(arguments[0], bits)
        if head in ("integral", "reach"):
            return self._with_integrand(head, arguments, bits)
        if head in _DATA:
            return _DATA[head](arguments, lambda part: self._value(part, bits), self.exact)
        if head == "^":
            return self._power(arguments, bits)
        return _REAL[head](*(self._value(part, bits) for part in arguments))

    def _earlier(self, place: int, bits: int) -> flint.arb:
        """In their order, so that long programs need no deep recursion."""
        for k in range(1, place + 1):
            if (k, bits) not in self._balls:
                self._balls[k, bits] = self._value(self._formulas[k - 1], bits)
        return self._balls[place, bits]

    def _power(self, arguments: list[Formula], bits: int) -> flint.arb:
        """The principal power where it is real: whole exponents, or a base that is not negative."""
        base, exponent = self._value(arguments[0], bits), self.exact(arguments[1])
        if exponent is None:
            return (base.log() * self._value(arguments[1], bits)).exp() if base > 0 else _NOWHERE
        if not base.is_finite():
            return _NOWHERE  # Arb gives 1 for the power 0 of what has no value
        if exponent.denominator == 1:
            return base ** flint.fmpz(exponent.numerator)
        return base.root(exponent.denominator) ** flint.fmpz(exponent.numerator)

    def _with_integrand(self, head: str, arguments: list[Formula], bits: int) -> flint.arb:
        def integrand(z: flint.acb, analytic: bool) -> flint.acb:
            return complex_value(arguments[0], z, analytic)

        lower, last = self._value(arguments[1], bits), self._value(arguments[2], bits)
        if not (lower.is_finite() and last.is_finite()):
            return _NOWHERE
        if head == "integral":
            if not is_real_between(arguments[0], lower, last):
                return _NOWHERE
            return counted_integral(integrand, lower, last, bits)
        # powers of t are positive inside a range that begins at 0 or above it
        rest = without_powers(arguments[0]) if lower >= 0 else arguments[0]
        return reach(integrand, lambda z: complex_value(rest, z, False), lower, last, bits)


def _largest(*values: flint.arb) -> flint.arb:
    found = values[0]
    for other in values[1:]:
        found = found.max(other)
    return found


def _sum(*values: flint.arb) -> flint.arb:
    return sum(values[1:], values[0])


def _product(*values: flint.arb) -> flint.arb:
    found = values[0]
    for other in values[1:]:
        found = found * other
    return found


_REAL: dict[str, Callable[..., flint.arb]] = {
    "+": _sum,
    "*": _product,
    "max": _largest,
    "min": lambda *values: -_largest(*(-v for v in values)),
    "abs": abs,
    **{name: getattr(flint.arb, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "atan", "sinh", "cosh")},
    **{name: getattr(flint.arb, name) for name in ("tanh", "asinh", "atanh", "erf", "gamma")},
    "besseli": lambda order, x: x.bessel_i(order),
}
_Rule = Callable[[list[Formula], Callable[[Formula], flint.arb], Callable[[Formula], Fraction | None]], flint.arb]
_DATA: dict[str, _Rule] = {
    "moment": moment,
    "root": real_root,
    "eigenvalue": lambda arguments, of, _: spectral("eigenvalue", arguments, of),
    "radius": lambda arguments, of, _: spectral("radius", arguments, of),
    "abscissa": lambda arguments, of, _: spectral("abscissa", arguments, of),
    "power-entry": power_entry,
    "flow-entry": flow_entry,
}
