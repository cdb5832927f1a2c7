"""The map of softmax logits under training with saturated hidden units: orbits, attractors, exponents."""

from dataclasses import dataclass
from typing import final

import numpy as np

from foundation import InputError

_LONGEST_PERIOD = 24
_NEUTRAL = 1e-5


@final
@dataclass(frozen=True, eq=False)
class SaturatedMap:
    """u -> u - kappa (s_i - p_i - (s_q - p_q)), s the softmax of (u, 0): differences of logits to the last one.

    shares: p (q,), positive, sum one. The points are arrays (N, q - 1). Estimates throughout.
    """

    shares: np.ndarray
    kappa: float

    @property
    def dimension(self) -> int:
        return len(self.shares) - 1

    @property
    def fixed_point(self) -> np.ndarray:
        """log p_i - log p_q, (q - 1,)."""
        return np.log(self.shares[:-1]) - np.log(self.shares[-1])

    def softmax(self, points: np.ndarray) -> np.ndarray:
        """(N, q)."""
        z = np.concatenate([points, np.zeros((len(points), 1))], axis=1)
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def values(self, points: np.ndarray) -> np.ndarray:
        """The map, (N, q - 1)."""
        residual = self.softmax(points) - self.shares
        return np.asarray(points - self.kappa * (residual[:, :-1] - residual[:, -1:]))

    def slopes(self, points: np.ndarray) -> np.ndarray:
        """The derivative, (N, q - 1, q - 1)."""
        s = self.softmax(points)
        change = s[:, :-1, None] * (np.eye(self.dimension) - s[:, None, :-1]) + s[:, -1:, None] * s[:, None, :-1]
        return np.asarray(np.eye(self.dimension) - self.kappa * change)

    def losses(self, points: np.ndarray) -> np.ndarray:
        """Cross-entropy - sum_i p_i log s_i, nats, (N,)."""
        top = np.maximum(points.max(axis=1), 0.0)
        total = np.exp(-top) + np.exp(points - top[:, None]).sum(axis=1)
        return np.asarray(top + np.log(total) - points @ self.shares[:-1])

    def orbit(self, points: np.ndarray, steps: int, transient: int = 0) -> np.ndarray:
        """(steps, N, q - 1), after `transient` steps."""
        for _ in range(transient):
            points = self.values(points)
        result = np.empty((steps, *points.shape))
        for k in range(steps):
            result[k] = points
            points = self.values(points)
        return result


def attracting_cycles(f: SaturatedMap, starts: int, transient: int, seed: int = 0) -> list[np.ndarray]:
    """Cycles (m, q - 1), m <= 24, that random starts end on: each begins at its smallest loss; smallest loss first."""
    if starts < 1:
        raise InputError(f"starts must be at least 1, but is {starts}")
    points = np.random.default_rng(seed).normal(size=(starts, f.dimension)) * 3 + f.fixed_point
    orbit = f.orbit(points, _LONGEST_PERIOD + 1, transient)
    found: list[np.ndarray] = []
    for path in np.swapaxes(orbit, 0, 1):
        cycle = _cycle_near(f, path)
        if cycle is None:
            continue
        cycle = np.roll(cycle, -int(np.argmin(f.losses(cycle))), axis=0)
        if not any(len(c) == len(cycle) and _is_rotation(c, cycle) for c in found):
            found.append(cycle)
    return sorted(found, key=lambda cycle: tuple(np.round(f.losses(cycle), 6)))


def _is_rotation(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two cycles are one, begun at different points: equal losses do not tell which begins it."""
    return any(np.abs(np.roll(first, k, axis=0) - second).max() < 1e-5 for k in range(len(first)))


def _cycle_near(f: SaturatedMap, path: np.ndarray) -> np.ndarray | None:
    """The cycle that this orbit has reached, or that it nears so slowly that it is still on its way."""
    gaps, size = np.abs(path[1:] - path[0]).max(axis=1), 1 + np.abs(path).max()
    reached = np.flatnonzero(gaps < 1e-7 * size)
    if len(reached):
        cycle = _polished(f, path[0], int(reached[0]) + 1)
        return cycle if _is_isolated(f, cycle) else None
    for period in np.flatnonzero(gaps < 1e-3 * size)[:3] + 1:
        cycle = _polished(f, path[0], int(period))
        if np.abs(cycle - path[:period]).max() < 0.1 * size and _attracts(f, cycle):
            return cycle
    return None


def _attracts(f: SaturatedMap, cycle: np.ndarray) -> bool:
    """Whether the points are a cycle, and its multipliers are below one in modulus."""
    return _is_isolated(f, cycle) and bool(np.abs(np.linalg.eigvals(_slopes_along(f, cycle))).max() < 1)


def _is_isolated(f: SaturatedMap, cycle: np.ndarray) -> bool:
    """Whether a further step of Newton's method is small, and no multiplier is 1 to rounding.

    Where one is, an orbit that is still on its way to a shorter cycle cannot be told from a cycle.
    """
    matrix, miss = _slopes_along(f, cycle), f.values(cycle[-1:])[0] - cycle[0]
    if np.abs(np.linalg.eigvals(matrix) - 1).min() < _NEUTRAL:
        return False
    step = np.linalg.solve(matrix - np.eye(f.dimension), miss)
    return bool(np.abs(step).max() < 1e-6 * (1 + np.abs(cycle).max()))


def _slopes_along(f: SaturatedMap, cycle: np.ndarray) -> np.ndarray:
    """The derivative of the iterate at the first point."""
    return np.asarray(np.linalg.multi_dot([np.eye(f.dimension), np.eye(f.dimension), *f.slopes(cycle)[::-1]]))


def _polished(f: SaturatedMap, point: np.ndarray, period: int) -> np.ndarray:
    """The cycle (m, q - 1) through a point near the given one, by Newton's method for the iterate."""
    for _ in range(12):
        orbit = f.orbit(point[None], period)[:, 0]
        slopes = np.eye(f.dimension)
        for matrix in f.slopes(orbit):
            slopes = matrix @ slopes
        step, *_ = np.linalg.lstsq(slopes - np.eye(f.dimension), point - f.values(orbit[-1:])[0], rcond=None)
        point = point + step
    return f.orbit(point[None], period)[:, 0]


def exponents(f: SaturatedMap, starts: int, steps: int, transient: int, seed: int = 0) -> np.ndarray:
    """(starts, q - 1): Lyapunov exponents of random orbits, nats per step, largest first, by repeated QR."""
    points = np.random.default_rng(seed).normal(size=(starts, f.dimension)) * 3 + f.fixed_point
    points = f.orbit(points, 1, transient)[0]
    frames = np.broadcast_to(np.eye(f.dimension), (starts, f.dimension, f.dimension))
    total = np.zeros((starts, f.dimension))
    for _ in range(steps):
        frames, triangle = np.linalg.qr(f.slopes(points) @ frames)
        total += np.log(np.abs(np.diagonal(triangle, axis1=1, axis2=2)) + 1e-300)
        points = f.values(points)
    return np.sort(total / steps, axis=1)[:, ::-1]
