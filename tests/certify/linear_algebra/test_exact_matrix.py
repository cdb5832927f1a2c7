"""Exact decisions: integers and rationals up to order 100, where floats leave the question open."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import sympy
from flint import fmpz_mat, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.linear_algebra import (
    is_hurwitz_stable,
    is_nonsingular,
    is_positive_definite,
    is_schur_stable,
    rank,
)
from certify.linear_algebra.exact_matrix import (
    exact_integers,
    in_the_half_plane,
    is_exactly_definite,
    is_exactly_hurwitz,
)
from certify.verdict import Verdict
from foundation import InputError

YES, NO, OPEN = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
small = st.integers(-3, 3)


def _named(truth):
    return YES if truth else NO


@pytest.mark.parametrize("size", [26, 40, 100])
def test_pascal_matrices_have_determinant_one(size):
    pascal = scipy.linalg.pascal(size, exact=True).tolist()
    assert is_positive_definite(pascal) is YES
    assert is_nonsingular(pascal) is YES
    pascal[-1][-1] -= 1  # the last minor, 1, becomes 0
    assert is_positive_definite(pascal) is NO
    assert is_nonsingular(pascal) is NO
    assert rank(pascal) == size - 1


def test_hilbert_matrices_are_definite():
    """Rationals; the condition of order 40 is about 1e59."""
    hilbert = [[Fraction(1, i + j + 1) for j in range(40)] for i in range(40)]
    assert is_positive_definite(hilbert) is YES
    assert rank(hilbert) == 40
    hilbert[39][39] -= Fraction(1, 10**20)  # far more than 1 / (the last entry of the inverse)
    assert is_positive_definite(hilbert) is NO


def test_a_gaussian_kernel_of_floats_is_indefinite():
    nodes = np.linspace(0, 1, 33)
    kernel = np.exp(-0.5 * ((nodes[:, None] - nodes) / 0.3) ** 2)
    kernel = (kernel + kernel.T) / 2
    exact = sympy.Matrix(33, 33, [sympy.Rational(*x.as_integer_ratio()) for x in kernel.ravel().tolist()])
    signs = [m > 0 for m in _leading_minors(exact)]
    assert is_positive_definite(kernel) is _named(all(signs)) is NO


def _leading_minors(matrix):
    """By fraction-free elimination (Bareiss), whose pivots are the leading minors; stops at the first that is <= 0."""
    rows, last = [[Fraction(int(x.p), int(x.q)) for x in matrix.row(i)] for i in range(matrix.rows)], Fraction(1)
    for k in range(len(rows)):
        yield rows[k][k]
        if rows[k][k] <= 0:
            return
        for i in range(k + 1, len(rows)):
            for j in range(k + 1, len(rows)):
                rows[i][j] = (rows[i][j] * rows[k][k] - rows[i][k] * rows[k][j]) / last
        last = rows[k][k]


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 5), st.data())
def test_definiteness_is_sylvesters(size, data):
    factor = data.draw(st.lists(st.lists(small, min_size=size, max_size=size), min_size=size, max_size=size))
    shift = data.draw(small)
    gram = sympy.Matrix(factor) * sympy.Matrix(factor).T + shift * sympy.eye(size)
    truth = all(gram[:k, :k].det() > 0 for k in range(1, size + 1))
    integers, denominator = exact_integers(gram.tolist())
    assert denominator == 1
    assert is_exactly_definite(integers) is truth
    assert is_positive_definite(gram.tolist()) is _named(truth)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_hurwitz_and_schur_by_known_roots(pairs):
    """Block matrices of rotations r e^(+-i phi): roots a +- b i, moved by an integer similarity of determinant 1."""
    size = 2 * len(pairs)
    blocks = scipy.linalg.block_diag(*([[a, b], [-b, a]] for a, b in pairs))
    shear = fmpz_mat([[int(i == j) + (i - 2 * j) % 3 * int(i > j) for j in range(size)] for i in range(size)])
    assert shear.det() == 1
    similar = shear * fmpz_mat(blocks.astype(int).tolist()) * shear.inv()
    moved = [[int(entry.numerator) for entry in row] for row in similar.tolist()]
    assert is_hurwitz_stable(moved) is _named(all(a < 0 for a, _ in pairs))
    for scale in (1, 3, 5):
        scaled = [[Fraction(int(x), scale) for x in row] for row in moved]
        assert is_schur_stable(scaled) is _named(all(a * a + b * b < scale * scale for a, b in pairs))


def test_eigenvalues_on_the_boundary_refute():
    rotation = [[0, 1], [-1, 0]]
    assert is_hurwitz_stable(rotation) is NO
    assert is_schur_stable(rotation) is NO
    assert is_schur_stable([[-1]]) is NO
    assert is_hurwitz_stable([[0]]) is NO
    tiny = Fraction(1, 10**40)
    assert is_hurwitz_stable([[-tiny, 1], [-1, -tiny]]) is YES
    assert is_hurwitz_stable([[tiny, 1], [-1, tiny]]) is NO
    assert is_schur_stable([[tiny - 1]]) is YES
    assert is_schur_stable([[-tiny - 1]]) is NO
    assert is_schur_stable([[1 - tiny, 10**6], [0, 1 - tiny]]) is YES


def test_saddles_without_a_sign_change_of_coefficients():
    """x^3 + x^2 + x + 6 has positive coefficients and two roots in the right half-plane (Routh: 1 * 1 < 6)."""
    assert is_exactly_hurwitz(fmpz_poly([6, 1, 1, 1])) is False
    assert is_exactly_hurwitz(fmpz_poly([1, 2, 2, 1])) is True
    assert is_exactly_hurwitz(fmpz_poly([1, 0, 1])) is False
    assert is_exactly_hurwitz(fmpz_poly([1, 1, 1, 1])) is False  # (x + 1)(x^2 + 1)
    assert in_the_half_plane(fmpz_poly([1, 1])) is None


def test_large_random_matrices_at_the_margin():
    rng = np.random.default_rng(3)
    factor = rng.integers(-9, 10, (60, 59))
    gram = factor @ factor.T  # rank 59
    assert rank(gram) == 59
    assert is_positive_definite(gram) is NO
    assert is_nonsingular(gram) is NO
    assert is_hurwitz_stable(-gram) is NO
    assert (
        is_hurwitz_stable(
            [
                [Fraction(-int(x)) - Fraction(int(i == j), 10**30) for j, x in enumerate(row)]
                for i, row in enumerate(gram)
            ]
        )
        is YES
    )


def test_balls_and_bad_input():
    identity = Ball(np.eye(2), 0.0)
    assert rank(identity) == 2
    assert is_hurwitz_stable(Ball(-np.eye(2), np.full((2, 2), 0.4))) is YES
    assert is_hurwitz_stable(Ball(np.zeros((1, 1)), np.ones((1, 1)))) is OPEN
    assert is_schur_stable(Ball(np.ones((1, 1)), np.full((1, 1), 0.5))) is OPEN
    assert is_schur_stable([[0.5j]]) is YES
    with pytest.raises(InputError, match="balls"):
        rank(Ball(np.eye(2), np.full((2, 2), 0.1)))
    with pytest.raises(InputError, match="300"):
        rank(np.eye(300))
    with pytest.raises(InputError, match="symmetric"):
        is_positive_definite([[Fraction(4, 3), 1], [1 + Fraction(1, 10**40), 3]])
    for front in (rank, is_hurwitz_stable, is_schur_stable):
        for bad in ([[np.nan]], [["1"]], np.zeros((0, 0)), 1.0):
            with pytest.raises(InputError):
                front(bad)
    for front in (is_hurwitz_stable, is_schur_stable):
        with pytest.raises(InputError, match="square"):
            front(np.ones((2, 3)))
