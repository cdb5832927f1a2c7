"""Guesses of the bifurcation points on a followed branch: estimates, of which those that are proved are kept."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.branch.extended import CROSSINGS, extended_system
from certify.branch.pieces import Pieces, belongs
from certify.branch.points import kinds_of_points, special_point
from certify.branch.problem import BranchProblem
from certify.equilibrium import EquilibriumStatement
from foundation import CertificateError, InputError

_NEWTON_STEPS = 40


def proposed_points(problem: BranchProblem, pieces: Pieces) -> list[dict[str, Any]]:
    """Witnesses of the bifurcation points between the middles of the pieces, those that are proved alone."""
    found: list[dict[str, Any]] = []
    spectra = [_spectrum(problem, z) for z in pieces.centres]
    across = [_unstable_across(problem, z) for z in pieces.centres]
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
    if problem.is_map:
        flips = (np.abs(first.imag) < 1e-9) & (first.real < -1), (np.abs(second.imag) < 1e-9) & (second.real < -1)
        if flips[0].sum() != flips[1].sum():
            found.append("flip")
        pairs = [int(((np.abs(v) > 1) & (v.imag > 0)).sum()) for v in (first, second)]
    else:
        pairs = [int(((v.real > 0) & (v.imag > 0)).sum()) for v in (first, second)]
    if pairs[0] != pairs[1]:
        found.append("neimark-sacker" if problem.is_map else "hopf")
    return found


def _proved(problem: BranchProblem, pieces: Pieces, k: int, point: str) -> dict[str, Any] | None:
    n, z = problem.dimension, pieces.centres[k]
    guess, normal = _guess(problem, point, z)
    statement = EquilibriumStatement(extended_system(problem, point, normal), "flow")
    unknowns = _newton(statement, guess)
    if unknowns is None:
        return None
    try:
        inverse = np.linalg.inv(statement.derivative(Ball.exact(unknowns)).mid)
        entry = {"point": point, "unknowns": unknowns, "normal": normal, "inverse": inverse}
        place = special_point(problem, entry).place
    except (CertificateError, InputError, np.linalg.LinAlgError):
        return None
    for piece in (k, k + 1, k - 1, k + 2):
        if 0 <= piece < len(pieces) and belongs(pieces[piece : piece + 1], place.reshape(1, n + 1))[0]:
            return entry | {"piece": piece}
    return None


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
    u, best = guess, (np.inf, guess)
    for _ in range(_NEWTON_STEPS):
        try:
            value, slope = statement.residual(u).mid, statement.derivative(Ball.exact(u)).mid
            size = float(np.abs(value).max())
            if size < best[0]:
                best = size, u
            step = np.linalg.solve(slope, value)
        except (InputError, np.linalg.LinAlgError):
            return None
        if not np.isfinite(step).all():
            return None
        u = u - step
        if np.abs(step).max() <= 2.0**-50 * np.abs(u).max():
            break
    return best[1] if best[0] < np.inf else None


def _spectrum(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.eigvals(problem.inside(Ball.exact(z[None])).mid[0]))


def _unstable_across(problem: BranchProblem, z: np.ndarray) -> int:
    """How many real eigenvalues across the invariant subspace lie beyond 0 (map: beyond 1)."""
    if problem.invariant is None:
        return 0
    values = np.linalg.eigvals(problem.across(Ball.exact(z[None])).mid[0])
    return int(((np.abs(values.imag) < 1e-9) & (values.real > (1.0 if problem.is_map else 0.0))).sum())
