"""Whether a program is continuously differentiable on a box."""

import numpy as np

from certify.arithmetic import Ball
from certify.program.analytic import is_real_analytic
from certify.program.evaluate import evaluate
from certify.program.program import Program
from certify.program.reverse import pullback
from foundation import InputError

# What the derivatives of kinks and jumps are made of: each is one number where the box excludes kink and jump.
_SLOPES = frozenset({"slope_of_abs", "step", "extremum_share", "slope_of_jump"})
_MARGIN = 2.0**-40


def kink(program: Program, box: Ball) -> str:
    """The reason why the program is not proved C1 in a neighbourhood of the box (n,); "" when it is.

    Evaluated over a slightly larger box: it must lie in the domain, and decide every comparison, kink and jump.
    """
    wide = _wider(box)
    try:
        evaluate(program, [wide.reshape(program.inputs[0].shape)])
        return "" if is_real_analytic(program)[0] else _undecided_slope(program, wide)
    except InputError as error:
        return str(error)


def are_smooth(program: Program, boxes: Ball) -> np.ndarray:
    """For each of the boxes (N, n) whether `kink` finds none, (N,)."""
    if not is_real_analytic(program)[0]:
        return np.array([not kink(program, boxes[k]) for k in range(len(boxes))], dtype=bool)
    try:
        evaluate(program, [_wider(boxes).reshape(len(boxes), *program.inputs[0].shape)], batch=[True])
        return np.ones(len(boxes), bool)
    except InputError:
        if len(boxes) == 1:
            return np.zeros(1, bool)
        half = len(boxes) // 2
        return np.concatenate([are_smooth(program, boxes[:half]), are_smooth(program, boxes[half:])])


def _wider(box: Ball) -> Ball:
    return box.widened(_MARGIN * (1.0 + box.magnitude))


def _undecided_slope(program: Program, box: Ball) -> str:
    derivative = pullback(program, (0,))
    places = [i for i, equation in enumerate(derivative.equations) if equation.primitive in _SLOPES]
    if not places:
        return ""
    slopes = Program(
        derivative.inputs,
        derivative.constants,
        derivative.equations,
        tuple(derivative.first_equation + i for i in places),
    )
    cotangents = [np.ones(signature.shape) for signature in derivative.inputs[1:]]
    values = evaluate(slopes, [box.reshape(program.inputs[0].shape), *cotangents])
    for place, value in zip(places, values, strict=True):
        if np.any(value.rad > 0):
            source = derivative.equations[place].source
            return "it has a kink or a jump there" + (f" (at {source})" if source else "")
    return ""


def require_smooth(program: Program, box: Ball) -> None:
    """Raises `InputError` unless the program is proved to be C1 in a neighbourhood of the box."""
    reason = kink(program, box)
    if reason:
        raise InputError(
            f"the field is not differentiable near the equilibrium: {reason}; its linearisation decides nothing, so "
            "smooth the field or choose an equilibrium away from kinks"
        )
