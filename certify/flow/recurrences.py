"""Taylor coefficients along a straight line, one after the other, in Arb balls."""

from collections.abc import Sequence
from typing import final

import flint

from certify.effort import charge_arb
from certify.flow.coefficient_rules import (
    BINARY,
    UNARY,
    ZERO,
    Coefficients,
    Constant,
    Step,
    circular,
    power_of,
    with_constant,
)
from certify.flow.straight_line import Operation, StraightLine
from foundation import InputError


@final
class Recurrence:
    """The coefficients of a straight line's results, as those of the inputs become known.

    inputs: one list of coefficients for each, which may grow between the steps. `advance(k)` appends coefficient k of
    every result; it needs coefficients 0 .. k of the inputs, and to have been called for all smaller k.
    """

    def __init__(self, line: StraightLine, inputs: Sequence[Coefficients]) -> None:
        self._lists: dict[int, Coefficients] = dict(enumerate(inputs))
        self._constants = line.constants
        self._outputs = line.outputs
        self._steps: list[Step] = []
        self._lists.update((place, []) for place in line.operations)
        for place, operation in line.operations.items():
            self._steps.append(self._step(place, operation))

    def advance(self, k: int) -> None:
        for step in self._steps:
            step(k)

    def outputs(self, k: int) -> list[flint.arb]:
        """Coefficient k of each output."""
        return [
            (self._constants[place] if k == 0 else ZERO) if place in self._constants else self._lists[place][k]
            for place in self._outputs
        ]

    def _step(self, place: int, operation: Operation) -> Step:
        name, out = operation.name, self._lists[place]
        if name == "power":
            product, base = operation.operands
            return power_of(self._list(product), self._list(base), out, operation.exponent)
        if name in ("sin", "cos"):
            partner = self._lists[place + 1 if name == "sin" else place - 1]
            return circular(name, self._list(operation.operands[0]), partner, out)
        if len(operation.operands) == 1:
            return UNARY[name](self._list(operation.operands[0]), out)
        x, y = operation.operands
        if y in self._constants:
            return with_constant(name, self._list(x), self._constants[y], out)
        if x in self._constants:
            if name in ("add", "mul"):
                return with_constant(name, self._list(y), self._constants[x], out)
            return BINARY[name](Constant(self._constants[x]), self._list(y), out)
        return BINARY[name](self._list(x), self._list(y), out)

    def _list(self, place: int) -> Coefficients:
        return self._lists[place]


def value(line: StraightLine, point: Sequence[flint.arb], precision: int) -> list[flint.arb]:
    """The outputs over a ball of points. Raises `InputError` where a function has no value."""
    charge_arb(len(line.operations), precision)
    run = Recurrence(line, [[x] for x in point])
    run.advance(0)
    return run.outputs(0)


def solution(line: StraightLine, start: Sequence[flint.arb], order: int, precision: int) -> list[list[flint.arb]]:
    """x_0, ..., x_order of the solution of x' = f(x): x_(k+1) = f(x)_k / (k + 1).

    Raises `InputError` where they have no finite enclosure.
    """
    charge_arb(len(line.operations) * (order + 1) * (order + 2) // 2, precision)
    states = [[x] for x in start]
    run = Recurrence(line, states)
    for k in range(order):
        run.advance(k)
        for state, slope in zip(states, run.outputs(k), strict=True):
            following = slope / (k + 1)
            if not following.is_finite():
                raise InputError("the Taylor coefficients have no finite enclosure over the box")
            state.append(following)
    return states


def along(line: StraightLine, states: Sequence[Coefficients], precision: int) -> list[list[flint.arb]]:
    """The coefficients of the outputs along known series, as many as these have; one list for each."""
    order = len(states[0])
    charge_arb(len(line.operations) * order * (order + 1) // 2, precision)
    run = Recurrence(line, states)
    rows = []
    for k in range(order):
        run.advance(k)
        rows.append(run.outputs(k))
    return rows
