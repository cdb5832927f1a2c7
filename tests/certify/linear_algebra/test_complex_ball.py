"""Complex discs against exact Gaussian rationals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.linear_algebra.complex_ball import ComplexBall, modulus_lower, modulus_upper
from foundation import InputError

FLOATS = st.one_of(
    st.floats(-1e3, 1e3),
    st.sampled_from([0.0, -0.0, 5e-324, 1e-200, -1e150, 2.0**-1022]),
    st.integers(-3, 3).map(float),
)
MATRICES = st.integers(1, 3).flatmap(
    lambda n: st.tuples(*(hnp.arrays(np.float64, (n, n), elements=FLOATS) for _ in range(4)))
)

Gaussian = tuple[Fraction, Fraction]


def exact(z: complex) -> Gaussian:
    return Fraction(z.real), Fraction(z.imag)


def times(a: Gaussian, b: Gaussian) -> Gaussian:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def is_inside(mid: complex, rad: float, value: Gaussian) -> bool:
    x, y = exact(mid)
    return rad == np.inf or (x - value[0]) ** 2 + (y - value[1]) ** 2 <= Fraction(rad) ** 2


@settings(deadline=None, max_examples=150)
@given(MATRICES)
def test_exact_operands(parts):
    a, b = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    x, y = ComplexBall.exact(a), ComplexBall.exact(b)
    total, difference, product, matrix = x + y, x - y, x * y, x @ y
    n = len(a)
    for i in range(n):
        for j in range(n):
            p, q = exact(a[i, j]), exact(b[i, j])
            assert is_inside(total.mid[i, j], total.rad[i, j], (p[0] + q[0], p[1] + q[1]))
            assert is_inside(difference.mid[i, j], difference.rad[i, j], (p[0] - q[0], p[1] - q[1]))
            assert is_inside(product.mid[i, j], product.rad[i, j], times(p, q))
            terms = [times(exact(a[i, k]), exact(b[k, j])) for k in range(n)]
            assert is_inside(matrix.mid[i, j], matrix.rad[i, j], (sum(t[0] for t in terms), sum(t[1] for t in terms)))


@settings(deadline=None, max_examples=80)
@given(MATRICES, st.integers(-10, 2), st.integers(0, 2**32 - 1))
def test_points_of_discs(parts, exponent, seed):
    rng = np.random.default_rng(seed)
    a, b = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    moved = [z + (rng.standard_normal(z.shape) + 1j * rng.standard_normal(z.shape)) * 10.0**exponent for z in (a, b)]
    discs = []
    for z, point in zip((a, b), moved, strict=True):
        shift = point - z
        reach = np.nextafter(modulus_upper(shift.real, shift.imag), np.inf) * (1 + 1e-12)
        discs.append(ComplexBall(z, reach + 2.0**-50 * np.abs(point).max()))
    product, matrix, total = discs[0] * discs[1], discs[0] @ discs[1], discs[0] + discs[1]
    n = len(a)
    for i in range(n):
        for j in range(n):
            p, q = exact(moved[0][i, j]), exact(moved[1][i, j])
            assert is_inside(product.mid[i, j], product.rad[i, j], times(p, q))
            assert is_inside(total.mid[i, j], total.rad[i, j], (p[0] + q[0], p[1] + q[1]))
            terms = [times(exact(moved[0][i, k]), exact(moved[1][k, j])) for k in range(n)]
            assert is_inside(matrix.mid[i, j], matrix.rad[i, j], (sum(t[0] for t in terms), sum(t[1] for t in terms)))


@settings(deadline=None, max_examples=300)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_moduli(x, y):
    square = Fraction(x) ** 2 + Fraction(y) ** 2
    upper, lower = (
        float(modulus_upper(np.float64(x), np.float64(y))),
        float(modulus_lower(np.float64(x), np.float64(y))),
    )
    assert upper == np.inf or Fraction(upper) ** 2 >= square
    assert lower >= 0
    assert Fraction(lower) ** 2 <= square
    if y == 0:
        assert upper == lower == abs(x)
    elif upper < np.inf:
        assert upper <= lower * (1 + 1e-14) + 3e-323


def test_widths_and_bounds():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((100, 100)) + 1j * rng.standard_normal((100, 100))
    product = ComplexBall.exact(a) @ ComplexBall.exact(a)
    assert product.rad.max() < 1e-11
    assert np.abs(product.mid - a @ a).max() <= product.rad.max()
    disc = ComplexBall(np.array([3.0 + 4.0j]), np.array([1.0]))
    assert disc.magnitude[0] >= 6.0 >= disc.magnitude[0] - 1e-13
    assert disc.mignitude[0] <= 4.0 <= disc.mignitude[0] + 1e-13
    assert disc.conjugate().mid[0] == 3.0 - 4.0j
    assert disc.contains(np.array([3.0 + 4.9j])).all()
    assert not disc.contains(np.array([3.0 + 5.1j])).any()


def test_unbounded_discs_stay_unbounded():
    unknown = ComplexBall(np.zeros((2, 2), complex), np.full((2, 2), np.inf))
    known = ComplexBall.exact(np.eye(2))
    for result in (unknown + known, unknown * known, unknown @ known, known @ unknown, known - unknown):
        assert np.isinf(result.rad).all()
    huge = ComplexBall.exact(np.full((1, 1), 1e200 + 1e200j))
    assert np.isinf((huge * huge).rad).all()
    assert np.isinf((huge @ huge).rad).all()


@pytest.mark.parametrize("bad", [[np.nan], [complex(0, np.inf)], ["a"], [[1.0], [1.0, 2.0]]])
def test_bad_input(bad):
    with pytest.raises(InputError):
        ComplexBall.exact(bad)
