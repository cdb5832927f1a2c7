"""One-sided confidence bounds for the mean of independent bounded variables."""

import math

import numpy as np
from flint import arb

from certify.arithmetic import Ball
from certify.lyapunov.families.arb_family import FLOAT_BITS
from foundation import InputError
from foundation.arb_precision import arb_precision

METHODS = ("empirical-bernstein", "chernoff-hoeffding")


def mean_upper(samples: np.ndarray, lower: float, upper: float, delta: float, method: str) -> float:
    """A number above the mean of independent equally distributed variables in [lower, upper], with confidence 1 -
    delta.

    "empirical-bernstein": mean + (2 V L / m)^(1/2) + 7 (upper - lower) L / (3 (m - 1)), L = log(2/delta), V the sample
    variance [Maurer, Pontil, COLT 2009, Theorem 4]. "chernoff-hoeffding": the largest p with
    m KL(sample mean, p) <= log(1/delta), scaled to [0, 1] [Hoeffding 1963, Theorem 1]. The method, the range
    and m must have been fixed before the samples were seen. Rounded up.
    """
    count = len(samples)
    if count < 2 or not 0 < delta < 1 or not lower < upper or samples.min() < lower or samples.max() > upper:
        raise InputError(
            f"a confidence bound needs two samples inside [{lower}, {upper}] and 0 < delta < 1, not {delta}"
        )
    values = Ball.exact(samples)
    mean = values.sum() / float(count)
    width = Ball.exact(upper) - lower
    if method == "empirical-bernstein":
        return _empirical_bernstein(values, mean, width, delta)
    if method != "chernoff-hoeffding":
        raise InputError(f"there is no method {method!r}; the methods are {', '.join(METHODS)}")
    fraction = min(max(float(((mean - lower) / width).upper), 0.0), 1.0)
    largest = _kullback_leibler_upper(fraction, float((Ball.exact(_log(1.0, delta)) / float(count)).upper))
    return float((Ball.exact(lower) + width * largest).upper)


def _empirical_bernstein(values: Ball, mean: Ball, width: Ball, delta: float) -> float:
    count = float(len(values))
    logarithm = Ball.exact(_log(2.0, delta))
    variance = (values - mean).square().sum() / (count - 1.0)
    spread = Ball.exact(max(float((variance * logarithm * 2.0 / count).upper), 0.0)).sqrt()
    return float((mean + spread + width * logarithm * 7.0 / (3.0 * (count - 1.0))).upper)


def _log(numerator: float, delta: float) -> float:
    """log(numerator / delta), rounded up."""
    with arb_precision(FLOAT_BITS):
        return math.nextafter(float((arb(numerator) / arb(delta)).log().upper()), math.inf)


def _kullback_leibler_upper(fraction: float, budget: float) -> float:
    """A p in [fraction, 1] such that every p' in (p, 1) has KL(fraction, p') > budget, by bisection with Arb."""
    low, high = fraction, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if _exceeds(fraction, middle, budget):
            high = middle
        else:
            low = middle
    return high


def _exceeds(fraction: float, p: float, budget: float) -> bool:
    """Whether KL(fraction, p) = q log(q/p) + (1-q) log((1-q)/(1-p)) > budget is proved."""
    q, r = arb(fraction), arb(p)
    divergence = arb(0)
    if fraction > 0:
        divergence += q * (q / r).log()
    if fraction < 1:
        divergence += (1 - q) * ((1 - q) / (1 - r)).log()
    return bool(divergence > arb(budget))
