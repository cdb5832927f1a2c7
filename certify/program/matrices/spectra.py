"""Eigenvalues, spectral projectors, singular values and exponentials of one matrix of Arb balls.

Eigenvalues come from Arb's certified isolation; where that fails, as for multiple ones, from the float64 bounds of
`certify.linear_algebra`. Multiple eigenvalues are enclosed together, never split.
"""

import itertools
import math

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.program.matrices.eigenvectors import eigenvectors
from certify.program.matrices.factorisations import arbs, product, symmetric_from_lower
from foundation import InputError
from foundation.arb_precision import arb_precision


def eigenvalues(a: np.ndarray) -> np.ndarray:
    """The eigenvalues of the symmetric matrix with the lower triangle of `a`, ascending, shape (n,)."""
    from certify.linear_algebra import symmetric_eigenvalues

    full = symmetric_from_lower(a)
    _bounded(full)
    if len(full) == 1:
        return full.reshape(1)
    bounds = symmetric_eigenvalues(_balls(full))
    coarse = [_between(low, high) for low, high in zip(bounds.lower, bounds.upper, strict=True)]
    fine = _isolated(full)
    return _vector(coarse if fine is None else [_meet(f, c) for f, c in zip(fine, coarse, strict=True)])


def _bounded(a: np.ndarray) -> None:
    if not all(entry.is_finite() for entry in a.flat):
        raise InputError("the spectrum of a matrix with unbounded entries; shrink the balls")


def _balls(a: np.ndarray) -> Ball:
    from certify.program.arb import to_ball

    return to_ball(a)


def _between(low: float, high: float) -> flint.arb:
    if not (math.isfinite(low) and math.isfinite(high)):
        return flint.arb(0, math.inf)
    return flint.arb(float(low)).union(flint.arb(float(high)))


def _meet(x: flint.arb, y: flint.arb) -> flint.arb:
    return x.intersection(y) if y.is_finite() else x


def _vector(values: list[flint.arb]) -> np.ndarray:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def _isolated(full: np.ndarray) -> list[flint.arb] | None:
    """Arb's enclosures, ascending and disjoint; None where eigenvalues are not told apart."""
    try:
        found = flint.acb_mat(full.tolist()).eig()
    except (ValueError, ZeroDivisionError):
        return None
    values = sorted((value.real for value in found), key=lambda value: float(value.mid()))
    if not all(a < b for a, b in itertools.pairwise(values)):
        return None
    return values


def projectors(a: np.ndarray) -> np.ndarray:
    """v_i v_i^T for the unit eigenvectors of the symmetric matrix with the lower triangle of `a`, shape (n, n, n), in
    ascending order of the eigenvalues: they do not depend on the vectors' signs. Unbounded where eigenvalues are not
    proved to be separated.
    """
    vectors = eigenvectors(a)
    parts = vectors.T[:, :, None] * vectors.T[:, None, :]
    return np.asarray(parts, dtype=object)


def singular_values(a: np.ndarray) -> np.ndarray:
    """All min(m, n) singular values, descending: roots of the eigenvalues of A^T A (or A A^T), met with the float64
    bounds.
    """
    from certify.linear_algebra import singular_values as float_singular_values

    _bounded(a)
    bounds = float_singular_values(_balls(a))
    coarse = [_between(low, high) for low, high in zip(bounds.lower, bounds.upper, strict=True)]
    with arb_precision(2 * flint.ctx.prec + 32):
        gram = product(a.T, a) if a.shape[0] >= a.shape[1] else product(a, a.T)
        squares = _isolated(gram)
        if squares is None:
            return _vector(coarse)
        roots = [value.nonnegative_part().sqrt() for value in reversed(squares)]
        return _vector([_meet(root, value) for root, value in zip(roots, coarse, strict=True)])


def exponential(a: np.ndarray) -> np.ndarray:
    """exp(A)."""
    result = np.empty(a.shape, dtype=object)
    result.reshape(-1)[:] = flint.arb_mat(a.tolist()).exp().entries()
    return result


def pseudo_inverse(a: np.ndarray) -> np.ndarray:
    """(A^T A)^-1 A^T or A^T (A A^T)^-1, where every singular value is proved to exceed the cutoff that JAX uses."""
    from certify.program.matrices.factorisations import solution

    values = singular_values(a)
    cutoff = 10 * max(a.shape) * flint.arb(2.0**-52) * values[0]
    if not all(value > cutoff for value in values):
        raise InputError("the pseudo-inverse of a matrix that is not proved to have full rank (beyond the cutoff)")
    with arb_precision(2 * flint.ctx.prec + 32):
        if a.shape[0] >= a.shape[1]:
            return solution(product(a.T, a), a.T)
        return solution(product(a, a.T), a).T


__all__ = ["arbs", "eigenvalues", "exponential", "projectors", "pseudo_inverse", "singular_values"]
