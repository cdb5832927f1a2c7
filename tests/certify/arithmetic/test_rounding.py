"""The helpers that turn computed bounds into upper bounds, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic.rounding import (
    add_down,
    add_up,
    gamma,
    inflate,
    inflate_products,
    next_down,
    next_up,
    product_error,
    rounding_error,
    sum_error,
)
from foundation import InputError

U, ETA = Fraction(2) ** -53, Fraction(2) ** -1074
finite = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e-307, 1e-307),
    st.integers(-9, 9).map(lambda k: k * 2.0**-1074),
)
MANY = settings(deadline=None, max_examples=500)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 1000, 2**20, 2**40, 2**49])
def test_gamma_is_an_upper_bound_and_nothing_more(count: int) -> None:
    exact = count * U / (1 - count * U)
    assert exact <= Fraction(gamma(count)) <= exact * (1 + 8 * U)


@pytest.mark.parametrize("count", [-1, 2**50, 2**60])
def test_absurd_dimensions_are_refused(count: int) -> None:
    with pytest.raises(InputError, match="inner dimension"):
        gamma(count)


@MANY
@given(finite, finite)
def test_directed_sums(x: float, y: float) -> None:
    a, b, exact = np.array([x]), np.array([y]), Fraction(x) + Fraction(y)
    up, down = float(add_up(a, b)[0]), float(add_down(a, b)[0])
    assert down <= exact <= up
    if math.isfinite(up) and math.isfinite(down):
        if Fraction(x + y) == exact:
            assert up == down == x + y
        assert up <= math.nextafter(math.nextafter(x + y, math.inf), math.inf)
        with np.errstate(over="ignore", invalid="ignore"):
            error = float(sum_error(a, b, a + b)[0])
        assert math.isnan(error) or Fraction(x + y) + Fraction(error) == exact


def test_directed_sums_at_the_ends_of_the_range() -> None:
    largest = np.array([1.7976931348623157e308])
    assert add_up(largest, largest)[0] == np.inf
    assert add_down(-largest, -largest)[0] == -np.inf
    assert add_up(-largest, -largest)[0] == -largest[0]
    assert add_down(largest, largest)[0] == largest[0]
    assert add_up(np.array([1.0]), np.array([np.inf]))[0] == np.inf
    assert add_down(np.array([1.0]), np.array([-np.inf]))[0] == -np.inf


@MANY
@given(finite, finite)
def test_error_bounds_of_single_operations(x: float, y: float) -> None:
    a, b = np.array([x]), np.array([y])
    with np.errstate(all="ignore"):
        results = [
            (a + b, Fraction(x) + Fraction(y), rounding_error),
            (a * b, Fraction(x) * Fraction(y), product_error),
        ]
        if y != 0:
            results.append((a / b, Fraction(x) / Fraction(y), product_error))
    for computed, exact, bound in results:
        if np.isfinite(computed[0]):
            assert abs(Fraction(float(computed[0])) - exact) <= Fraction(float(bound(computed)[0]))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=30), st.lists(st.floats(0, 1e8), min_size=30, max_size=30))
def test_inflated_sums_and_products_are_upper_bounds(terms: list[float], factors: list[float]) -> None:
    total, products = 0.0, 0.0
    for term, factor in zip(terms, factors, strict=False):
        total += term
        products += term * 1e-320 * factor
    assert Fraction(float(inflate(np.array(total), len(terms)))) >= sum(map(Fraction, terms))
    exact = sum(
        (Fraction(t) * Fraction(1e-320) * Fraction(f) for t, f in zip(terms, factors, strict=False)), Fraction(0)
    )
    # each term has two products, whose losses to underflow are scaled by the factor of the second
    assert Fraction(float(inflate_products(np.array(products), 2 * len(terms)))) + len(terms) * ETA * 10**8 >= exact
    single = Fraction(float(inflate_products(np.array(terms[0] * 1e-320), 1)))
    assert single >= Fraction(terms[0]) * Fraction(1e-320)


def test_long_sums_of_equal_terms_need_every_rounding() -> None:
    # 1/3 + 1/3 + ... in order loses one rounding after another in the same direction.
    for count in (10, 100, 1000, 10000):
        total = 0.0
        for _ in range(count):
            total += 1 / 3
        assert Fraction(float(inflate(np.array(total), count))) >= count * Fraction(1 / 3)
    # one product that is rounded down by almost half an ulp
    x, y = 1 + 2.0**-27, 1 + 2.0**-26 - 2.0**-52
    assert Fraction(x * y) < Fraction(x) * Fraction(y) <= Fraction(float(inflate(np.array(x * y), 1)))


@MANY
@given(finite)
def test_neighbours(x: float) -> None:
    assert float(next_up(np.float64(x))) == math.nextafter(x, math.inf)
    assert float(next_down(np.float64(x))) == math.nextafter(x, -math.inf)
