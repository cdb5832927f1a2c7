"""Definite pencils against exact eigenvalues of P^-1 A."""

import math

import numpy as np
import pytest
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
