"""Exact decisions about matrices of rational numbers, floats included: rank, definiteness, stability."""

from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat, fmpz_poly

from certify.arithmetic import Ball
from certify.linear_algebra.complex_ball import ComplexBall
from foundation import InputError, plain_array, real_array
from foundation.arb_precision import arb_precision

# Machine words that an elimination or a characteristic polynomial may touch: minutes at worst, a second at order 100
# with 53-bit entries. Order 100 with entries over the whole range of floats stays below.
_MOST_WORK = 4e9
_PRECISIONS = (64, 256, 1024, 4096, 16384)


def exact_integers(value: Any) -> tuple[fmpz_mat, fmpz] | None:
    """(N, d), d > 0, with `value` = N / d exactly, in integers; None for balls, complex and too large matrices."""
    if isinstance(value, Ball):
        value = value.mid if value.is_exact else None
    if value is None or isinstance(value, ComplexBall) or np.iscomplexobj(plain_array(value, "matrix")):
        return None
    array = real_array(value, "matrix")
    if array.ndim != 2 or array.size == 0:
        return None
    if array.dtype == object and any(isinstance(entry, tuple) for entry in array.flat):
        return None
    ratios = [[entry.as_integer_ratio() for entry in row] for row in array.tolist()]
    integers, denominator = fmpq_mat([[fmpq(*ratio) for ratio in row] for row in ratios]).numer_denom()
    return (integers, denominator) if _work(integers) <= _MOST_WORK else None


def is_exactly_definite(integers: fmpz_mat) -> bool:
    """Whether a symmetric matrix of integers is positive definite.

    The roots of its characteristic polynomial p are real, so that all are positive exactly when the coefficients of p
    alternate in sign, none being 0 (Descartes' rule of signs for p(-x)).
    """
    if integers != integers.transpose():
        raise InputError("the matrix must be symmetric, but is not, exactly; pass (A + A.T) / 2 in the same numbers")
    size = integers.nrows()
    coefficients = integers.charpoly().coeffs()
    return all((c > 0) if (size - k) % 2 == 0 else (c < 0) for k, c in enumerate(coefficients))


def is_exactly_hurwitz(polynomial: fmpz_poly) -> bool | None:
    """Whether all roots lie in the open left half-plane; None when 16,384 bits do not tell.

    Necessary: coefficients of one sign. Roots z and -z, on the imaginary axis among others, are common roots of p(x)
    and p(-x). Where there are none, the signs of all real parts are decided by enclosures of the roots.
    """
    coefficients = polynomial.coeffs()
    if not (all(c > 0 for c in coefficients) or all(c < 0 for c in coefficients)):
        return False
    mirrored = fmpz_poly([c if k % 2 == 0 else -c for k, c in enumerate(coefficients)])
    if polynomial.gcd(mirrored).degree() > 0:
        return False
    for bits in _PRECISIONS:
        with arb_precision(bits):
            roots: Any = polynomial.complex_roots()  # pairs of a root and its multiplicity
            parts = [root.real for root, _ in roots]
            if any(part > 0 for part in parts):
                return False
            if all(part < 0 for part in parts):
                return True
    return None


def in_the_half_plane(polynomial: fmpz_poly) -> fmpz_poly | None:
    """q(s) = (1 - s)^n p((1 + s) / (1 - s)): the unit disc becomes the left half-plane; None when p(-1) = 0."""
    degree = polynomial.degree()
    plus, minus = fmpz_poly([1, 1]), fmpz_poly([1, -1])
    total, power = fmpz_poly([0]), fmpz_poly([1])
    for coefficient in reversed(polynomial.coeffs()):
        # Horner's rule for the homogeneous form
        total = total * plus + power * coefficient
        power = power * minus
    return total if total.degree() == degree else None


def _work(integers: fmpz_mat) -> float:
    bits = max(int(abs(entry)).bit_length() for entry in integers.entries())
    size = float(max(integers.nrows(), integers.ncols()))
    return size**4 * max(bits, 64) / 64
