"""Integrands at complex balls: analytic functions, not finite where they are not analytic."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from certify.effort import charge_arb
from certify.integral import exact_arb
from certify.values.formula import Formula, rational_value
from foundation.arb_precision import arb_precision


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


def is_real_between(formula: Formula, lower: flint.arb, upper: flint.arb) -> bool:
    """Whether every logarithm, root and fractional power in the integrand is proved to have an argument >= 0 between
    the ends: elsewhere the principal values are not real.
    """
    return all(_is_not_negative(part, lower, upper, 0) for part in _arguments(formula))


def _arguments(formula: Formula) -> list[Formula]:
    """What stands under logarithms, roots and fractional powers, inner ones first."""
    if not isinstance(formula, list):
        return []
    head, parts = formula[0], formula[1:]
    inner = [part for child in parts for part in _arguments(child)]
    exponent = rational_value(parts[1]) if head == "^" else None
    cut = head in ("log", "sqrt") or (exponent is not None and exponent.denominator != 1)
    return [*inner, parts[0]] if cut else inner


_HALVINGS = 12


def _is_not_negative(formula: Formula, lower: flint.arb, upper: flint.arb, depth: int) -> bool:
    """By its range, by its values at the ends where it is monotone, or by halves."""
    charge_arb(16, int(flint.ctx.prec))
    if complex_value(formula, flint.acb(lower.union(upper)), False).real >= 0:
        return True
    ends = [complex_value(formula, flint.acb(end), False).real for end in (lower, upper)]
    if any(end < 0 for end in ends):
        return False
    slope = _slope(formula, lower.union(upper))
    if (slope >= 0 or slope <= 0) and all(end >= 0 for end in ends):
        return True
    middle = ((lower + upper) / 2).mid()
    return depth < _HALVINGS and all(
        _is_not_negative(formula, a, b, depth + 1) for a, b in ((lower, middle), (middle, upper))
    )


def _slope(formula: Formula, t: flint.arb) -> flint.arb:
    """The range of the derivative over a real ball; not finite where no rule gives it."""
    try:
        with arb_precision(int(flint.ctx.prec), series_length=2):
            found = _series(formula, flint.arb_series([t, 1], 2))
    except (ValueError, ZeroDivisionError, NotImplementedError):
        return flint.arb("nan")
    # a series that was cut would give the coefficient 0
    return found[1] if found.prec >= 2 else flint.arb("nan")


def _series(formula: Formula, t: flint.arb_series) -> Any:
    if formula == "t":
        return t
    if not isinstance(formula, list):
        return flint.arb_series([flint.arb.pi() if formula == "pi" else exact_arb(formula)], 2)
    head = formula[0]
    if head == "^":
        exponent = rational_value(formula[2])
        if exponent is None or exponent.denominator != 1 or exponent < 0:
            raise NotImplementedError
        return _product([_series(formula[1], t)] * int(exponent), flint.arb_series([1], 2))
    parts = [_series(part, t) for part in formula[1:]]
    if head == "+":
        return sum(parts, flint.arb_series([0], 2))
    if head == "*":
        return _product(parts, flint.arb_series([1], 2))
    if head not in ("exp", "sin", "cos", "log", "sqrt"):
        raise NotImplementedError
    return getattr(parts[0], head)()


def _product(factors: list[Any], one: Any) -> Any:
    for factor in factors:
        one = one * factor
    return one


def _power(base: flint.acb, exponent: Fraction, analytic: bool) -> flint.acb:
    if not base.is_finite():
        return base  # Arb gives 1 for the power 0 of what has no value
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
