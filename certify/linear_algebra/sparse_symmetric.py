"""Proved enclosures of the extreme eigenvalues of a sparse symmetric matrix."""

import math
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, gamma, inflate, next_up
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.linear_algebra.inertia import inertia
from certify.linear_algebra.lanczos import Operator, RitzPair, lanczos
from certify.linear_algebra.ordering import Front, nested_dissection
from certify.linear_algebra.power_of_two_scaling import scaled_enclosure
from certify.linear_algebra.sparse_input import symmetric_entries

# Dense routines are faster, and sharper, up to this size.
_DENSE = 400
_MODERATE = 2.0**100
_STEPS = 80
_STAGES = 6


def sparse_extreme_eigenvalues(matrix: Any) -> tuple[Enclosure, Enclosure]:
    """Proved enclosures of the smallest and of the largest eigenvalue of a sparse symmetric matrix.

    `matrix`: (n, n) SciPy sparse matrix or array, exactly symmetric, taken as exact; repeated entries are summed
    exactly, and where no float is the sum, its distance from one widens the result (Weyl); `InputError` otherwise.
    Outer sides: the better of Gershgorin's theorem for X^-1 A X with X > 0 diagonal [Horn and Johnson, 6.1.6], and of a
    verified multifrontal elimination of A - s I whose pivot blocks are all proved positive (`inertia`), where nested
    dissection keeps the fill within bounds. Inner sides: Rayleigh quotients in balls. Where the fill explodes
    (expanders), the enclosures are as wide as Gershgorin's; for matrices without negative entries the largest
    eigenvalue stays sharp.
    """
    entries = symmetric_entries(matrix, "matrix")
    values = entries.ball("matrix")
    low, high = _extremes(entries.matrix(values.mid))
    if values.is_exact:
        return low, high
    spread = entries.matrix(np.array(values.rad))
    longest = int(np.diff(spread.indptr).max())
    distance = float(inflate(np.asarray(spread.sum(axis=1)), longest).max())
    shift = Ball.from_bounds(-distance, distance)
    return (shift + _ball(low)).enclosure(), (shift + _ball(high)).enclosure()


def _ball(value: Enclosure) -> Ball:
    return Ball.from_bounds(value.lower, value.upper)


def _extremes(matrix: csr_array) -> tuple[Enclosure, Enclosure]:
    given, exponent = leveled(matrix)
    if given.shape[0] <= _DENSE:
        low, high = extreme_eigenvalues(given.toarray())
    else:
        fronts = nested_dissection(given)
        high = _largest(given, fronts)
        negated = _largest(-given, fronts)
        low = Enclosure(-negated.upper, -negated.lower)
    return scaled_enclosure(low, exponent), scaled_enclosure(high, exponent)


def leveled(matrix: csr_array) -> tuple[csr_array, int]:
    """(B, k) with A = 2^k B and moderate entries, up to eta an entry (which the error bounds of users include)."""
    largest = float(np.abs(matrix.data).max(initial=0.0))
    if largest == 0.0 or 1 / _MODERATE < largest < _MODERATE:
        return matrix, 0
    exponent = math.frexp(largest)[1]
    with np.errstate(under="ignore"):
        data = np.ldexp(matrix.data, -exponent)
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape), exponent


def positive_vector(matrix: csr_array, steps: int = 60) -> np.ndarray:
    """A positive vector near the Perron vector of |A|, from damped power steps (any positive vector is sound)."""
    x = np.ones(matrix.shape[0])
    for _ in range(steps):
        image = matrix @ x
        x = np.maximum(0.5 * x + 0.5 * image / (image.max() or 1.0), 1e-10)
        x /= x.max()
    return x


def gershgorin_bound(matrix: csr_array, vector: np.ndarray) -> float:
    """Upper bound of the largest eigenvalue: max_i a_ii + sum_(j != i) |a_ij| x_j / x_i for the positive x given."""
    diagonal = matrix.diagonal()
    beside = abs(matrix - scipy.sparse.diags_array(diagonal))
    longest = int(np.diff(matrix.indptr).max(initial=0)) + 2
    sums = (beside @ vector) * (1.0 + 4 * gamma(longest)) + longest * SMALLEST_SUBNORMAL
    radius = next_up(sums / vector) + SMALLEST_SUBNORMAL
    return float(next_up(diagonal + next_up(radius)).max())


def _largest(matrix: csr_array, fronts: tuple[Front, ...] | None) -> Enclosure:
    """Enclosure of the largest eigenvalue."""
    size = matrix.shape[0]
    outer = min(gershgorin_bound(matrix, np.ones(size)), gershgorin_bound(matrix, positive_vector(abs(matrix))))
    start = np.random.default_rng(0).standard_normal(size)
    _, pair = lanczos(lambda x: matrix @ x, start, min(_STEPS, size))
    inner = _rayleigh_lower(matrix, pair.vector)
    if fronts is not None:
        vector = _sharpened_vector(matrix, fronts, pair)
        inner = max(inner, _rayleigh_lower(matrix, vector))
        outer = min(outer, _certified_upper(matrix, fronts, inner, outer))
    return Enclosure(min(inner, outer), outer)


def _certified_upper(matrix: csr_array, fronts: tuple[Front, ...], inner: float, outer: float) -> float:
    """alpha + ||E|| for the first alpha above `inner` at which the elimination of alpha I - A is proved definite."""
    for distance in (1e-11 * max(abs(inner), abs(outer)) * 100.0 ** np.arange(_STAGES)).tolist():
        if distance >= outer - inner:
            break
        found = inertia(-matrix, -(inner + distance), fronts)
        if found is not None and found.below == 0:
            return -found.lower
    return outer


def _sharpened_vector(matrix: csr_array, fronts: tuple[Front, ...], pair: RitzPair) -> np.ndarray:
    """Shifted inverse iteration from the Ritz pair, the shift ever closer above the largest eigenvalue: a guess."""
    for _ in range(_STAGES):
        shift = pair.value + max(2 * pair.residual, 1e-13 * abs(pair.value))
        found = nearest_pair(matrix, shift, fronts, pair.vector)
        if found is None:
            break
        closer, pair = found.residual < 0.3 * pair.residual, found
        if not closer or pair.residual <= 1e-13 * abs(pair.value):
            break
    return pair.vector


def nearest_pair(
    matrix: csr_array,
    shift: float,
    fronts: tuple[Front, ...],
    start: np.ndarray,
    project: Operator = lambda x: x,
    steps: int = 30,
) -> RitzPair | None:
    """Approximate eigenpair nearest to `shift` in the range of the projection: a guess."""
    order = np.concatenate([front.pivots for front in fronts])
    size = len(order)
    permuted = (matrix[order][:, order] - shift * scipy.sparse.eye_array(size)).tocsc()
    try:
        factor = splu(permuted, permc_spec="NATURAL", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except (RuntimeError, ValueError, MemoryError):
        return None

    def inverse(x: np.ndarray) -> np.ndarray:
        image = np.empty(size)
        image[order] = factor.solve(x[order])
        return project(image)

    with np.errstate(all="ignore"):
        pair = max(lanczos(inverse, project(start), min(steps, size)), key=lambda end: abs(end.value))
        value, residual = shift + 1 / pair.value, pair.residual / pair.value**2
    usable = np.isfinite(pair.vector).all() and np.isfinite(value)
    return RitzPair(float(value), pair.vector, float(residual), pair.gap) if usable else None


def _rayleigh_lower(matrix: csr_array, vector: np.ndarray) -> float:
    """Lower bound of x^T A x / x^T x, itself at most the largest eigenvalue.

    The sparse product obeys |fl(A x) - A x| <= gamma_k |A||x| with k the longest row, in any order of summation.
    """
    longest = int(np.diff(matrix.indptr).max(initial=0)) + 1
    size = (abs(matrix) @ np.abs(vector)) * (gamma(longest) * (1 + 4 * gamma(longest + 2)))
    image = Ball._unchecked(matrix @ vector, size + longest * 2 * SMALLEST_SUBNORMAL)
    x = Ball.exact(vector)
    return ((x @ image) / (x @ x)).enclosure().lower
