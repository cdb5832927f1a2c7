"""log and log1p of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, increasing
from foundation import InputError

_log_point = partial(point_value, arb.log)
_log1p_point = partial(point_value, arb.log1p)


def log(x: Ball) -> Ball:
    """Natural logarithm, proved, entrywise; raises `InputError` where a ball reaches 0 or below."""
    _refuse_below(x, 0.0, "logarithm")
    return Rule(_log_point, increasing(_log_point, -np.inf, np.inf))(x)


def log1p(x: Ball) -> Ball:
    """log(1 + x), proved, entrywise; accurate near zero; raises `InputError` where a ball reaches -1 or below."""
    _refuse_below(x, -1.0, "log1p")
    return Rule(_log1p_point, increasing(_log1p_point, -np.inf, np.inf))(x)


def _refuse_below(x: Ball, edge: float, name: str) -> None:
    if x.size and not (worst := float(x.lower.min())) > edge:
        raise InputError(f"{name} of a ball that reaches down to {worst}; every ball must lie above {edge}")
