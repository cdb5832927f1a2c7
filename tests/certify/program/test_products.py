"""The large products of the interpreter, against exact rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.program.products import multiply_matrices, outer_into


def _exact(a, b):
    rows = [[Fraction(float(v)) for v in row] for row in a]
    columns = [[Fraction(float(v)) for v in column] for column in b.T]
    return [[sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in columns] for r in rows]


def _misses(ball, exact):
    """Entries of the exact product outside of mid +- rad, compared as rational numbers."""
    return [
        (i, j)
        for i, row in enumerate(exact)
        for j, value in enumerate(row)
        if np.isfinite(ball.rad[i, j])
        and abs(Fraction(float(ball.mid[i, j])) - value) > Fraction(float(ball.rad[i, j]))
    ]


def _corner(x, rng=None):
    """A point at the ball's very boundary, rounded inward: at random corners, or the farthest from zero."""
    signs = np.where(x.mid < 0, -1.0, 1.0) if rng is None else rng.choice([-1.0, 1.0], x.shape)
    return np.nextafter(x.mid + signs * x.rad * (1 - 2.0**-50), x.mid)


_KINDS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "graded": lambda rng, shape: rng.normal(size=shape) * 2.0 ** rng.integers(-60, 60, shape),
    "cancelling": lambda rng, shape: np.round(rng.normal(size=shape) * 2**26) / 2**26 + 1e8,
    "tiny": lambda rng, shape: rng.normal(size=shape) * 2.0**-540,
    "subnormal": lambda rng, shape: rng.integers(-9, 9, shape) * 2.0**-1074,
    "huge": lambda rng, shape: rng.normal(size=shape) * 2.0**480,
    "sparse": lambda rng, shape: rng.normal(size=shape) * (rng.uniform(size=shape) < 0.3),
}


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted(_KINDS)),
    st.sampled_from(sorted(_KINDS)),
    st.integers(1, 5),
    st.sampled_from([1, 1, 2, 4, 5, 17, 40]),
    st.integers(1, 5),
    st.sampled_from(["exact", "left", "right", "both"]),
    st.integers(0, 2**32 - 1),
)
def test_products_of_points_of_the_balls_are_contained(left, right, m, k, n, inexact, seed):
    rng = np.random.default_rng(seed)
    a, b = _KINDS[left](rng, (m, k)), _KINDS[right](rng, (k, n))
    r = np.abs(a) * 2.0 ** rng.choice([-60, -52, -30, -2, 0, 1]) if inexact in ("left", "both") else np.zeros_like(a)
    s = np.abs(b) * 2.0 ** rng.choice([-60, -52, -30, -2, 0, 1]) if inexact in ("right", "both") else np.zeros_like(b)
    x, y = Ball(a, r), Ball(b, s)
    product = multiply_matrices(x, y)
    for first, second in ((a, b), (_corner(x, rng), _corner(y, rng)), (_corner(x), _corner(y))):
        assert not _misses(product, _exact(first, second))


@pytest.mark.parametrize("count", [1, 2, 4, 9])
@pytest.mark.parametrize("relative", [1e-9, 0.5, 3.0])
def test_the_farthest_corner_is_contained_and_nearly_reached(count, relative):
    """With positive midpoints the corner (A + R)(B + S) is the largest product: |A|S + R|B| + RS from the middle."""
    rng = np.random.default_rng(count)
    a, b = rng.uniform(1, 2, (3, count)), rng.uniform(1, 2, (count, 3))
    x, y = Ball(a, relative * a), Ball(b, relative * b)
    product = multiply_matrices(x, y)
    assert not _misses(product, _exact(_corner(x), _corner(y)))
    reach = a @ (b * relative) + (a * relative) @ b * (1 + relative)
    assert np.all(product.rad <= reach * (1 + 1e-6))


@pytest.mark.parametrize("count", [4, 64, 1000])
def test_midpoints_are_almost_correctly_rounded(count):
    rng = np.random.default_rng(count)
    a, b = rng.normal(size=(6, count)), rng.normal(size=(count, 5))
    product = multiply_matrices(Ball.exact(a), Ball.exact(b))
    assert not _misses(product, _exact(a, b))
    assert np.all(product.rad <= 2.5 * 2.0**-53 * np.abs(product.mid) + 1e-18 * count)


@pytest.mark.parametrize(
    "shapes", [((7, 3, 6), (1, 6, 2)), ((1, 3, 6), (7, 6, 2)), ((7, 3, 1), (1, 1, 2)), ((7, 3, 6), (7, 6, 2))]
)
def test_stacks_broadcast(shapes):
    rng = np.random.default_rng(0)
    a, b = (Ball(rng.normal(size=shape), rng.uniform(size=shape) * 1e-9) for shape in shapes)
    product = multiply_matrices(a, b)
    assert product.shape == (7, 3, 2)
    for i in range(7):
        x, y = a[min(i, a.shape[0] - 1)], b[min(i, b.shape[0] - 1)]
        assert not _misses(product[i], _exact(_corner(x, rng), _corner(y, rng)))


def test_outer_products_in_place():
    rng = np.random.default_rng(1)
    left, right = Ball(rng.normal(size=(1, 3)), np.full((1, 3), 1e-3)), Ball(rng.normal(size=(4, 2)), np.zeros((4, 2)))
    mid, rad = np.zeros((4, 8)), np.full((4, 8), -1.0)
    outer_into(left, right, mid[:, 1:7], rad[:, 1:7])
    assert np.all(rad[:, 0] == -1)
    assert np.all(rad[:, 7] == -1)
    for i in range(4):
        ball = Ball(mid[i, 1:7].reshape(3, 2), rad[i, 1:7].reshape(3, 2))
        assert not _misses(ball, _exact(_corner(left, rng).T, right.mid[i : i + 1]))


def test_overflow_and_unknown_entries_are_unbounded():
    big = Ball.exact(np.full((2, 5), 1e200))
    assert np.isinf(multiply_matrices(big, big.T).rad).all()
    assert np.isinf(multiply_matrices(big[:, :1], big[:1]).rad).all()
    unknown = Ball(np.zeros((5, 2)), np.full((5, 2), np.inf))
    assert np.isinf(multiply_matrices(Ball.exact(np.zeros((2, 5))), unknown).rad).all()


def test_unit_rows_select_without_rounding():
    """One product of derivatives in two starts from the unit matrix."""
    rng = np.random.default_rng(3)
    chosen, y = np.array([4, 0, 0, 2]), Ball(rng.normal(size=(5, 3)), rng.uniform(size=(5, 3)))
    product = multiply_matrices(Ball.exact(np.eye(5)[chosen])[None], y[None])
    assert np.array_equal(product.mid[0], y.mid[chosen])
    assert np.array_equal(product.rad[0], y.rad[chosen])


@pytest.mark.parametrize("entries", [(2.0, 0.0), (1.0, 1.0), (-1.0, 0.0), (0.0, 0.0)])
def test_other_rows_are_multiplied(entries):
    rows = np.array([entries, (0.0, 1.0) if sum(map(bool, entries)) == 1 else (1.0, 0.0), (0.0, 1.0)])
    rows = np.pad(rows, ((0, 0), (0, 3)))
    y = np.arange(15.0).reshape(5, 3) + 0.1
    assert not _misses(multiply_matrices(Ball.exact(rows)[None], Ball.exact(y)[None])[0], _exact(rows, y))


def test_unit_rows_do_not_hide_what_is_unknown():
    unknown = Ball(np.ones((5, 2)), np.where(np.arange(10).reshape(5, 2) == 9, np.inf, 0.0))
    product = multiply_matrices(Ball.exact(np.eye(5)[:2])[None], unknown[None])
    assert np.isinf(product.rad[0, :, 1]).all()
