"""Exact numbers that nobody reads as a formula are shown by their first digits, and said to be exact."""

from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanFunction

from symbolic import enclose_number

NOTE = "Decimals that end in … are the first digits of exact numbers; the check used the exact ones."
_LONGEST = 60
_BITS = 256
_DIGITS, _IN_FORMULAS = 12, 8


def approximation(value: sympy.Expr) -> str | None:
    """ "= exact algebraic number, about 0.123…" for roots of polynomials and long numbers; None where a formula serves.

    The digits are those of a proved ball where there is one, and otherwise of SymPy's evaluation.
    """
    digits = _digits(value, _DIGITS) if _is_long(value) else None
    if digits is None:
        return None
    kind = "rational" if value.is_rational else "algebraic" if value.is_algebraic or _is_algebraic(value) else "real"
    return f"= exact {kind} number, about {digits.removeprefix('≈ ')}"


def readable(expression: sympy.Basic) -> sympy.Basic:
    """The formula with its first digits in the place of every number that is too long to read."""
    digits = {number: _digits(number, _IN_FORMULAS) for number in _numbers(expression) if _is_long(number)}
    # dummies are all different, also those of one name: nothing cancels
    words: dict[sympy.Basic, sympy.Basic] = {number: sympy.Dummy(text) for number, text in digits.items() if text}
    return _replaced(expression, words) if words else expression


def is_shortened(expression: sympy.Basic) -> bool:
    """Whether `readable` changes anything, so that `NOTE` belongs below the formula."""
    return any(_is_long(number) for number in _numbers(expression))


def _is_long(value: sympy.Basic) -> bool:
    if not isinstance(value, sympy.Expr) or not value.is_number or value.is_infinite:
        return False
    # Python refuses to write out integers of more than 4300 digits
    huge = any(_bits(number) > 4 * _LONGEST for number in value.atoms(sympy.Rational))
    return huge or value.has(sympy.CRootOf) or len(str(value)) > _LONGEST


def _bits(number: sympy.Rational) -> int:
    return int(number.p).bit_length() + int(number.q).bit_length()


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


def _digits(value: sympy.Expr, count: int) -> str | None:
    """The first digits, cut off and never rounded up: 0.6666…; ≈ and rounded digits where these are not proved."""
    bounds = _bounds(value)
    if bounds is None:
        estimate = value.evalf(count)
        return f"≈ {float(estimate):.{count}g}" if estimate.is_Float else None
    lower, upper = (_cut(bound, count) for bound in bounds)
    return lower if lower == upper else f"≈ {_divided(bounds[0], Context(prec=count))}"


def _bounds(value: sympy.Expr) -> tuple[Fraction, Fraction] | None:
    """Proved bounds: the number itself, or the ends of an Arb ball."""
    if isinstance(value, sympy.Rational):
        return Fraction(int(value.p), int(value.q)), Fraction(int(value.p), int(value.q))
    ball = enclose_number(value, _BITS)
    if ball is None or not ball.imag.contains(0):
        return None
    lower, upper = (end.man_exp() for end in (ball.real.lower(), ball.real.upper()))
    return Fraction(2) ** int(lower[1]) * int(lower[0]), Fraction(2) ** int(upper[1]) * int(upper[0])


def _cut(value: Fraction, count: int) -> str:
    cut = _divided(value, Context(prec=count, rounding=ROUND_DOWN))
    if -5 <= cut.adjusted() < count - 1:
        return f"{cut:f}…"
    mantissa, _, exponent = f"{cut:E}".partition("E")
    return f"{mantissa}…e{int(exponent)}"


def _divided(value: Fraction, context: Context) -> Decimal:
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _is_algebraic(value: sympy.Expr) -> bool:
    """Sums, products and rational powers of roots of polynomials."""
    if isinstance(value, sympy.Rational | sympy.CRootOf):
        return True
    if isinstance(value, sympy.Pow):
        return isinstance(value.exp, sympy.Rational) and _is_algebraic(value.base)
    return isinstance(value, sympy.Add | sympy.Mul) and all(_is_algebraic(part) for part in value.args)
