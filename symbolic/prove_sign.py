"""Signs of exact expressions for all values that the assumptions of their symbols allow."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.polys.polyerrors import BasePolynomialError

from symbolic.decide_zero import is_zero
from symbolic.enclose_number import sign_of_number
from symbolic.sample_points import sample_points


@final
@dataclass(frozen=True)
class Sign:
    """What is shown: `side` +1 (>= 0) or -1 (<= 0), and whether zero is excluded."""

    side: int
    strict: bool

    def times(self, other: "Sign") -> "Sign":
        """The sign of a product."""
        return Sign(self.side * other.side, self.strict and other.strict)


def number_sign(number: sympy.Expr) -> int | None:
    """-1, 0 or +1 for a real constant, proved by Arb and, for zero, by algebra; None when undecided."""
    if number.is_Rational:
        return int(sympy.sign(number))
    sign = sign_of_number(number, 256)
    if sign is not None:
        return sign
    if is_zero(number):
        return 0
    return sign_of_number(number)


def prove_sign(expression: sympy.Expr) -> Sign | None:
    """The sign of `expression` for all values of its (real) symbols, or None when this simple prover sees none.

    Rules, each exact: a constant by Arb; a product by its factors (an even power is >= 0, and > 0 when its base cannot
    vanish); a polynomial whose terms all have one sign; a polynomial in one symbol without roots in the symbol's
    domain (Sturm); a quadratic a x^2 + b x + c with a > 0 and 4 a c - b^2 of known sign (completing the square).
    """
    if any(symbol.is_real is not True for symbol in expression.free_symbols):
        return None
    if not expression.free_symbols:
        side = number_sign(expression)
        return None if side is None else Sign(side or 1, side != 0)
    numerator, denominator = sympy.fraction(sympy.together(expression))
    above, below = _product_sign(numerator), _product_sign(denominator)
    if above is None or below is None or not below.strict:
        return None
    return above.times(below)


def counterexample(expression: sympy.Expr, relation: str) -> dict[sympy.Symbol, sympy.Rational] | None:
    """A rational assignment within the assumptions where `expression` `relation` 0 is provably false, or None."""
    for point in sample_points(expression.free_symbols):
        value = expression.xreplace(point)
        if value.has(sympy.zoo, sympy.nan, sympy.oo) or value.free_symbols:
            continue
        side = number_sign(value)
        if side is not None and not holds(side, relation):
            return point
    return None


def holds(side: int, relation: str) -> bool:
    """Whether a number of sign `side` satisfies `relation` 0, with relation one of > >= < <= == !=."""
    table = {">": side > 0, ">=": side >= 0, "<": side < 0, "<=": side <= 0, "==": side == 0, "!=": side != 0}
    return table[relation]


def _product_sign(expression: sympy.Expr) -> Sign | None:
    try:
        constant, factors = sympy.factor_list(expression)
    except (BasePolynomialError, NotImplementedError):
        constant, factors = sympy.Integer(1), [(expression, 1)]
    sign = prove_sign(constant)
    for factor, power in factors:
        part = _factor_sign(factor)
        if power % 2 == 0:
            part = Sign(1, _cannot_vanish(factor, part))
        if sign is None or part is None:
            return None
        sign = sign.times(part)
    return sign


def _cannot_vanish(factor: sympy.Expr, part: Sign | None) -> bool:
    return bool((part is not None and part.strict) or factor.is_nonzero)


def _factor_sign(factor: sympy.Expr) -> Sign | None:
    return _from_assumptions(factor) or _termwise(factor) or _by_sturm(factor) or _by_square(factor)


def _from_assumptions(expression: sympy.Expr) -> Sign | None:
    """Assumptions of atoms and elementary functions only; sums are left to the exact rules."""
    if expression.is_Add:
        return None
    for side, strict, weak in ((1, "is_positive", "is_nonnegative"), (-1, "is_negative", "is_nonpositive")):
        if getattr(expression, strict):
            return Sign(side, True)
        if getattr(expression, weak):
            return Sign(side, False)
    return None


def _termwise(expression: sympy.Expr) -> Sign | None:
    signs = [_monomial_sign(term) for term in sympy.Add.make_args(sympy.expand(expression))]
    if any(sign is None for sign in signs) or len({sign.side for sign in signs if sign}) != 1:
        return None
    first = signs[0]
    assert first is not None
    return Sign(first.side, any(sign is not None and sign.strict for sign in signs))


def _monomial_sign(term: sympy.Expr) -> Sign | None:
    constant, rest = term.as_independent(*term.free_symbols, as_Add=False)
    sign = prove_sign(constant)
    for factor in sympy.Mul.make_args(rest):
        part = Sign(1, True) if factor == 1 else _from_assumptions(factor)
        if sign is None or part is None:
            return None
        sign = sign.times(part)
    return sign


def _by_sturm(expression: sympy.Expr) -> Sign | None:
    if len(expression.free_symbols) != 1:
        return None
    (symbol,) = expression.free_symbols
    try:
        polynomial = sympy.Poly(expression, symbol, domain="QQ")
    except BasePolynomialError:
        return None
    low = sympy.Integer(0) if symbol.is_nonnegative else -sympy.oo
    high = sympy.Integer(0) if symbol.is_nonpositive else sympy.oo
    roots = polynomial.count_roots(None if low == -sympy.oo else low, None if high == sympy.oo else high)
    at_zero = polynomial.eval(0) == 0 and (low == 0 or high == 0)
    if roots - (1 if at_zero else 0):
        return None
    side = int(sympy.sign(polynomial.eval(-1 if high == 0 else 1)))
    return Sign(side, not at_zero or bool(symbol.is_nonzero))


def _by_square(expression: sympy.Expr) -> Sign | None:
    for symbol in sorted(expression.free_symbols, key=lambda item: item.sort_key()):
        try:
            polynomial = sympy.Poly(expression, symbol)
        except BasePolynomialError:
            continue
        if polynomial.degree() != 2:
            continue
        a, b, c = polynomial.all_coeffs()
        leading, gap = prove_sign(a), prove_sign(sympy.expand(4 * a * c - b**2))
        if leading and leading.strict and gap and gap.side == 1:
            return Sign(leading.side, gap.strict)
    return None
