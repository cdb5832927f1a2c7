"""On which boxes a program has a value at every point: poles that bounded functions would hide.

A quotient by an interval that holds 0 is enclosed by the whole line, and sin of that by [-1, 1], which looks like a
number. Functions that leave their domain otherwise (roots and logarithms of negative numbers) are refused by their own
rules. So each entry that is unbounded where the condition of its function is not proved is followed, like a constant
that is no number, until a selection leaves it out; whatever else takes it has no value there.
"""

import functools

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge
from certify.program.evaluate import (
    apply_equation,
    charge_program,
    converted_arguments,
    last_uses,
    number_system,
    program_constants,
)
from certify.program.nonnegative import safe_roots, without_negative_part
from certify.program.primitives.regularity import Kind
from certify.program.program import Program
from certify.program.regularity import kind_of, satisfied
from certify.program.undefined import LOST, NUMBER, follow, marked_constants
from certify.program.values import NumberSystem, Value, is_plain
from foundation import InputError

# Kinks, jumps and cuts lie inside of the domain.
_DEFINED = frozenset((Kind.ENTIRE, Kind.PIECEWISE, Kind.CUT))


def defined_on(program: Program, boxes: Ball) -> np.ndarray:
    """For each box (N, *shape) of the one input whether the program is proved to have a value at all its points, (N,).

    Values beside undefined ones in branches of selections that are not taken do no harm.
    """
    count = len(boxes)
    if not count or not _may_have_poles(program):
        return np.ones(count, bool)
    try:
        with np.errstate(all="ignore"):
            return _defined(program, boxes)
    except InputError:
        if count == 1:
            return np.zeros(1, bool)
        half = count // 2
        return np.concatenate([defined_on(program, part) for part in (boxes[:half], boxes[half:])])


def _defined(program: Program, boxes: Ball) -> np.ndarray:
    count, system = len(boxes), number_system(None, True)
    values = [*converted_arguments(system, program, [boxes], [True]), *program_constants(system, program)]
    charge_program(program, None, count)
    marks, last_use, wanted = marked_constants(program), last_uses(program), _may_have_poles(program)
    roots = safe_roots(program)
    for position, equation in enumerate(program.equations):
        charge("steps", 1)
        operands, ref = [values[k] for k in equation.operands], program.first_equation + position
        follow(system, program, position, operands, marks)
        if position in roots:
            operands = [without_negative_part(operands[0])]
        value = apply_equation(system, equation, operands)
        if position in wanted:
            known = kind_of(equation) is not None
            good = satisfied(system, equation, operands, count) if known else np.zeros(count, bool)
            lost = _lost(system, value, good)
            if lost.any():
                marks[ref] = np.maximum(marks[ref], lost) if ref in marks else lost
        values.append(value)
        for k in last_use.get(position, ()):
            values[k] = None
    whole = np.ones(count, bool)
    for ref in program.outputs:
        if ref in marks:
            whole &= ~(marks[ref] != NUMBER).any(axis=tuple(range(1, marks[ref].ndim)))
    return whole


def _lost(system: NumberSystem, value: Value, good: np.ndarray) -> np.ndarray:
    """The entries of an equation's value that are unbounded in the examples where its condition is not proved."""
    if is_plain(value):
        return np.zeros(1, np.int64)
    low, high = system.bounds(value)
    unbounded = ~(np.isfinite(low) & np.isfinite(high))
    rows = (~good).reshape((-1,) + (1,) * (unbounded.ndim - 1))
    return np.where(unbounded & rows, LOST, NUMBER)


@functools.lru_cache(maxsize=256)
def _may_have_poles(program: Program) -> frozenset[int]:
    """The positions of the equations that declare a domain, or nothing."""
    return frozenset(k for k, e in enumerate(program.equations) if kind_of(e) not in _DEFINED)
