"""Steps of a validated integration: their order, precision and sizes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import flint

from certify.flow.doubleton import Doubleton
from certify.flow.integrate import ValidatedTrajectory, arb, no_step
from certify.flow.validated_step import ValidatedStep, validated_step
from certify.flow.vector_field import VectorField
from foundation.computing_time import computing_time

_SMALLEST_STEP = Fraction(1, 2**24)
_LOWEST_ORDER, _HIGHEST_ORDER = 6, 60
_LARGEST_GROWTH, _SMALLEST_FACTOR, _SAFETY = 2.0, 0.1, 0.8
# A step that should have been shorter than this part of itself is repeated.
_REPEAT = 0.75
_TINY = 1e-300
# A box need not be followed more sharply than this part of its width.
_OF_WIDTH = 2.0**-10
# The derivative of one step over a wide box is known to this: shorter steps depend less on their intervals.
_LARGEST_SPREAD = 2.0**-5
# An error of this size beside the states' own size carries no information.
_USELESS = 2.0**10


@final
@dataclass(frozen=True)
class Settings:
    """order: of Taylor's formula. tolerance: aim for the sum of the remainders, relative. precision: bits of Arb."""

    order: int
    tolerance: float
    precision: int


def settings_for(tolerance: float, box: Sequence[flint.arb]) -> Settings:
    """A high order for points, a low one for wide boxes, whose remainders need not be much smaller than their width."""
    aim = max(tolerance, _OF_WIDTH * _relative_width(box))
    digits = -math.log(aim)
    order = min(max(4 + math.ceil(0.5 * digits), _LOWEST_ORDER), _HIGHEST_ORDER)
    return Settings(order, tolerance, 64 + math.ceil(-1.5 * math.log2(tolerance)))


def adaptive(
    field: VectorField, box: Sequence[flint.arb], time: Fraction, settings: Settings, deadline: float
) -> ValidatedTrajectory:
    """Steps of a proved size until `time`; stops with a reason where no step is proved or the deadline is over."""
    states, reached = Doubleton.of_box(box), Fraction(0)
    steps: list[Fraction] = []
    tube: list[list[flint.arb]] = []
    size = float(time) / 8
    while reached < time:
        if computing_time() > deadline:
            return ValidatedTrajectory(states, reached, tuple(steps), tuple(tube), "the time budget is spent")
        duration = min(_dyadic(size), time - reached)
        current = states.box()
        step = validated_step(field, current, states.center.entries(), arb(duration), settings.order)
        allowed = _allowed(current, duration, time, settings.tolerance)
        factor = 0.5 if step is None else _factor(step, allowed, settings.order)
        size = float(duration) * factor
        if step is None or factor < _REPEAT:
            if Fraction(size) < time * _SMALLEST_STEP:
                return ValidatedTrajectory(states, reached, tuple(steps), tuple(tube), no_step(reached))
            continue
        states, reached = states.advanced(step), reached + duration
        steps.append(duration)
        tube.append(step.tube)
        if _is_useless(states):
            return ValidatedTrajectory(states, reached, tuple(steps), tuple(tube), _too_wide(reached))
    return ValidatedTrajectory(states, reached, tuple(steps), tuple(tube))


def _allowed(box: Sequence[flint.arb], duration: Fraction, time: Fraction, tolerance: float) -> float:
    """The step's share of the tolerance, or a small part of the box's width where that is more."""
    return (tolerance + _OF_WIDTH * _relative_width(box)) * float(duration / time)


def _relative_width(box: Sequence[flint.arb]) -> float:
    return max(float(x.rad()) / (1.0 + float(x.abs_upper())) for x in box)


def _factor(step: ValidatedStep, allowed: float, order: int) -> float:
    """The remainder grows like h^(order + 1), its share like h."""
    by_remainder = (allowed / max(step.remainder, _TINY)) ** (1 / order)
    by_spread = _LARGEST_SPREAD / max(step.spread, _TINY)
    return min(max(_SAFETY * min(by_remainder, by_spread), _SMALLEST_FACTOR), _LARGEST_GROWTH)


def _is_useless(states: Doubleton) -> bool:
    """The error, apart from what the initial box has become, is far larger than the states themselves."""
    error = max(float(x.rad()) for x in (states.frame * states.error).entries())
    own = max(float(x.abs_upper()) for x in (states.center + states.spread * states.initial).entries())
    return not error <= _USELESS * (1.0 + own)


def _dyadic(size: float) -> Fraction:
    """Few bits, so that sums of steps stay exact in the working precision."""
    exponent = 24 - max(-900, Fraction(size).numerator.bit_length() - Fraction(size).denominator.bit_length())
    scaled = int(Fraction(size) * Fraction(2) ** exponent)
    return Fraction(max(scaled, 1)) / Fraction(2) ** exponent


def _too_wide(reached: Fraction) -> str:
    return f"the enclosure grew too wide at time {float(reached):.10g}"
