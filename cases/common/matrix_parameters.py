"""Readers of matrices of exact numbers and of positive numbers that may be exponentials."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import sympy

from cases.common.parameters import as_sympy, exact_rational, positive_rational
from certify.arithmetic import Ball, exp
from certify.arithmetic.rational import rational_ball
from foundation import InputError


@final
@dataclass(frozen=True)
class Matrix(Sequence[tuple[Fraction, ...]]):
    """An exact matrix as a sequence of rows; written as "1,2;3,4"."""

    rows: tuple[tuple[Fraction, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        return self.rows[index]

    def __str__(self) -> str:
        return ";".join(",".join(str(entry) for entry in row) for row in self.rows)


def rational_matrix(largest: int, *, square: bool = False) -> Callable[[Any, str], Matrix]:
    """A reader of "1,2;3,4" or of nested sequences: at most `largest` rows and columns of exact numbers."""

    def read(value: Any, name: str) -> Matrix:
        rows = tuple(tuple(exact_rational(entry, name) for entry in row) for row in _rows(value, name))
        widths = {len(row) for row in rows}
        if len(widths) != 1 or 0 in widths:
            raise InputError(f"{name} must be a matrix with rows of one length such as '1,2;3,4', but is {value!r}")
        if max(len(rows), *widths) > largest:
            raise InputError(f"{name} has shape {len(rows)} x {len(rows[0])}; at most {largest} x {largest} is allowed")
        if square and widths != {len(rows)}:
            raise InputError(f"{name} must be square, but has shape {len(rows)} x {len(rows[0])}")
        if max(abs(entry) for row in rows for entry in row) > 2**100:
            raise InputError(f"{name} must hold numbers of at most 2^100 in size, but is {value!r}")
        return Matrix(rows)

    return read


def _rows(value: Any, name: str) -> list[list[Any]]:
    if isinstance(value, str):
        return [row.split(",") for row in value.strip().strip(";").split(";")]
    try:
        rows = [list(row) if isinstance(row, Iterable) and not isinstance(row, str) else [row] for row in value]
    except TypeError:
        rows = [[value]]
    if not rows:
        raise InputError(f"{name} must be a matrix with at least one row, but is empty")
    return rows


def sympy_matrix(matrix: Matrix) -> sympy.ImmutableMatrix:
    """The same matrix in SymPy."""
    return sympy.ImmutableMatrix([[as_sympy(entry) for entry in row] for row in matrix])


def ball_matrix(matrix: Matrix) -> Ball:
    """The same matrix in balls, exact where its entries are floats."""
    return rational_ball(np.array(list(matrix), dtype=object))


def float_matrix(matrix: Matrix) -> np.ndarray:
    """The nearest floats."""
    return np.array([[float(entry) for entry in row] for row in matrix])


@final
@dataclass(frozen=True)
class PositiveNumber:
    """factor * e^exponent with exact factor > 0 and exponent."""

    factor: Fraction
    exponent: Fraction = Fraction(0)

    @property
    def is_rational(self) -> bool:
        """Whether no exponential is left."""
        return self.exponent == 0

    @property
    def symbolic(self) -> sympy.Expr:
        """The number in SymPy."""
        return as_sympy(self.factor) * sympy.exp(as_sympy(self.exponent))

    @property
    def ball(self) -> Ball:
        """The number as a ball with one entry."""
        return rational_ball(self.factor) * exp(rational_ball(self.exponent))

    def __str__(self) -> str:
        return str(self.factor) if self.is_rational else f"exp({self.exponent})"

    def __float__(self) -> float:
        return float(self.factor) * float(np.exp(float(self.exponent)))


# 2^-40 .. 2^40 keeps every product of ten factors far inside the range of float64.
_RANGE = 2.0**40


def positive_number(value: Any, name: str) -> PositiveNumber:
    """A reader of "3", "1/2", 0.25 or "exp(-1/2)": a number between 2^-40 and 2^40."""
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith("exp(") and text.endswith(")"):
        exponent = exact_rational(text[4:-1], name)
        number = PositiveNumber(Fraction(1), exponent) if abs(exponent) < 1000 else None
    else:
        number = PositiveNumber(positive_rational(value, name))
    if (
        number is None
        or not 1 / _RANGE <= float(min(number.factor, Fraction(2) ** 1000)) * np.exp(float(number.exponent)) <= _RANGE
    ):
        raise InputError(f"{name} must lie between 2^-40 and 2^40, such as '3' or 'exp(1/2)', but is {value!r}")
    return number


def positive_numbers(value: Any, name: str) -> tuple[PositiveNumber, ...]:
    """A reader of "3,exp(1/2)" or of a sequence of such numbers."""
    parts = value.split(",") if isinstance(value, str) else value
    if isinstance(parts, Iterable):
        numbers = tuple(positive_number(part, name) for part in parts)
    else:
        numbers = (positive_number(parts, name),)
    if not numbers:
        raise InputError(f"{name} must hold at least one number, but is empty")
    return numbers
