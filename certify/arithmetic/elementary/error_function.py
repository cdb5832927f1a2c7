"""erf and erfc of balls."""

from functools import partial

from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, decreasing, increasing

_erf_point = partial(point_value, arb.erf)
_erfc_point = partial(point_value, arb.erfc)


def erf(x: Ball) -> Ball:
    """Error function 2/sqrt(pi) int_0^x e^-t^2 dt, proved, entrywise."""
    return Rule(_erf_point, increasing(_erf_point, -1.0, 1.0))(x)


def erfc(x: Ball) -> Ball:
    """1 - erf(x), proved, entrywise; relatively accurate in the right tail."""
    return Rule(_erfc_point, decreasing(_erfc_point, 2.0, 0.0))(x)
