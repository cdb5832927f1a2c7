"""Quadratic forms inside and outside of the unit circle: solutions of Stein's equation in floats."""

import math

import numpy as np
import scipy.linalg

_DOUBLINGS = 60


def propose(left: np.ndarray, right: np.ndarray, radius: float) -> np.ndarray | None:
    """S with r^2 E^T S E - F^T S F ~ I where rho(E^-1 F) < r, by doubling; None where it overflows. An estimate.

    P = sum_k (M^T)^k M^k for M = E^-1 F / r is reached after log2 of the number of terms that count; S = E^-T P E^-1.
    """
    power = np.linalg.solve(left, right) / radius
    total = np.eye(len(power))
    for _ in range(_DOUBLINGS):
        with np.errstate(over="ignore", invalid="ignore"):
            addition = power.T @ total @ power
        size = float(np.abs(addition).max())
        if not math.isfinite(size) or size > 1e18:
            return None
        total = total + addition
        if size < 1e-12 * float(np.abs(total).max()):
            break
        power = power @ power
    return congruent(left, total / radius**2)


def propose_indefinite(left: np.ndarray, right: np.ndarray, radius: float) -> np.ndarray | None:
    """The same for any spectrum off the circle of this radius, by Schur's form; an estimate."""
    matrix = np.linalg.solve(left, right) / radius
    try:
        solution = scipy.linalg.solve_discrete_lyapunov(matrix.T, np.eye(len(matrix)) / radius**2)
    except (np.linalg.LinAlgError, ValueError):
        return None
    return congruent(left, (solution + solution.T) / 2)


def congruent(left: np.ndarray, metric: np.ndarray) -> np.ndarray | None:
    """E^-T P E^-1, symmetric; None when it is not finite."""
    half = np.linalg.solve(left.T, metric)
    form = np.linalg.solve(left.T, half.T)
    form = (form + form.T) / 2
    return form if np.isfinite(form).all() else None
