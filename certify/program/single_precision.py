"""What float32 makes of a program: balls that hold every value that an evaluation in float32 may compute.

Model: equation by equation; inputs and constants are rounded to float32; each operation gives the exact result of its
rounded operands with a relative error of at most u = 2^-24 and an absolute one of at most 2^-126 (results below that
may be flushed to zero); a quotient may be a product with the rounded reciprocal; a sum or a product of matrices of n
terms is computed in any order, with or without fused multiply-add, with an error of at most gamma_n = n u / (1 - n u)
times the sum of the moduli [N. Higham, Accuracy and Stability of Numerical Algorithms, (2.4), (3.5)]; elementary
functions are off by at most `ULPS` units in the last place. Every ball is widened by that much after each equation.
Softmax and log-sum-exp are computed with the largest entry subtracted first, as libraries do: with R the largest
distance of an entry from it and n entries, powers have relative errors of at most (R + 2 ULPS) u, their sum, which is
at least 1, one of (n / e + 2 ULPS + n) u (a power e^-r with r > 0 misses by at most r e^-r u <= u / e), a quotient (or
a product with the reciprocal) 2 u more. The logarithm of the sum is at most log n.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.evaluate import (
    apply_equation,
    charge_program,
    converted_arguments,
    number_system,
    program_constants,
)
from certify.program.program import Equation, Program
from certify.program.values import NumberSystem, Value
from foundation import InputError

UNIT_ROUNDOFF, SMALLEST, LARGEST = 2.0**-24, 2.0**-126, (2 - 2.0**-23) * 2.0**127
# What the model grants elementary functions, in units in the last place: one unit is at most 2 u of the result.
# Compiled sinh, cosh and erfc were seen to miss it by far; they are not covered.
ULPS = 4
_EXACT = frozenset(
    (
        *("neg", "abs", "max", "min", "select_n", "sign", "floor", "ceil", "round_to_even", "round_away", "stopped"),
        *("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "not", "reduce_and", "reduce_or"),
        *("reshape", "transpose", "broadcast_in_dim", "concatenate", "slice", "pad", "rev", "take"),
        *("reduce_max", "reduce_min"),
    )
)
_ROUNDED_ONCE = frozenset(("add", "sub", "mul", "square", "sqrt"))
_ELEMENTARY = frozenset(
    (
        *("exp", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "tan", "asin", "acos", "atan"),
        *("asinh", "acosh", "atanh", "erf", "rsqrt", "cbrt"),
    )
)
_SUMS = frozenset(("reduce_sum", "cumsum", "dot_general"))
# A power e^-r with r above this is below 2^-126, exact or computed: what is flushed to zero covers both.
_NEGLIGIBLE = 120.0
_SHIFTED = frozenset(("softmax", "logsumexp"))
_COVERED = _EXACT | _ROUNDED_ONCE | _ELEMENTARY | _SUMS | _SHIFTED | {"integer_pow", "div"}


def uncovered(program: Program) -> str:
    """The first equation that the model says nothing about, with its source line; "" when there is none."""
    for equation in program.equations:
        if equation.primitive == "integer_pow" and equation.parameters["exponent"] < 0:
            return "a negative power" + (f" at {equation.source}" if equation.source else "")
        plain = not equation.signature.is_real and equation.primitive not in ("convert",)
        if not (plain or equation.primitive in _COVERED):
            return f"`{equation.primitive}`" + (f" at {equation.source}" if equation.source else "")
    return ""


def rounded_outputs(program: Program, arguments: Sequence[Any], batch: Sequence[bool]) -> list[Ball]:
    """Balls around the outputs that an evaluation in float32 may give; arguments and batch as for `evaluate`.

    Raises `InputError` for equations that the model does not cover, and where float32 may overflow.
    """
    obstacle = uncovered(program)
    if obstacle:
        raise InputError(f"the error of float32 is not bounded for {obstacle}")
    system = number_system(None, split=True)
    values = converted_arguments(system, program, arguments, batch)
    charge_program(program, None, max(x.shape[0] for x in values))
    values = [_stored(x) for x in (*values, *program_constants(system, program))]
    for equation in program.equations:
        operands = [values[ref] for ref in equation.operands]
        values.append(_widened(system, equation, operands, apply_equation(system, equation, operands)))
    outputs = [values[ref] for ref in program.outputs]
    if not all(isinstance(x, Ball) for x in outputs):
        raise InputError("the error of float32 is bounded for real outputs alone")
    return outputs


def _stored(value: Value) -> Value:
    """Numbers that are no float32 are rounded; those below the normal range may be read as 0."""
    if not isinstance(value, Ball):
        return value
    with np.errstate(over="ignore", under="ignore"):
        fits = value.mid.astype(np.float32).astype(np.float64) == value.mid
    fits &= (value.mid == 0) | (np.abs(value.mid) >= SMALLEST)
    return _checked(value.widened(np.where(fits, 0.0, _relative(value, 1.0))))


def _widened(system: NumberSystem, equation: Equation, operands: list[Value], value: Value) -> Value:
    if not isinstance(value, Ball) or equation.primitive in _EXACT:
        return value
    if equation.primitive in _SUMS:
        return _checked(value.widened(_error_of_sum(system, equation, operands, value)))
    if equation.primitive in _SHIFTED:
        return _checked(value.widened(_error_of_shifted(equation, operands[0], value)))
    if equation.primitive == "div":
        return _checked(value.widened(_error_of_quotient(operands[0], value)))
    roundings = {"integer_pow": 2.0 * abs(equation.parameters.get("exponent", 1))}.get(equation.primitive, 1.0)
    if equation.primitive in _ELEMENTARY:
        roundings = 2.0 * ULPS
    return _checked(value.widened(_relative(value, roundings)))


def _relative(value: Ball, roundings: float) -> np.ndarray:
    """gamma_k |x|, twice to cover the rounding of this bound itself, and what is flushed to zero."""
    share = roundings * UNIT_ROUNDOFF
    return np.asarray(value.magnitude * (share / (1 - share)) * (1 + 2.0**-40) + 2 * SMALLEST * roundings)


def _error_of_quotient(x: Value, value: Ball) -> np.ndarray:
    """x (1 / y), as XLA divides by constants: two roundings, and the reciprocal of a large y may be flushed to zero."""
    assert isinstance(x, Ball)
    return _relative(value, 3.0) + 2 * SMALLEST * x.magnitude


def _error_of_sum(system: NumberSystem, equation: Equation, operands: list[Value], value: Ball) -> np.ndarray:
    sizes: list[Value] = [Ball.exact(x.magnitude) if isinstance(x, Ball) else x for x in operands]
    whole = apply_equation(system, equation, sizes)
    assert isinstance(whole, Ball)
    inside = np.prod(operands[0].shape[1:], dtype=float) / max(np.prod(value.shape[1:], dtype=float), 1.0)
    terms = float(np.prod(operands[0].shape[1:])) if equation.primitive != "reduce_sum" else max(inside, 1.0)
    if equation.primitive == "dot_general":
        axes = equation.parameters["left_contract"]
        terms = float(np.prod([operands[0].shape[1 + axis] for axis in axes], dtype=float))
    if not terms * UNIT_ROUNDOFF < 0.25:
        raise InputError(f"sums of {terms:.3g} terms are too long for a bound in float32")
    return _relative(whole, terms) + 2 * SMALLEST * terms


def _error_of_shifted(equation: Equation, x: Value, value: Ball) -> np.ndarray:
    """Of softmax or log-sum-exp with the largest entry subtracted; to first order in u, over 1 - that for the rest."""
    assert isinstance(x, Ball)
    axes = tuple(axis + 1 for axis in equation.parameters["axes"])
    entries = float(np.prod([x.shape[axis] for axis in axes], dtype=float))
    distance = x.upper.max(axis=axes, keepdims=True) - x.lower
    total = (1.4 * entries + 2 * ULPS) * UNIT_ROUNDOFF
    share = (np.minimum(distance, _NEGLIGIBLE) + 2 * ULPS + 2) * UNIT_ROUNDOFF + total
    if not float(share.max(initial=0.0)) < 0.25:
        raise InputError(f"a softmax of {entries:.3g} entries is too long for a bound in float32")
    small = 2 * SMALLEST * (entries + 2)
    if equation.primitive == "softmax":
        return np.asarray(value.magnitude * (share / (1 - share)) * (1 + 2.0**-40) + small)
    # x - logsumexp(x) may also be computed as (x - m) - log(sum), whose first difference is rounded
    far = distance.max(axis=axes) * UNIT_ROUNDOFF
    relative = total / (1 - total)
    logarithm = relative + 2 * ULPS * UNIT_ROUNDOFF * (np.log(entries) + relative)
    rounded = (value.magnitude + logarithm) * UNIT_ROUNDOFF
    return np.asarray((far + logarithm + rounded) * (1 + 2.0**-20) + small)


def _checked(value: Ball) -> Ball:
    if not bool((value.magnitude < LARGEST).all()):
        raise InputError("an evaluation in float32 may overflow")
    return value
