"""Elementary functions contain the exact values (Arb), on points, narrow, wide and unbounded balls."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

import certify.arithmetic as arithmetic
from certify.arithmetic import Ball, ball, integer_pow, maximum, minimum, sign, unbounded
from certify.arithmetic import pow as power
from foundation import InputError

Function = Callable[[Ball], Ball]
MANY = settings(deadline=None, max_examples=80)


def _logistic(x: arb) -> arb:
    return x.exp() / (1 + x.exp()) if x < 0 else 1 / (1 + (-x).exp())


def _cbrt(x: arb) -> arb:
    return arb(0) if x == 0 else x.root(3) if x > 0 else -((-x).root(3))


TRUTH: dict[str, Callable[[arb], arb]] = {
    "exp": arb.exp,
    "expm1": arb.expm1,
    "log": arb.log,
    "log1p": arb.log1p,
    "tanh": arb.tanh,
    "logistic": _logistic,
    "sin": arb.sin,
    "cos": arb.cos,
    "tan": arb.tan,
    "atan": arb.atan,
    "sinh": arb.sinh,
    "cosh": arb.cosh,
    "erf": arb.erf,
    "erfc": arb.erfc,
    "sqrt": arb.sqrt,
    "rsqrt": arb.rsqrt,
    "cbrt": _cbrt,
}
LOWEST = {"log": 0.0, "rsqrt": 0.0, "sqrt": 0.0, "log1p": -1.0}
RANGE = {
    "tanh": (-1, 1),
    "logistic": (0, 1),
    "sin": (-1, 1),
    "cos": (-1, 1),
    "atan": (-math.pi / 2, math.pi / 2),
    "erf": (-1, 1),
    "erfc": (0, 2),
}
# Where results are ordinary floats: 4 ulps wide at a point.
SPECIAL = [
    *(0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.0**-1022, 1e-200, -1e-20, 2.0**-30, 0.125, -0.125, 0.25, 1.0, -1.0),
    *(1 + 2.0**-52, 1 - 2.0**-53, 19.0625, 6.0, -6.0, 26.5, 40.0, -40.0, 700.0, 708.5, 709.7, 709.79, 711.0, -745.2),
    *(-746.0, 1e5, -1e5, 2.0**21, 2.0**21 + 1, 1e15, 1e22, 1e300, -1e300, 1.7976931348623157e308),
    *(k * math.pi / 2 for k in (1, -1, 2, 3, 4, 5, 1000, 100001)),
    *(6381956970095103 * 2.0**797,),  # the float closest to a multiple of pi/2 [J.-M. Muller, Elementary Functions]
]


def _function(name: str) -> Function:
    return getattr(arithmetic, name)  # type: ignore[no-any-return]


def _admissible(name: str, x: float) -> bool:
    return name not in LOWEST or x > LOWEST[name] or (name == "sqrt" and x == 0)


def _contains(result: Ball, entry: int, exact: arb) -> bool:
    """Whether the exact value lies in the ball, unless Arb's enclosure of it is undecided at an end of the ball."""
    mid, rad = float(result.mid[entry]), float(result.rad[entry])
    assert math.isfinite(mid)
    assert rad >= 0
    assert exact.is_finite() or math.isinf(rad)
    return math.isinf(rad) or not (exact < arb(mid) - arb(rad) or exact > arb(mid) + arb(rad))


def _samples(name: str) -> np.ndarray:
    rng = np.random.default_rng(7)
    scales = [rng.normal(size=300) * s for s in (1e-3, 0.1, 1, 3, 10, 100)]
    wide = np.exp(rng.uniform(-700, 700, 300)) * rng.choice([-1, 1], 300)
    near_one = 1 + rng.normal(size=200) * 1e-6
    x = np.concatenate([*scales, wide, near_one, SPECIAL])
    return x[[_admissible(name, float(v)) for v in x]]


@pytest.mark.parametrize("name", TRUTH)
def test_points_are_enclosed_within_four_ulps(name: str) -> None:
    x = _samples(name)
    result = _function(name)(ball(x))
    with ctx.workprec(2500 if name in ("sin", "cos", "tan") else 300):
        for i, value in enumerate(x.tolist()):
            exact = TRUTH[name](arb(value))
            assert _contains(result, i, exact), value
            if math.isinf(result.rad[i]):
                assert not abs(exact) < arb(1.79e308), value
    ordinary = np.isfinite(result.rad) & (np.abs(result.mid) > 1e-290)
    assert np.all(result.rad[ordinary] <= 2 * np.spacing(np.abs(result.mid[ordinary])))


points = st.one_of(
    st.floats(-30, 30), st.floats(-800, 800), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(SPECIAL)
)
radii = st.one_of(
    st.floats(0, 1e-10), st.floats(0, 0.01), st.floats(0, 10), st.sampled_from([0.0, 5e-324, 1e-300, 1e5])
)


@pytest.mark.parametrize("name", TRUTH)
@MANY
@given(mid=points, rad=radii, share=st.floats(-1, 1), deeper=st.floats(0, 1))
def test_balls_are_enclosed_and_wider_ones_contain_narrower_ones(
    name: str, mid: float, rad: float, share: float, deeper: float
) -> None:
    x = Ball(np.array([mid]), np.array([rad]))
    if not _admissible(name, float(x.lower[0])):
        if name == "sqrt" or x.lower[0] <= LOWEST[name]:
            with pytest.raises(InputError, match="reaches down to"):
                _function(name)(x)
        return
    wide = _function(name)(x)
    point = min(max(mid + share * rad, float(x.lower[0])), float(x.upper[0]))
    if not math.isfinite(point) or not _admissible(name, point) or abs(Fraction(point) - Fraction(mid)) > Fraction(rad):
        return
    with ctx.workprec(2500 if name in ("sin", "cos", "tan") else 300):
        assert _contains(wide, 0, TRUTH[name](arb(point)))
    inner = Ball(np.array([point]), np.array([deeper * max(rad - abs(point - mid), 0.0) * 0.999]))
    if inner.lower[0] >= x.lower[0] and inner.upper[0] <= x.upper[0]:
        narrow = _function(name)(inner)
        assert _reaches(narrow, wide, float(inner.rad[0]))


def _reaches(narrow: Ball, wide: Ball, rad: float) -> bool:
    """Whether `wide` contains `narrow`, up to a few roundings and, for narrow balls, the second order in the radius.

    Both are proved; a narrow ball stands symmetrically around the value at its midpoint, a wide one is a hull.
    """
    if math.isinf(wide.rad[0]):
        return True
    if math.isinf(narrow.rad[0]):
        return False
    slack = 16 * (np.spacing(narrow.magnitude) + np.spacing(wide.magnitude) + 5e-324)
    slack = slack + (rad**2 * (1 + np.minimum(narrow.magnitude, 1e90)) ** 3 if rad <= 2.0**-8 else 0.0)
    return bool(np.all(wide.lower - slack <= narrow.lower) and np.all(narrow.upper <= wide.upper + slack))


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize("rad", [1e-13, 1e-6])
def test_narrow_balls_widen_by_the_derivative(name: str, rad: float) -> None:
    x = np.array([0.3, 0.7, 1.9, 2.6])
    h = 1e-7
    with ctx.workprec(200):
        slopes = [abs(float((TRUTH[name](arb(v) + h) - TRUTH[name](arb(v) - h)) / (2 * h))) for v in x.tolist()]
    result = _function(name)(Ball(x, np.full(4, rad)))
    rounding = 4 * np.spacing(np.abs(result.mid))
    assert np.all(result.rad <= np.array(slopes) * rad * (1 + 1e-4) + 5 * rad**2 + rounding)


@pytest.mark.parametrize("name", TRUTH)
def test_wide_balls_are_no_wider_than_the_range_on_them(name: str) -> None:
    low, high = (0.5, 1.5) if name in LOWEST else (-1.0, 1.5)
    result = _function(name)(Ball.from_bounds([low], [high]))
    grid = np.linspace(low, high, 401)
    with ctx.workprec(100):
        values = [float(TRUTH[name](arb(v))) for v in grid.tolist()]
    assert result.upper[0] <= max(values) + 1e-4
    assert result.lower[0] >= min(values) - 1e-4


@pytest.mark.parametrize("name", TRUTH)
def test_unbounded_balls_give_the_range_where_it_is_bounded(name: str) -> None:
    x = unbounded((3,))
    if name in LOWEST:
        with pytest.raises(InputError, match="-inf"):
            _function(name)(x)
        return
    result = _function(name)(x)
    if name not in RANGE:
        assert np.isinf(result.rad).all()
        return
    low, high = RANGE[name]
    assert np.allclose(result.lower, low, rtol=0, atol=1e-15)
    assert np.allclose(result.upper, high, rtol=0, atol=1e-15)
    assert np.all(result.lower <= low)
    assert np.all(result.upper >= high)


@pytest.mark.parametrize("name", TRUTH)
def test_shapes_and_mixed_radii(name: str) -> None:
    mids = np.full((2, 3, 2), 0.75)
    rads = np.array([0.0, 1e-12, 0.2])[None, :, None] * np.ones((2, 3, 2))
    result = _function(name)(Ball(mids, rads))
    assert result.shape == (2, 3, 2)
    for i, rad in enumerate((0.0, 1e-12, 0.2)):
        alone = _function(name)(Ball(np.array(0.75), np.array(rad)))
        assert alone.shape == ()
        assert float(result.mid[1, i, 1]) == float(alone.mid)
    assert _function(name)(ball(np.zeros((0, 4)))).shape == (0, 4)
    # one block boundary and a tail
    many = np.linspace(0.5, 2.0, 20011)
    assert np.array_equal(
        _function(name)(ball(many)).mid[[0, 9000, -1]], _function(name)(ball(many[[0, 9000, -1]])).mid
    )


@pytest.mark.parametrize("name", TRUTH)
def test_the_ends_of_balls_on_both_sides_of_narrow_are_enclosed(name: str) -> None:
    mids = np.array([0.375, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0, 4.5, 5.75, -0.5, -1.25, -3.0, -5.0])
    radii = 2.0 ** np.array([-7.0, -8, -9, -10, -11, -12, -14, -15, -17, -20, -30])
    mid, rad = (grid.ravel() for grid in np.meshgrid(mids, radii))
    keep = np.array([_admissible(name, float(v)) for v in mid - rad])
    mid, rad = mid[keep], rad[keep]
    result = _function(name)(Ball(mid, rad))
    with ctx.workprec(300):
        for i in range(len(mid)):
            for end in (mid[i] - rad[i], mid[i] + rad[i]):
                assert _contains(result, i, TRUTH[name](arb(float(end)))), (mid[i], rad[i])


def test_the_smallest_radii_do_not_underflow() -> None:
    # erf(eta) = 1.128... eta lies beyond one eta
    for name in ("erf", "sin", "tanh", "atan", "expm1", "log1p", "sinh", "tan"):
        assert _function(name)(Ball(np.array([0.0]), np.array([5e-324]))).rad[0] >= 1e-323


def test_a_bad_guess_of_a_cube_root_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.array([0.3, 2.0, -7.0, 1e80])
    honest = np.cbrt
    for factor in (0.0, 1 + 2.0**-20, -1.0, math.nan):
        monkeypatch.setattr(np, "cbrt", lambda v, factor=factor: factor * honest(v))
        result = arithmetic.cbrt(ball(x))
        with ctx.workprec(200):
            assert all(_contains(result, i, _cbrt(arb(float(v)))) for i, v in enumerate(x))


def test_narrow_balls_far_out_stay_bounded() -> None:
    for name in ("sinh", "cosh", "exp"):
        result = _function(name)(Ball(np.array([400.0]), np.array([1e-10])))
        assert float(result.rad[0] / abs(result.mid[0])) < 1.01e-10
    assert np.all(arithmetic.exp(ball(np.linspace(-709.0, -600.0, 999))).rad >= 5e-324)


def test_crests_troughs_and_poles() -> None:
    assert arithmetic.sin(Ball.from_bounds([1.0], [2.0])).upper[0] == 1.0
    assert arithmetic.sin(Ball.from_bounds([4.0], [5.0])).lower[0] == -1.0
    assert arithmetic.cos(Ball.from_bounds([-0.5], [0.25])).upper[0] == 1.0
    assert arithmetic.cos(Ball.from_bounds([3.0], [3.3])).lower[0] == -1.0
    quiet = arithmetic.sin(Ball.from_bounds([-1.5], [1.5]))
    assert -1 < quiet.lower[0] < -0.99
    assert 0.99 < quiet.upper[0] < 1
    assert np.isinf(arithmetic.tan(Ball.from_bounds([1.5], [1.6])).rad[0])
    assert np.isfinite(arithmetic.tan(Ball.from_bounds([1.6], [4.7])).rad[0])
    assert np.isinf(arithmetic.tan(Ball.from_bounds([1.0], [9.0])).rad[0])


exponents = st.one_of(st.integers(-12, 12), st.sampled_from([-1025, -1000, 1000, 1025, 2**20]))


@settings(deadline=None, max_examples=400)
@given(points, st.sampled_from([0.0, 1e-14, 1e-3, 0.4, 1.0, 2.5]), st.floats(-1, 1), exponents)
def test_whole_powers_contain_the_exact_value(mid: float, relative: float, share: float, n: int) -> None:
    rad = abs(mid) * relative
    if not math.isfinite(rad):
        return
    result = integer_pow(Ball(np.array([mid]), np.array([rad])), n)
    point = mid + share * rad
    if not math.isfinite(point) or abs(Fraction(point) - Fraction(mid)) > Fraction(rad):
        return
    if point == 0 and n < 0:
        assert math.isinf(result.rad[0])
        return
    with ctx.workprec(400):
        exact = arb(1)
        for _ in range(abs(n) if abs(n) < 20 else 0):
            exact *= arb(point)
        if abs(n) >= 20:
            exact = (abs(arb(point)).log() * abs(n)).exp() * (-1 if point < 0 and n % 2 else 1) if point else arb(0)
        assert _contains(result, 0, 1 / exact if n < 0 else exact)


def test_powers_choose_the_right_case() -> None:
    assert integer_pow(ball([3.0, -2.0]), 3).mid.tolist() == [27.0, -8.0]
    assert integer_pow(ball([3.0, -2.0]), 3).rad.max() < 1e-25
    assert integer_pow(ball([0.0, -0.0]), 0).mid.tolist() == [1.0, 1.0]
    assert integer_pow(ball([0.0]), 5).rad[0] == 0
    assert power(ball([-2.0]), 3.0).contains(-8.0).all()
    assert power(ball([2.0, 4.0]), ball([[2.0], [0.5]])).contains(np.array([[4.0, 16.0], [math.sqrt(2), 2.0]])).all()
    with ctx.workprec(200):
        x, y = np.array([0.3, 2.7, 1e100, 1e-100]), np.array([1.7, -2.3, 0.9, 3.3])
        result = power(ball(x), ball(y))
        for i in range(4):
            assert _contains(result, i, arb(float(x[i])) ** arb(float(y[i])))
        assert np.all(result.rad <= 2 * np.spacing(np.abs(result.mid)))
    square = power(Ball.from_bounds([-1.0], [2.0]), 2.0)
    assert square.lower[0] == 0
    assert 4 <= square.upper[0] < 4.0001
    rooted = power(Ball.from_bounds([0.0], [4.0]), 0.5)
    assert rooted.lower[0] <= 0
    assert rooted.upper[0] >= 2
    exponent = power(ball([2.0]), Ball.from_bounds([1.0], [2.0]))
    assert exponent.lower[0] <= 2
    assert exponent.upper[0] >= 4


def test_piecewise_functions() -> None:
    x = Ball.from_bounds([-1.0, 0.5, -2.0, 0.0], [1.0, 1.0, -1.0, 0.0])
    assert sign(x).lower.tolist() == [-1.0, 1.0, -1.0, 0.0]
    assert sign(x).upper.tolist() == [1.0, 1.0, -1.0, 0.0]
    a, b = Ball.from_bounds([0.0, 0.0], [1.0, 3.0]), Ball.from_bounds([2.0, 2.0], [3.0, 4.0])
    assert minimum(a, b).upper.tolist() == [1.0, 3.0]
    assert maximum(a, b).lower.tolist() == [2.0, 2.0]
    assert maximum(a, b).upper.tolist() == [3.0, 4.0]
    assert maximum(ball([-1.0, 2.0]), 0.0).mid.tolist() == [0.0, 2.0]
    assert np.isinf(maximum(unbounded((1,)), 0.0).rad[0])
    assert arithmetic.abs(ball([-3.0])).mid[0] == 3.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: arithmetic.log(ball([1.0, 0.0])), "logarithm of a ball that reaches down to 0.0"),
        (lambda: arithmetic.log(ball([1.0]).widened(2.0)), "reaches down to -1"),
        (lambda: arithmetic.log1p(ball([-1.0])), "must lie above -1.0"),
        (lambda: arithmetic.sqrt(ball([-5e-324])), "square root"),
        (lambda: ball([-1.0]).sqrt(), "square root"),
        (lambda: arithmetic.rsqrt(ball([0.0])), "must lie above 0"),
        (lambda: power(ball([-2.0]), 0.5), "fractional exponent"),
        (lambda: power(ball([0.0]), -0.5), "fractional exponent"),
        (lambda: power(ball([1.0, 2.0]), ball([1.0, 2.0, 3.0])), "do not fit together"),
        (lambda: integer_pow(ball([2.0]), 2.0), "whole number"),  # type: ignore[arg-type]
        (lambda: integer_pow(ball([2.0]), True), "whole number"),
        (lambda: integer_pow(ball([2.0]), 2**40), "2\\^31"),
    ],
)
def test_domain_errors_are_clear(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()
