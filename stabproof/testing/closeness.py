"""Floats and samples of a project against proved enclosures."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from foundation import InputError, positive_number
from foundation.errors import type_of
from stabproof.testing.enclosing import _numpy
from stabproof.testing.failures import Implausible, leave_undecided, refute, rounded_down, rounded_up, succeed


def assert_close_to_proved(value: Any, enclosure: Any, *, ulps: float = 0, rtol: float = 0, atol: float = 0) -> Any:
    """Prove that computed floats are near the exact numbers: |value - x| <= atol + rtol |x| + ulps ulp(x).

    value: a float or an array, of any float type and library; an ulp is that of its type, at the smaller end of the
    enclosure. enclosure: an `Enclosure`, a `Ball`, or anything with array `lower` and `upper` of the same shape. It
    must hold for every x in the enclosure: one too wide to tell is `Undecided`. Returns the value.
    """
    __tracebackhide__ = True
    limits = [_not_negative(x, n) for x, n in ((ulps, "ulps"), (rtol, "rtol"), (atol, "atol"))]
    values = np.asarray(_numpy(value))
    if values.dtype.kind not in "fiu":
        raise InputError(f"value must be real floats, but is of type {values.dtype}")
    if not hasattr(enclosure, "lower") or not hasattr(enclosure, "upper"):
        raise InputError(f"enclosure must be an Enclosure, a Ball or another result, not {type(enclosure).__name__}")
    lower, upper = np.asarray(enclosure.lower, float), np.asarray(enclosure.upper, float)
    if lower.shape != values.shape:
        raise InputError(f"value has shape {values.shape}, but the enclosure has shape {lower.shape}")
    for index, number in np.ndenumerate(values):
        name = f"entry {index}" if values.ndim else "the value"
        _check_close(name, number, Enclosure(float(lower[index]), float(upper[index])), limits)
    return succeed(value)


def assert_estimate(samples: Any, enclosure: Enclosure | Ball, *, standard_errors: float = 4) -> tuple[float, float]:
    """Check that the mean of independent samples is within `standard_errors` of a proved enclosure of its expectation.

    samples: (n,) floats, n >= 2; the mean of fewer than about thirty has heavier tails than the normal law suggests,
    and of dependent ones the standard error is too small. By the central limit theorem an unbiased estimator fails at
    4 standard errors about once in 16,000 runs. This is a test of a hypothesis and no proof: a failure is
    `Implausible`. Returns (mean, standard error).
    """
    __tracebackhide__ = True
    allowed = positive_number(standard_errors, "standard_errors")
    array = np.asarray(_numpy(samples), float)
    if array.ndim != 1 or array.size < 2:
        raise InputError(f"samples must be a vector of at least two numbers, but has shape {array.shape}")
    bounds = enclosure.enclosure() if isinstance(enclosure, Ball) else enclosure
    if not isinstance(bounds, Enclosure):
        raise InputError(f"enclosure must be an Enclosure or a Ball, but is {type_of(enclosure)}")
    mean, error = float(array.mean()), float(array.std(ddof=1) / math.sqrt(array.size))
    # the mean of n floats is computed with an error of at most about n 2^-53 of the largest
    rounding = array.size * 2.0**-52 * float(np.abs(array).max(initial=0.0))
    apart = max(bounds.lower - mean, mean - bounds.upper, 0.0)
    if apart <= allowed * error + rounding:
        return mean, error
    shown = f"{mean:.6g} +- {error:.2g} from {array.size} samples"
    how_far = f"{apart / error:.3g} standard errors" if error else f"{apart:.3g}, and the samples do not scatter"
    raise Implausible(
        f"the estimate {shown} is {how_far} from what is proved\n    enclosure: {bounds}\n"
        "    to try:    look for a bias of the estimator; dependent samples need their effective number",
        (mean, error),
    )


def _check_close(name: str, number: Any, entry: Enclosure, limits: list[Fraction]) -> None:
    __tracebackhide__ = True
    headline = f"{name} {number} is as near as asked to the exact number"
    if not np.isfinite(number):
        refute(f"{headline}; it is not finite", entry, enclosure=str(entry))
    if math.isinf(entry.lower) or math.isinf(entry.upper):
        leave_undecided(headline, entry, enclosure=str(entry), reason="the enclosure is unbounded")
    exact, low, high = Fraction(float(number)) if number.dtype.kind == "f" else Fraction(int(number)), Fraction(
        entry.lower), Fraction(entry.upper)  # fmt: skip
    least = Fraction(0) if low <= 0 <= high else min(abs(low), abs(high))
    most = max(abs(low), abs(high))
    furthest, nearest = max(abs(exact - low), abs(exact - high)), max(low - exact, exact - high, Fraction(0))
    if furthest <= _allowed(least, number, limits):
        return
    shown = {"enclosure": str(entry), "missing_margin": f"it is off by up to {rounded_up(furthest)}, and "
             f"{rounded_up(_allowed(least, number, limits))} is allowed"}  # fmt: skip
    if nearest > _allowed(most, number, limits):
        refute(headline, entry, **shown, to_try=f"a tolerance of at least {rounded_up(furthest)}")
    leave_undecided(headline, entry, **shown, reason=f"the enclosure alone is {rounded_down(high - low)} wide",
                    to_try="a narrower enclosure")  # fmt: skip


def _allowed(size: Fraction, number: Any, limits: list[Fraction]) -> Fraction:
    ulps, rtol, atol = limits
    return atol + rtol * size + ulps * _ulp(size, number.dtype if number.dtype.kind == "f" else np.dtype(float))


def _ulp(size: Fraction, dtype: np.dtype[Any]) -> Fraction:
    """The distance of floats of this type at `size`, not above it."""
    facts: Any = np.finfo(dtype)
    smallest = Fraction(float(facts.smallest_subnormal))
    if size < Fraction(float(facts.tiny)):
        return smallest
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    return Fraction(2) ** (exponent - int(facts.nmant))


def _not_negative(value: Any, name: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction) or not 0 <= value < math.inf:
        raise InputError(f"{name} must be a finite number of at least 0, but is {value!r}")
    return Fraction(value)
