"""The truth about small matrices, in exact rational arithmetic and at high precision."""

import itertools
from fractions import Fraction

import numpy as np
from elementary_rows import members
from flint import acb, arb, fmpq, fmpq_mat, fmpq_poly

from certify.arithmetic import Ball


def rational(value: float) -> fmpq:
    """The float, exactly."""
    exact = Fraction(value)
    return fmpq(exact.numerator, exact.denominator)


def rational_matrix(a: np.ndarray) -> fmpq_mat:
    """The matrix of floats, exactly."""
    return fmpq_mat(a.shape[0], a.shape[1], [rational(v) for v in a.ravel().tolist()])


def member(rng: np.random.Generator, x: Ball, symmetric: bool = False) -> np.ndarray:
    """A matrix of floats in the ball, its ends included."""
    point = members(rng, x)
    return np.tril(point) + np.tril(point, -1).T if symmetric else point


def count_above(symmetric: fmpq_mat, threshold: fmpq) -> int:
    """How many eigenvalues of a symmetric matrix exceed the threshold.

    All roots of the characteristic polynomial are real, so Descartes' rule counts the positive ones exactly.
    """
    shifted = symmetric.charpoly()(fmpq_poly([threshold, 1]))
    signs = [1 if c > 0 else -1 for c in shifted.coeffs() if c != 0]
    return sum(p != q for p, q in itertools.pairwise(signs))


def count_below(symmetric: fmpq_mat, threshold: fmpq) -> int:
    """How many eigenvalues of a symmetric matrix lie below the threshold."""
    return count_above(symmetric * fmpq(-1), -threshold)


def roots_of(matrix: fmpq_mat) -> list[tuple[acb, int]]:
    """All eigenvalues with multiplicity, in proved and separated enclosures."""
    return list(matrix.charpoly().numer().complex_roots())


def modulus(root: acb) -> arb:
    return abs(root)
