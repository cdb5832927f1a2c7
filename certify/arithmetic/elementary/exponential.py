"""exp and expm1 of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, increasing

_exp_point = partial(point_value, arb.exp)
_expm1_point = partial(point_value, arb.expm1)


def exp(x: Ball) -> Ball:
    """e^x, proved, entrywise."""
    return Rule(_exp_point, increasing(_exp_point, 0.0, np.inf))(x)


def expm1(x: Ball) -> Ball:
    """e^x - 1, proved, entrywise; accurate near zero."""
    return Rule(_expm1_point, increasing(_expm1_point, -1.0, np.inf))(x)
