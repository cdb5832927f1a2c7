"""The validated time-T map: validated steps with step control, or repeated with given steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import flint

from certify.flow.doubleton import Doubleton
from certify.flow.validated_step import validated_step
from certify.flow.vector_field import VectorField


@final
@dataclass(frozen=True, eq=False)
class Passage:
    """Solutions from a box over [0, `reached`]: the states there, the steps, and what encloses them on the way.

    steps: exact durations. tube: for each step a box that holds the solutions during the step. reason: why it ends
    before the time asked for ("" when it does not).
    """

    states: Doubleton
    reached: Fraction
    steps: tuple[Fraction, ...]
    tube: tuple[list[flint.arb], ...]
    reason: str = ""


def repeated(field: VectorField, box: Sequence[flint.arb], steps: Iterable[Fraction], order: int) -> Passage:
    """The passage with these steps; ends before the first one that is not proved."""
    states, reached = Doubleton.of_box(box), Fraction(0)
    done: list[Fraction] = []
    tube: list[list[flint.arb]] = []
    for duration in steps:
        step = validated_step(field, states.box(), states.center.entries(), arb(duration), order)
        if step is None:
            return Passage(states, reached, tuple(done), tuple(tube), no_step(reached))
        states, reached = states.advanced(step), reached + duration
        done.append(duration)
        tube.append(step.tube)
    return Passage(states, reached, tuple(done), tuple(tube))


def arb(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def no_step(reached: Fraction) -> str:
    return (
        f"no step is proved at time {float(reached):.10g}: the solutions may cease to exist there, leave the field's "
        "domain, or their enclosure is too wide"
    )
