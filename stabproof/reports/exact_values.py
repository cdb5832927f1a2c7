"""Exact numbers that nobody reads as a formula are shown by their first digits, and said to be exact."""

from decimal import ROUND_DOWN, Context, Decimal

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from symbolic import enclose_number

NOTE = "Decimals that end in … are the first digits of exact numbers; the check used the exact ones."
_LONGEST = 60
_BITS = 256
_DIGITS = 12


def approximation(value: sympy.Expr) -> str | None:
    """ "= exact algebraic number, about 0.123…" for roots of polynomials and long numbers; None where a formula serves.

    The digits are those of a proved ball where there is one, and otherwise of SymPy's evaluation.
    """
    digits = _digits(value) if _is_long(value) else None
    if digits is None:
        return None
    kind = "rational" if value.is_rational else "algebraic" if value.is_algebraic or _is_algebraic(value) else "real"
    return f"= exact {kind} number, about {digits}"


def readable(expression: sympy.Basic) -> sympy.Basic:
    """The formula with its first digits in the place of every number that is too long to read."""
    digits = {number: _digits(number) for number in _numbers(expression) if _is_long(number)}
    # dummies are all different, also those of one name: nothing cancels
    words: dict[sympy.Basic, sympy.Basic] = {number: sympy.Dummy(text) for number, text in digits.items() if text}
    return _replaced(expression, words) if words else expression


def _is_long(value: sympy.Basic) -> bool:
    if not isinstance(value, sympy.Expr) or not value.is_number or value.is_infinite:
        return False
    return value.has(sympy.CRootOf) or len(str(value)) > _LONGEST


def _replaced(expression: sympy.Basic, words: dict[sympy.Basic, sympy.Basic]) -> sympy.Basic:
    """Relations stay relations, even between numbers that now look alike."""
    if isinstance(expression, Relational):
        return expression.func(*(side.xreplace(words) for side in expression.args), evaluate=False)
    if isinstance(expression, BooleanFunction | sympy.Tuple):
        return expression.func(*(_replaced(part, words) for part in expression.args))
    return expression.xreplace(words)


def _numbers(expression: sympy.Basic) -> list[sympy.Basic]:
    """The largest subexpressions that are numbers."""
    if isinstance(expression, sympy.Expr) and expression.is_number:
        return [expression]
    return [number for part in expression.args for number in _numbers(part)]


def _digits(value: sympy.Expr) -> str | None:
    """The first digits, cut off, never rounded up: 0.6666…"""
    ball = enclose_number(value, _BITS)
    if ball is not None and ball.imag.contains(0) and ball.real.rel_accuracy_bits() > 4 * _DIGITS:
        return _cut(Decimal(ball.real.mid().str(_DIGITS + 8, radius=False)))
    estimate = value.evalf(_DIGITS + 8)
    return _cut(Decimal(str(estimate))) if estimate.is_Float else None


def _cut(value: Decimal) -> str:
    cut = Context(prec=_DIGITS, rounding=ROUND_DOWN).create_decimal(value)
    if -5 <= cut.adjusted() < _DIGITS - 1:
        return f"{cut:f}…"
    mantissa, _, exponent = f"{cut:E}".partition("E")
    return f"{mantissa}…e{int(exponent)}"


def _is_algebraic(value: sympy.Expr) -> bool:
    """Sums, products and rational powers of roots of polynomials."""
    if isinstance(value, sympy.Rational | sympy.CRootOf):
        return True
    if isinstance(value, sympy.Pow):
        return isinstance(value.exp, sympy.Rational) and _is_algebraic(value.base)
    return isinstance(value, sympy.Add | sympy.Mul) and all(_is_algebraic(part) for part in value.args)
