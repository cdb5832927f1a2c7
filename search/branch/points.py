"""Guesses of the bifurcation points on a followed branch: estimates, of which those that are proved are kept."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.branch.extended import CROSSINGS, extended_system
from certify.branch.pieces import Pieces, belongs
from certify.branch.points import kinds_of_points, special_point
from certify.branch.problem import BranchProblem
from certify.branch.units import LARGEST, Units
from certify.equilibrium import EquilibriumStatement
from foundation import CertificateError, InputError

_NEWTON_STEPS = 40
# So many steps in a row that are not halved end Newton's method once they are shorter than this.
_PATIENCE, _CLOSE = 1, 1e-8


def proposed_points(problem: BranchProblem, pieces: Pieces) -> list[dict[str, Any]]:
    """Witnesses of the bifurcation points between the middles of the pieces, those that are proved alone."""
    found: list[dict[str, Any]] = []
    spectra = np.linalg.eigvals(problem.inside(Ball.exact(pieces.centres)).mid)
    across = _unstable_across(problem, pieces.centres)
    rising = pieces.frames[:, -1, 0] > 0
    for k in range(len(pieces) - 1):
        crossing = [] if across[k] == across[k + 1] else [kinds_of_points(problem)[-1]]
        for point in crossing + _between(problem, spectra[k], spectra[k + 1], bool(rising[k] != rising[k + 1])):
            entry = _proved(problem, pieces, k, point)
            if entry is not None:
                found.append(entry)
    return found


def _between(problem: BranchProblem, first: np.ndarray, second: np.ndarray, turns: bool) -> list[str]:
    """Which kinds of points lie between two neighbours, by their eigenvalues."""
    found = ["fold"] if turns else []
    both = (first, second)
    beyond = [np.abs(v) > 1 if problem.is_map else v.real > 0 for v in both]
    if beyond[0].sum() == beyond[1].sum():
        return found  # a pair may have become real, or two real ones a pair
    if problem.is_map:
        flips = [
            int((out & (np.abs(v.imag) < 1e-9 * np.abs(v)) & (v.real < 0)).sum())
            for out, v in zip(beyond, both, strict=True)
        ]
        found += ["flip"] if flips[0] != flips[1] else []
    pairs = [int((out & (v.imag > 0)).sum()) for out, v in zip(beyond, both, strict=True)]
    if pairs[0] != pairs[1]:
        found.append("neimark-sacker" if problem.is_map else "hopf")
    return found


def _proved(problem: BranchProblem, pieces: Pieces, k: int, point: str) -> dict[str, Any] | None:
    n, z = problem.dimension, pieces.centres[k]
    units = _units(problem, point, z, pieces.scale)
    scaled = units.applied(problem)
    guess, normal = _guess(scaled, point, z / units.variables)
    statement = EquilibriumStatement(extended_system(scaled, point, normal), "flow")
    unknowns = _newton(statement, guess)
    if unknowns is None:
        return None
    try:
        inverse = np.linalg.inv(statement.derivative(Ball.exact(unknowns)).mid)
        entry = {"point": point, "unknowns": unknowns, "normal": normal, "inverse": inverse}
        if scaled is not problem:
            entry["units"] = np.array(units.exponents, np.int64)
        place = special_point(problem, entry).place
    except (CertificateError, InputError, np.linalg.LinAlgError):
        return None
    for piece in (k, k + 1, k - 1, k + 2):
        if 0 <= piece < len(pieces) and belongs(pieces[piece : piece + 1], place.reshape(1, n + 1))[0]:
            return entry | {"piece": piece}
    return None


def _units(problem: BranchProblem, point: str, z: np.ndarray, scale: np.ndarray) -> Units:
    """Units in which the variables near z (n + 1,), the parameter's range and the critical rate are near 1."""
    if problem.invariant is not None:
        return Units((0,) * (problem.dimension + 2))
    size = np.maximum(scale, np.append(np.abs(z[:-1]), 0.0))
    rate = 1.0
    if not problem.is_map:
        found = np.linalg.eigvals(problem.inside(Ball.exact(z[None])).mid[0])
        pairs = np.where(found.imag > 0, np.abs(found.real), np.inf)
        rate = float(np.abs(found[np.argmin(pairs)] if point == "hopf" else np.abs(found).max()))
    exponents = np.append(np.round(np.log2(size)), -np.round(np.log2(rate)) if rate > 0 else 0.0)
    return Units(tuple(int(e) for e in np.clip(exponents, -LARGEST, LARGEST)))


def _guess(problem: BranchProblem, point: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unknowns of the extended system near z, and the normalising vector."""
    if point in CROSSINGS:
        values, vectors = np.linalg.eig(problem.across(Ball.exact(z[None])).mid[0])
        v = vectors[:, np.argmin(np.abs(values - (1.0 if problem.is_map else 0.0)))].real
        v = v / np.linalg.norm(v)
        return np.concatenate([z, v]), v
    values, vectors = np.linalg.eig(problem.inside(Ball.exact(z[None])).mid[0])
    if point in ("fold", "flip"):
        target = {"fold": 1.0 if problem.is_map else 0.0, "flip": -1.0}[point]
        v = vectors[:, np.argmin(np.abs(values - target))].real
        v = v / np.linalg.norm(v)
        return np.concatenate([z, v]), v
    distance = np.abs(np.abs(values) - 1) if problem.is_map else np.abs(values.real)
    k = int(np.argmin(np.where(values.imag > 0, distance, np.inf)))
    q, eigenvalue = vectors[:, k], values[k]
    # the phase with orthogonal real and imaginary parts, the real one larger
    q = q * np.exp(-0.5j * np.angle(np.sum(q * q)))
    normal = q.real / (q.real @ q.real)
    unit = eigenvalue / abs(eigenvalue)
    angle = [unit.real, unit.imag] if problem.is_map else [eigenvalue.imag]
    return np.concatenate([z, q.real, q.imag, angle]), normal


def _newton(statement: EquilibriumStatement, guess: np.ndarray) -> np.ndarray | None:
    """Newton's method until its steps are no longer halved: the unknowns from where the last step was the shortest."""
    u, best, waited = guess, (np.inf, guess), 0
    for _ in range(_NEWTON_STEPS):
        try:
            step = np.linalg.solve(statement.derivative(Ball.exact(u)).mid, statement.residual(u).mid)
        except (InputError, np.linalg.LinAlgError):
            break
        if not np.isfinite(step).all():
            break
        u, size = u - step, float(np.abs(step).max())
        waited = 0 if size < best[0] / 2 else waited + 1
        best = (size, u) if size < best[0] else best
        if size <= 2.0**-50 * np.abs(u).max() or (waited > _PATIENCE and size <= _CLOSE):
            break
    return best[1] if best[0] < np.inf else None


def _unstable_across(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    """How many real eigenvalues across the invariant subspace lie beyond 0 (map: beyond 1), at points (N, n + 1)."""
    if problem.invariant is None:
        return np.zeros(len(z), int)
    found = np.linalg.eigvals(problem.across(Ball.exact(z)).mid)
    return np.asarray(((np.abs(found.imag) < 1e-9) & (found.real > (1.0 if problem.is_map else 0.0))).sum(axis=1))
