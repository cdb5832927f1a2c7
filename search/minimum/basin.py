"""The search for the widest box of starts that are proved to converge."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball, ball
from certify.minimum import exact_minimum
from certify.minimum.existence import moved_distance
from certify.minimum.from_here import iteration_of, middle_of
from certify.minimum.hessian import hessian
from certify.minimum.statement import MinimumStatement
from certify.minimum.strict_loss import LossStatement, prove_strict_minimum
from certify.training.basin import (
    ITERATIONS,
    Basin,
    frame,
    interpolating_basin,
    interpolating_frame,
    strict_basin,
    surroundings,
)
from search.minimum.basin_form import propose_form

# Half-widths of the boxes that a search looks at, relative to the size of the parameters.
_WIDTHS = 2.0 ** np.arange(-48.0, 3.0, 0.5)
_NARROW, _TRIAL = 2.0**-60, 2.0**-20
_ROUNDS = 8


def propose_interpolating(given: MinimumStatement) -> dict[str, Any] | None:
    """The witness of a wide basin around the parameters of an interpolating minimum; None where none was found."""
    iteration, point = iteration_of(given.optimizer, given.examples), Ball.exact(given.params)
    near = surroundings(given.jacobian(point), given.residual(point))
    stiffness = near.centre.mid @ near.centre.mid.T * float(iteration.step.mid)
    proposal = propose_form(iteration, (stiffness + stiffness.T) / 2)
    found = interpolating_frame(iteration, near, proposal) if proposal or iteration.name == ITERATIONS[0] else None
    if found is None:
        return None

    def spread(reach: float) -> float:
        return near.spread(given.jacobian(Ball(given.params, np.full(given.dimension, reach))))

    return _searched(given.params, spread, lambda d, r: interpolating_basin(iteration, found, near, d, r), proposal)


def propose_strict(
    optimizer: Mapping[str, Any], params: np.ndarray, derivative: Callable[[Ball], Ball], away: float
) -> dict[str, Any] | None:
    """The witness of a wide basin around the parameters of a strict minimum; None where none was found."""
    iteration = iteration_of(optimizer, 1)
    centre = middle_of(derivative(Ball.exact(params)))
    near = surroundings(centre, ball(np.zeros(1)))
    proposal = propose_form(iteration, centre.mid * float(iteration.step.mid))
    plain = iteration.name == ITERATIONS[0]
    found = frame(iteration, centre * iteration.step, proposal) if proposal or plain else None
    if found is None:
        return None

    def spread(reach: float) -> float:
        return near.spread(derivative(Ball(params, np.full(len(params), reach))))

    return _searched(params, spread, lambda d, r: strict_basin(iteration, found, d, r, away), proposal)


def _searched(
    params: np.ndarray,
    spread: Callable[[float], float],
    basin: Callable[[float, float], Basin | None],
    proposal: dict[str, Any],
) -> dict[str, Any] | None:
    """The half-width with the widest basin found: delta is modelled as affine, with slopes from ever wider boxes."""
    scale = max(float(np.abs(params).max(initial=0.0)), 1.0)
    still, reach = spread(_NARROW * scale), _TRIAL * scale
    best: tuple[float, float] | None = None
    for _ in range(_ROUNDS):
        delta = spread(reach)
        found = basin(delta, reach)
        if found is not None and (best is None or found.radius > best[0]):
            best = found.radius, reach
        chosen = _widest(basin, still, (delta - still) / reach, scale)
        if chosen == reach:
            break
        reach = reach / 4 if chosen is None else chosen
    return None if best is None else {"reach": best[1], **proposal}


def _widest(basin: Callable[[float, float], Basin | None], still: float, slope: float, scale: float) -> float | None:
    """The half-width with the widest basin where delta = still + slope reach; None where there is none."""
    found = [(basin(still + slope * float(width), float(width)), float(width)) for width in _WIDTHS * scale]
    return max(((b.radius, width) for b, width in found if b is not None), default=(0.0, None))[1]


def basin_of_regression(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> dict[str, Any]:
    """The part `basin` of a minimum's witness; empty where none was found."""
    polished, minimum = exact_minimum(problem, witness)
    if minimum is None or "replaced" in problem:
        return {}
    given = MinimumStatement.from_tree(problem)
    if minimum.interpolating:
        return _named(propose_interpolating(given))
    away = moved_distance(given.params, polished.params) + minimum.distance
    return _named(propose_strict(given.optimizer, given.params, lambda box: hessian(given, box), away))


def basin_of_loss(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a strict minimum of a scalar loss."""
    given = LossStatement.from_tree(problem)
    exists = prove_strict_minimum(problem, witness).claim("existence_radius")
    if exists is None or exists.enclosure is None:
        return {}
    return _named(propose_strict(given.optimizer, given.params, given.curvature, float(exists.enclosure.upper)))


def _named(found: dict[str, Any] | None) -> dict[str, Any]:
    return {} if found is None else {"basin": found}
