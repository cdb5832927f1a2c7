"""sqrt, rsqrt and cbrt of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, decreasing, increasing
from foundation import InputError

_rsqrt_point = partial(point_value, arb.rsqrt)


def _cbrt_arb(x: arb) -> arb:
    return arb(0) if x.is_zero() else x.root(3) if x > 0 else -((-x).root(3))


_cbrt_point = partial(point_value, _cbrt_arb)


def sqrt(x: Ball) -> Ball:
    """Square root, proved, entrywise; raises `InputError` where a ball reaches below zero."""
    return x.sqrt()


def rsqrt(x: Ball) -> Ball:
    """1 / sqrt(x), proved, entrywise; raises `InputError` where a ball reaches 0 or below."""
    if x.size and not (worst := float(x.lower.min())) > 0:
        raise InputError(f"reciprocal square root of a ball that reaches down to {worst}; every ball must lie above 0")
    return Rule(_rsqrt_point, decreasing(_rsqrt_point, np.inf, 0.0))(x)


def cbrt(x: Ball) -> Ball:
    """Real cube root (odd), proved, entrywise."""
    return Rule(_cbrt_point, increasing(_cbrt_point, -np.inf, np.inf))(x)
