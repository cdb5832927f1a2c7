"""Locked states of coupled phase oscillators by Newton's method with sparse solvers; estimates."""

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.sparse
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import LinearOperator, cg, minres, splu

# Matrices up to this size, or of small bandwidth, are factorised; the others are left to Krylov methods.
_DIRECT, _BANDED, _BANDED_WORK = 2000, 2e8, 4e10
_CG_STEPS, _MINRES_STEPS, _ACCURACY = 3000, 3000, 1e-5
_LARGEST_CHANGE = 1.0


@final
@dataclass(frozen=True, eq=False)
class OscillatorArrays:
    """theta_i' = omega_i + sum_j w_ij sin(theta_j - theta_i): ends (m,) and weights (m,) of the edges, omega (n,)."""

    tails: np.ndarray
    heads: np.ndarray
    weights: np.ndarray
    frequencies: np.ndarray

    def velocities(self, phases: np.ndarray) -> np.ndarray:
        """Velocities less their mean, (n,)."""
        flow = self.weights * np.sin(phases[self.heads] - phases[self.tails])
        n = len(self.frequencies)
        total = np.bincount(self.tails, flow, n) - np.bincount(self.heads, flow, n)
        return np.asarray(self.frequencies - self.frequencies.mean() + total)

    def form(self, phases: np.ndarray) -> csr_array:
        """The Laplacian of the weights w_ij cos(theta_j - theta_i): minus the derivative of the velocities."""
        w, n = self.weights * np.cos(phases[self.heads] - phases[self.tails]), len(self.frequencies)
        rows, columns = np.concatenate([self.tails, self.heads]), np.concatenate([self.heads, self.tails])
        beside = csr_array((np.concatenate([w, w]), (rows, columns)), shape=(n, n))
        return csr_array(scipy.sparse.diags_array(np.asarray(beside.sum(axis=1)).reshape(-1)) - beside)


@final
@dataclass(frozen=True, eq=False)
class LockedState:
    """phases (n,) in [-pi, pi]; residual: the largest velocity left; converged: whether that is rounding alone."""

    phases: np.ndarray
    residual: float
    converged: bool


def locked_state(arrays: OscillatorArrays, start: np.ndarray, steps: int = 40) -> LockedState:
    """Damped Newton steps from `start`; the differences along edges change by at most 1 a step."""
    phases, scale = wrapped(start), 1.0 + float(np.abs(arrays.frequencies - arrays.frequencies.mean()).max())
    floor = 2.0**-46 * (scale + float(np.bincount(arrays.tails, np.abs(arrays.weights)).max()))
    best = phases, float(np.abs(arrays.velocities(phases)).max())
    stalled = 0
    for _ in range(steps):
        phases = _newton_step(arrays, phases, best[1])
        size = float(np.abs(arrays.velocities(phases)).max())
        stalled = 0 if size < 0.7 * best[1] else stalled + 1
        best = (phases, size) if size < best[1] else best
        if not np.isfinite(size) or stalled >= (2 if best[1] <= floor else 6):
            break
    return LockedState(wrapped(best[0]), best[1], best[1] <= 64 * floor)


def continued_state(arrays: OscillatorArrays, start: np.ndarray, stages: int = 8) -> LockedState:
    """Newton's method with the frequencies' deviations raised step by step from zero."""
    found = locked_state(arrays, start)
    if found.converged:
        return found
    mean, phases = arrays.frequencies.mean(), start
    for fraction in np.linspace(0, 1, stages + 1):
        part = OscillatorArrays(
            arrays.tails, arrays.heads, arrays.weights, mean + fraction * (arrays.frequencies - mean)
        )
        found = locked_state(part, phases)
        if not found.converged:
            break
        phases = found.phases
    return LockedState(found.phases, float(np.abs(arrays.velocities(found.phases)).max()), found.converged)


def drifting_phases(arrays: OscillatorArrays, start: np.ndarray, steps: int = 600) -> np.ndarray:
    """Unwrapped phases (n,) after a while of the flow: oscillators that cannot follow are far away from the others."""
    rate = float(np.bincount(np.concatenate([arrays.tails, arrays.heads]), np.tile(np.abs(arrays.weights), 2)).max())
    deviation = float(np.abs(arrays.frequencies - arrays.frequencies.mean()).max())
    size = 0.5 / max(rate, deviation)
    phases = np.array(start)
    for _ in range(steps):
        middle = phases + size / 2 * arrays.velocities(phases)
        phases = phases + size * arrays.velocities(middle)
    return phases


def order_parameter(phases: np.ndarray) -> float:
    """|mean of exp(i theta)|."""
    return float(np.abs(np.exp(1j * phases).mean()))


def wrapped(phases: np.ndarray) -> np.ndarray:
    """The same phases in [-pi, pi], rotated so that their circular mean is 0."""
    mean = np.exp(1j * phases).mean()
    turned = phases - (np.angle(mean) if abs(mean) > 1e-3 else 0.0)
    return np.asarray(turned - 2 * np.pi * np.round(turned / (2 * np.pi)))


def _newton_step(arrays: OscillatorArrays, phases: np.ndarray, size: float) -> np.ndarray:
    velocities = arrays.velocities(phases)
    step = solve_laplacian(arrays.form(phases), velocities)
    if not np.isfinite(step).all():
        return phases
    change = float(np.abs(step[arrays.heads] - step[arrays.tails]).max())
    factor = min(1.0, _LARGEST_CHANGE / change) if change > 0 else 1.0
    for _ in range(6):
        trial = phases + factor * step
        if float(np.abs(arrays.velocities(trial)).max()) < size:
            return trial
        factor /= 2
    return phases + factor * step


def solve_laplacian(matrix: csr_array, right: np.ndarray) -> np.ndarray:
    """An approximate solution of L x = b, sum x = 0, for a symmetric L with L 1 = 0 (also indefinite)."""
    target, diagonal = right - right.mean(), matrix.diagonal()
    sign = 1.0 if np.count_nonzero(diagonal > 0) * 2 >= len(diagonal) else -1.0
    if _has_small_fill(matrix):
        return _grounded_solution(matrix, target)
    if (sign * diagonal > 0).all():
        scale = 1 / (sign * diagonal)
        precondition = LinearOperator(matrix.shape, matvec=lambda x: scale * x, dtype=np.float64)
        solution, failed = cg(sign * matrix, target, rtol=_ACCURACY, maxiter=_CG_STEPS, M=precondition)
        if not failed:
            return np.asarray(sign * (solution - solution.mean()))
    solution, _ = minres(matrix, target, rtol=_ACCURACY, maxiter=_MINRES_STEPS)
    return np.asarray(solution - solution.mean())


def _has_small_fill(matrix: csr_array) -> bool:
    """Whether a factorisation is affordable: small, or with few edges more than nodes, or of narrow bandwidth."""
    size = matrix.shape[0]
    if size <= _DIRECT or matrix.nnz < 3.1 * size:
        return True
    order = scipy.sparse.csgraph.reverse_cuthill_mckee(csr_array(abs(matrix)), symmetric_mode=True)
    place = np.empty(size, np.int64)
    place[order] = np.arange(size)
    entries = matrix.tocoo()
    width = float(np.abs(place[entries.row] - place[entries.col]).max())
    return width * size < _BANDED and width**2 * size < _BANDED_WORK


def _grounded_solution(matrix: csr_array, target: np.ndarray) -> np.ndarray:
    """With one entry held at zero."""
    kept = csc_array(matrix[1:, 1:])
    solution = np.zeros(len(target))
    try:
        factor = splu(kept, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.1, options={"SymmetricMode": True})
        solution[1:] = factor.solve(target[1:])
        solution[1:] += factor.solve((target - matrix @ solution)[1:])
    except (RuntimeError, ValueError, MemoryError):
        solution[:] = np.nan
    return np.asarray(solution - solution.mean())
