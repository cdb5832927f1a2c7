"""Exact spectra of multiples, translates and inverses."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from foundation import InputError, exact_number

# An inverse whose denominators have no common multiple below it has entries that no float holds.
_LARGEST_SCALE = 2**1000


def rescaled(matrix: np.ndarray, spectrum: tuple[Any, ...], factor: Any) -> tuple[np.ndarray, tuple[Any, ...]]:
    """factor A and factor lambda."""
    exact = exact_number(factor, "factor")
    return as_floats([[exact * Fraction(float(x)) for x in row] for row in matrix]), tuple(
        multiplied(value, exact) for value in spectrum
    )


def translated(matrix: np.ndarray, spectrum: tuple[Any, ...], amount: Any) -> tuple[np.ndarray, tuple[Any, ...]]:
    """A + amount I and lambda + amount."""
    exact = exact_number(amount, "amount")
    rows = [[Fraction(float(x)) + (exact if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(matrix)]
    return as_floats(rows), tuple(value + _like(exact, value) for value in spectrum)


def inverted(matrix: np.ndarray, spectrum: tuple[Any, ...]) -> tuple[np.ndarray, tuple[Any, ...], int]:
    """s A^-1, s / lambda and s, the least positive integer that clears the odd denominators of A^-1."""
    from flint import fmpq, fmpq_mat

    rows = [[Fraction(float(x)) for x in row] for row in matrix]
    exact = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows])
    if exact.det() == 0:
        raise InputError("the matrix is singular and has no inverse")
    inverse, n = exact.inv(), len(rows)
    entries = [[Fraction(int(inverse[i, j].p), int(inverse[i, j].q)) for j in range(n)] for i in range(n)]
    scale = _odd_multiple(entry.denominator for row in entries for entry in row)
    return (
        as_floats([[entry * scale for entry in row] for row in entries]),
        tuple(_quotient(scale, value) for value in spectrum),
        scale,
    )


def as_floats(rows: list[list[Fraction]]) -> np.ndarray:
    """The exact numbers as floats; `InputError` where one is none."""
    for entry in (entry for row in rows for entry in row):
        try:
            exact = Fraction(float(entry)) == entry
        except OverflowError:
            exact = False
        if not exact:
            raise InputError(f"the entry {entry} of the result is not a float: scale by powers of two, shift by less")
    return np.array([[float(entry) for entry in row] for row in rows])


def multiplied(value: Any, factor: Fraction) -> Any:
    """factor lambda, with SymPy's rationals for SymPy's numbers."""
    return value * _like(factor, value)


def _quotient(numerator: int, value: Any) -> Any:
    if isinstance(value, Fraction | int):
        return Fraction(numerator) / value
    import sympy

    return sympy.radsimp(sympy.Integer(numerator) / value)


def _like(number: Fraction, value: Any) -> Any:
    if isinstance(value, Fraction | int):
        return number
    import sympy

    return sympy.Rational(number.numerator, number.denominator)


def _odd_multiple(denominators: Any) -> int:
    """The least common multiple of the odd parts."""
    scale = math.lcm(*(d // (d & -d) for d in denominators))
    if scale > _LARGEST_SCALE:
        raise InputError("the inverse has denominators without a common multiple of reasonable size")
    return scale
