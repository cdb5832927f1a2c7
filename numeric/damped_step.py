"""Levenberg-Marquardt on the host: the model is compiled, what a step does with its Jacobian is not.

The trust region is optimistix's (`ClassicalTrustRegion`, with the constants of Gould, Orban, Sartenaer, Toint,
Sensitivity of trust-region algorithms to their parameters, 4OR 3, 2005), and so are the points visited, up to rounding.
Compiled with the model, a step took XLA longer than most small networks take to train.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from jaxtyping import Float64

Point = Float64[np.ndarray, " D"]
Residual = Float64[np.ndarray, " n"]

# a step that brings under a hundredth of what the model promises is refused; one that brings all widens the region
_POOR, _GOOD, _SHRINK, _GROW = 0.01, 0.99, 0.25, 3.5


@dataclass(frozen=True)
class Trial:
    """After a trial: the point and residual of the last accepted one, and whether the steps have become negligible."""

    point: Point
    residual: Residual
    negligible: bool


def levenberg_marquardt(
    residual: Callable[[Point], Residual],
    jacobian: Callable[[Point], Float64[np.ndarray, "n D"]],
    start: Point,
    tolerance: float,
) -> Iterator[Trial]:
    """Trials without end, the first at `start`; `tolerance` is relative and absolute, of the point and the residual."""
    point, value, rows = start, residual(start), jacobian(start)
    yield Trial(point, value, False)
    size = 1.0
    while True:
        step = _damped_step(rows, value, 1 / size)
        there = point + step
        after = residual(there)
        promised = (_squares(rows @ step + value) - _squares(value)) / 2
        brought = (_squares(after) - _squares(value)) / 2
        if not brought <= _POOR * promised:
            size *= _SHRINK
            yield Trial(point, value, False)
            continue
        size *= _GROW if promised < 0 and brought < _GOOD * promised else 1.0
        negligible = _negligible(step, there, tolerance) and _negligible(after - value, after, tolerance)
        point, value = there, after
        yield Trial(point, value, negligible)
        rows = jacobian(point)


def _damped_step(rows: Float64[np.ndarray, "n D"], value: Residual, damping: float) -> Point:
    """-(J^T J + damping I)^-1 J^T r.

    With fewer residuals than parameters as -J^T (J J^T + damping I)^-1 r, one Cholesky decomposition of the size of the
    residual; otherwise as a least-squares problem (Nocedal, Wright, Numerical Optimization, section 10.3).
    """
    residuals, parameters = rows.shape
    try:
        if residuals > parameters:
            stacked = np.vstack([rows, np.sqrt(damping) * np.eye(parameters)])
            return -scipy.linalg.lstsq(stacked, np.append(value, np.zeros(parameters)), lapack_driver="gelsy")[0]
        damped = rows @ rows.T
        damped[np.diag_indices(residuals)] += damping
        return -rows.T @ scipy.linalg.cho_solve(scipy.linalg.cho_factor(damped), value)
    except (scipy.linalg.LinAlgError, ValueError):  # not finite, or not positive definite in floats: a refused trial
        return np.full(parameters, np.nan)


def _negligible(change: np.ndarray, value: np.ndarray, tolerance: float) -> bool:
    return bool(np.all(np.abs(change) < tolerance * (1 + np.abs(value))))


def _squares(vector: np.ndarray) -> float:
    return float(vector @ vector)
