"""Approximate extreme eigenpairs of large symmetric operators: estimates for others to verify, nothing proved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
import scipy.linalg
from scipy.linalg import lapack

# The Ritz values are looked at first after this many products, then after every so many.
_FIRST_CHECK, _CHECK = 60, 16
_STAGES, _INVERSE_STEPS = 4, 16

Operator: TypeAlias = Callable[[np.ndarray], np.ndarray]


@final
@dataclass(frozen=True)
class RitzPair:
    """An approximate eigenpair: unit vector, its Ritz value, the residual's norm and the distance to the next value."""

    value: float
    vector: np.ndarray
    residual: float
    gap: float


def lanczos(
    operator: Operator,
    start: np.ndarray,
    steps: int,
    accuracy: float = 0.0,
    wanted: tuple[bool, bool] = (True, True),
    first_check: int = _FIRST_CHECK,
) -> tuple[RitzPair, RitzPair]:
    """The lowest and the highest Ritz pair of the Krylov space of at most `steps` products, fully reorthogonalised.

    Stops early once the `wanted` ones are accurate to about `accuracy` times their distance.
    """
    basis = np.zeros((steps + 1, len(start)))
    basis[0] = start / np.linalg.norm(start)
    diagonal, beside = np.zeros(steps), np.zeros(steps)
    for k in range(steps):
        image = operator(basis[k])
        diagonal[k] = image @ basis[k]
        for _ in range(2):
            image = image - basis[: k + 1].T @ (basis[: k + 1] @ image)
        beside[k] = np.linalg.norm(image)
        if not beside[k] > 1e-14 * np.abs(diagonal).max() or k + 1 == steps:
            break
        if k >= first_check and (k - first_check) % _CHECK == 0:
            pairs = _ends(diagonal[: k + 1], beside[: k + 1], basis[: k + 1])
            error = accuracy * (pairs[1].value - pairs[0].value)
            if all(_is_accurate(pair, error) for pair, needed in zip(pairs, wanted, strict=True) if needed):
                return pairs
        basis[k + 1] = image / beside[k]
    return _ends(diagonal[: k + 1], beside[: k + 1], basis[: k + 1])


def extreme_ritz_pairs(
    matrix: np.ndarray, accuracy: float, refine: tuple[bool, bool] = (True, True), steps: int = 160
) -> tuple[RitzPair, RitzPair]:
    """Approximate eigenpairs at both ends of a symmetric matrix, the values to about `accuracy` times the spread.

    Where the Krylov space is too small for an end that is to be refined (low, high), inverse iteration with Cholesky
    factors takes over.
    """
    start = np.random.default_rng(0).standard_normal(len(matrix))
    low, high = lanczos(lambda x: matrix @ x, start, min(steps, len(matrix)), accuracy, refine)
    wanted = accuracy * (high.value - low.value)
    if refine[0]:
        low = _refined(matrix, low, wanted, -1)
    return low, _refined(matrix, high, wanted, +1) if refine[1] else high


def _refined(matrix: np.ndarray, pair: RitzPair, wanted: float, sign: int) -> RitzPair:
    """Lanczos steps with (alpha I - sign A)^-1, alpha ever closer to the eigenvalue, until the pair is accurate."""
    for _ in range(_STAGES):
        if _is_accurate(pair, wanted):
            return pair
        alpha, factor = _shifted_factor(matrix, pair, sign)
        if factor is None:
            return pair
        _, inverse = lanczos(_solver(factor), pair.vector, min(_INVERSE_STEPS, len(matrix)))
        if not (np.isfinite(inverse.vector).all() and inverse.value > 0):
            return pair
        # nu is an eigenvalue of the inverse where alpha - 1 / nu is one of sign * A
        next_value = max(inverse.value - inverse.gap, 0.5 * inverse.value)
        pair = RitzPair(
            sign * (alpha - 1 / inverse.value),
            inverse.vector,
            inverse.residual / inverse.value**2,
            1 / next_value - 1 / inverse.value,
        )
    return pair


def _solver(factor: np.ndarray) -> Operator:
    return lambda x: lapack.dpotrs(factor, x)[0]


def _shifted_factor(matrix: np.ndarray, pair: RitzPair, sign: int) -> tuple[float, np.ndarray | None]:
    """alpha a little above the Ritz value, and the Cholesky factor of alpha I - sign * matrix."""
    alpha = sign * pair.value
    for distance in (1.0, 16.0, 256.0):
        shifted = np.multiply(matrix, -float(sign), order="C")
        alpha = sign * pair.value + distance * pair.residual
        shifted.reshape(-1)[:: len(matrix) + 1] += alpha
        factor, failure = lapack.dpotrf(shifted.T, lower=0, clean=0, overwrite_a=1)
        if not failure:
            return alpha, factor
    return alpha, None


def _is_accurate(pair: RitzPair, wanted: float) -> bool:
    """Whether the value is within `wanted` of an eigenvalue: its error is at most residual^2 / gap and residual."""
    return pair.residual**2 <= wanted * pair.gap or pair.residual <= wanted


def _ends(diagonal: np.ndarray, beside: np.ndarray, basis: np.ndarray) -> tuple[RitzPair, RitzPair]:
    values, rotation = scipy.linalg.eigh_tridiagonal(diagonal, beside[:-1])
    return _pair(values, rotation, basis, beside[-1], 0), _pair(values, rotation, basis, beside[-1], -1)


def _pair(values: np.ndarray, rotation: np.ndarray, basis: np.ndarray, beside: float, end: int) -> RitzPair:
    neighbour = values[1 if end == 0 else -2] if len(values) > 1 else values[end]
    vector = rotation[:, end] @ basis
    residual = abs(float(beside * rotation[-1, end]))
    return RitzPair(float(values[end]), vector / np.linalg.norm(vector), residual, abs(float(values[end] - neighbour)))
