"""Ranges over the whole space: containment against points, and what must not be lost."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.program.arb_functions import FUNCTIONS
from certify.program.ranges import Range, Ranges
from foundation import InputError

SYSTEM = Ranges()
ENDS = st.sampled_from(
    [-np.inf, -1e200, -2.5, -1.0, -1e-200, -5e-324, 0.0, 5e-324, 1e-200, 0.1, 1.0, 3.0, 1e200, np.inf]
)


@st.composite
def ranges(draw, low=-np.inf, high=np.inf):
    """A range with strict or closed ends, and a point of it."""
    a, b = sorted((draw(ENDS), draw(ENDS)))
    a, b = max(a, low), min(b, high)
    if a > b or (a == b and not np.isfinite(a)):
        a, b = max(low, 0.25), max(low, 0.25)
    ends = [x for x in (a, b) if np.isfinite(x)]
    middle = (a / 2 + b / 2) if len(ends) == 2 else (ends[0] + (1.0 if a == ends[0] else -1.0) if ends else 0.75)
    point = draw(st.sampled_from([*ends, min(max(middle, a), b)]))
    nonzero = point != 0 and draw(st.booleans())
    below, above = (point != end and draw(st.booleans()) for end in (a, b))
    return Range.of(np.array([a]), np.array([b]), nonzero, below, above), point


def _holds(x, value) -> bool:
    """Whether the exact number (an arb, as small as it may be) is in the range."""
    low, high = float(x.lower[0]), float(x.upper[0])
    inside = (low == -np.inf or not value < low) and (high == np.inf or not value > high)
    if x.nonzero[0]:
        inside = inside and not (value.is_exact() and value == 0)
    if x.below[0] and np.isfinite(low):
        inside = inside and not value <= low
    if x.above[0] and np.isfinite(high):
        inside = inside and not value >= high
    return inside


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum"])
@settings(deadline=None, max_examples=300)
@given(x=ranges(), y=ranges())
def test_two_operands(name, x, y):
    if name == "div" and y[1] == 0:
        return
    found = SYSTEM.function(name, x[0], y[0])
    with flint.ctx.workprec(4000):
        assert _holds(found, FUNCTIONS[name](flint.arb(x[1]), flint.arb(y[1])))


DOMAINS = {"sqrt": (0.0, np.inf), "rsqrt": (5e-324, np.inf), "acosh": (1.0, np.inf), "atanh": (-0.5, 0.5)}
DOMAINS |= {"asin": (-1.0, 1.0), "acos": (-1.0, 1.0), "log": (5e-324, np.inf)}
SMALL = {"exp", "expm1", "sinh", "cosh", "logistic", "erfc", "tanh", "erf"}
NAMES = ["neg", "abs", "square", "atan", "asinh", "cbrt", "sin", "cos", "tan", *DOMAINS, *sorted(SMALL)]


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=120)
@given(data=st.data())
def test_one_operand(name, data):
    limits = DOMAINS.get(name, (-30.0, 30.0) if name in SMALL else (-np.inf, np.inf))
    given_range, point = data.draw(ranges(*limits))
    found = SYSTEM.function(name, given_range)
    with flint.ctx.workprec(4000):
        assert _holds(found, FUNCTIONS[name](flint.arb(point)))


@pytest.mark.parametrize("exponent", [-3, -2, 0, 1, 3, 4])
@settings(deadline=None, max_examples=80)
@given(x=ranges())
def test_powers(exponent, x):
    if exponent < 0 and x[1] == 0:
        return
    with flint.ctx.workprec(9000):
        value = flint.arb(1)
        for _ in range(abs(exponent)):
            value *= flint.arb(x[1])
        assert _holds(SYSTEM.power(x[0], exponent), 1 / value if exponent < 0 else value)


@settings(deadline=None, max_examples=300)
@given(st.lists(ranges(), min_size=1, max_size=5))
def test_sums(terms):
    joint = SYSTEM.concatenate([x.map(lambda a: a[None]) for x, _ in terms], 1)
    exact = sum((Fraction(point) for _, point in terms), Fraction(0))
    with flint.ctx.workprec(4000):
        total = flint.arb(flint.fmpq(exact.numerator, exact.denominator))
        assert _holds(SYSTEM.sum(joint, (1,)), total)


def test_what_must_not_be_lost():
    """Signs and strict ends decide on whole spaces; each line is a closed-form bound."""
    line = Range.whole((1,))
    one = Range.of([1.0], [1.0])
    assert SYSTEM.function("add", one, SYSTEM.function("square", line)).lower[0] == 1
    assert SYSTEM.function("exp", line).nonzero[0]
    assert SYSTEM.function("exp", line).lower[0] == 0
    for name in ("tanh", "erf"):
        slope = SYSTEM.function("sub", one, SYSTEM.function("square", SYSTEM.function(name, line)))
        assert slope.nonzero[0]
        assert (slope.lower[0], slope.upper[0]) == (0, 1)
    assert SYSTEM.function("sub", one, SYSTEM.function("logistic", line)).nonzero[0]
    assert SYSTEM.sum(SYSTEM.function("square", Range.whole((1, 3))), (1,)).lower[0] == 0
    bounded = SYSTEM.function("mul", Range.of([0.5], [0.5]), SYSTEM.function("sin", line))
    assert bounded.upper[0] <= 0.5 + 1e-15


def test_an_underflowing_product_keeps_its_sign():
    """1e-200 squared is 1e-400: above 0, and no float."""
    tiny = Range.of([1e-200], [1e-200])
    found = SYSTEM.function("mul", tiny, tiny)
    assert found.nonzero[0]
    assert found.upper[0] > 0
    assert found.lower[0] == 0


def test_terms_of_both_signs_may_cancel():
    """1 + (-1) = 0, although neither term is 0; 1 + 2 is not."""
    terms = Range.of([[1.0, -1.0], [1.0, 2.0]], [[1.0, -1.0], [1.0, 2.0]])
    assert SYSTEM.sum(terms, (1,)).nonzero.tolist() == [False, True]
    free = Range.of([[-np.inf, 0.0]], [[np.inf, np.inf]], [[True, True]])
    assert SYSTEM.sum(free, (1,)).nonzero.tolist() == [False]


def test_constants_are_finite():
    with pytest.raises(InputError, match="finite"):
        SYSTEM.constant(np.array([np.inf]))
