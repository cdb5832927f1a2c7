"""Exact numbers that nobody reads as a formula are shown by their digits, and said to be exact."""

import math

import sympy

from symbolic import enclose_number

_LONGEST = 60
_BITS = 256
_DIGITS = 12


def approximation(value: sympy.Expr) -> str | None:
    """ "exact algebraic number, about 0.123" for roots of polynomials and long numbers; None where a formula serves.

    The digits are rounded from a proved ball where there is one, and otherwise from SymPy's evaluation.
    """
    if not isinstance(value, sympy.Expr) or value.free_symbols or not value.is_number:
        return None
    if not value.has(sympy.CRootOf) and len(str(value)) <= _LONGEST:
        return None
    digits = _digits(value)
    if digits is None:
        return None
    kind = "rational" if value.is_rational else "algebraic" if value.is_algebraic or _is_algebraic(value) else "real"
    return f"= exact {kind} number, about {digits}"


def _digits(value: sympy.Expr) -> str | None:
    ball = enclose_number(value, _BITS)
    if ball is not None and ball.imag.contains(0):
        middle, radius = float(ball.real.mid()), float(ball.real.rad())
        if math.isfinite(middle) and radius <= abs(middle) * 10.0 ** -(_DIGITS + 2):
            return f"{middle:.{_DIGITS}g}"
    estimate = value.evalf(_DIGITS + 3)
    return f"{float(estimate):.{_DIGITS}g}" if estimate.is_Float else None


def _is_algebraic(value: sympy.Expr) -> bool:
    """Sums, products and rational powers of roots of polynomials."""
    if isinstance(value, sympy.Rational | sympy.CRootOf):
        return True
    if isinstance(value, sympy.Pow):
        return isinstance(value.exp, sympy.Rational) and _is_algebraic(value.base)
    return isinstance(value, sympy.Add | sympy.Mul) and all(_is_algebraic(part) for part in value.args)


def readable(expression: sympy.Basic) -> sympy.Basic:
    """The formula with every number that is too long to read replaced by its digits in words."""
    long = {number: approximation(number) for number in _numbers(expression)}
    words = {number: sympy.Symbol(text.removeprefix("= ")) for number, text in long.items() if text}
    return expression.xreplace(words) if words else expression


def _numbers(expression: sympy.Basic) -> list[sympy.Expr]:
    """The largest subexpressions that are numbers."""
    if isinstance(expression, sympy.Expr) and expression.is_number:
        return [expression]
    return [number for part in expression.args for number in _numbers(part)] if expression.args else []
