"""Proves for each of n steps whether the loss falls along the exact orbit of gradient descent."""

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure
from certify.statements import say
from certify.trajectories.network import network_from_data
from certify.trajectories.orbit import checked_bits, checked_rate, checked_steps, orbit
from certify.verdict import Verdict
from foundation.arb_precision import arb_precision


def prove_descent(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """problem: network, start (D,), learning_rate (rational), steps. witness: bits."""
    network, steps = network_from_data(problem["network"]), checked_steps(problem["steps"])
    bits, rate = checked_bits(witness["bits"]), checked_rate(problem["learning_rate"])
    losses: list[flint.arb] = []
    for moment in orbit(network, problem["start"], rate, steps, bits):
        losses.append(moment.loss)
        if len(losses) > 1 and not losses[-1] < losses[-2]:
            break
    return _outcome(losses, steps, rate, bits)


def _outcome(losses: list[flint.arb], steps: int, rate: Fraction, bits: int) -> ProofResult:
    with arb_precision(bits):
        pairs = list(enumerate(itertools.pairwise(losses)))
        rise = next((step for step, (a, b) in pairs if b > a), None)
        open_ = next((step for step, (a, b) in pairs if not b < a and not b > a), None)
        falls = [a - b for _, (a, b) in pairs]
    theorem = say("descent.ordered-losses")
    claims = [claim("descent.first-loss", arb_enclosure(losses[0]))]
    if rise is not None:
        claims += _rise(rise, losses)
        return ProofResult(Verdict.REFUTED, theorem, tuple(claims))
    if open_ is not None or len(losses) <= steps:
        place = len(losses) - 1 if open_ is None else open_
        reason = say("descent.undecided-step", step=place, bits=bits)
        return ProofResult(Verdict.UNDECIDED, theorem, tuple(claims), (), reason, say("descent.more-bits"))
    smallest = min(arb_enclosure(fall).lower for fall in falls)
    bound = Enclosure(smallest, min(arb_enclosure(fall).upper for fall in falls))
    claims += [
        claim("descent.last-loss", arb_enclosure(losses[-1]), steps=steps, rate=rate),
        claim("descent.smallest-fall", bound),
    ]
    return ProofResult(Verdict.PROVED, theorem, tuple(claims))


def _rise(step: int, losses: list[flint.arb]) -> list[Claim]:
    """The claims about the first step at which the loss rises: at all earlier ones it is proved to fall."""
    return [
        claim("descent.rising-step", Enclosure(float(step), float(step))),
        claim("descent.before-rise", arb_enclosure(losses[step])),
        claim("descent.after-rise", arb_enclosure(losses[step + 1])),
    ]
