"""Preconditioned curvature: the spectrum of G^(1/2) H G^(1/2), G a positive diagonal, at a proved minimum."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, claim
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.minimum.deterministic import Curvature, normal_curvature
from certify.minimum.existence import ExactMinimum, symmetric_part
from certify.minimum.optax_settings import Step
from certify.program import evaluate, pullback
from certify.training.optimizer.held import Held, held_step
from certify.training.optimizer.leaves import CLOCK
from certify.training.optimizer.stable_curvatures import Plane, critical_curvature
from foundation import InputError

# The stable curvatures begin at 0 in theory: they are looked for at 2^-k of the smallest one of the minimum.
_REACH = (10, 30, 60, 100)


def weighted_curvature(minimum: ExactMinimum, weights: Ball | None) -> Curvature:
    """The extreme eigenvalues of D^(1/2) H D^(1/2) across the minima, D the diagonal of `weights` (D,), positive.

    Interpolating: J D J^T / N, positive definite as J is onto. Across an orbit of symmetries the least one is bounded
    by Ostrowski's theorem: the k-th eigenvalue is that of H times a number between the least and the largest weight.
    """
    plain = normal_curvature(minimum)
    if weights is None:
        return plain
    if minimum.jacobian_at is not None:
        jacobian = minimum.jacobian_at()
        matrix = symmetric_part((jacobian * weights.reshape(1, -1)) @ jacobian.T) / float(minimum.scale)
    else:
        roots = weights.sqrt()
        matrix = symmetric_part(minimum.curvature * roots.reshape(-1, 1) * roots.reshape(1, -1))
    smallest, largest = extreme_eigenvalues(matrix)
    least, most = Ball.exact(weights.lower.min()), Ball.exact(weights.upper.max())
    below = float((least * Ball.exact(float(plain.smallest.lower))).lower)
    if minimum.orbit:
        above = float((most * Ball.exact(float(plain.smallest.upper))).upper)
        smallest = Enclosure(below, max(below, above))
    low = max(below, smallest.lower, 0.0) if minimum.interpolating or below > 0 else smallest.lower
    return Curvature(Ball.from_bounds(low, max(low, smallest.upper)), Ball.from_bounds(largest.lower, largest.upper))


def critical_of(plane: Plane, least: float) -> tuple[Enclosure, int] | None:
    """The critical curvature of a step, and how far below `least` stable curvatures were found: 2^-power; None where
    nothing is stable there."""
    power = next((k for k in _REACH if plane.is_stable(least * 2.0**-k, least * 2.0**-k) is True), _REACH[-1])
    stable_to, unstable_from = critical_curvature(plane, least * 2.0**-power)
    return (Enclosure(stable_to, max(stable_to, unstable_from)), power) if stable_to > 0 else None


def preconditioned_claims(minimum: ExactMinimum, box: Ball, step: Step, dimension: int) -> tuple[Claim, ...]:
    """lambda_max(G^(1/2) H G^(1/2)), G the diagonal of -d update / d gradient at the memory as given, and its critical
    value while second moments and accumulators stay there."""
    if len(step.programs) > 1:
        return ()
    held = held_step(step.programs[0], box, step.leaves, step.current)
    gains = held.gains if held is not None else _gains(step, dimension)
    if gains is None:
        return ()
    try:
        curvature = weighted_curvature(minimum, gains)
    except InputError:
        return ()
    found = (claim("optimizer.preconditioned-sharpness", curvature.largest.enclosure()),)
    return found if held is None else (*found, *_critical(held, float(curvature.smallest.lower)))


def _critical(held: Held, least: float) -> tuple[Claim, ...]:
    if least <= 0 or (held.alike and not held.names):
        return ()
    found = critical_of(held.plane, least)
    if found is None:
        return ()
    return (claim("optimizer.critical-preconditioned-sharpness", found[0], power=found[1]),)


def _gains(step: Step, dimension: int) -> Ball | None:
    """The diagonal of -d update / d gradient, for updates where it is all there is: None where it is not positive."""
    memory: list[Any] = []
    for leaf, array in zip(step.leaves, step.current, strict=True):
        moment = leaf.kind == "clock"
        memory.append(
            Ball.from_bounds(np.full(array.shape, CLOCK[0]), np.full(array.shape, CLOCK[1]))
            if moment
            else Ball.exact(array)
        )
    zero = Ball.exact(np.zeros(dimension))
    cotangents = [Ball.exact(np.ones(dimension)), *(Ball.exact(np.zeros(leaf.value.shape)) for leaf in step.leaves)]
    try:
        with np.errstate(all="ignore"):
            slope = evaluate(pullback(step.programs[0], wrt=[1]), [zero, zero, *memory, *cotangents])[0]
    except InputError:
        return None
    gains = -slope
    return gains if bool((gains.lower > 0).all()) and np.isfinite(gains.rad).all() else None
