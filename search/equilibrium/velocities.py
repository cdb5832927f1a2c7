"""Velocities with which a relative equilibrium moves along its group orbit: least squares."""

import numpy as np

from certify.equilibrium import EquilibriumStatement

_CLOSE = 2.0**-30
_ROUNDS, _STARTS = 30, (0.0, 1.5, -1.5, 3.0, -3.0)


def first_unknowns(statement: EquilibriumStatement, start: np.ndarray) -> np.ndarray:
    """No step across, and the velocities c with M(c) x nearest to f(x) (an estimate)."""
    assert statement.group is not None
    from certify.arithmetic import Ball

    values = statement.value(Ball.exact(start)).mid
    floats = np.array([[[float(entry) for entry in row] for row in matrix] for matrix in statement.group.generators])
    speeds = _steps(floats, start, values) if statement.is_map else least_squares(floats @ start, values)
    return np.concatenate([np.zeros(statement.places), speeds])


def least_squares(directions: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.lstsq(directions.T, values, rcond=None)[0])


def _steps(matrices: np.ndarray, start: np.ndarray, values: np.ndarray) -> np.ndarray:
    """c with exp(C) x nearest to f(x): Gauss-Newton from several c, those near 0 first."""
    from scipy.linalg import expm

    sizes = np.linalg.norm(matrices, 2, axis=(1, 2))
    best, least = np.zeros(len(matrices)), np.inf
    for first in _STARTS:
        speeds = first / sizes
        for _ in range(_ROUNDS):
            moved = expm(np.tensordot(speeds, matrices, 1)) @ start
            gap = float(np.linalg.norm(values - moved))
            if not np.isfinite(gap):
                break
            if gap < least:
                best, least = speeds, gap
            if gap <= _CLOSE * float(np.linalg.norm(values)):
                return speeds
            speeds = speeds + np.clip(least_squares(matrices @ moved, values - moved), -1 / sizes, 1 / sizes)
    return best
