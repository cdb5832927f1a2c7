"""Convergence from the given parameters: claims about every start near them, beside a verdict about the minimum."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball, ball
from certify.certificate.model import Claim, claim
from certify.enclosure import Enclosure
from certify.minimum.hessian import hessian
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.training.basin import (
    ITERATIONS,
    Basin,
    Iteration,
    frame,
    interpolating_basin,
    interpolating_frame,
    strict_basin,
    surroundings,
)
from foundation import CertificateError


def iteration_of(optimizer: Mapping[str, Any], scale: int) -> Iteration:
    """The step of a deterministic optimiser; the gradient is J^T F / scale, or the field itself with scale 1."""
    name = optimizer.get("name")
    if name not in ITERATIONS:
        raise CertificateError(f"a basin is proved for {', '.join(ITERATIONS)}, not for {name!r:.40}")
    momentum = setting(optimizer, "momentum") if "momentum" in optimizer else ball(0.0)
    return Iteration(str(name), setting(optimizer, "learning_rate") / float(scale), momentum)


def basin_claims(
    given: MinimumStatement, interpolating: bool, away: float, witness: Mapping[str, Any]
) -> tuple[Claim, ...]:
    """What `witness["basin"]` proves about starts near the parameters of `given`; nothing where there is none.

    away: an upper bound of the distance from these parameters to the exact minimum, which strict minima need.
    """
    stored = witness.get("basin")
    if stored is None:
        return ()
    reach = read_reach(stored)
    if given.loss is not None:
        raise CertificateError("a basin is proved for the squared error only")
    box = Ball(given.params, np.full(given.dimension, reach))
    if given.roughness(box):
        return ()
    if not interpolating:
        return strict_claims(given.optimizer, given.params, lambda b: hessian(given, b), away, stored)
    iteration, point = iteration_of(given.optimizer, given.examples), Ball.exact(given.params)
    near = surroundings(given.jacobian(point), given.residual(point))
    found = interpolating_frame(iteration, near, stored)
    basin = found and interpolating_basin(iteration, found, near, near.spread(given.jacobian(box)), reach)
    return _claims(basin or None, "interpolating")


def strict_claims(
    optimizer: Mapping[str, Any],
    params: np.ndarray,
    derivative: Callable[[Ball], Ball],
    away: float,
    stored: Any,
) -> tuple[Claim, ...]:
    """The same at a strict minimum within `away` of `params`; derivative: encloses the symmetric derivative of the
    field, which must be differentiable on the box."""
    iteration, reach = iteration_of(optimizer, 1), read_reach(stored)
    centre = middle_of(derivative(Ball.exact(params)))
    found = frame(iteration, centre * iteration.step, stored)
    near = surroundings(centre, ball(np.zeros(1)))
    box = Ball(params, np.full(len(params), reach))
    basin = found and strict_basin(iteration, found, near.spread(derivative(box)), reach, away)
    return _claims(basin or None, "critical")


def middle_of(matrix: Ball) -> Ball:
    """The symmetric matrix in the middle, exactly."""
    return Ball.exact((matrix.mid + matrix.mid.T) / 2)


def _claims(basin: Basin | None, what: str) -> tuple[Claim, ...]:
    if basin is None:
        return ()
    return (
        claim("basin.radius", Enclosure(basin.radius, basin.radius), what=what),
        claim("basin.distance", Enclosure(0.0, basin.distance)),
        claim("basin.rate", Enclosure(0.0, basin.rate)),
    )


def read_reach(stored: Any) -> float:
    reach = stored.get("reach") if isinstance(stored, dict) else None
    if not isinstance(reach, float) or not 0 < reach < math.inf:
        raise CertificateError("the witness of a basin has no half-width of its box above 0")
    return reach
