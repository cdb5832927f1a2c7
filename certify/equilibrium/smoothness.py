"""Whether a program is continuously differentiable around a box."""

import numpy as np

from certify.arithmetic import Ball
from certify.program.evaluate import evaluate
from certify.program.program import Program
from certify.program.regularity import analytic_on
from foundation import InputError


def nonsmooth_point(program: Program, box: Ball) -> str:
    """The reason why the program is not proved real-analytic in a neighbourhood of the box (n,); "" when it is."""
    argument = box.reshape(program.inputs[0].shape)
    found = analytic_on(program, [argument])
    if not found.everywhere:
        return found.obstacle
    try:
        evaluate(program, [argument])
    except InputError as error:
        return str(error)
    return ""


def are_smooth(program: Program, boxes: Ball) -> np.ndarray:
    """For each of the boxes (N, n) whether the program is proved real-analytic in a neighbourhood of it, (N,)."""
    return analytic_on(program, [boxes.reshape(len(boxes), *program.inputs[0].shape)], batch=[True]).holds


def require_smooth(program: Program, box: Ball) -> None:
    """Raises `InputError` unless the program is proved to be real-analytic in a neighbourhood of the box."""
    reason = nonsmooth_point(program, box)
    if reason:
        raise InputError(
            f"the field is not differentiable near the equilibrium: {reason}; its linearisation decides nothing, so "
            "smooth the field or choose an equilibrium away from kinks"
        )
