"""Norm bounds are above the exact norms, and near them."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import frobenius_norm_bound, infinity_norm_bound, one_norm_bound, two_norm_bound
from certify.linear_algebra.norms import perron_square
from foundation import InputError

finite = st.floats(-1e300, 1e300)
matrices = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(lambda s: arrays(np.float64, s, elements=finite))


@settings(deadline=None, max_examples=150)
@given(matrices)
def test_bounds_are_above_the_exact_norms(matrix):
    exact = [[abs(Fraction(float(x))) for x in row] for row in matrix]
    rows = max(sum(row) for row in exact)
    columns = max(sum(column) for column in zip(*exact, strict=True))
    squares = sum(x * x for row in exact for x in row)
    bounds = [f(matrix) for f in (infinity_norm_bound, one_norm_bound, frobenius_norm_bound, two_norm_bound)]
    assert bounds[0] == math.inf or rows <= Fraction(bounds[0])
    assert bounds[1] == math.inf or columns <= Fraction(bounds[1])
    assert bounds[2] == math.inf or squares <= Fraction(bounds[2]) ** 2
    # the norm is at least |A e_j| for every j
    longest = max(sum(x * x for x in column) for column in zip(*exact, strict=True))
    assert bounds[3] == math.inf or longest <= Fraction(bounds[3]) ** 2
    assert bounds[0] <= float(min(rows, Fraction(1e308))) * (1 + 1e-14) + 1e-323 or bounds[0] == math.inf


def test_the_two_norm_bound_is_sharp_for_non_negative_matrices():
    rng = np.random.default_rng(0)
    matrix = rng.random((40, 25))
    truth = np.linalg.svd(matrix)[1][0]
    assert truth * (1 - 1e-13) <= two_norm_bound(matrix) <= truth * (1 + 1e-6)
    assert perron_square(matrix, 10) >= truth**2 * (1 - 1e-13)
    assert perron_square(matrix, 0) >= perron_square(matrix, 5)


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_scaling_does_not_break_the_bounds(scale):
    matrix = scale * np.array([[3.0, 4.0], [0.0, 12.0]])
    # || [[3, 4], [0, 12]] ||^2 is the larger root of t^2 - 169 t + 1296
    truth = math.sqrt((169 + math.sqrt(169**2 - 4 * 1296)) / 2)
    assert truth * scale <= two_norm_bound(matrix) * (1 + 1e-15) <= 1.02 * truth * scale + 1e-321
    assert 13 * scale <= frobenius_norm_bound(matrix) * (1 + 1e-15) <= 13.0000001 * scale + 1e-321


def test_radii_count_and_unbounded_ones_give_infinity():
    ball = Ball(np.array([[1.0, -2.0]]), np.array([[0.5, 0.25]]))
    assert 3.75 <= infinity_norm_bound(ball) <= 3.7500001
    assert 2.25 <= one_norm_bound(ball) <= 2.2500001
    unbounded = Ball(np.zeros((1, 1)), np.array([[np.inf]]))
    assert two_norm_bound(unbounded) == infinity_norm_bound(unbounded) == frobenius_norm_bound(unbounded) == math.inf
    assert two_norm_bound(np.zeros((3, 2))) < 1e-320


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="shape"):
        two_norm_bound(np.zeros((0, 3)))
    with pytest.raises(InputError, match="nan"):
        one_norm_bound([[np.nan]])
