"""Points along a curve of equilibria by pseudo-arclength steps: estimates, between which pieces are proved."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.branch.problem import BranchProblem

_FIRST, _SMALLEST, _GROWTH = 2e-2, 1e-9, 2.0
# Neighbouring tangents differ by at most 15 degrees; steps grow where they differ by less than 5.
_STRAIGHT, _STRAIGHTER = np.cos(np.pi / 12), np.cos(np.pi / 36)
# Newton's method ends at steps of the first length in the scaled variables; at the second where they stay as long.
_NEWTON_STEPS, _CLOSE, _ROUGHLY = 8, 1e-12, 1e-7
# The curve is followed so far beyond the range, in units of its width.
_BEYOND = 2.0**-20
_NOTHING = 2.0**-960
# Directions in which a matrix with even rows and columns is so much smaller are flat.
_FLAT = 1e-10


def even_solution(matrix: np.ndarray, right: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """A least-squares solution (n,) of A x = b with rows of one length and the unknowns in units of `sizes`, which may
    be 0; directions that are flat to 1e-10 are left alone.

    Without flat directions elimination solves it: an unknown that stands alone in its equation gets no rounding from
    the others, so that one which is exactly 0, as the weights of a pixel that is always dark, stays 0.
    """
    size = np.abs(sizes)
    unit = np.where(size > _NOTHING, size, size.max(initial=0.0) or 1.0)
    scaled = matrix * unit
    rows = np.abs(scaled).max(axis=1)
    rows = np.where(rows > 0, rows, 1.0)
    even, known = scaled / rows[:, None], right / rows
    if not np.isfinite(even).all() or np.linalg.cond(even) > 1 / _FLAT:
        return np.asarray(np.linalg.lstsq(even, known, rcond=_FLAT)[0] * unit)
    return np.asarray(np.linalg.solve(even, known) * unit)


@final
@dataclass(frozen=True, eq=False)
class Walk:
    """nodes (N, n + 1): points near the curve, in order; leaves: whether the last one lies outside of the range."""

    nodes: np.ndarray
    leaves: bool


def scale_of(problem: BranchProblem, point: np.ndarray) -> np.ndarray:
    """Powers of two near the sizes of the variables along the branch: of x and of its change over the range."""
    n, width = problem.dimension, problem.upper - problem.lower
    slope = slopes(problem, point[None])[0]
    change = np.abs(even_solution(slope[:, :n], slope[:, n], point[:n])) * width
    size = np.maximum(np.abs(point[:n]), np.minimum(change, 1e3 * np.abs(point[:n]) + width))
    size = np.where(size > _NOTHING, size, 0.0)  # an enclosed 0 may have a subnormal midpoint
    size = np.where(size > 0, size, size.max(initial=0.0) or width)
    return np.ldexp(1.0, np.round(np.log2(np.append(size, width))).astype(int))


def walk(
    problem: BranchProblem, start: np.ndarray, scale: np.ndarray, tangent: np.ndarray, largest: float, most: int
) -> Walk:
    """From a point z (n + 1,) of the curve on, in the sense of the tangent (n + 1,), until it leaves the range of p.

    Steps have at most the length `largest` in the scaled variables, or relative to them where they grow, and there are
    at most `most` of them.
    """
    z, nodes, step = start, [start], min(_FIRST, largest)
    tangent = tangents(slopes(problem, z[None]) * scale, tangent[None])[0]
    while len(nodes) <= most:
        guess = z + scale * tangent * step
        found = corrected(problem, guess[None], scale, tangent[None])
        following = tangents(slopes(problem, found) * scale, tangent[None])[0]
        cosine = float(following @ tangent)
        near = np.abs((found[0] - guess) / scale).max() <= step / 2  # not so where Newton's method found nothing
        if not near or cosine < _STRAIGHT:
            step /= 2
            if step < _SMALLEST:
                return Walk(np.array(nodes), False)
            continue
        if not problem.lower <= found[0, -1] <= problem.upper:
            nodes.append(_clipped(problem, z, found[0], scale))
            return Walk(np.array(nodes), True)
        z, tangent = found[0], following
        nodes.append(z)
        step = min(step * (_GROWTH if cosine > _STRAIGHTER else 1.0), largest * max(1.0, np.abs(z / scale).max()))
    return Walk(np.array(nodes), False)


def before_start(problem: BranchProblem, start: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The point of the curve at a parameter just below the range, where there is one; else the start."""
    target = problem.lower - _BEYOND * (problem.upper - problem.lower)
    return _at_parameter(problem, start, target, scale, start)


def corrected(problem: BranchProblem, z: np.ndarray, scale: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Points (N, n + 1) moved onto the curve in the planes across the normals (N, n + 1), by Newton's method; nan
    where it does not converge: to steps that are small, or that only rounding keeps from being smaller.
    """
    before, done = np.full(len(z), np.inf), np.zeros(len(z), bool)
    for _ in range(_NEWTON_STEPS):
        matrix = np.concatenate([slopes(problem, z) * scale, normals[:, None]], axis=1)
        value = np.concatenate([values(problem, z), np.zeros((len(z), 1))], axis=1)
        step = solved(matrix, value)
        size = np.abs(step).max(axis=1)
        z = z - scale * step
        done = (size <= _CLOSE) | ((size <= _ROUGHLY) & (size >= before / 2))
        if (done | np.isnan(size)).all():
            break
        before = size
    return np.where(done[:, None], z, np.nan)


def tangents(matrices: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Unit null vectors (N, n + 1) of matrices (N, n, n + 1), in the sense of `before`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        even = matrices / np.abs(matrices).max(axis=2, keepdims=True)
    found = np.linalg.svd(np.where(np.isfinite(even), even, 0.0))[2][:, -1]
    return np.where((found * before).sum(axis=1, keepdims=True) >= 0, found, -found)


def solved(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solutions (N, m) of linear systems (N, m, m), nan where a matrix is singular."""
    return (inverses(matrices) @ right[..., None])[..., 0]


def inverses(matrices: np.ndarray) -> np.ndarray:
    """Approximate inverses (N, m, m), nan where a matrix is singular or not finite; rows are made even before."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        rows = 1.0 / np.abs(matrices).max(axis=2)
        even = matrices * rows[..., None]
    usable = np.isfinite(even).all(axis=(1, 2)) & np.isfinite(rows).all(axis=1)
    even = np.where(usable[:, None, None], even, np.eye(matrices.shape[-1]))
    try:
        found = np.linalg.inv(even)
    except np.linalg.LinAlgError:
        found = np.stack([_inverse(matrix) for matrix in even])
    found = found * np.where(usable[:, None], rows, 1.0)[:, None, :]
    return np.where(usable[:, None, None], found, np.nan)


def values(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    """F at points (N, n + 1), nan where it has none."""
    return _finite(problem.values(Ball.exact(_filled(z))), z)


def slopes(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    """DF at points (N, n + 1), nan where it has none."""
    return _finite(problem.derivatives(Ball.exact(_filled(z))), z)


def _filled(z: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(z).all(axis=1, keepdims=True), z, 0.0)


def _finite(found: Ball, z: np.ndarray) -> np.ndarray:
    known = np.isfinite(z).all(axis=1).reshape((-1,) + (1,) * (found.mid.ndim - 1))
    return np.where(np.isfinite(found.rad) & known, found.mid, np.nan)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full(matrix.shape, np.nan)


def _clipped(problem: BranchProblem, inside: np.ndarray, outside: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The point of the curve just beyond the range, between two nodes; the outer one where it is not found."""
    margin = _BEYOND * (problem.upper - problem.lower)
    target = problem.upper + margin if outside[-1] > problem.upper else problem.lower - margin
    share = (target - inside[-1]) / (outside[-1] - inside[-1])
    return _at_parameter(problem, inside + min(share, 1.0) * (outside - inside), target, scale, outside)


def _at_parameter(
    problem: BranchProblem, guess: np.ndarray, target: float, scale: np.ndarray, otherwise: np.ndarray
) -> np.ndarray:
    normal = np.eye(len(guess))[-1:]
    found = corrected(problem, np.append(guess[:-1], target)[None], scale, normal)
    return found[0] if np.isfinite(found).all() else otherwise
