"""Products of matrices of series and balls against sums of products entry by entry."""

import flint
import numpy as np
import pytest

from certify.flow.series import SeriesSystem, working
from certify.flow.series_functions import Series, apply, series_power
from foundation import InputError

PRECISION, LENGTH = 100, 6


def series_matrix(random, rows, columns, mixed):
    result = np.empty((1, rows, columns), dtype=object)
    for index in np.ndindex(1, rows, columns):
        values = [flint.arb(float(v), 1e-3) for v in random.normal(size=LENGTH)]
        result[index] = values[0] if mixed and random.random() < 0.3 else Series(values, LENGTH)
    return result


def ball_matrix(random, rows, columns):
    result = np.empty((1, rows, columns), dtype=object)
    for index in np.ndindex(1, rows, columns):
        result[index] = flint.arb(float(random.normal()))
    return result


@pytest.mark.parametrize("sides", ["ball series", "series ball", "series series", "ball ball"])
@pytest.mark.parametrize("mixed", [False, True])
def test_matrix_products(sides, mixed):
    random = np.random.default_rng(7)
    with working(PRECISION, LENGTH):
        kinds = {
            "ball": lambda r, c: ball_matrix(random, r, c),
            "series": lambda r, c: series_matrix(random, r, c, mixed),
        }
        left, right = (kinds[kind](*shape) for kind, shape in zip(sides.split(), ((3, 4), (4, 2)), strict=True))
        product = SeriesSystem(PRECISION).matmul(left, right)
        assert product.shape == (1, 3, 2)
        for i, j in np.ndindex(3, 2):
            expected = sum((left[0, i, k] * right[0, k, j] for k in range(4)), flint.arb(0))
            for n in range(LENGTH):
                first, second = (v[n] if isinstance(v, Series) else v * (n == 0) for v in (product[0, i, j], expected))
                assert first.overlaps(second)
                assert abs(float(first.rad()) - float(second.rad())) < 1e-6


@pytest.mark.parametrize(
    "name", ["tanh", "logistic", "tan", "atan", "asin", "asinh", "atanh", "sinh", "cosh", "cbrt", "log1p"]
)
def test_coefficients_are_those_of_the_function(name):
    """g(x_0 + t) by Taylor's coefficients at t = 1/8, against the function itself; the tail is below 1e-9."""
    with working(PRECISION, 24):
        x = Series([flint.arb(0.25), 1], 24)
        found = apply(name, x)
        t = flint.arb(0.125)
        value = sum((found[k] * t**k for k in range(24)), flint.arb(0))
        assert abs(float((value - apply(name, flint.arb(0.375))).mid())) < 1e-9
        assert found.prec == 24


def test_powers_and_refusals():
    with working(PRECISION, 4):
        x = Series([flint.arb(0, 1), 1], 4)
        assert series_power(x, 2)[0].contains(flint.arb(0.8125) ** 2)
        assert float(series_power(x, 2)[0].abs_upper()) < 1.01
        assert series_power(x, 0) == 1
        with pytest.raises(InputError, match="domain"):
            series_power(x, -1)
        with pytest.raises(InputError, match="analytic"):
            apply("abs", x)
