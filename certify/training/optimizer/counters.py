"""What an optimiser's counters become in a step, read off its program: nothing is believed about them.

A step counter must go up by one, or keep its value in some steps of a period: c, c + 1, or optax's c + 1 below a limit
that is no less than the last counter looked at. A sum must grow by one number, its stored value up to rounding. A
counter that comes back, and a switch that was thrown, must get a value that depends on step counters alone and is one
number for all of them.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program, evaluate
from certify.program.builder import Builder
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import CLOCK, Leaf
from foundation import InputError

# A sum's stored step is a float, computed in floats.
_ROUNDED = 2.0**-50
# Sums and products of a few floats are exact in so many bits.
_BITS = 1024
# parameters and gradient stand before the memory among the inputs, the update before it among the outputs
_INPUTS, _OUTPUTS = 2, 1


def check_counters(programs: Sequence[Program], leaves: Sequence[Leaf]) -> None:
    """Raises `Refused` where a counter, a sum or a switch of the memory is not proved to go on as its kind says."""
    clocks = frozenset(_INPUTS + k for k, leaf in enumerate(leaves) if leaf.kind == "clock")
    for k, leaf in enumerate(leaves):
        refs = [program.outputs[_OUTPUTS + k] for program in programs]
        if leaf.kind == "clock":
            steps = [_goes_up(program, ref, _INPUTS + k) for program, ref in zip(programs, refs, strict=True)]
            good = None not in steps and any(steps) and leaf.value.shape == ()
        elif leaf.kind == "sum":
            good = all(
                _adds(p, ref, _INPUTS + k, float(leaf.value), _ROUNDED) for p, ref in zip(programs, refs, strict=True)
            )
        elif leaf.kind == "cycle":
            values = [_one_value(program, ref, clocks) for program, ref in zip(programs, refs, strict=True)]
            good = all(value is not None for value in values)
            if good and len(programs) == 1:
                good = bool(np.array_equal(np.asarray(values[0]), leaf.value))
        else:
            continue
        if not good:
            raise Refused(f"the counter {leaf.name} of the optimiser is not proved to go on as it did")


def _goes_up(program: Program, ref: int, own: int) -> bool | None:
    """Whether the new counter is c + 1 (True) or c (False); None for anything else."""
    if ref == own:
        return False
    if _adds(program, ref, own, 1.0):
        return True
    parts = _made_by(program, ref, "select_n")
    if len(parts) != 3:
        return None
    below, limit = _made_by(program, parts[0], "lt"), _number(program, parts[1])
    if limit is None or limit < CLOCK[1] or len(below) != 2 or below[0] != own or _number(program, below[1]) != limit:
        return None
    return True if _adds(program, parts[2], own, 1.0) else None


def _adds(program: Program, ref: int, own: int, step: float, slack: float = 0.0) -> bool:
    parts = _made_by(program, ref, "add")
    added = [_number(program, part) for part in parts if part != own]
    return own in parts and any(x is not None and abs(x - step) <= slack * step for x in added)


def _made_by(program: Program, ref: int, primitive: str) -> tuple[int, ...]:
    place = ref - program.first_equation
    found = place >= 0 and program.equations[place].primitive == primitive
    return program.equations[place].operands if found else ()


def _number(program: Program, ref: int) -> float | None:
    """The float nearest to a scalar that is made of constants alone."""
    if program.signatures[ref].shape != () or not program.signatures[ref].is_real or _inputs_of(program, ref):
        return None
    try:
        (value,) = evaluate(_part(program, ref), [np.zeros(s.shape) for s in program.inputs], precision=_BITS)
    except InputError:
        return None
    ball = value.item()
    if not ball.is_exact() or not ball.is_finite():
        return None
    mantissa, exponent = ball.mid().man_exp()
    return float(Fraction(int(mantissa)) * Fraction(2) ** int(exponent))


def _one_value(program: Program, ref: int, clocks: frozenset[int]) -> np.ndarray | None:
    """The value of an output that depends on step counters alone, where it is the same for all of them."""
    if not _inputs_of(program, ref) <= clocks:
        return None
    arguments = [
        Ball.from_bounds(*(np.full(s.shape, end) for end in CLOCK)) if k in clocks else Ball.exact(np.zeros(s.shape))
        for k, s in enumerate(program.inputs)
    ]
    try:
        with np.errstate(all="ignore"):
            (value,) = evaluate(_part(program, ref), arguments)
    except InputError:
        return None
    return value.mid if isinstance(value, Ball) and not value.rad.any() else None


def _part(program: Program, ref: int) -> Program:
    """The program of that value alone."""
    builder = Builder()
    return builder.program([builder.inline(program, [builder.input(s) for s in program.inputs])[ref]])


def _inputs_of(program: Program, ref: int) -> frozenset[int]:
    seen, stack = {ref}, [ref]
    while stack:
        place = stack.pop() - program.first_equation
        fresh = [x for x in program.equations[place].operands if x not in seen] if place >= 0 else []
        seen.update(fresh)
        stack.extend(fresh)
    return frozenset(x for x in seen if x < len(program.inputs))
