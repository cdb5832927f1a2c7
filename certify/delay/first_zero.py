"""The smallest kappa at which the solution of h' = -kappa h(t - 1), h = 1 before 0, vanishes at a given time."""

from fractions import Fraction
from typing import Any

import flint

from certify.delay.steps import step_polynomial
from foundation.arb_precision import arb_precision


def first_zero(time: Fraction, precision: int = 128) -> flint.arb:
    """A ball around c, the smallest root of `step_polynomial(time)`, time > 0 in units of the delay. Proved.

    For kappa < c the solution p is positive, hence falling, on [0, time]: the least kappa* without that property has
    p >= 0, so p falls there too and is 0 from its first zero on; hence p(time) = 0 and kappa* is a root. There is one,
    since kappa = 1 (1/time for time < 1) has a zero, and c does not grow with the time. The coefficients alternate in
    sign, so no root is negative. FLINT isolates all roots and gives the real ones imaginary part 0 exactly [F.
    Johansson, arb_fmpz_poly_complex_roots].
    """
    with arb_precision(precision):
        found: Any = step_polynomial(time).numer().complex_roots()
        roots = [root.real for root, _ in found if root.imag == 0]
        first = roots[0]
        for root in roots[1:]:
            first = first.min(root)
        return first
