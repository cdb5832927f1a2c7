"""Weights and a metric that nearly minimise Jensen's bound: Perron eigenvectors by iteration (estimates)."""

import contextlib
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from certify.effort import charge, work_of
from certify.lyapunov.time_limit import check_time
from foundation.computing_time import computing_time

_KRONECKER = 24
_LARGEST_LOG = 200.0
# A map without a spectral gap has not settled after so many steps, and any matrix on the way serves as a metric.
_MOST_STEPS = 3000


class Perron(NamedTuple):
    """Spectral radius, left (P) and right (X) Perron matrices: symmetric, positive semidefinite, of trace d."""

    radius: float
    left: np.ndarray
    right: np.ndarray


class OutOfTime(Exception):
    """The deadline passed inside an optimisation; the best point so far is kept by the caller."""


def perron(matrices: np.ndarray, weights: np.ndarray) -> Perron:
    """The Perron triple for floats `matrices` (k, d, d) and `weights` (k,) >= 0; radius 0 for a nilpotent map."""
    dimension = matrices.shape[-1]
    if dimension <= _KRONECKER:
        return _perron_by_squaring(matrices, weights)
    left = _power_iteration(np.swapaxes(matrices, -1, -2), weights)
    right = _power_iteration(matrices, weights)
    return Perron(left[0], left[1], right[1])


def left_perron(matrices: np.ndarray, weights: np.ndarray, work: float = np.inf) -> np.ndarray:
    """The left Perron matrix alone, as far as steps of together `work` units (`certify.effort`) lead; at least one."""
    if matrices.shape[-1] <= _KRONECKER:
        return _perron_by_squaring(matrices, weights).left
    steps = int(min(max(work / step_work(matrices), 1), _MOST_STEPS))
    return _power_iteration(np.swapaxes(matrices, -1, -2), weights, steps)[1]


def step_work(matrices: np.ndarray) -> float:
    """What one step of the power iteration with `matrices` (k, d, d) takes, in units of `certify.effort`."""
    return work_of({"products": _products(matrices), "steps": 1})


def _products(matrices: np.ndarray) -> int:
    return 2 * matrices.size * matrices.shape[-1]


def _perron_by_squaring(matrices: np.ndarray, weights: np.ndarray) -> Perron:
    """Repeated squaring of the d^2 x d^2 matrix: converges also without a spectral gap, to semidefinite matrices."""
    dimension = matrices.shape[-1]
    flat = matrices.reshape(len(matrices), -1)
    pairs = (flat * weights[:, None]).T @ flat  # (i j), (a b)
    square = pairs.reshape((dimension,) * 4).transpose(0, 2, 1, 3).reshape(dimension**2, dimension**2)
    power, identity = square, np.eye(dimension).ravel()
    for _ in range(40):
        check_time()
        scale = np.abs(power).max()
        if not 0 < scale < np.inf:
            break
        power = power / scale
        following = power @ power
        if np.abs(following / max(np.abs(following).max(), 1e-300) - power).max() < 1e-15:
            break
        power = following
    right, left = (power @ identity).reshape(dimension, dimension), (identity @ power).reshape(dimension, dimension)
    right, left = _normalised(right), _normalised(left)
    inner = float((left * right).sum())
    image = (square @ right.ravel()).reshape(dimension, dimension)
    radius = float((left * image).sum() / inner) if inner > 0 else 0.0
    return Perron(max(radius, 0.0), left, right)


def _power_iteration(matrices: np.ndarray, weights: np.ndarray, steps: int = _MOST_STEPS) -> tuple[float, np.ndarray]:
    x, radius = np.eye(matrices.shape[-1]), 0.0
    scaled = matrices * weights[:, None, None]
    for _ in range(steps):
        check_time()
        charge("products", _products(matrices))
        y = np.einsum("kij,klj->il", scaled @ x, matrices, optimize=True)
        trace = float(np.trace(y))
        if trace <= 0:
            return 0.0, np.eye(len(x))
        y *= len(x) / trace
        settled = np.abs(y - x).max() < 1e-12 * np.abs(y).max()
        x, radius = y, trace / len(x)
        if settled:
            break
    return radius, _normalised(x)


def _normalised(x: np.ndarray) -> np.ndarray:
    x = (x + x.T) / 2
    trace = float(np.trace(x))
    return x * (len(x) / trace) if trace > 0 and np.isfinite(trace) else np.eye(len(x))


def best_weights(
    matrices: np.ndarray, probabilities: np.ndarray, deadline: float, steps: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """(P, t) that nearly minimise the concave bound; t_i = e^-tau_i; `deadline` in `computing_time` seconds."""
    best: dict[str, object] = {"value": np.inf}

    root = np.sqrt(probabilities)

    def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
        tau = np.clip(z / root, -_LARGEST_LOG, _LARGEST_LOG)
        if computing_time() > deadline and np.isfinite(best["value"]):  # type: ignore[call-overload]
            raise OutOfTime
        triple = perron(matrices, probabilities * np.exp(tau))
        if triple.radius <= 0:
            raise OutOfTime
        value = float(np.log(triple.radius) - probabilities @ tau)
        if value < best["value"]:  # type: ignore[operator]
            best.update(value=value, left=triple.left, tau=tau.copy())
        return value, root * (np.exp(tau) * _scales(matrices, triple) - 1.0)

    # coordinates z = sqrt(p) tau, in which the curvature of g is of order one
    start = np.zeros(len(matrices))
    options = {"maxiter": steps, "ftol": 1e-14, "gtol": 1e-11}
    if steps > 0:
        with contextlib.suppress(OutOfTime):
            minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    if "left" not in best:
        return perron(matrices, probabilities).left, np.ones(len(matrices))
    return np.asarray(best["left"]), np.exp(-np.asarray(best["tau"]))


def _scales(matrices: np.ndarray, triple: Perron) -> np.ndarray:
    """<A_i^T P A_i, X> / (rho <P, X>)."""
    images = triple.left @ (matrices @ triple.right)
    values = np.einsum("kij,kij->k", images, matrices)
    return values / (triple.radius * float((triple.left * triple.right).sum()))
