"""An optimiser given as a program that sees batches: what contracts in every order of them, or no theorem."""

import math
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum
from certify.minimum.optax_settings import Step
from certify.statements import say
from certify.training.optimizer.counters import check_counters
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.rest import Rest, rest_of
from certify.training.sampling import BOTH, IID, SHUFFLED, epochs, order_free, sampling_of
from certify.training.sampling.any_order import MemoryStep, epoch_bound, mean_bound
from certify.verdict import Verdict


def decide(
    statement: Any, minimum: ExactMinimum, step: Step, box: Ball, claims: tuple[Claim, ...], rested: Any
) -> ProofResult:
    """STABLE where no batch expands a norm on parameters and memory; otherwise UNDECIDED with what is known.

    box: the parameters for which the point of rest is proved. rested: Rest -> its hypotheses.
    """
    first, size = requirement.of_isolation(minimum), int(statement.optimizer["batch_size"])
    rest = _rest(step, box) if minimum.interpolating else None
    memory = None if rest is None else memory_step(rest)
    if rest is not None and memory is not None and _contracts(statement, minimum, memory):
        told = (first, *rested(rest), *_drawn(statement.optimizer, size))
        return ProofResult(Verdict.STABLE, say("optimizer.theorem-any-order"), claims, told)
    reason = say("optimizer.batches", batch=size)
    return ProofResult(
        Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (first,), reason, say("optimizer.simulate")
    )


def _rest(step: Step, box: Ball) -> Rest | None:
    if len(step.programs) > 1 or step.takes_loss:
        return None
    try:
        check_counters(step.programs, step.leaves)
        return rest_of(step.programs, box, step.leaves)
    except Refused:
        return None


def memory_step(rest: Rest) -> MemoryStep | None:
    """The linearised step of a coordinate as u' = b u + g, w' = w - p u - q g with u = m / k for m' = b m + k g.

    None where it is not of this form, where coordinates are scaled differently, or where other memory stays.
    """
    plane = rest.plane
    if plane is None or plane.later or rest.weights is not None or rest.averaged:
        return None
    if rest.neutral or rest.given or not rest.memory_decays or plane.b.shape != (2,):
        return None
    kept = plane.a[:, 0]
    if kept.rad.any() or not np.array_equal(kept.mid, [1.0, 0.0]):
        return None
    return MemoryStep(plane.a[1, 1], -(plane.a[0, 1] * plane.b[1]), -plane.b[0])


def _contracts(statement: Any, minimum: ExactMinimum, memory: MemoryStep) -> bool:
    """Whether the bound of an epoch, and of a uniform batch where they are independent, is proved negative."""
    scheme = sampling_of(statement.optimizer)
    outputs = statement.targets.shape[1]
    batches = epochs(minimum.curvature, Ball.exact(1.0), int(statement.optimizer["batch_size"]), outputs)
    blocks, least = order_free.blocks(batches), batches.curvature[0]
    bounds = []
    if scheme != IID:
        bounds.append(epoch_bound(memory, blocks, least, batches.sizes))
    if scheme in (IID, BOTH):
        bounds.append(mean_bound(memory, blocks, least, batches.examples))
    return max(bounds, default=math.inf) < 0


def _drawn(optimizer: Any, size: int) -> tuple[Hypothesis, ...]:
    scheme = sampling_of(optimizer)
    independent = (requirement.independent_batches(size),) if scheme in (IID, BOTH) else ()
    return (*independent, *((requirement.shuffled_batches(),) if scheme in (SHUFFLED, BOTH) else ()))
