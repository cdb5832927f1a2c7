"""Orbits and their derivatives by Taylor's method without proof: proposals for the provers."""

from collections.abc import Sequence
from fractions import Fraction

import flint

from certify.flow.series import working
from certify.flow.taylor import derivative_coefficients, identity, polynomial, solution_coefficients
from certify.flow.vector_field import VectorField
from certify.program import Program
from foundation import InputError

_ORDER, _PRECISION, _DIGITS = 20, 110, 1e-22
_MOST_STEPS, _SMALLEST_STEP = 20_000, 2.0**-30


def estimated_time_map(
    program: Program, start: Sequence[flint.arb], time: Fraction
) -> tuple[list[flint.arb], flint.arb_mat]:
    """(Phi_T(x), DPhi_T(x)) of exact points, estimates; raises `InputError` where the solution cannot be followed.

    The step is the one at which the last coefficient contributes 1e-22 [A. Jorba, M. Zou, A software package for the
    numerical integration of ODEs by means of high-order Taylor methods, Experimental Math. 14 (2005)].
    """
    field = VectorField(program, _PRECISION)
    with working(_PRECISION, _ORDER + 3):
        point, total = flint.arb_mat(len(start), 1, [x.mid() for x in start]), identity(len(start))
        left = flint.arb(flint.fmpq(time.numerator, time.denominator)).mid()
        for _ in range(_MOST_STEPS):
            coefficients = solution_coefficients(field, point.entries(), _ORDER)
            step = min(_step(coefficients, float(time)), float(left))
            if step < float(time) * _SMALLEST_STEP:
                break
            duration = left if step >= float(left) else flint.arb(step)
            matrix = polynomial(derivative_coefficients(field, coefficients), duration)
            total = (matrix * total).mid()
            point = polynomial(coefficients, duration).mid()
            left = (left - duration).mid()
            if not left > 0:
                return point.entries(), total
    raise InputError("the solution could not be followed over the period; the time is long or the solution blows up")


def _step(coefficients: Sequence[flint.arb_mat], time: float) -> float:
    # the size of the state, or of what it moves in the time: no unit is better than another
    place, moved = (max(abs(float(x.mid())) for x in coefficients[k].entries()) for k in (0, 1))
    size = max(place, moved * abs(time))
    steps = []
    for k in (_ORDER - 1, _ORDER):
        last = max(abs(float(x.mid())) for x in coefficients[k].entries())
        if last > 0:
            steps.append((_DIGITS * size / last) ** (1 / k))
    return min(steps, default=1e6)
