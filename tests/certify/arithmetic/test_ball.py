"""Ball operations contain the exact results (fractions), are no wider than they need be, and refuse bad input."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball, ball, hull, matmul, unbounded, where
from foundation import InputError

ETA = 2.0**-1074
MANY = settings(deadline=None, max_examples=300)

anything = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-4, 4),
    st.floats(-1e-307, 1e-307),
    st.integers(-5, 5).map(lambda k: k * ETA),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0**-1022, 2.0**1023, -1.7976931348623157e308, 1.7976931348623157e308]),
)
radii = st.one_of(
    st.just(0.0), st.floats(0, 1e-12), st.floats(0, 4), st.sampled_from([ETA, 3 * ETA, 1e-300, 1e300, math.inf])
)


@st.composite
def balls(draw: st.DrawFn) -> tuple[Ball, Fraction]:
    """A ball and an exact point of it, often an end point; unbounded balls have midpoint 0."""
    rad = draw(radii)
    mid = 0.0 if math.isinf(rad) else draw(anything)
    share = draw(st.sampled_from([Fraction(-1), Fraction(0), Fraction(1), Fraction(1, 3)]))
    point = Fraction(mid) + share * (Fraction(rad) if math.isfinite(rad) else Fraction(10) ** 400)
    return Ball(np.array([mid]), np.array([rad])), point


def holds(x: Ball, point: Fraction, entry: Any = 0) -> bool:
    """Whether the exact point lies in the ball, and the ball keeps its invariants."""
    mid, rad = float(x.mid[entry]), float(x.rad[entry])
    assert math.isfinite(mid)
    assert rad >= 0
    assert mid == 0 or math.isfinite(rad)
    return math.isinf(rad) or abs(Fraction(mid) - point) <= Fraction(rad)


@MANY
@given(balls(), balls())
def test_sum_difference_product_quotient_contain_the_exact_result(a: Any, b: Any) -> None:
    (x, p), (y, q) = a, b
    assert holds(x + y, p + q)
    assert holds(x - y, p - q)
    assert holds(x * y, p * q)
    if q != 0:
        assert holds(x / y, p / q)
    elif y.rad[0] > 0 or y.mid[0] == 0:
        assert math.isinf((x / y).rad[0])


@MANY
@given(balls())
def test_unary_operations_contain_the_exact_result(a: Any) -> None:
    x, p = a
    assert holds(-x, -p)
    assert holds(abs(x), abs(p))
    assert holds(x.square(), p * p)
    assert x.square().lower[0] >= 0 or math.isinf(x.square().rad[0])
    assert abs(x).lower[0] >= 0 or math.isinf(abs(x).rad[0])
    if math.isfinite(x.rad[0]):
        assert x.lower[0] <= p <= x.upper[0]
        assert x.mignitude[0] <= abs(p) <= x.magnitude[0]


@MANY
@given(balls())
def test_square_root_contains_the_exact_result(a: Any) -> None:
    x, p = abs(a[0]), abs(a[1])
    if x.lower[0] < 0:
        with pytest.raises(InputError, match="square root of a ball that reaches"):
            x.sqrt()
        return
    root = x.sqrt()
    low, high = float(root.lower[0]), float(root.upper[0])
    if math.isinf(x.upper[0]):
        return
    assert low >= 0
    assert Fraction(low) ** 2 <= p
    assert math.isinf(high) or p <= Fraction(high) ** 2


@MANY
@given(balls(), balls())
def test_hull_and_bounds_contain_both(a: Any, b: Any) -> None:
    (x, p), (y, q) = a, b
    both = hull(x, y)
    assert holds(both, p)
    assert holds(both, q)


@MANY
@given(anything, anything)
def test_ball_from_bounds_is_tight(first: float, second: float) -> None:
    low, high = min(first, second), max(first, second)
    x = Ball.from_bounds([low], [high])
    assert holds(x, Fraction(low))
    assert holds(x, Fraction(high))
    exact = (Fraction(high) - Fraction(low)) / 2
    slack = Fraction(max(abs(low), abs(high))) * Fraction(2) ** -51 + 4 * Fraction(ETA)
    assert math.isinf(x.rad[0]) or Fraction(float(x.rad[0])) <= exact + slack
    assert (x.rad[0] == 0) == (low == high)


@settings(deadline=None, max_examples=200)
@given(st.lists(balls(), min_size=1, max_size=12))
def test_sum_of_entries_contains_the_exact_sum(items: list[Any]) -> None:
    x = Ball(np.array([b.mid[0] for b, _ in items]), np.array([b.rad[0] for b, _ in items]))
    assert holds(x.sum().reshape(1), sum((p for _, p in items), Fraction(0)))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_matrix_product_contains_the_exact_product(data: st.DataObject) -> None:
    rows, inner, columns = (data.draw(st.integers(1, 3)), data.draw(st.integers(0, 20)), data.draw(st.integers(1, 3)))
    left = [[data.draw(balls()) for _ in range(inner)] for _ in range(rows)]
    right = [[data.draw(balls()) for _ in range(columns)] for _ in range(inner)]
    product = matmul(_stack(left, (rows, inner)), _stack(right, (inner, columns)))
    for i in range(rows):
        for j in range(columns):
            exact = sum((left[i][k][1] * right[k][j][1] for k in range(inner)), Fraction(0))
            assert holds(product, exact, (i, j))


def _stack(items: list[list[Any]], shape: tuple[int, int]) -> Ball:
    mid = np.array([[x.mid[0] for x, _ in row] for row in items]).reshape(shape)
    rad = np.array([[x.rad[0] for x, _ in row] for row in items]).reshape(shape)
    return Ball(mid, rad)


def test_matrix_product_of_subnormal_rows_bounds_their_norm() -> None:
    # The rounded Euclidean norm of 17 smallest subnormals is 4 eta, below sqrt(17) eta.
    from certify.arithmetic.products import vector_norms

    for count in (2, 3, 17, 18, 40, 99):
        norm = float(vector_norms(np.full((1, count), ETA), -1)[0])
        assert Fraction(norm) ** 2 >= count * Fraction(ETA) ** 2


def test_infinite_radii_spoil_their_row_or_column_even_against_zeros() -> None:
    a = Ball(np.zeros((3, 2)), np.array([[0.0, math.inf], [0, 0], [0, 0]]))
    zero, one = Ball.exact(np.zeros((2, 2))), Ball.exact(np.ones((2, 2)))
    assert np.isinf(matmul(a, zero).rad).tolist() == [[True, True], [False, False], [False, False]]
    assert np.isinf(matmul(a, one).rad).tolist() == [[True, True], [False, False], [False, False]]
    assert np.isinf(matmul(zero, a.T).rad).tolist() == [[True, False, False]] * 2
    assert np.isinf(matmul(zero, a.T[:, 0]).rad).all()


def test_an_unbounded_ball_may_stand_for_an_undefined_value_so_zero_times_it_stays_one() -> None:
    zero, anything_at_all = ball([0.0]), unbounded((1,))
    for product in (zero * anything_at_all, anything_at_all * zero):
        assert math.isinf(product.rad[0])
    assert (zero * ball([3.0]).widened(1.0)).is_exact


def test_overflow_gives_unbounded_balls_without_warnings() -> None:
    big = Ball(np.array([1e308, 1.0]), np.array([1e308, 0.0]))
    for result in (
        big + big,
        big * big,
        big / Ball.exact([1e-300, 1.0]),
        ball([1e308] * 2).sum().reshape(1),
        big.square(),
    ):
        assert math.isinf(result.rad[0])
        assert result.mid[0] == 0
    assert math.isinf(matmul(big, big).rad)


def test_widths_at_points_are_those_of_one_rounding() -> None:
    rng = np.random.default_rng(0)
    x, y = Ball.exact(rng.normal(size=1000)), Ball.exact(rng.normal(size=1000))
    for result in (x + y, x - y, x * y, x / y, abs(x).sqrt(), x.square()):
        assert np.all(result.rad <= 2 * np.spacing(np.abs(result.mid)))
    assert (abs(x).rad == 0).all()
    assert ((-x).rad == 0).all()


def test_widths_of_narrow_balls_follow_the_derivative() -> None:
    x, y = ball([3.0]).widened(1e-6), ball([5.0]).widened(1e-7)
    assert float((x + y).rad[0]) <= 1.1e-6 * (1 + 1e-8)
    assert float((x * y).rad[0]) <= (5e-6 + 3e-7) * (1 + 1e-6)
    assert float((x / y).rad[0]) <= (1e-6 / 5 + 3e-7 / 25) * (1 + 1e-6)
    assert float(x.square().rad[0]) <= 6e-6 * (1 + 1e-6)


@MANY
@given(balls(), balls(), st.floats(0, 1), st.floats(0, 1))
def test_wider_operands_give_results_that_contain_the_narrower_ones(a: Any, b: Any, s: float, t: float) -> None:
    x, y = a[0], b[0]
    u, v = x.widened(s), y.widened(t)
    cases: list[Callable[[Ball, Ball], Ball]] = [
        lambda p, q: p + q,
        lambda p, q: p - q,
        lambda p, q: p * q,
        lambda p, q: p / q,
        lambda p, q: abs(p),
        lambda p, q: p.square(),
    ]
    for operation in cases:
        narrow, wide = operation(x, y), operation(u, v)
        assert _inside(narrow, wide, slack=8)


def _inside(narrow: Ball, wide: Ball, slack: int) -> bool:
    """Whether the wide ball contains the narrow one up to `slack` units of roundoff."""
    if math.isinf(wide.rad[0]) or math.isinf(narrow.rad[0]):
        return math.isinf(wide.rad[0])
    reach = abs(Fraction(float(narrow.mid[0])) - Fraction(float(wide.mid[0]))) + Fraction(float(narrow.rad[0]))
    size = abs(Fraction(float(narrow.mid[0]))) + reach
    return reach <= Fraction(float(wide.rad[0])) + slack * (size * Fraction(2) ** -53 + Fraction(ETA))


def test_bad_input_is_refused_with_a_sentence() -> None:
    for bad in (math.nan, math.inf, [1.0, -math.inf], "one", [[1.0], [2.0, 3.0]], 10**400, 1j):
        with pytest.raises(InputError):
            ball(bad)
    with pytest.raises(InputError, match="lower <= upper"):
        Ball.from_bounds([2.0], [1.0])
    with pytest.raises(InputError, match="lower <= upper"):
        Ball.from_bounds([math.nan], [1.0])
    with pytest.raises(InputError, match="radius >= 0"):
        ball([1.0]).widened(-1.0)
    with pytest.raises(InputError, match="radius >= 0"):
        ball([1.0]).widened(math.nan)
    with pytest.raises(InputError, match="one entry"):
        ball([1.0, 2.0]).enclosure()
    for a, b in (((2, 3), (2, 3)), ((), (3,)), ((3, 2, 3), (2, 3, 2))):
        with pytest.raises(InputError, match="inner dimensions"):
            matmul(ball(np.zeros(a)), ball(np.zeros(b)))


def test_shapes_broadcast_and_scalars_stay_arrays() -> None:
    scalar = ball(2.0)
    for x in (scalar, -scalar, abs(scalar), scalar * 3, scalar.square(), scalar.sqrt(), ball([1.0, 2.0]).sum()):
        assert isinstance(x.mid, np.ndarray)
        assert isinstance(x.rad, np.ndarray)
        assert x.shape == ()
    assert (np.ones(3) * ball([[1.0], [2.0]])).shape == (2, 3)
    assert (np.eye(2) @ ball([1.0, 2.0])).shape == (2,)
    assert where(np.array([True, False]), ball([1.0, 2.0]), unbounded((2,))).mid.tolist() == [1.0, 0.0]
    assert matmul(ball(np.ones((5, 1, 2, 3))), ball(np.ones((4, 3, 2)))).shape == (5, 4, 2, 2)


def test_a_lower_bound_of_zero_has_no_sign() -> None:
    """A norm over a box around 0 lies in [0, r], and nobody reads a negative number where it starts."""
    ball = Ball.from_bounds(np.array([0.0, -1.0]), np.array([1.4, 1.0]))
    below = Ball(np.array(0.7), np.array(0.7)).lower
    assert not np.signbit(ball.lower[0])
    assert not np.signbit(below)
    assert below == 0.0
