"""Is an expression identically zero?  Three answers: yes (shown by algebra), no (a rational witness), not decided."""

import sympy
from sympy.core.evalf import PrecisionExhausted
from sympy.polys.polyerrors import BasePolynomialError

from symbolic.enclose_number import excludes_zero
from symbolic.sample_points import sample_points

_LARGEST_SIZE = 400


def is_zero(expression: sympy.Expr) -> bool | None:
    """True when `expression` is zero for all values of its symbols, False when it is not, None when undecided.

    True rests on exact rewriting (expansion, a common denominator, algebraic numbers through their minimal
    polynomial); False rests on an Arb ball, at one rational assignment of the symbols, that excludes zero.
    """
    if expression in (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        return False
    if expression.is_Rational:
        return bool(expression == 0)
    if not expression.free_symbols:
        try:
            return _constant_is_zero(expression)
        except PrecisionExhausted:  # SymPy's simplifications compare numbers, of which some differ by too little
            return None
    if _expands_to_zero(expression):
        return True
    if zero_witness(expression) is not None:
        return False
    return True if _simplifies_to_zero(expression) else None


def zero_witness(expression: sympy.Expr) -> dict[sympy.Symbol, sympy.Rational] | None:
    """A rational assignment at which `expression` is provably not zero; None when none was found."""
    for point in sample_points(expression.free_symbols, 12):
        value = _at(expression, point)
        if value is not None and excludes_zero(value):
            return point
    return None


def matrix_is_zero(matrix: sympy.MatrixBase) -> bool | None:
    """`is_zero` for every entry: False as soon as one entry is not zero, None when one is undecided."""
    answers = [is_zero(entry) for entry in matrix]
    if False in answers:
        return False
    return None if None in answers else True


def _at(expression: sympy.Expr, point: dict[sympy.Symbol, sympy.Rational]) -> sympy.Expr | None:
    value = expression.xreplace(point)
    return None if value.has(sympy.zoo, sympy.nan, sympy.oo) else value


def _constant_is_zero(number: sympy.Expr) -> bool | None:
    if excludes_zero(number):
        return False
    if sympy.radsimp(sympy.expand(number)) == 0 or _expands_to_zero(number):
        return True
    if number.has(sympy.log) and sympy.expand(sympy.expand_log(number, factor=True)) == 0:
        return True
    if number.is_algebraic is False:
        return None
    variable = sympy.Dummy("z")
    try:
        return True if sympy.minimal_polynomial(number, variable) == variable else None
    except (BasePolynomialError, NotImplementedError, ValueError):
        return None


def _expands_to_zero(expression: sympy.Expr) -> bool:
    if sympy.expand(expression) == 0:
        return True
    numerator, _ = sympy.fraction(sympy.together(expression))
    if sympy.expand(numerator) == 0:
        return True
    rewritten = numerator.rewrite(sympy.exp)
    return bool(rewritten != numerator and sympy.expand(sympy.fraction(sympy.together(rewritten))[0]) == 0)


def _simplifies_to_zero(expression: sympy.Expr) -> bool:
    if sum(1 for _ in sympy.preorder_traversal(expression)) > _LARGEST_SIZE:
        return False
    return bool(sympy.simplify(expression) == 0)
