"""Whether a program is a real-analytic function."""

from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Equation, Program


def is_real_analytic(program: Program) -> tuple[bool, str]:
    """(True, "") when the program composes real-analytic functions (in the interior of their domains), else (False,
    reason).

    The reason names the first primitive that is not analytic and depends on a real input. False does not refute
    analyticity. Proved by the form of the program: sums, products, compositions and quotients of analytic functions are
    analytic [S. Krantz and H. Parks, A Primer of Real Analytic Functions, 1.4 and 2.2].
    """
    moving = {i for i, signature in enumerate(program.inputs) if signature.is_real}
    for position, equation in enumerate(program.equations):
        if not any(ref in moving for ref in equation.operands):
            continue
        reason = _obstacle(program, equation, moving)
        if reason:
            return False, reason + (f" at {equation.source}" if equation.source else "")
        moving.add(program.first_equation + position)
    return True, ""


def _obstacle(program: Program, equation: Equation, moving: set[int]) -> str:
    if not PRIMITIVES[equation.primitive].analytic:
        return f"`{equation.primitive}` is not real-analytic"
    if not equation.signature.is_real:
        return f"`{equation.primitive}` makes a decision that depends on real inputs"
    return ""
