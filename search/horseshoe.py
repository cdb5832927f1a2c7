"""The witness of a horseshoe: branches around a repelling cycle and along a homoclinic orbit."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.horseshoe import HorseshoeStatement, prove_horseshoe
from certify.verdict import Verdict
from foundation import InputError
from numeric.homoclinic import SmoothMap, approach

_SHRINKINGS = 14


def issued_for(
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


def map_values(statement: HorseshoeStatement) -> Callable[[np.ndarray], np.ndarray]:
    return lambda points: _estimated(statement.values, points, points.shape)


def map_slopes(statement: HorseshoeStatement) -> Callable[[np.ndarray], np.ndarray]:
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


def no_orbit(cycle: np.ndarray) -> dict[str, Any]:
    """A witness of two equal branches: nothing is proved by it."""
    return {"centre": cycle[0].copy(), "radius": 1e-6, "branches": [cycle.copy(), cycle.copy()]}
