"""Learning rates on a known side of a threshold, as close to it as one likes."""

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from certify.enclosure import Enclosure
from foundation import InputError, number_in
from stabproof.testing.exact_value import compare, exact_real
from stabproof.testing.strategies.known import KnownRate


def learning_rates(threshold: Any, *, closest: float = 2.0**-20) -> st.SearchStrategy[KnownRate]:
    """Learning rates threshold * (1 -+ d) with 2 closest > d >= closest, d a power of two, and their exact side.

    threshold: a positive exact number (int, float, `Fraction`, SymPy constant) or its `Enclosure`; a rate on neither
    side of the whole enclosure is not drawn. closest: in (0, 1/2]. The simplest is half of the threshold.
    """
    distance = number_in(closest, "closest", 0.0, 1.0)
    if not 0 < distance <= 0.5:
        raise InputError(f"closest must lie in (0, 1/2], but is {closest!r}")
    lower, upper = _bounds(threshold)
    if compare(lower, exact_real(0, "zero")) != 1:
        raise InputError(f"threshold must be proved positive, but is {threshold}")
    return _rates(lower, upper, distance)


@st.composite
def _rates(draw: st.DrawFn, lower: Any, upper: Any, closest: float) -> KnownRate:
    most = 1
    while 2.0 ** -(most + 1) >= closest:
        most += 1
    below = draw(st.sampled_from([True, False]))
    distance = 2.0 ** -draw(st.integers(1, most))
    rate = float(lower) * (1 - distance) if below else float(upper) * (1 + distance)
    exact = exact_real(rate, "learning rate")
    assume(rate > 0 and (compare(exact, lower) == -1 if below else compare(exact, upper) == 1))
    return KnownRate(rate, below)


def _bounds(threshold: Any) -> tuple[Any, Any]:
    if isinstance(threshold, Enclosure):
        return exact_real(threshold.lower, "threshold"), exact_real(threshold.upper, "threshold")
    exact = exact_real(threshold, "threshold")
    return exact, exact
