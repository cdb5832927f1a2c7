"""Polynomials that are non-negative on a box, by exact Bernstein coefficients."""

import itertools
import math

import sympy

from foundation import InputError

Box = tuple[tuple[sympy.Symbol, sympy.Rational, sympy.Rational], ...]


def bernstein_coefficients(polynomial: sympy.Expr, box: Box) -> list[sympy.Rational]:
    """The exact Bernstein coefficients of a rational polynomial on `box` = ((symbol, lower, upper), ...).

    Their least and greatest bound the polynomial on the box (Cargo & Shisha, J. Res. Nat. Bur. Standards 1966).
    Raises `InputError` when `polynomial` is not a polynomial with rational coefficients in the symbols of the box.
    """
    symbols = [symbol for symbol, _, _ in box]
    moved = polynomial.subs({symbol: low + (high - low) * symbol for symbol, low, high in box}, simultaneous=True)
    try:
        terms = sympy.Poly(moved, *symbols, domain="QQ")
    except sympy.PolynomialError:
        raise InputError(f"{polynomial} is not a polynomial with rational coefficients in {symbols}") from None
    degrees = [max(0, terms.degree(symbol)) for symbol in symbols]
    coefficients = terms.as_dict()
    return [_coefficient(index, degrees, coefficients) for index in itertools.product(*(range(d + 1) for d in degrees))]


def nonnegative_on_box(polynomial: sympy.Expr, box: Box, strict: bool = False, depth: int = 4) -> bool | None:
    """Whether `polynomial` >= 0 (> 0 when `strict`) on the closed `box`; None when `depth` halvings do not decide.

    True: all Bernstein coefficients have the sign on every sub-box. False: an exact negative (or zero) corner value.
    """
    coefficients = bernstein_coefficients(polynomial, box)
    if min(coefficients) > 0 or (min(coefficients) == 0 and not strict):
        return True
    for corner in itertools.product(*((low, high) for _, low, high in box)):
        value = polynomial.subs({symbol: x for (symbol, _, _), x in zip(box, corner, strict=True)}, simultaneous=True)
        if value < 0 or (strict and value == 0):
            return False
    if depth == 0:
        return None
    answers = [nonnegative_on_box(polynomial, part, strict, depth - 1) for part in _halves(box)]
    return False if False in answers else (None if None in answers else True)


def _coefficient(
    index: tuple[int, ...], degrees: list[int], coefficients: dict[tuple[int, ...], sympy.Rational]
) -> sympy.Rational:
    total = sympy.Integer(0)
    for lower in itertools.product(*(range(i + 1) for i in index)):
        weight = sympy.Integer(1)
        for i, j, d in zip(index, lower, degrees, strict=True):
            weight *= sympy.Rational(math.comb(i, j), math.comb(d, j))
        total += weight * coefficients.get(lower, 0)
    return total


def _halves(box: Box) -> tuple[Box, Box]:
    widest = max(range(len(box)), key=lambda place: box[place][2] - box[place][1])
    symbol, low, high = box[widest]
    middle = (low + high) / 2
    return tuple((*box[:widest], (symbol, *ends), *box[widest + 1 :]) for ends in ((low, middle), (middle, high)))  # type: ignore[return-value]
