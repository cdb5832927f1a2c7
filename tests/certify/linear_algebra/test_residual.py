"""Residuals against exact rationals: sound, and about twice as precise as a plain product."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.linear_algebra.residual import power_of_two, residual, scale_by_powers
from certify.linear_algebra.similarity import _sum_of_products

FLOATS = st.one_of(
    st.floats(-1e3, 1e3),
    st.sampled_from([0.0, 5e-324, 2.0**-1022, 1e-160, 1e150, -1e-300]),
    st.integers(-5, 5).map(float),
)
TRIPLES = st.tuples(st.integers(1, 3), st.integers(1, 40), st.integers(1, 3)).flatmap(
    lambda s: st.tuples(
        hnp.arrays(np.float64, (s[0], s[2]), elements=FLOATS),
        hnp.arrays(np.float64, (s[0], s[1]), elements=FLOATS),
        hnp.arrays(np.float64, (s[1], s[2]), elements=FLOATS),
    )
)


@settings(deadline=None, max_examples=150)
@given(TRIPLES)
def test_residuals_of_floats(triple):
    b, a, x = triple
    result = residual(Ball.exact(b), Ball.exact(a), x)
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            terms = zip(a[i].tolist(), x[:, j].tolist(), strict=True)
            exact = Fraction(b[i, j]) - sum(Fraction(p) * Fraction(q) for p, q in terms)
            assert result.rad[i, j] == np.inf or abs(exact - Fraction(result.mid[i, j])) <= Fraction(result.rad[i, j])


@settings(deadline=None, max_examples=60)
@given(TRIPLES, st.integers(-12, 1), st.integers(0, 2**32 - 1))
def test_points_of_balls(triple, exponent, seed):
    rng = np.random.default_rng(seed)
    b, a, x = triple
    points = [z + rng.standard_normal(z.shape) * 10.0**exponent for z in (b, a)]
    balls = []
    for z, p in zip((b, a), points, strict=True):
        pairs = zip(z.ravel().tolist(), p.ravel().tolist(), strict=True)
        reach = np.array([float(abs(Fraction(u) - Fraction(v))) for u, v in pairs]).reshape(z.shape)
        balls.append(Ball(z, np.nextafter(reach, np.inf)))
    result = residual(balls[0], balls[1], x)
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            terms = zip(points[1][i].tolist(), x[:, j].tolist(), strict=True)
            exact = Fraction(points[0][i, j]) - sum(Fraction(p) * Fraction(q) for p, q in terms)
            assert result.rad[i, j] == np.inf or abs(exact - Fraction(result.mid[i, j])) <= Fraction(result.rad[i, j])


def test_cancelling_residuals_keep_their_digits():
    rng = np.random.default_rng(0)
    a, x = rng.standard_normal((300, 300)), rng.standard_normal((300, 2))
    result = residual(Ball.exact(a @ x), Ball.exact(a), x)
    # a plain ball product would leave gamma_300 |a||x|, about 1e-11
    assert result.rad.max() < 1e-17


@settings(deadline=None, max_examples=150)
@given(FLOATS, st.integers(-1000, 1000), st.floats(0, 10))
def test_scaling_by_powers(mid, exponent, rad):
    factor = 2.0**exponent
    result = scale_by_powers(Ball(np.array([mid]), np.array([rad])), factor)
    if np.isfinite(result.rad[0]):
        shift = abs(Fraction(mid) * Fraction(factor) - Fraction(result.mid[0]))
        assert shift + Fraction(rad) * Fraction(factor) <= Fraction(result.rad[0])
    assert power_of_two(np.array([mid if mid > 0 else 1.0]))[0] >= min(mid, 2.0**999)


@settings(deadline=None, max_examples=200)
@given(FLOATS, FLOATS, FLOATS, FLOATS)
def test_sums_of_products_are_exact_up_to_the_small_ball(a, b, c, d):
    high, low = _sum_of_products(*(np.array([z]) for z in (a, b, c, d)))
    exact = Fraction(a) * Fraction(b) + Fraction(c) * Fraction(d) - Fraction(high[0])
    assert abs(exact - Fraction(low.mid[0])) <= Fraction(low.rad[0])
