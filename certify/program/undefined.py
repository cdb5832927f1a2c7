"""Constants that are no numbers (NaN, infinities) on their way through a program.

They may stand in branches of selections that are not taken. Taken, they are enclosed by the whole line, and a bounded
function of that would look like a number, where JAX has NaN: so that each is followed until a selection leaves it out,
or it is minus infinity beside numbers in a maximum, an exponential or a softmax, which it does not touch. Anything else
that takes one is refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Equation, Program
from certify.program.values import NumberSystem, Ternary, Value, aligned
from foundation import InputError

# What stands at an entry: a number, minus infinity, or NaN and plus infinity.
NUMBER, MINUS_INFINITY, LOST = 0, 1, 2
_MOVING = frozenset(("broadcast_in_dim", "reshape", "concatenate", "slice", "transpose", "rev", "take"))
# Comparisons of the whole line are undecided by themselves.
_COMPARISONS = frozenset(("lt", "le", "gt", "ge", "eq", "ne"))
_ALONG_AXES = frozenset(("softmax", "logsumexp", "reduce_max"))

Marks = dict[int, np.ndarray]


def marked_constants(program: Program) -> Marks:
    """What stands at the entries of the constants that hold something else than numbers, by reference, (1, *shape)."""
    marks: Marks = {}
    for number, array in enumerate(program.constants):
        if array.dtype == np.float64 and not np.isfinite(array).all():
            kinds = np.where(np.isfinite(array), NUMBER, np.where(array == -np.inf, MINUS_INFINITY, LOST))
            marks[len(program.inputs) + number] = kinds[None]
    return marks


def follow(system: NumberSystem, program: Program, position: int, operands: Sequence[Value], marks: Marks) -> None:
    """Adds the marks of an equation's value; raises `InputError` where it takes what is no number."""
    equation = program.equations[position]
    if not any(ref in marks for ref in equation.operands):
        return
    given = [marks.get(ref, np.zeros((1, *program.signatures[ref].shape), np.int64)) for ref in equation.operands]
    found = _followed(system, equation, operands, given)
    if found is None:
        place = f" at {equation.source}" if equation.source else ""
        raise InputError(
            f"NaN or an infinity is taken in `{equation.primitive}`{place}: there the function is not a function of "
            "real numbers; a mask needs a large negative number instead, or a pattern that does not depend on the "
            "arguments"
        )
    if found.any():
        marks[program.first_equation + position] = found


def _followed(
    system: NumberSystem, equation: Equation, operands: Sequence[Value], given: list[np.ndarray]
) -> np.ndarray | None:
    name, evaluate = equation.primitive, PRIMITIVES[equation.primitive].evaluate
    if name in _MOVING:
        moved: list[Any] = [given[0], *operands[1:]] if name == "take" else list(given)
        return np.asarray(evaluate(system, moved, equation.parameters))
    if name == "select_n":
        return _selected(system, equation, operands[0], given[1:])
    whole = np.broadcast_arrays(*given) if name not in _ALONG_AXES else given
    if name in _COMPARISONS or not any(kinds.any() for kinds in whole):
        return np.zeros(1, np.int64)
    if name in ("add", "sub"):
        second = np.where(whole[1] > 0, LOST, NUMBER) if name == "sub" else whole[1]
        return np.maximum(whole[0], second)
    if any((kinds == LOST).any() for kinds in whole):
        return None
    if name == "exp":
        return np.zeros(1, np.int64)
    if name == "max":
        return np.minimum(*whole)
    if name in _ALONG_AXES:
        axes = tuple(axis + 1 for axis in equation.parameters["axes"])
        return None if (whole[0] == MINUS_INFINITY).all(axis=axes).any() else np.zeros(1, np.int64)
    return None


def _selected(system: NumberSystem, equation: Equation, which: Value, branches: list[np.ndarray]) -> np.ndarray:
    if not isinstance(which, Ternary):
        return np.asarray(PRIMITIVES["select_n"].evaluate(system, [which, *branches], equation.parameters))
    true, false, otherwise, then = aligned(system, [which.true, which.false, *branches])
    return np.where(true, then, np.where(false, otherwise, np.maximum(otherwise, then)))
