"""What delay equations with a given Lipschitz constant can represent: thresholds and the reach of a construction."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import flint

from certify.delay.first_zero import first_zero
from certify.delay.steps import solution_value
from certify.integral import exact_arb
from foundation.arb_precision import arb_precision

_PRECISION = 256


@final
@dataclass(frozen=True)
class DecayPhase:
    """How the input is forgotten at the time S = `time` delays: kappa is the first zero for S, `rest` is p(S - 1)."""

    time: Fraction
    kappa: flint.arb
    rest: flint.arb


def decay_phase(time: Fraction) -> DecayPhase:
    """h' = -kappa h(t - 1) takes every constant initial value to 0 at `time` > 0, in units of the delay. Proved."""
    with arb_precision(_PRECISION):
        if time <= 1:
            return DecayPhase(time, 1 / exact_arb(time), flint.arb(1))
        kappa = first_zero(time, 2 * _PRECISION)
        with arb_precision(2 * _PRECISION):
            return DecayPhase(time, kappa, solution_value(time - 1, kappa))


def reach(memory: Fraction, horizon: Fraction, way: DecayPhase) -> flint.arb:
    """(k/kappa - 1) p(S - 1) exp(k (T - S)), k = K tau = `memory`, T = `horizon`, times in delays. Proved.

    Below it, every l = K_Psi/(w w~) is represented: h' = -kappa h(t - 1) + g(h(t - 1)) until 1, without g until S, then
    h' = k h. g is multiplied by p(S - 1)/kappa at S, and may have the Lipschitz constant k - kappa. Negative where
    `memory` is below kappa. S must not exceed `horizon`.
    """
    with arb_precision(_PRECISION):
        k = exact_arb(memory)
        return (k / way.kappa - 1) * way.rest * (k * exact_arb(horizon - way.time)).exp()


def best_decay_phase(memory: Fraction, horizon: Fraction, times: Sequence[Fraction]) -> DecayPhase | None:
    """The time among `times` (each at most `horizon`) with the largest reach; None when none has a positive one."""
    chosen: tuple[float, DecayPhase] | None = None
    for time in times:
        way = decay_phase(time)
        found = reach(memory, horizon, way)
        if found > 0 and (chosen is None or float(found.log().mid()) > chosen[0]):
            with arb_precision(_PRECISION):
                chosen = float(found.log().mid()), way
    return None if chosen is None else chosen[1]
