"""Elementary functions on balls: values and derivatives against mpmath at 50 digits, and every end of a domain."""

import random

import mpmath
import pytest
from flint import arb, arb_series

from recheck.outcome import Undecided
from recheck.program.elements import FUNCTIONS, apply, divide, expm1_over, power, series, slope, square
from recheck.program.smooth import _atan2, _logaddexp

mpmath.mp.dps = 50
TRUTH = {
    "exp": mpmath.exp,
    "expm1": mpmath.expm1,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "tanh": mpmath.tanh,
    "logistic": lambda x: 1 / (1 + mpmath.exp(-x)),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "sqrt": mpmath.sqrt,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x),
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
}
RANGES = {
    "log": (0.01, 9.0),
    "sqrt": (0.01, 9.0),
    "rsqrt": (0.01, 9.0),
    "log1p": (-0.9, 9.0),
    "acosh": (1.01, 9.0),
    "asin": (-0.99, 0.99),
    "acos": (-0.99, 0.99),
    "atanh": (-0.99, 0.99),
    "tan": (-1.5, 1.5),
    "cbrt": (-9.0, -0.1),
}


def near(ball: arb, value: mpmath.mpf, width: float = 1e-30) -> bool:
    exact = arb(mpmath.nstr(value, 45))
    return abs(ball - exact) < width * (1 + abs(exact))


def test_every_function_has_a_truth():
    assert set(TRUTH) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_two_derivatives(name):
    source = random.Random(name)
    for _ in range(6):
        x = source.uniform(*RANGES.get(name, (-3.0, 3.0)))
        value = apply(name, arb(x))
        first, second = (mpmath.diff(TRUTH[name], mpmath.mpf(x), k) for k in (1, 2))
        assert near(value, TRUTH[name](mpmath.mpf(x)), 1e-32)
        assert near(slope(name, arb(x), value), first, 1e-18)
        assert near(apply(name, series(arb(x), arb(1)))[1], first, 1e-18)
        moved = series(arb(x), arb(1))
        bent = slope(name, moved, apply(name, moved))
        assert near(bent[1] if isinstance(bent, arb_series) else arb(0), second, 1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_balls_contain_the_values_of_their_points(name):
    source = random.Random(name)
    low, high = RANGES.get(name, (-3.0, 3.0))
    for _ in range(20):
        x = source.uniform(low, high)
        radius = min(source.uniform(0, 1), x - low, high - x)
        ball = apply(name, arb(x, radius))
        for t in (-1.0, -0.5, 0.0, 0.5, 1.0):
            point = mpmath.mpf(x) + t * mpmath.mpf(radius)
            assert ball.overlaps(arb(mpmath.nstr(TRUTH[name](point), 45)))


@pytest.mark.parametrize("order", [0, 1, 4])
def test_derivatives_of_the_quotient_of_expm1(order):
    """Against the integral of s^order e^(s x) over [0, 1]; at 0 it is 1 / (order + 1)."""
    for x in (-40.0, -0.5, 0.0, 1e-9, 2.5):
        truth = [mpmath.quad(lambda s, k=k, x=x: s ** (order + k) * mpmath.exp(s * x), [0, 0.5, 1]) for k in range(3)]
        found = expm1_over(arb_series([arb(x), 1], prec=3), order)
        assert all(near(found[k] * (2 if k == 2 else 1), truth[k], 1e-32) for k in range(3))
        assert near(expm1_over(arb(x), order), truth[0], 1e-32)
    ball = expm1_over(arb(1, 0.5), order)
    assert all(ball.contains(expm1_over(arb(x), order)) for x in (0.5, 1.5))
    assert expm1_over(arb(0), order).contains(arb(1) / (order + 1))
    with pytest.raises(Undecided):
        expm1_over(arb(0, float("inf")), order)


DOMAINS = {
    "log": (0, 0),
    "log1p": (-1, -1),
    "sqrt": (0, None),
    "rsqrt": (0, 0),
    "cbrt": (0, None),
    "asin": (1, None),
    "acos": (-1, None),
    "atanh": (1, 1),
    "acosh": (1, None),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_the_end_of_a_domain_is_not_regular(name):
    edge, pole = DOMAINS[name]
    for ball in (arb(edge), arb(edge, 0.25)):
        with pytest.raises(Undecided):
            apply(name, ball)
    if pole is None:
        assert apply(name, arb(edge), closed=True).is_finite()
    else:
        with pytest.raises(Undecided):
            apply(name, arb(edge), closed=True)


def test_tan_at_its_pole_and_division_by_zero():
    with pytest.raises(Undecided):
        apply("tan", arb.pi() / 2)
    for below in (arb(0), arb(0, 1)):
        with pytest.raises(Undecided):
            divide(arb(1), below)


@pytest.mark.parametrize(("y", "x"), [(0, -1), (0, 0), (1e-9, -1)])
def test_atan2_is_regular_off_its_cut_only(y, x):
    with pytest.raises(Undecided):
        _atan2(arb(y, 1e-8), arb(x))


def test_atan2_and_its_derivatives():
    for y, x in ((0.3, 0.7), (-0.3, 0.7), (0.3, -0.7), (-0.3, -0.7), (1.0, 0.0)):
        assert near(_atan2(arb(y), arb(x)), mpmath.atan2(y, x))
        by_y = mpmath.diff(lambda t, x=x: mpmath.atan2(t, x), y)
        by_x = mpmath.diff(lambda t, y=y: mpmath.atan2(y, t), x)
        assert near(_atan2(series(arb(y), arb(1)), arb(x))[1], by_y, 1e-18)
        assert near(_atan2(arb(y), series(arb(x), arb(1)))[1], by_x, 1e-18)


def test_logaddexp_far_from_overflow():
    for x, y in ((0.5, -2.0), (900.0, 800.0), (-900.0, -901.0)):
        truth = max(x, y) + mpmath.log(1 + mpmath.exp(-abs(mpmath.mpf(x) - y)))
        assert near(_logaddexp(arb(x), arb(y)), truth)
    assert near(_logaddexp(series(arb(1), arb(1)), arb(3))[1], 1 / (1 + mpmath.exp(2)))


def test_squares_and_powers_of_balls_around_zero():
    assert square(arb(0, 2)).lower() > -1e-8
    assert square(arb(0, 2)).contains(4)
    assert square(arb(0, 2)).contains(0)
    assert power(arb(0, 2), 3).contains(8)
    assert power(arb(0, 2), 3).contains(-8)
    assert power(arb(3), 5) == 243
    assert power(arb(2), -2) == arb(0.25)
    assert power(arb(7), 0) == 1
    with pytest.raises(Undecided):
        power(arb(0, 1), -1)
    moved = power(series(arb(3), arb(1)), 4)
    assert (moved[0], moved[1]) == (81, 108)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_power_series_of_compositions(name):
    """g(x0 + t/8 - t^2/16) to the sixth coefficient, by mpmath's Taylor coefficients."""
    x = sum(RANGES.get(name, (-1.0, 2.0))) / 2
    found = apply(name, arb_series([arb(x), arb(1) / 8, -arb(1) / 16], prec=6))
    outer = mpmath.taylor(lambda t: TRUTH[name](x + t / 8 - t * t / 16), 0, 5)
    assert found.prec == 6
    assert all(near(found[k], value, 1e-12) for k, value in enumerate(outer))


def test_pairs_obey_the_rules_of_derivatives():
    x, y = series(arb(3), arb(1)), series(arb(2), arb(5))
    assert (x + y)[1] == 6
    assert (x - y)[1] == -4
    assert (x * y)[1] == 17
    assert (x / y)[1].overlaps(arb(-13) / 4)
    assert (1 - x)[1] == -1
    assert (1 / x)[1].overlaps(arb(-1) / 9)
    assert (-x)[1] == -1
    assert (x - 1)[1] == 1
