"""atan of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, increasing

_atan_point = partial(point_value, arb.atan)

# The float above pi/2 = 1.57079632679489661923... (asserted by a test with Arb).
_HALF_PI_UP = 1.5707963267948968


def atan(x: Ball) -> Ball:
    """Arcus tangent, proved, entrywise."""
    return Rule(_atan_point, increasing(_atan_point, -_HALF_PI_UP, _HALF_PI_UP))(x)


def half_pi_above() -> np.float64:
    """An upper bound of pi/2."""
    return np.float64(_HALF_PI_UP)
