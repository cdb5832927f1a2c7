"""Definite pencils against exact eigenvalues of P^-1 A."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import extreme_pencil_eigenvalues, pencil_eigenvalues
from foundation import InputError

entries = st.floats(-2, 2, width=16, allow_subnormal=False)
pairs = st.integers(1, 4).flatmap(
    lambda n: st.tuples(arrays(np.float64, (n, n), elements=entries), arrays(np.float64, (n, n), elements=entries))
)


def _mirror(matrix):
    return np.triu(matrix) + np.triu(matrix, 1).T


def _pencil(pair, shift):
    a, factor = pair
    return _mirror(a), _mirror(factor @ factor.T + shift * np.eye(len(a)))


def _truth(a, p, exact, roots_of):
    return roots_of(exact(p).inv() * exact(a))


@settings(deadline=None, max_examples=60)
@given(pairs, st.sampled_from([1e-3, 1.0]))
def test_all_eigenvalues_are_enclosed(exact, roots_of, inside, pair, shift):
    a, p = _pencil(pair, shift)
    truth = _truth(a, p, exact, roots_of)
    result = pencil_eigenvalues(a, p)
    assert all(inside(*bounds) for bounds in zip(result.lower, truth, result.upper, strict=True))
    low, high = extreme_pencil_eigenvalues(a, p)
    assert inside(low.lower, truth[0], low.upper)
    assert inside(high.lower, truth[-1], high.upper)
    size = max(abs(float(truth[0])), abs(float(truth[-1])))
    assert max(low.width, high.width) <= 1e-8 * size + 1e-280


@settings(deadline=None, max_examples=40)
@given(pairs, st.sampled_from([1e-9, 1e-4, 0.05]), st.integers(0, 2**32 - 1))
def test_members_of_ball_pencils_are_enclosed(exact, roots_of, inside, pair, size, seed):
    rng = np.random.default_rng(seed)
    a, p = _pencil(pair, 1.0)
    radii = [_mirror(size * rng.random(a.shape)) for _ in range(2)]
    members = []
    for mid, rad in zip((a, p), radii, strict=True):
        member = mid + np.where(_mirror(rng.random(mid.shape)) < 0.5, -0.999, 0.999) * rad
        members.append(np.where(np.abs(member - mid) <= rad, member, mid))
    truth = _truth(*members, exact, roots_of)
    result = pencil_eigenvalues(Ball(a, radii[0]), Ball(p, radii[1]))
    assert all(inside(*bounds) for bounds in zip(result.lower, truth, result.upper, strict=True))
    low, high = extreme_pencil_eigenvalues(Ball(a, radii[0]), Ball(p, radii[1]))
    assert inside(low.lower, truth[0], low.upper)
    assert inside(high.lower, truth[-1], high.upper)


@pytest.mark.parametrize(("size", "condition"), [(60, 1e2), (60, 1e5), (320, 1e3)])
def test_widths_of_random_pencils(size, condition):
    rng = np.random.default_rng(size)
    q = np.linalg.qr(rng.standard_normal((size, size)))[0]
    p = _mirror((q * np.geomspace(1, condition, size)) @ q.T)
    a = _mirror(rng.standard_normal((size, size)))
    low, high = extreme_pencil_eigenvalues(a, p)
    every = pencil_eigenvalues(a, p)
    assert high.width <= 1e-10 * high.upper
    assert low.width <= -1e-10 * low.lower
    assert every[size - 1].lower <= high.upper
    assert high.lower <= every[size - 1].upper
    # with P = C C^T the eigenvalues are those of C^-1 A C^-T
    c = np.linalg.inv(np.linalg.cholesky(p))
    values = np.linalg.eigvalsh(_mirror(c @ a @ c.T))
    assert abs(high.midpoint - values[-1]) <= 1e-12 * condition * values[-1]


def test_identity_and_graded_weights():
    a = np.diag([1.0, 2.0, 5.0])
    low, high = extreme_pencil_eigenvalues(a, np.eye(3))
    assert low.contains(1.0)
    assert high.contains(5.0)
    grades = np.diag([1e-150, 1.0, 1e150])
    low, high = extreme_pencil_eigenvalues(grades @ a, grades)
    assert low.contains(1.0) or abs(low.midpoint - 1) < 1e-12
    assert max(low.width, high.width) < 1e-10


def test_what_is_not_a_definite_pencil():
    with pytest.raises(InputError, match="positive definite"):
        extreme_pencil_eigenvalues(np.eye(2), np.diag([1.0, -1.0]))
    with pytest.raises(InputError, match="one size"):
        pencil_eigenvalues(np.eye(2), np.eye(3))
    with pytest.raises(InputError, match="symmetric"):
        pencil_eigenvalues([[1.0, 2.0], [0.0, 1.0]], np.eye(2))
    undecided = Ball(np.eye(2), np.full((2, 2), 0.6))
    assert extreme_pencil_eigenvalues(np.eye(2), undecided)[1].upper == math.inf
    assert np.isinf(pencil_eigenvalues(np.eye(2), undecided).upper).all()
    unbounded = Ball(np.zeros((2, 2)), np.full((2, 2), np.inf))
    assert extreme_pencil_eigenvalues(unbounded, np.eye(2))[0].lower == -math.inf
    assert np.isinf(pencil_eigenvalues(unbounded, np.eye(2)).lower).all()


def test_a_form_not_proved_semidefinite_proves_no_bound(monkeypatch):
    from certify.linear_algebra import pencil

    a, p = Ball.exact(np.diag([1.0, 2.0])), Ball.exact(np.eye(2))
    assert 2.0 <= pencil._outer_bound(a, p, 1, 2.0, 1.0) <= 2.0 + 1e-12
    monkeypatch.setattr(pencil, "smallest_eigenvalue_bound", lambda matrix, shift: -1e-300)
    assert pencil._outer_bound(a, p, 1, 2.0, 1.0) == math.inf


def test_forms_that_cancel_are_no_error():
    """Integer pencils with det P = 1 and conditions of 1e17, whose computed x^T P x is 0 or negative."""
    rng = np.random.default_rng(1)
    sound = cancelled = 0
    while sound < 40:
        reach = int(rng.integers(4, 14))
        lower = np.tril(rng.integers(-reach, reach + 1, (8, 8)), -1).astype(object) + np.eye(8, dtype=int)
        upper = np.triu(rng.integers(-reach, reach + 1, (8, 8)), 1).astype(object) + np.eye(8, dtype=int)
        definite = (lower @ upper) @ (lower @ upper).T
        if max(map(abs, definite.flat)) > 2**53:
            continue
        matrix = rng.integers(-9, 10, (8, 8))
        low, high = extreme_pencil_eigenvalues((matrix + matrix.T).astype(float), definite.astype(float))
        # the trace of P^-1 A, an integer, lies between 8 times the ends
        inverse = sympy.Matrix(definite.tolist()).inv()
        mean = Fraction(int((inverse * sympy.Matrix((matrix + matrix.T).tolist())).trace()), 8)
        assert low.lower <= mean <= high.upper
        sound += 1
        cancelled += math.isinf(high.upper)
    assert cancelled < 40


# det P = 1, condition 3e17: the computed x^T P x of an extreme eigenvector cancels to exactly 0 (OpenBLAS, x86)
CANCELLING = [
    [-4, 3, 3, -9, 18, 5, -5, 8],
    [3, -16, -2, 0, 8, -4, -9, -4],
    [3, -2, -6, -1, 0, -6, 0, 2],
    [-9, 0, -1, 0, 11, 4, -13, 6],
    [18, 8, 0, 11, -8, 4, -13, 11],
    [5, -4, -6, 4, 4, -2, 7, -12],
    [-5, -9, 0, -13, -13, 7, 6, -7],
    [8, -4, 2, 6, 11, -12, -7, 12],
]
CANCELLING_DEFINITE = [
    [264, -1653, -1461, 1883, 1673, 879, 1924, 153],
    [-1653, 10572, 11329, -12349, -9598, -6331, -18262, -1959],
    [-1461, 11329, 29865, -11331, 2496, -13448, -65953, -7510],
    [1883, -12349, -11331, 75545, 51186, 2399, 105062, 46297],
    [1673, -9598, 2496, 51186, 42459, -2148, 40240, 25581],
    [879, -6331, -13448, 2399, -2148, 9601, 16262, 2493],
    [1924, -18262, -65953, 105062, 40240, 16262, 300845, 79841],
    [153, -1959, -7510, 46297, 25581, 2493, 79841, 42915],
]


def test_a_form_that_cancels_to_zero_leaves_an_end():
    matrix, definite = np.array(CANCELLING, float), np.array(CANCELLING_DEFINITE, float)
    _, high = extreme_pencil_eigenvalues(matrix, definite)
    product = sympy.Matrix(CANCELLING_DEFINITE).inv() * sympy.Matrix(CANCELLING)
    largest = max(sympy.real_roots(product.charpoly().as_expr()), key=lambda root: root.evalf(30))
    assert high.contains(Fraction(str(largest.evalf(40))))
    assert high.width <= 1.0


def test_a_form_whose_midpoint_cancels_is_taken_as_large_as_its_rounding(monkeypatch):
    """x^T P x is 0 in floats for x = (1, -1), whatever the machine: the bound is still looked for, in finite steps."""
    from certify.linear_algebra import pencil

    asked = []
    monkeypatch.setattr(pencil, "_outer_bound", lambda a, p, sign, estimate, weight: asked.append(weight) or math.inf)
    definite = Ball(np.ones((2, 2)), np.full((2, 2), 1e-17))
    for sign in (1, -1):
        pencil._side(Ball.exact(np.eye(2)), definite, (0.5, np.array([1.0, -1.0])), sign)
    assert len(asked) == 2
    assert all(1e-17 <= weight <= 1e-14 for weight in asked)
