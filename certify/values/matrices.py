"""Numbers of matrices whose entries are formulas: eigenvalues, spectral radius, entries of powers and exponentials."""

from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary.arb import float_bounds
from certify.effort import charge
from certify.enclosure import Enclosure
from certify.integral import exact_arb
from certify.values.formula import Formula
from foundation import CertificateError, load

_LARGEST_SIZE, _LARGEST_EXPONENT = 300, 10_000
Evaluator = Callable[[Formula], flint.arb]
Rational = Callable[[Formula], Fraction | None]


def spectral(head: str, arguments: list[Formula], of: Evaluator) -> flint.arb:
    """An eigenvalue of a symmetric matrix, or the spectral radius or abscissa of any, enclosed in float64 balls."""
    rows = arguments[0]
    matrix, algebra = _matrix(rows, of), load("certify.linear_algebra")
    if head == "radius":
        return _arb(algebra.spectral_radius(matrix))
    if head == "abscissa":
        return _arb(algebra.eigenvalues(matrix).spectral_abscissa)
    if any(rows[i][j] != rows[j][i] for i in range(len(rows)) for j in range(i)):
        raise CertificateError("the certificate asks for an eigenvalue of a matrix that is not written symmetric")
    place = _place(arguments[1], len(rows))
    if place == len(rows):
        return _arb(algebra.largest_eigenvalue(matrix))
    found = algebra.symmetric_eigenvalues(matrix)
    return _arb(Enclosure(float(found.lower[place - 1]), float(found.upper[place - 1])))


def _matrix(rows: list[list[Formula]], of: Evaluator) -> Ball:
    size = len(rows)
    if size > _LARGEST_SIZE:
        raise CertificateError(f"the certificate's matrix has {size} rows, more than {_LARGEST_SIZE}")
    charge("products", 40 * size**3)
    bounds = np.array([[float_bounds(of(entry)) for entry in row] for row in rows])
    return Ball.from_bounds(bounds[..., 0], bounds[..., 1])


def _arb(found: Enclosure) -> flint.arb:
    if not np.isfinite([found.lower, found.upper]).all():
        return flint.arb("nan")
    return exact_arb(Fraction(found.lower)).union(exact_arb(Fraction(found.upper)))


def power_entry(arguments: list[Formula], of: Evaluator, exactly: Rational) -> flint.arb:
    """An entry of the n-th power of a matrix of whole numbers, exactly: how many walks of n steps lead there."""
    rows, exponent = arguments[0], arguments[1]
    if not all(type(entry) is int for row in rows for entry in row):
        raise CertificateError("the certificate's matrix must hold whole numbers")
    if type(exponent) is not int or not 0 <= exponent <= _LARGEST_EXPONENT or len(rows) > _LARGEST_SIZE:
        raise CertificateError(f"the certificate's power of a matrix is too large: {str(exponent)!r:.40}")
    charge("products", 4 * len(rows) ** 3 * (1 + exponent))
    power = flint.fmpz_mat(rows) ** exponent
    return flint.arb(power[_place(arguments[2], len(rows)) - 1, _place(arguments[3], len(rows)) - 1])


def flow_entry(arguments: list[Formula], of: Evaluator, exactly: Rational) -> flint.arb:
    """An entry of exp(A)."""
    matrix = load("certify.linear_algebra").matrix_exponential(_matrix(arguments[0], of))
    size = len(arguments[0])
    entry = matrix[_place(arguments[1], size) - 1, _place(arguments[2], size) - 1]
    return _arb(entry.enclosure())


def _place(value: Formula, size: int) -> int:
    if type(value) is not int or not 1 <= value <= size:
        raise CertificateError(f"the certificate asks for the entry {value!r:.40} of {size}")
    return value
