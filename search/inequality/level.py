"""Looks for the core around an equilibrium, and for the largest level of a Lyapunov function: estimates throughout."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.linalg

from certify.arithmetic import Ball
from certify.inequality.descent import DescentProblem, DescentTest
from certify.inequality.lyapunov_function import absorbs
from certify.program import Program, evaluate
from certify.zeros import ZeroProof
from foundation import InputError
from foundation.computing_time import computing_time
from search.inequality.subdivision import Division, divided

_SHRINKINGS = 24
_SAMPLES, _REFINEMENTS = 40_000, 30
# Levels that are tried, as parts of the way from V at the equilibrium to V at the lowest obstacle that was found.
_LEVELS = (0.99, 0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.05)


@final
@dataclass(frozen=True, eq=False)
class Core:
    """metric P (n, n), and half widths (n,): `reach`, of the box on which P contracts, and `core`."""

    metric: np.ndarray
    reach: np.ndarray
    core: np.ndarray


def local_core(statement: DescentProblem, proof: ZeroProof, point: np.ndarray) -> Core | None:
    """The largest of some boxes on which the solution P of A^T P + P A = -I contracts, and a core inside."""
    slope = statement.rest.derivative(Ball.exact(point)).mid
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # eigenvalues whose sum is near zero: checked below
        try:
            metric = scipy.linalg.solve_continuous_lyapunov(slope.T, -np.eye(len(point)))
        except (np.linalg.LinAlgError, ValueError):
            return None
    metric = metric / 2 + metric.T / 2
    if not np.isfinite(metric).all() or np.linalg.eigvalsh(metric)[0] <= 0:
        return None
    spread, total = np.sqrt(np.diagonal(np.linalg.inv(metric))), float(np.abs(metric).sum())
    box = Ball(point, proof.box)
    for k in range(_SHRINKINGS):
        reach = np.full(len(point), statement.radius * 2.0**-k)
        side = 0.99 * float((reach / spread).min()) / np.sqrt(total) - float(proof.box.max())
        core = np.full(len(point), min(side, 0.99 * reach[0]))
        try:
            if side > 0 and absorbs(statement, proof, box, metric, reach, core):
                return Core(metric, reach, core)
        except InputError:
            continue
    return None


@final
@dataclass(frozen=True, eq=False)
class Level:
    """level, the subdivision that proves it, and a point (n,) at which V' >= 0, with the lowest value of V found."""

    level: float
    division: Division
    obstacle: np.ndarray | None


def largest_level(
    statement: DescentProblem,
    point: np.ndarray,
    core: np.ndarray,
    *,
    most_boxes: int,
    seconds: float,
    progress: Callable[[int, int], None] | None = None,
) -> Level:
    """The largest of some levels that branch and bound proves within the budget; else the last one, with open boxes."""
    low, high = point - core, point + core
    ceiling, obstacle = _lowest_obstacle(statement, low, high)
    floor = float(_estimates(statement.function, point[None])[0])
    end = computing_time() + seconds
    best: Level | None = None
    possible = floor < ceiling < np.inf
    levels = [floor + part * (ceiling - floor) for part in _LEVELS] if possible else [floor]
    boxes = most_boxes if possible else 1  # nothing is to be proved: one box says so
    for k, level in enumerate(levels):
        left = end - computing_time()
        share = left if k == len(levels) - 1 else left / 2
        test = DescentTest(statement, level, low, high)

        def weighed(lower: np.ndarray, upper: np.ndarray, test: DescentTest = test) -> tuple[np.ndarray, np.ndarray]:
            with np.errstate(all="ignore"):
                return test(lower, upper), test.influence

        found = divided(
            weighed, *statement.corners, most_boxes=max(boxes // 2, 1), seconds=max(share, 1e-3), progress=progress
        )
        boxes -= found.boxes
        best = Level(level, found, obstacle)
        if not found.exhausted or boxes <= 0 or computing_time() > end:
            break
    assert best is not None
    return best


def _lowest_obstacle(statement: DescentProblem, low: np.ndarray, high: np.ndarray) -> tuple[float, np.ndarray | None]:
    """(the lowest value of V that was found where V' >= 0 outside of the core, or on the sphere; the former point)."""
    generator, n = np.random.default_rng(0), len(low)
    sphere = generator.standard_normal((_SAMPLES // 4, n))
    sphere = statement.centre + statement.radius * sphere / np.linalg.norm(sphere, axis=1, keepdims=True)
    ceiling, _ = _polished(sphere, lambda p: _on_sphere(statement, p), generator, statement.radius)
    inner = statement.centre + statement.radius * generator.uniform(-1, 1, (_SAMPLES, n))
    around = (low + high) / 2 + (high - low) * generator.uniform(-1, 1, (_SAMPLES // 4, n))
    points = np.concatenate([inner, around])
    value, obstacle = _polished(points, lambda p: _where_rising(statement, p, low, high), generator, statement.radius)
    return min(ceiling, value), obstacle if value < np.inf else None


def _polished(
    points: np.ndarray, objective: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]], generator: Any, scale: float
) -> tuple[float, np.ndarray]:
    """The lowest value found by sampling in ever smaller neighbourhoods of the best point, and the point."""
    values, points = objective(points)
    best, place, width = float(values.min()), points[np.argmin(values)], 0.3 * scale
    for _ in range(_REFINEMENTS if best < np.inf else 0):
        values, near = objective(place + width * generator.uniform(-1, 1, (400, points.shape[1])))
        if values.min() < best:
            best, place = float(values.min()), near[np.argmin(values)]
        width *= 0.65
    return best, np.array(place)


def _on_sphere(statement: DescentProblem, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = points - statement.centre
    points = statement.centre + statement.radius * away / np.linalg.norm(away, axis=1, keepdims=True)
    return _finite(_estimates(statement.function, points)), points


def _where_rising(
    statement: DescentProblem, points: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    inside = np.linalg.norm(points - statement.centre, axis=1) < statement.radius * (1 - 2.0**-40)
    in_core = ((low <= points) & (points <= high)).all(axis=1)
    rising = _estimates(statement.change, points) >= 0
    values = _finite(_estimates(statement.function, points))
    return np.where(inside & ~in_core & rising, values, np.inf), points


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.inf, values)


def _estimates(program: Program, points: np.ndarray) -> np.ndarray:
    """Values at points (N, n), (N,); NaN where there is none."""
    try:
        (value,) = evaluate(program, [points], batch=[True])
        flat = value.reshape(len(points))
        return np.where(np.isfinite(flat.rad), flat.mid, np.nan)
    except InputError:
        if len(points) == 1:
            return np.full(1, np.nan)
        half = len(points) // 2
        return np.concatenate([_estimates(program, points[:half]), _estimates(program, points[half:])])
