"""Degenerate critical points, by exact arithmetic at a rational point."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from certify.arithmetic.rational import rational_ball
from certify.equilibrium.rational_functions import Quotient, RationalFunctions
from certify.morse.degenerate_zero import vanishes_exactly
from certify.morse.exact_functions import determinant
from certify.morse.problem import MorseProblem
from certify.program import Program, evaluate, jacobian_program
from certify.program.evaluate import constant_value, run_equations
from certify.program.values import Value
from foundation import InputError

_MOST_EQUATIONS = 2000


def is_critical(problem: MorseProblem, point: Sequence[Fraction]) -> bool:
    """Whether it is proved that the gradient vanishes at the point. False refutes nothing."""
    if _is_refuted(problem, point):
        return False
    values = _values(problem.gradient, point)
    return values is not None and all(value.is_zero for value in values)


def is_degenerate(problem: MorseProblem, point: Sequence[Fraction]) -> bool:
    """Whether it is proved that the gradient and the determinant of the Hessian vanish at the point.

    Both are rational functions of the values that transcendental functions take there; what vanishes as a rational
    function vanishes. False refutes nothing.
    """
    if _is_refuted(problem, point):
        return False
    return _is_degenerate_in_values(problem, point) or vanishes_exactly(problem, point)


def _is_degenerate_in_values(problem: MorseProblem, point: Sequence[Fraction]) -> bool:
    if not is_critical(problem, point):
        return False
    entries = _values(jacobian_program(problem.gradient, (0,)), point)
    if entries is None:
        return False
    d = problem.dimension
    rows = [entries[d * i : d * (i + 1)] for i in range(d)]
    try:
        return determinant(rows).is_zero
    except (InputError, ArithmeticError):
        return False


def _is_refuted(problem: MorseProblem, point: Sequence[Fraction]) -> bool:
    """Whether balls exclude a zero gradient at the point, which spares the exact arithmetic."""
    try:
        (value,) = evaluate(problem.gradient, [rational_ball(list(point))])
    except InputError:
        return True
    return bool((value.mignitude > 0).any())


def _values(program: Program, point: Sequence[Fraction]) -> list[Quotient] | None:
    """The program's entries at the exact point."""
    if len(program.equations) > _MOST_EQUATIONS:
        return None
    system = RationalFunctions(1)
    argument = np.empty((1, len(point)), dtype=object)
    argument[0] = [system.number(value) for value in point]
    values: list[Value] = [argument, *(constant_value(system, array) for array in program.constants)]
    try:
        (result,) = run_equations(system, program, values)
        return list(np.asarray(result, dtype=object).reshape(-1))
    except (InputError, ArithmeticError):
        return None
