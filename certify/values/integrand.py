"""Integrands at complex balls: analytic functions, not finite where they are not analytic."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from certify.integral import exact_arb
from certify.values.formula import Formula, rational_value


def complex_value(formula: Formula, z: flint.acb, analytic: bool) -> flint.acb:
    """A checked integrand at t = z; not finite where it is asked to be analytic and is not proved to be."""
    if formula == "t":
        return z
    if not isinstance(formula, list):
        return flint.acb(flint.arb.pi() if formula == "pi" else exact_arb(formula))
    head = formula[0]
    if head == "^":
        exponent = rational_value(formula[2])
        assert exponent is not None  # `checked_formula` has seen it
        return _power(complex_value(formula[1], z, analytic), exponent, analytic)
    return _RULES[head](analytic, *(complex_value(part, z, analytic) for part in formula[1:]))


def without_powers(formula: Formula) -> Formula:
    """The integrand without its factors t and t^m, m > 0."""
    if formula == "t" or (isinstance(formula, list) and formula[0] == "^" and formula[1] == "t" and formula[2] >= 0):
        return 1
    if isinstance(formula, list) and formula[0] == "*":
        return ["*", *map(without_powers, formula[1:])]
    return formula


def _power(base: flint.acb, exponent: Fraction, analytic: bool) -> flint.acb:
    if exponent.denominator == 1:
        return base ** flint.fmpz(exponent.numerator)
    root = base.sqrt(analytic=analytic)
    if exponent.denominator != 2:
        root = (base.log(analytic=analytic) / exponent.denominator).exp()
    return root ** flint.fmpz(exponent.numerator)


def _fold(combine: Callable[[Any, Any], Any]) -> Callable[..., flint.acb]:
    def folded(_: bool, *parts: flint.acb) -> flint.acb:
        found = parts[0]
        for part in parts[1:]:
            found = combine(found, part)
        return found

    return folded


# entire or meromorphic functions, and the logarithm and the root with their cuts
_RULES: dict[str, Callable[..., flint.acb]] = {
    "+": _fold(lambda a, b: a + b),
    "*": _fold(lambda a, b: a * b),
    "exp": lambda _, z: z.exp(),
    "sin": lambda _, z: z.sin(),
    "cos": lambda _, z: z.cos(),
    "sinh": lambda _, z: z.sinh(),
    "cosh": lambda _, z: z.cosh(),
    "tanh": lambda _, z: z.tanh(),
    "log": lambda analytic, z: z.log(analytic=analytic),
    "sqrt": lambda analytic, z: z.sqrt(analytic=analytic),
}
