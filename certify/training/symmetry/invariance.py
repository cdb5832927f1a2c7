"""A proof that a program's value does not change along a generator: the action of the symmetry, equation by equation.

Every value's derivative along the symmetry is written as w v + sum_k A_k v + s, or the proof is given up. Scalings by
positive numbers pass maxima with zero, absolute values, powers and selections; contractions cancel matrices against
their duals; differences and softmax cancel shifts. What holds for the derivative at all parameters holds along the
orbits as long as they stay in the program's domain.
"""

from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge
from certify.program import Program
from certify.program.balls import Balls
from certify.program.evaluate import apply_equation
from certify.program.program import Equation
from certify.training.symmetry.action import STILL, Action, Pending
from certify.training.symmetry.entrywise import ENTRYWISE
from certify.training.symmetry.generator import Generator
from certify.training.symmetry.operand import Operand, uniform_axes, uniform_of
from certify.training.symmetry.rearranging import REARRANGING
from certify.training.symmetry.sums import SUMS
from foundation import InputError

_RULES = ENTRYWISE | REARRANGING | SUMS
# Weights and entries of matrices stay below, so that no product or sum of a few overflows.
_LARGEST = 2**40


def is_invariant(program: Program, generator: Generator, data: Sequence[np.ndarray]) -> bool:
    """Whether it is proved that the outputs do not change along the generator, wherever the program is defined.

    program: (arrays of parameters, data...) -> outputs. data: the last inputs, as constants. False refutes nothing.
    """
    actions: dict[int, Action] = {part.leaf: part.action for part in generator}
    leaves = len(program.inputs) - len(data)
    values: list[Operand | None] = [
        Operand(signature.shape, actions.get(k, STILL)) for k, signature in enumerate(program.inputs[:leaves])
    ]
    values += [Operand(array.shape, STILL, array, uniform_axes(array)) for array in (*data, *program.constants)]
    for equation in program.equations:
        charge("steps", 1)
        charge("entries", equation.signature.size)
        values.append(_moved(equation, [values[ref] for ref in equation.operands]))
    return all(_is_still(values[ref]) for ref in program.outputs)


def _is_still(value: Operand | None) -> bool:
    return value is not None and isinstance(value.action, Action) and value.action.is_zero


def _moved(equation: Equation, operands: Sequence[Operand | None]) -> Operand | None:
    """The value of an equation with its action; None where none was found."""
    known = [x for x in operands if x is not None]
    if len(known) < len(operands):
        return None
    shape, uniform = equation.signature.shape, uniform_of(equation, known)
    if all(_is_still(x) for x in known):
        array = _constant(equation, known)
        return Operand(shape, STILL, array, uniform | uniform_axes(array))
    rule = _RULES.get(equation.primitive)
    pending = any(isinstance(x.action, Pending) for x in known)
    if rule is None or (pending and equation.primitive != "reduce_sum"):
        return None
    found = rule(known, equation.parameters, shape)
    return Operand(shape, found, None, uniform) if found is not None and _is_small(found) else None


def _constant(equation: Equation, operands: Sequence[Operand]) -> np.ndarray | None:
    """The value of constants where it is exact."""
    arrays = [x.array for x in operands]
    if equation.primitive not in _FOLDED or any(array is None for array in arrays):
        return None
    system = Balls()
    given = [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in arrays if a is not None]
    try:
        value = apply_equation(system, equation, given)
    except InputError:
        return None
    if isinstance(value, Ball):
        return None if value.rad.any() else value.mid[0]
    return value[0] if isinstance(value, np.ndarray) else None


# Constants on their way into contractions and selections.
_FOLDED = REARRANGING.keys() | {"convert", "neg"}


def _is_small(found: Action | Pending) -> bool:
    if isinstance(found, Pending):
        return _is_small(found.left) and _is_small(found.right)
    matrices = found.axes.values()
    return abs(found.weight) <= _LARGEST and all(((m >= -_LARGEST) & (m <= _LARGEST)).all() for m in matrices)
