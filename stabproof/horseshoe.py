"""certify_horseshoe: positive topological entropy near a repelling periodic point."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.horseshoe import HorseshoeStatement, prove_horseshoe
from certify.verdict import Verdict
from foundation import InputError, positive_integer, positive_number
from numeric.homoclinic import SmoothMap, approach, homoclinic_orbits, repelling_cycle
from stabproof.fields import field_program, start_point
from stabproof.progress import ProgressOption, silent, with_progress

_LONGEST = 60
_SHRINKINGS = 14


@with_progress
def certify_horseshoe(
    map: Any,
    x: Any,
    period: int = 1,
    *,
    variables: Any = None,
    budget: float = 60.0,
    progress: ProgressOption = None,
) -> Certificate:
    """Prove that x -> map(x) has positive topological entropy, from a repelling periodic point near x.

    map: a JAX function R^n -> R^n, or SymPy expressions in `variables`. x: n numbers near a periodic point of that
    period that repels in all directions (all multipliers beyond one in modulus). A homoclinic orbit is searched for,
    which starts near the periodic point and lands on it (a snap-back repeller [F. Marotto, J. Math. Anal. Appl. 63
    (1978)]), for at most `budget` seconds. What is proved does not rest on it: inverse branches of iterates of the map
    send a small cube around the point into itself, to disjoint images. PROVED: the certificate's claim "entropy" has a
    lower bound, nats per step, of the topological entropy. This is chaos of some orbits; it says nothing about typical
    ones. UNDECIDED otherwise, with the reason. `stabproof.check` repeats the proof without the map.

    Raises `InputError` when there is no periodic point near x, or it does not repel.
    """
    report = progress if callable(progress) else silent
    start = start_point(x)
    q, deadline = positive_integer(period, "period"), monotonic() + positive_number(budget, "budget")
    statement = HorseshoeStatement(field_program(map, start, variables))
    report("polishing the periodic point", 0.0)
    estimated = SmoothMap(_values(statement), _slopes(statement))
    cycle = repelling_cycle(estimated, start, q)
    generator = np.random.default_rng(0)
    best: Certificate | None = None
    for length in range(q, max(_LONGEST, 8 * q) + 1, q):
        report(f"looking for homoclinic orbits of length {length}", min(0.9, length / _LONGEST))
        for homoclinic in homoclinic_orbits(estimated, cycle[0], length, generator):
            found = _issued(statement, estimated, cycle, homoclinic, deadline)
            if found is not None and found.verdict is Verdict.PROVED:
                return found
            best = found or best
            if monotonic() > deadline:
                break
        if monotonic() > deadline:
            break
    return best or issue("horseshoe", statement.as_tree(), _no_orbit(cycle))


def _issued(
    statement: HorseshoeStatement, estimated: SmoothMap, cycle: np.ndarray, homoclinic: np.ndarray, deadline: float
) -> Certificate | None:
    """The certificate of the largest of some cubes that can be proved, else of the last one tried; None: no witness."""
    distance, witness = float(np.abs(homoclinic[0] - cycle[0]).max()), None
    for shrinking in range(_SHRINKINGS):
        smaller = _witness(estimated, cycle, homoclinic, 1.25 * distance * 0.3**shrinking)
        witness = smaller or witness
        if smaller is None or monotonic() > deadline:
            break
        if prove_horseshoe(statement.as_tree(), smaller).verdict is Verdict.PROVED:
            break
    return issue("horseshoe", statement.as_tree(), witness) if witness else None


def _witness(f: SmoothMap, cycle: np.ndarray, homoclinic: np.ndarray, radius: float) -> dict[str, Any] | None:
    """Two branches of one length: around the cycle, and along the homoclinic orbit after some rounds near it."""
    arrival = approach(f, cycle, homoclinic[0], radius / 2)
    if arrival is None:
        return None
    far = np.concatenate([arrival, homoclinic])
    near = np.concatenate([cycle] * (len(far) // len(cycle)))
    return {"centre": cycle[0].copy(), "radius": radius, "branches": [near, far]}


def _values(statement: HorseshoeStatement) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: _estimated(statement.values, points, points.shape)


def _slopes(statement: HorseshoeStatement) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: _estimated(statement.slopes, points, (*points.shape, statement.dimension))


def _estimated(function: Callable[[Ball], Ball], points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The function's midpoints at points (N, n); NaN at those where it has no finite value."""
    result, usable = np.full(shape, np.nan), np.isfinite(points).all(axis=1)
    if usable.all() and len(points):
        try:
            value = function(Ball.exact(points))
            return np.where(np.isfinite(value.rad), value.mid, np.nan)
        except InputError:
            usable = np.arange(len(points)) < len(points) // 2
            if len(points) == 1:
                return result
            result[~usable] = _estimated(function, points[~usable], (int((~usable).sum()), *shape[1:]))
    if usable.any():
        result[usable] = _estimated(function, points[usable], (int(usable.sum()), *shape[1:]))
    return result


def _no_orbit(cycle: np.ndarray) -> dict[str, Any]:
    """A witness of two equal branches: nothing is proved by it."""
    return {"centre": cycle[0].copy(), "radius": 1e-6, "branches": [cycle.copy(), cycle.copy()]}
