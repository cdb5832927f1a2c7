"""Proved enclosures of the smallest and the largest eigenvalue of a symmetric matrix of floats or balls."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_NORMAL, gamma
from certify.enclosure import Enclosure
from certify.linear_algebra.lanczos import extreme_ritz_pairs, lanczos
from certify.linear_algebra.matrix_input import is_bounded, symmetric_ball
from certify.linear_algebra.norms import infinity_norm_bound, two_norm_bound
from certify.linear_algebra.power_of_two_scaling import level, scaled_enclosure
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound

Pair = tuple[float, np.ndarray]

UNBOUNDED = Enclosure(-math.inf, math.inf)

# Up to this size a full reduction takes less time than the steps of the Lanczos method in Python.
_REDUCED = 100
# From this size on the Lanczos method finds two eigenvectors faster than a full reduction.
_LANCZOS = 300
# Products with a matrix and with its inverse: their extreme eigenvectors are found soon, each at the far end.
_KRYLOV_STEPS, _KRYLOV_CHECK = 120, 12


def extreme_eigenvalues(matrix: Any) -> tuple[Enclosure, Enclosure]:
    """Proved enclosures of the smallest and of the largest eigenvalue of every symmetric matrix in `matrix`.

    `matrix`: (n, n) floats (exactly symmetric, taken as exact) or a ball matrix; `InputError` otherwise. The outer
    sides rest on alpha I - A >= -eps I and A - beta I >= -eps I, each by one Cholesky factor with a verified residual
    (`smallest_eigenvalue_bound`); the inner sides on Rayleigh quotients evaluated in balls. Relative to ||A||,
    the width is about n u || |R| ||^2 / ||A||, R the Cholesky factor: 1e-11 for random matrices of size 1000.
    Radii widen the outer sides by a bound of their norm (Weyl). Unbounded radii give infinite enclosures.
    """
    smallest, largest = _sides(matrix, (-1, +1))
    return smallest, largest


def _sides(matrix: Any, signs: tuple[int, ...]) -> list[Enclosure]:
    """The largest eigenvalue for +1, the smallest for -1."""
    given = symmetric_ball(matrix)
    if not is_bounded(given):
        return [UNBOUNDED] * len(signs)
    if len(given) == 1:
        return [given.enclosure()] * len(signs)
    scaled, exponent = level(given)
    radius = 0.0 if scaled.is_exact else two_norm_bound(scaled.rad)
    low, high = approximate_extremes(scaled.mid)
    spread = max(float(high[0] - low[0]), 0.0)
    sides = [eigenvalue_side(scaled, high if sign > 0 else low, spread, radius, sign) for sign in signs]
    return [scaled_enclosure(side, exponent) for side in sides]


def extremes_of_floats(
    matrix: np.ndarray, inverse: np.ndarray
) -> tuple[tuple[Enclosure, np.ndarray], tuple[Enclosure, np.ndarray]]:
    """The same for exactly symmetric floats, each with the approximate eigenvector that was used. `inverse`: any guess
    of the inverse of a positive definite matrix; Krylov spaces of both find the vectors without a reduction.
    """
    scaled, exponent = level(symmetric_ball(matrix))
    pairs = _reduced(scaled.mid, inverse) if len(matrix) <= _REDUCED else _by_krylov_spaces(scaled.mid, inverse)
    if not all(np.isfinite(vector).all() for _, vector in pairs):
        pairs = list(approximate_extremes(scaled.mid))
    spread = max(pairs[1][0] - pairs[0][0], 0.0)
    smallest, largest = (eigenvalue_side(scaled, p, spread, 0.0, sign) for p, sign in zip(pairs, (-1, 1), strict=True))
    ends = scaled_enclosure(smallest, exponent), scaled_enclosure(largest, exponent)
    return (ends[0], pairs[0][1]), (ends[1], pairs[1][1])


def _by_krylov_spaces(matrix: np.ndarray, inverse: np.ndarray) -> list[Pair]:
    start = np.random.default_rng(0).standard_normal(len(matrix))
    steps, accuracy = min(_KRYLOV_STEPS, len(matrix)), gamma(len(matrix)) / 16
    high = lanczos(lambda x: matrix @ x, start, steps, accuracy, (False, True), _KRYLOV_CHECK)[1]
    low = lanczos(lambda x: inverse @ x, start, steps, accuracy, (False, True), _KRYLOV_CHECK)[1]
    return [(float(pair.vector @ (matrix @ pair.vector)), pair.vector) for pair in (low, high)]


def _reduced(matrix: np.ndarray, inverse: np.ndarray) -> list[Pair]:
    """By a full reduction; one step with the inverse sharpens the vector of the smallest eigenvalue."""
    low, high = approximate_extremes(matrix)
    sharper = inverse @ low[1]
    sharper = sharper / np.linalg.norm(sharper)
    return [(float(sharper @ (matrix @ sharper)), sharper), high]


def largest_eigenvalue(matrix: Any) -> Enclosure:
    """The second half of `extreme_eigenvalues`."""
    return _sides(matrix, (+1,))[0]


def smallest_eigenvalue(matrix: Any) -> Enclosure:
    """The first half of `extreme_eigenvalues`."""
    return _sides(matrix, (-1,))[0]


def rayleigh_quotient(matrix: Ball, vector: np.ndarray) -> Ball:
    """x^T A x / x^T x in balls, for exact x of moderate size; it lies between the extreme eigenvalues of A."""
    x = Ball.exact(vector)
    return (x @ (matrix @ x)) / (x @ x)


def certified_shift(
    proves: Callable[[float], float], estimate: float, step: float, fallback: float, attempts: int = 12
) -> float:
    """The upper bound that `proves(alpha)` answers for the first alpha = estimate + step * 16^k that it can prove.

    `proves` returns a proved bound, or +inf; the answer is never above `fallback`, a proved bound as well.
    """
    for _ in range(attempts):
        bound = proves(estimate + step)
        if bound < math.inf:
            return min(bound, fallback)
        step *= 16
    return fallback


def eigenvalue_side(matrix: Ball, pair: tuple[float, np.ndarray], spread: float, radius: float, sign: int) -> Enclosure:
    """Enclosure of the largest eigenvalue (sign +1) or the smallest (sign -1), from an approximate eigenpair."""
    estimate, vector = pair
    norm = infinity_norm_bound(matrix)
    # The factorisation breaks down when the shift clears the eigenvalue by less than its own rounding errors.
    step = gamma(len(matrix)) * (spread + abs(estimate) * 2.0**-8) / 4 + SMALLEST_NORMAL * 2.0**40

    def proves(alpha: float) -> float:
        # sign * A <= alpha - bound, where bound <= lambda_min(alpha I - sign * A) is at least -eps
        return -smallest_eigenvalue_bound(matrix.mid, -alpha, sign=-sign)

    outer = certified_shift(proves, sign * estimate, step, math.inf)
    outer = min(norm, math.nextafter(outer + radius, math.inf) if radius else outer)
    inner = (rayleigh_quotient(matrix, vector) * float(sign)).enclosure().lower
    inner = min(max(inner, -norm), outer)
    return Enclosure(inner, outer) if sign > 0 else Enclosure(-outer, -inner)


def approximate_extremes(matrix: np.ndarray, refine: tuple[bool, bool] = (True, True)) -> tuple[Pair, Pair]:
    """Approximate eigenpairs at both ends: guesses, whose quality decides the width and never the truth.

    An end (low, high) that is not to be refined may be coarse.
    """
    if len(matrix) >= _LANCZOS:
        ritz = extreme_ritz_pairs(matrix, accuracy=gamma(len(matrix)) / 16, refine=refine)
        if all(np.isfinite(pair.vector).all() for pair in ritz):
            return (ritz[0].value, ritz[0].vector), (ritz[1].value, ritz[1].vector)
    try:
        values, vectors = scipy.linalg.eigh(matrix, check_finite=False)
    except (np.linalg.LinAlgError, ValueError):
        diagonal = np.diagonal(matrix)
        low, high = int(diagonal.argmin()), int(diagonal.argmax())
        unit = np.eye(len(matrix))
        return (float(diagonal[low]), unit[low]), (float(diagonal[high]), unit[high])
    return (float(values[0]), vectors[:, 0]), (float(values[-1]), vectors[:, -1])
