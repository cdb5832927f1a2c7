"""Upper bounds for non-negative matrices from positive vectors (Collatz and Wielandt)."""

import numpy as np

from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma


def upper_product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Entrywise upper bound of the exact product of non-negative arrays (infinite where nothing is known).

    |fl(ab) - ab| <= gamma_k ab + k eta for any order of summation [Higham, Accuracy and Stability, (3.13)].
    """
    count = a.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        bound = np.matmul(a, b) * (1.0 + 4 * gamma(count + 2)) + (count + 1) * SMALLEST_SUBNORMAL
    return np.asarray(np.where(np.isnan(bound), np.inf, bound))


def upper_sum(a: np.ndarray, axis: int) -> np.ndarray:
    """Upper bounds of the exact sums of non-negative floats along one axis."""
    with np.errstate(over="ignore"):
        return np.asarray(a.sum(axis=axis) * (1.0 + 4 * gamma(a.shape[axis] + 2)))


def upper_quotient(numerator: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """Entrywise upper bound of numerator / divisor, numerator >= 0 and divisor > 0; infinite where undefined."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        bound = numerator / divisor * (1.0 + 4 * UNIT_ROUNDOFF) + SMALLEST_SUBNORMAL
    bound = np.where(numerator == 0, 0.0, bound)
    return np.asarray(np.where(np.isnan(bound) | ~(divisor > 0), np.inf, bound))


def perron_vector(matrix: np.ndarray, steps: int = 12) -> np.ndarray:
    """A positive vector close to the Perron vector of a non-negative matrix (an estimate; any x > 0 is sound)."""
    x = np.ones(matrix.shape[-1])
    if not np.isfinite(matrix).all():
        return x
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for _ in range(steps):
            image = matrix @ x
            top = image.max(initial=0.0)
            if not (0 < top < np.inf):
                break
            x = np.maximum(0.5 * x + 0.5 * image / top, 1e-12)
            x = x / x.max()
    return x if np.isfinite(x).all() else np.ones(matrix.shape[-1])


def perron_bound(matrix: np.ndarray, vector: np.ndarray | None = None) -> float:
    """Upper bound of the spectral radius of every real or complex matrix A with |A| <= `matrix` entrywise.

    rho(A) <= rho(|A|) <= max_i (|A| x)_i / x_i for every x > 0 [Horn and Johnson, Matrix Analysis, 8.1.26].
    """
    x = perron_vector(matrix) if vector is None else vector
    return float(upper_quotient(upper_product(matrix, x), x).max(initial=0.0))
