"""What an evaluation of a program costs, in elementary operations."""

import math

from certify.program.program import Equation, Program

# Operations of a program, about a second in Arb.
_FEW_OPERATIONS = 1_000_000


def is_small(program: Program) -> bool:
    """Whether an evaluation in Arb costs about a second or less."""
    return sum(_operations(program, equation) for equation in program.equations) <= _FEW_OPERATIONS


def _operations(program: Program, equation: Equation) -> int:
    operands = [program.signatures[ref] for ref in equation.operands]
    if equation.primitive == "dot_general":
        summed = math.prod(operands[0].shape[axis] for axis in equation.parameters["left_contract"])
        return summed * equation.signature.size + sum(s.size for s in operands)
    return max(s.size for s in (equation.signature, *operands))
