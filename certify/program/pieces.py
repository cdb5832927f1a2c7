"""The finitely many analytic pieces of a program with kinks.

Each entry of a maximum, minimum, absolute value, or selection by comparisons takes one of two branches. For a fixed
choice s of 0 or 1 in every such entry the program y + s (x - y) in place of max(x, y), and so on, is another program;
`Pieces.member` is that family, with the choices as further inputs.

Let every member, for every choice, be real-analytic in the first input on all of R^D, with the operands of all
comparisons among its outputs. Off a null set each point has a neighbourhood on which the program equals a member: by
induction along the equations the operands of the next kink agree with a member's, which are analytic on all of R^D, so
that they are equal either everywhere, where both branches are one, or on a closed null set, off which the comparison is
locally constant [S. Krantz and H. Parks, A Primer of Real Analytic Functions, 4.1]. There are finitely many members.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import final

import numpy as np

from certify.program.builder import Builder
from certify.program.primitives.nonsmooth import COMPARISONS
from certify.program.primitives.registry import PRIMITIVES
from certify.program.primitives.regularity import Kind
from certify.program.program import Equation, Program
from certify.program.regularity import analytic_everywhere, moving_equations
from certify.program.signature import BOOL, Signature
from foundation import InputError


@final
@dataclass(frozen=True, eq=False)
class Pieces:
    """member: the program with the inputs (parameters, others.., choices..), whose outputs are the program's, then the
    operands of the comparisons. shapes: of the choices.
    """

    member: Program
    shapes: tuple[tuple[int, ...], ...]
    outputs: int

    def are_entire(self, fixed: Sequence[np.ndarray]) -> bool:
        """Whether every member is proved real-analytic in its first input on all of R^D. fixed: arrays (N, *shape), the
        examples, for the other inputs of the program.
        """
        choices = [np.stack([np.zeros(shape), np.ones(shape)]) for shape in self.shapes]
        return analytic_everywhere(self.member, [*fixed, *choices]).everywhere

    @property
    def function(self) -> Program:
        """The members' outputs alone."""
        return replace(self.member, outputs=self.member.outputs[: self.outputs])


@lru_cache(maxsize=64)
def pieces_of(program: Program) -> Pieces | None:
    """The members as one program; None where the program has no kink, or one that is not understood."""
    builder = Builder()
    inputs = [builder.input(signature) for signature in program.inputs]
    moving = {program.first_equation + position for position in moving_equations(program, (0,))} | {0}
    kinks = [e for k, e in enumerate(program.equations) if program.first_equation + k in moving and _mixer(e, moving)]
    choices = [builder.input(Signature(equation.signature.shape)) for equation in kinks]
    selections = [e.operands[0] for e in kinks if e.primitive == "select_n"]
    if not kinks or not all(_by_comparisons(program, ref, moving) for ref in selections):
        return None
    refs, left = [*inputs, *(builder.constant(array) for array in program.constants)], list(choices)
    compared: list[int] = []
    try:
        for position, equation in enumerate(program.equations):
            operands = [refs[x] for x in equation.operands]
            mix = _mixer(equation, moving) if program.first_equation + position in moving else None
            refs.append(
                builder.emit(equation.primitive, *operands, **equation.parameters)
                if mix is None
                else mix(builder, left.pop(0), operands)
            )
            if equation.primitive in COMPARISONS and program.first_equation + position in moving:
                compared += operands
    except InputError:
        return None
    outputs = [refs[x] for x in program.outputs]
    member = builder.program([*outputs, *dict.fromkeys(compared)])
    return Pieces(member, tuple(equation.signature.shape for equation in kinks), len(outputs))


def _by_comparisons(program: Program, ref: int, moving: set[int]) -> bool:
    """Whether the booleans depend on the parameters through comparisons alone."""
    if ref not in moving:
        return True
    equation = program.equations[ref - program.first_equation] if ref >= program.first_equation else None
    if equation is None or equation.signature.dtype != BOOL:
        return False
    rule = PRIMITIVES[equation.primitive].regularity
    return equation.primitive in COMPARISONS or (
        rule is not None
        and rule.kind is Kind.ENTIRE
        and all(_by_comparisons(program, operand, moving) for operand in equation.operands)
    )


_Mixer = Callable[[Builder, int, list[int]], int]


def _mixer(equation: Equation, moving: set[int]) -> _Mixer | None:
    """How the equation looks for a choice; None for those that stay as they are."""
    if not equation.signature.is_real:
        return None
    if equation.primitive in ("max", "min"):
        return lambda builder, choice, operands: _mixed(builder, choice, *operands)
    if equation.primitive == "abs":
        return lambda builder, choice, operands: _mixed(builder, choice, operands[0], builder.emit("neg", operands[0]))
    if equation.primitive == "select_n" and equation.operands[0] in moving and len(equation.operands) == 3:
        return lambda builder, choice, operands: _mixed(builder, choice, operands[2], operands[1])
    return None


def _mixed(builder: Builder, choice: int, x: int, y: int) -> int:
    """y + s (x - y): x for s = 1, y for s = 0."""
    return builder.emit("add", y, builder.emit("mul", choice, builder.emit("sub", x, y)))
