"""The principal square root of a matrix in programs: exact roots, members of balls, its derivative, refusals."""

import jax.numpy as jnp
import jax.scipy.linalg as linalg
import mpmath as mp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import analytic_on, evaluate, jacobian, program_from_json, trace
from certify.program.matrices import factorisations, square_root
from foundation import InputError

_RNG = np.random.default_rng(23)
A = _RNG.normal(size=(3, 3)) / 2 + 1.5 * np.eye(3)


@pytest.fixture(scope="module", name="root")
def _root():
    return trace(lambda a: jnp.real(linalg.sqrtm(a)), A)


def test_it_is_jaxs_function(root):
    assert [equation.primitive for equation in root.equations] == ["matrix_square_root"]
    assert root.record.points == 3
    assert program_from_json(root.to_json()).equations[0].primitive == "matrix_square_root"


# a root that is no diagonal matrix's, one of a Jordan block, and a rotation by a right angle's: by half of it
EXACT = {
    "nilpotent part": ([[4.0, 1.0, 0.0], [0.0, 9.0, 1.0], [0.0, 0.0, 25.0]], None),
    "Jordan block": (
        [[4.0, 1.0, 0.0], [0.0, 4.0, 1.0], [0.0, 0.0, 4.0]],
        [[2, 1 / 4, -1 / 64], [0, 2, 1 / 4], [0, 0, 2]],
    ),
    "rotation": (
        [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.5**0.5, -(0.5**0.5), 0], [0.5**0.5, 0.5**0.5, 0], [0, 0, 1]],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_roots_of_exact_matrices(name, root):
    matrix, expected = EXACT[name]
    (found,) = evaluate(root, [np.array(matrix)])
    if expected is None:  # off the diagonal b_ij / (sqrt(l_i) + sqrt(l_j)), then the corner by (X^2)_13 = 0
        expected = [[2, 1 / 5, -(1 / 5) * (1 / 8) / 7], [0, 3, 1 / 8], [0, 0, 5]]
    assert np.all(np.abs(found.mid - np.array(expected)) <= found.rad + 2.3e-16)
    assert found.rad.max() < 1e-15


def test_members_of_balls_and_width(root):
    radius, spread = 1e-3, []
    (ball,) = evaluate(root, [Ball(A, np.full((3, 3), radius))])
    for _ in range(6):
        member = A + 0.999 * radius * _RNG.choice([-1.0, 1.0], (3, 3))
        with mp.workdps(50):
            truth = mp.sqrtm(mp.matrix(member.tolist()))
            values = [mp.re(value) for value in truth]
            assert all(
                mp.mpf(low) <= value <= mp.mpf(high)
                for low, value, high in zip(ball.lower.flat, values, ball.upper.flat, strict=True)
            )
        spread.append([float(value) for value in values])
    assert ball.rad.max() <= 4 * np.ptp(spread, axis=0).max() / 2


def test_the_derivative_solves_sylvesters_equation(root):
    """X dX + dX X = dA, for each unit matrix dA."""
    (x,) = evaluate(root, [A])
    slopes = jacobian(root, [A])
    assert slopes.rad.max() < 1e-13
    for k in range(9):
        change = slopes.mid[:, k].reshape(3, 3)
        right = np.zeros(9)
        right[k] = 1.0
        assert np.abs(x.mid @ change + change @ x.mid - right.reshape(3, 3)).max() < 1e-13


@pytest.mark.parametrize(
    "matrix",
    [-np.eye(3), np.diag([1.0, 2.0, 0.0]), np.diag([1.0, 2.0, -3.0]), Ball(np.eye(3), np.full((3, 3), 0.7))],
    ids=["minus the identity, which has real roots", "singular", "negative eigenvalue", "wide"],
)
def test_other_matrices_are_refused(matrix, root):
    with pytest.raises(InputError, match=r"half-line \(-inf, 0\]"):
        evaluate(root, [matrix])
    assert not analytic_on(root, [matrix]).everywhere


def test_another_root_is_not_taken_for_the_principal_one(root, monkeypatch):
    monkeypatch.setattr(square_root, "_approximate", lambda matrix: factorisations.arbs(np.diag([2.0, -3.0, 5.0])))
    with pytest.raises(InputError, match="half-line"):
        evaluate(root, [np.diag([4.0, 9.0, 25.0])])


def test_high_precision_and_the_set_of_the_theorem(root):
    (found,) = evaluate(root, [np.diag([2.0, 3.0, 5.0])], precision=300)
    with mp.workdps(100):
        assert abs(mp.mpf(found[2, 2].mid().str(95, radius=False)) - mp.sqrt(5)) < mp.mpf(10) ** -85
    assert float(found[2, 2].rad()) < 1e-85
    assert analytic_on(root, [Ball(A, np.full((3, 3), 1e-2))]).everywhere
