"""Learning rates on a known side of a threshold, as close to it as one likes."""

import math
from fractions import Fraction
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from certify.enclosure import Enclosure
from foundation import InputError
from stabproof.testing.exact_value import compare, exact_real
from stabproof.testing.strategies.known import KnownRate
from stabproof.testing.strategies.sizes import InvalidSetting, between


def learning_rates(
    threshold: Any, *, closest: float = 2.0**-20, critical: bool = False, extreme: bool = False
) -> st.SearchStrategy[KnownRate]:
    """Learning rates threshold * (1 -+ d) with 1/2 >= d >= closest, d a power of two, and their exact side.

    threshold: a positive exact number (int, float, `Fraction`, SymPy constant) or its `Enclosure`; a rate on neither
    side of the whole enclosure is not drawn. closest: in (0, 1/2]. The simplest is half of the threshold.
    extreme: also rates 2^-k and 2^k times the threshold, k up to 60. critical: also the threshold itself, with
    `is_below` None: a `Fraction` where no float equals it. Only a rational threshold has such a rate.
    """
    distance = between(closest, "closest", 0.0, 0.5)
    if distance == 0:
        raise InvalidSetting(f"closest must lie in (0, 1/2], but is {closest!r}")
    lower, upper = _bounds(threshold)
    if compare(lower, exact_real(0, "zero")) != 1:
        raise InvalidSetting(f"threshold must be proved positive, but is {threshold}")
    most = 1
    while 2.0 ** -(most + 1) >= distance:
        most += 1
    factors = st.builds(lambda below, k: (below, 1 - 2.0**-k if below else 1 + 2.0**-k), _SIDES, st.integers(1, most))
    if extreme:
        far = st.integers(1, _FARTHEST)
        factors |= st.builds(lambda below, k: (below, 2.0**-k if below else 2.0**k), _SIDES, far)
    rates = st.builds(_rate, st.just(lower), st.just(upper), factors)
    if not critical:
        return rates
    if lower != upper or not isinstance(lower, Fraction):
        raise InvalidSetting(f"critical=True needs a rational threshold, but it is {threshold}")
    return rates | st.just(KnownRate(float(lower) if Fraction(float(lower)) == lower else lower, None))


_SIDES = st.sampled_from([True, False])
# 2^-60 of the threshold moves a parameter of size 1 by less than its last bit.
_FARTHEST = 60


def _rate(lower: Any, upper: Any, drawn: tuple[bool, float]) -> KnownRate:
    below, factor = drawn
    rate = float(lower if below else upper) * factor
    assume(0 < rate < math.inf)
    exact = exact_real(rate, "learning rate")
    assume(compare(exact, lower) == -1 if below else compare(exact, upper) == 1)
    return KnownRate(rate, below)


def _bounds(threshold: Any) -> tuple[Any, Any]:
    try:
        return _exact_bounds(threshold)
    except InputError as error:
        raise InvalidSetting(str(error)) from None


def _exact_bounds(threshold: Any) -> tuple[Any, Any]:
    if isinstance(threshold, Enclosure):
        return exact_real(threshold.lower, "threshold"), exact_real(threshold.upper, "threshold")
    exact = exact_real(threshold, "threshold")
    return exact, exact
