"""Preconditioned sharpness: lambda_max(G^(1/2) H G^(1/2)), G the diagonal gain of an optimiser at a given memory."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, claim
from certify.linear_algebra import extreme_eigenvalues
from certify.minimum.existence import ExactMinimum, symmetric_part
from certify.minimum.optax_settings import Step
from certify.program import evaluate, pullback
from certify.training.optimizer.leaves import CLOCK
from foundation import InputError


def preconditioned_sharpness(statement: Any, minimum: ExactMinimum, step: Step) -> tuple[Claim, ...]:
    """lambda_max(G^(1/2) H G^(1/2)), G the diagonal of -d update / d gradient at the memory as given."""
    gains = _gains(step, statement.dimension) if len(step.programs) == 1 else None
    if gains is None:
        return ()
    try:
        if minimum.jacobian_at is not None:
            jacobian = minimum.jacobian_at()
            matrix = symmetric_part((jacobian * gains.reshape(1, -1)) @ jacobian.T) / float(minimum.scale)
        else:
            roots = gains.sqrt()
            matrix = symmetric_part(minimum.curvature * roots.reshape(-1, 1) * roots.reshape(1, -1))
        largest = extreme_eigenvalues(matrix)[1]
    except InputError:
        return ()
    return (claim("optimizer.preconditioned-sharpness", largest),)


def _gains(step: Step, dimension: int) -> Ball | None:
    """The diagonal of -d update / d gradient, for updates where it is all there is: None where it is not positive."""
    memory = []
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
