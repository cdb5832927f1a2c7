"""Repelling cycles of a map and the homoclinic orbits that land on them: floating-point searches."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from foundation import InputError

_NEWTON_STEPS = 40
_STARTS = 256
_MOST_ROUNDS = 60
_CLOSEST, _FARTHEST = 1e-6, 0.5
_CLOSEST_FOLD = 0.05


@final
@dataclass(frozen=True)
class SmoothMap:
    """A map of R^n and its derivative at N points at a time: values (N, n) -> (N, n), slopes (N, n) -> (N, n, n).

    NaN outside of its domain.
    """

    values: Callable[[np.ndarray], np.ndarray]
    slopes: Callable[[np.ndarray], np.ndarray]


def approach(f: SmoothMap, cycle: np.ndarray, point: np.ndarray, radius: float) -> np.ndarray | None:
    """(k q, n): an orbit that starts within the radius (max norm) of the cycle (q, n) and lands on the point.

    The point is pulled back along the cycle, round by round; None when its preimages leave the cycle.
    """
    pieces = [np.zeros((0, len(point)))]
    while np.abs(point - cycle[0]).max() >= radius:
        piece = _pulled_back(f, cycle, point) if len(pieces) <= _MOST_ROUNDS else None
        if piece is None:
            return None
        pieces.insert(0, piece)
        point = piece[0]
    return np.concatenate(pieces)


def _pulled_back(f: SmoothMap, cycle: np.ndarray, point: np.ndarray) -> np.ndarray | None:
    """(q, n): the q preimages of the point along the cycle, by Newton's method from linear guesses."""
    result: list[np.ndarray] = []
    for j in range(len(cycle) - 1, -1, -1):
        target, following = point, cycle[(j + 1) % len(cycle)]
        point = cycle[j] + _solved(f.slopes(cycle[j][None]), (target - following)[None])[0]
        for _ in range(8):
            point = point + _solved(f.slopes(point[None]), target - f.values(point[None]))[0]
        if not np.abs(f.values(point[None])[0] - target).max() < 1e-10 * (1 + np.abs(target).max()):
            return None
        result.insert(0, point)
    return np.array(result)


def homoclinic_orbits(
    f: SmoothMap, target: np.ndarray, length: int, generator: np.random.Generator
) -> list[np.ndarray]:
    """Orbits (length, n) from near the target that land on it away from the folds, the closest first; estimates."""
    size = len(target)
    found: list[np.ndarray] = []
    for spread in (0.02, 0.1, 0.3):
        points = target + generator.normal(size=(_STARTS, size)) * spread
        for _ in range(12):
            ends, slopes = _iterated(f, points, length)
            inside = np.isfinite(ends).all(axis=1) & np.isfinite(slopes).all(axis=(1, 2))
            points, ends, slopes = points[inside], ends[inside], slopes[inside]
            steps = _solved(slopes, target - ends)
            norms = np.linalg.norm(steps, axis=1, keepdims=True)
            points = points + steps * np.minimum(1.0, spread / np.maximum(norms, 1e-300))
        ends, _ = _iterated(f, points, length)
        distances = np.abs(points - target).max(axis=1)
        fits = (np.abs(ends - target).max(axis=1) < 1e-8) & (distances > _CLOSEST) & (distances < _FARTHEST)
        found += [points[i] for i in np.argsort(distances) if fits[i]]
    orbits = [_orbit(f, point, length) for point in _distinct(found)]
    return [orbit for orbit in orbits if _distance_from_folds(f, orbit) > _CLOSEST_FOLD][:4]


def _distance_from_folds(f: SmoothMap, orbit: np.ndarray) -> float:
    """The smallest singular value of the derivatives along the orbit; 0 where it leaves the domain."""
    slopes = f.slopes(orbit)
    return float(np.linalg.svd(slopes, compute_uv=False).min()) if np.isfinite(slopes).all() else 0.0


def _distinct(points: Sequence[np.ndarray]) -> list[np.ndarray]:
    kept: list[np.ndarray] = []
    for point in points:
        if all(np.abs(point - other).max() > 1e-6 for other in kept):
            kept.append(point)
    return kept


def _iterated(f: SmoothMap, points: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    slopes = np.broadcast_to(np.eye(points.shape[1]), (*points.shape, points.shape[1]))
    for _ in range(length):
        slopes = f.slopes(points) @ slopes
        points = f.values(points)
    return points, slopes


def _orbit(f: SmoothMap, point: np.ndarray, length: int) -> np.ndarray:
    points = [point]
    for _ in range(length - 1):
        points.append(f.values(points[-1][None])[0])
    return np.array(points)


def repelling_cycle(f: SmoothMap, start: np.ndarray, period: int) -> np.ndarray:
    """The cycle (q, n) near start, by Newton's method; `InputError` when there is none or it does not repel."""
    point, identity = start, np.eye(len(start))
    for _ in range(_NEWTON_STEPS):
        end, slopes = _iterated(f, point[None], period)
        if not (np.isfinite(end).all() and np.isfinite(slopes).all()):
            raise InputError("the map or its derivative has no value at x, or near it along the orbit; move x")
        step = _solved(slopes - identity, (point - end[0])[None])[0]
        if not np.isfinite(step).all() or np.abs(point + step - start).max() > 0.1 * (1 + np.abs(start).max()):
            raise InputError(f"no point of period {period} was found near x by Newton's method; start closer to it")
        point = point + step
        if np.abs(step).max() <= 4e-16 * (1 + np.abs(point).max()):
            break
    end, slopes = _iterated(f, point[None], period)
    arrived = np.isfinite(slopes).all() and np.abs(end[0] - point).max() <= 1e-9 * (1 + np.abs(point).max())
    if not arrived:
        raise InputError(f"no point of period {period} was found near x by Newton's method; start closer to it")
    smallest = float(np.abs(np.linalg.eigvals(slopes[0])).min())
    if not smallest > 1:
        raise InputError(
            f"the periodic point near x does not repel in all directions: its smallest multiplier is {smallest:.3g} in "
            "modulus; choose one whose multipliers are all beyond one"
        )
    return _orbit(f, point, period)


def _solved(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Solutions by the pseudo-inverse; zero where a matrix is not finite."""
    usable = np.isfinite(matrices).all(axis=(1, 2)) & np.isfinite(vectors).all(axis=1)
    safe = np.where(usable[:, None, None], matrices, np.eye(matrices.shape[1]))
    solved = (np.linalg.pinv(safe) @ np.where(usable[:, None], vectors, 0.0)[..., None])[..., 0]
    return np.asarray(solved)
