"""Linear algebra in programs: 50-digit mpmath, JAX's derivatives, wide balls by sampling, and what is refused."""

import jax
import jax.numpy as jnp
import jax.scipy.linalg as linalg
import mpmath as mp
import numpy as np
import pytest
from jax import lax

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, analytic_on, evaluate, jacobian, trace
from foundation import InputError

mp.mp.dps = 50
_RNG = np.random.default_rng(11)
A = _RNG.normal(size=(4, 4))
B = _RNG.normal(size=(4, 3))
T = _RNG.normal(size=(5, 3))
S = A @ A.T + np.eye(4)
Y = A + A.T
V = _RNG.normal(size=4)

SMOOTH = {
    "solve_vector": (jnp.linalg.solve, A, V),
    "solve_matrix": (jnp.linalg.solve, A, B),
    "solve_stack": (jnp.linalg.solve, np.stack([A, S]), np.stack([B, 2 * B])),
    "solve_positive": (lambda a, b: linalg.solve((a + a.T) / 2, b, assume_a="pos"), S, V),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, lower=True, trans=1), A, B),
    "right_solve": (lambda a, b: lax.linalg.triangular_solve(a, b.T, left_side=False), A, B),
    "unit_solve": (lambda a, b: lax.linalg.triangular_solve(a, b, left_side=True, unit_diagonal=True), A, B),
    "cho_solve": (lambda a, b: linalg.cho_solve(linalg.cho_factor((a + a.T) / 2), b), S, V),
    "lu_solve": (lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), A, V),
    "inv": (jnp.linalg.inv, A),
    "det": (jnp.linalg.det, A),
    "det_of_two": (jnp.linalg.det, A[:2, :2]),
    "slogdet": (lambda a: jnp.linalg.slogdet(a)[1], A),
    "cholesky": (jnp.linalg.cholesky, S),
    "lu": (lambda a: linalg.lu_factor(a)[0], A),
    "qr": (jnp.linalg.qr, A),
    "qr_tall": (jnp.linalg.qr, T),
    "eigvalsh": (jnp.linalg.eigvalsh, Y),
    "svdvals": (jnp.linalg.svdvals, T),
    "nuclear_norm": (lambda a: jnp.linalg.norm(a, ord="nuc"), A),
    "spectral_norm": (lambda a: jnp.linalg.norm(a, ord=2), A),
    "cond": (jnp.linalg.cond, A),
    "pinv": (jnp.linalg.pinv, T),
    "pinv_wide": (jnp.linalg.pinv, T.T),
    "expm": (linalg.expm, A),
    "matrix_power": (lambda a: jnp.linalg.matrix_power(a, -2), A),
    "grad_of_solve": (jax.grad(lambda a: jnp.sum(jnp.linalg.solve(a, V) ** 2)), A),
    "grad_of_logdet": (jax.grad(lambda a: jnp.linalg.slogdet(a)[1]), A),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_values_and_jacobians(name, check_values, check_jacobian):
    check_values(*SMOOTH[name], tolerance=1e-11)
    if not name.startswith("grad"):
        check_jacobian(*SMOOTH[name], tolerance=1e-9)


def test_the_gradient_of_a_symmetric_function_of_eigenvalues():
    values = trace(lambda a: jnp.sum(jnp.linalg.eigvalsh(a) ** 3), Y)
    exact = 3 * Y @ Y  # d tr(A^3) = 3 tr(A^2 dA)
    ball = jacobian(values, [Y])
    assert np.all(np.abs(ball.mid.reshape(4, 4) - exact) <= ball.rad.reshape(4, 4) + 1e-11)
    assert ball.rad.max() < 1e-10


WIDE = {
    "solve": (jnp.linalg.solve, (A, V), lambda a, b: list(mp.lu_solve(mp.matrix(a), mp.matrix(b)))),
    "inv": (jnp.linalg.inv, (A,), lambda a: list(mp.matrix(a) ** -1)),
    "det": (jnp.linalg.det, (A,), lambda a: [mp.det(mp.matrix(a))]),
    "cholesky": (jnp.linalg.cholesky, (S,), lambda a: list(mp.cholesky((mp.matrix(a) + mp.matrix(a).T) / 2))),
    "eigvalsh": (jnp.linalg.eigvalsh, (Y,), lambda a: sorted(mp.eigsy((mp.matrix(a) + mp.matrix(a).T) / 2, True))),
    "svdvals": (jnp.linalg.svdvals, (T,), lambda a: sorted(mp.svd_r(mp.matrix(a), compute_uv=False))[::-1]),
    "expm": (linalg.expm, (A,), lambda a: list(mp.expm(mp.matrix(a)))),
}


@pytest.mark.parametrize("name", WIDE)
def test_ball_matrices_hold_their_members(name):
    function, arguments, truth = WIDE[name]
    program, radius = trace(function, *arguments), 1e-5
    (ball,) = evaluate(program, [Ball(x, np.full(x.shape, radius)) for x in arguments])
    (smaller,) = evaluate(program, [Ball(x, np.full(x.shape, radius / 4)) for x in arguments])
    assert np.all((ball.lower <= smaller.lower) & (smaller.upper <= ball.upper))
    found = []
    for _ in range(8):
        members = [x + 0.999 * radius * _RNG.choice([-1.0, 1.0], x.shape) for x in arguments]
        found.append([mp.re(v) for v in truth(*(m.tolist() for m in members))])
        inside = [
            mp.mpf(lo) <= v <= mp.mpf(hi) for lo, v, hi in zip(ball.lower.flat, found[-1], ball.upper.flat, strict=True)
        ]
        assert all(inside)
    spread = np.array([[float(v) for v in row] for row in found])
    widest = (spread.max(0) - spread.min(0)).max()
    assert 2 * ball.rad.max() <= 30 * widest


@pytest.mark.parametrize("matrix", [A, A.T, np.triu(A), -A, np.diag([1.0, -2.0, 3.0, -4.0]), T])
def test_signs_of_a_qr_factorisation_are_lapacks(matrix):
    q, r = evaluate(trace(jnp.linalg.qr, matrix), [matrix])
    expected_q, expected_r = np.linalg.qr(matrix)
    assert np.all(np.abs(q.mid - expected_q) < 1e-12)
    assert np.all(np.abs(r.mid - expected_r) < 1e-12)


def test_a_sign_that_the_balls_leave_open_is_refused():
    matrix = np.array([[0.0, 1.0], [1.0, 0.0]])
    (q, r) = evaluate(trace(jnp.linalg.qr, matrix), [matrix])
    assert np.all(np.abs(q.mid @ r.mid - matrix) < 1e-12)
    with pytest.raises(UndecidedBranch, match="sign of a QR"):
        evaluate(trace(jnp.linalg.qr, matrix), [Ball(matrix, np.full((2, 2), 1e-9))])


def test_pivots_are_lapacks_and_ties_of_exact_matrices_go_to_the_first_row():
    for matrix in (A, np.array([[1.0, 2.0], [-1.0, 3.0]]), np.array([[0.0, 1.0], [2.0, 0.0]])):
        packed, pivots = evaluate(trace(linalg.lu_factor, matrix), [matrix])
        expected, places = linalg.lu_factor(matrix)
        assert np.array_equal(pivots, np.asarray(places))
        assert np.all(np.abs(packed.mid - np.asarray(expected)) < 1e-6)
    tied = np.array([[1.0, 2.0], [-1.0, 3.0]])
    with pytest.raises(UndecidedBranch, match="pivots"):
        evaluate(trace(linalg.lu_factor, tied), [Ball(tied, np.full((2, 2), 1e-9))])


def test_a_solution_does_not_need_its_pivots_decided():
    tied = np.array([[1.0, 2.0], [-1.0, 3.0]])
    (x,) = evaluate(trace(jnp.linalg.solve, tied, V[:2]), [Ball(tied, np.full((2, 2), 1e-9)), V[:2]])
    assert np.all(x.rad < 1e-7)


def test_what_is_not_proved_is_not_claimed():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    (x,) = evaluate(trace(jnp.linalg.solve, singular, V[:2]), [singular, V[:2]])
    assert np.isinf(x.rad).all()
    with pytest.raises(InputError, match="not proved positive definite"):
        evaluate(trace(jnp.linalg.cholesky, -S), [-S])
    with pytest.raises(InputError, match="full rank"):
        evaluate(trace(jnp.linalg.pinv, singular), [singular])
    with pytest.raises(InputError, match="complete a basis"):
        evaluate(trace(lambda a: jnp.linalg.svd(a)[0], T), [T])
    with pytest.raises(InputError, match="no order"):
        trace(lambda a: jnp.abs(jnp.linalg.eigvals(a)), A)


def test_multiple_eigenvalues_are_enclosed_together_and_their_derivative_is_not_claimed():
    matrix = np.diag([2.0, 2.0, 5.0])
    program = trace(jnp.linalg.eigvalsh, matrix)
    (values,) = evaluate(program, [matrix])
    assert np.all(np.abs(values.mid - [2, 2, 5]) <= values.rad + 1e-15)
    assert values.rad.max() < 1e-14
    assert np.isinf(jacobian(program, [matrix]).rad).any()


def test_high_precision():
    (x,) = evaluate(trace(jnp.linalg.solve, A, V), [A, V], precision=200)
    exact = mp.lu_solve(mp.matrix(A.tolist()), mp.matrix(V.tolist()))
    assert all(
        abs(mp.mpf(v.mid().str(48, radius=False)) - e) < mp.mpf(10) ** -40 for v, e in zip(x, exact, strict=True)
    )
    for function, matrix in ((jnp.linalg.eigvalsh, Y), (jnp.linalg.svdvals, T), (jnp.linalg.cholesky, S)):
        (values,) = evaluate(trace(function, matrix), [matrix], precision=200)
        assert max(float(v.rad()) for v in values.flat) < 1e-45


def test_a_solution_is_regular_where_its_matrix_is_proved_non_singular():
    program = trace(jnp.linalg.solve, A, V)
    assert analytic_on(program, [Ball(A, np.full(A.shape, 1e-6)), V]).everywhere
    found = analytic_on(program, [Ball(A, np.full(A.shape, 10.0)), V])
    assert not found.everywhere
    assert "non-singular" in found.obstacle
    flat = np.outer(np.arange(1.0, 5.0), np.ones(4))  # of rank one: no neighbourhood has one choice of signs
    assert not analytic_on(trace(jnp.linalg.qr, A), [flat]).everywhere
    assert analytic_on(trace(jnp.linalg.cholesky, S), [S]).everywhere


def test_a_tridiagonal_system():
    diagonals = [np.array([0.0, 1.0, 2.0]), np.array([4.0, 5.0, 6.0]), np.array([1.0, -1.0, 0.0])]
    right = np.array([[1.0], [2.0], [3.0]])
    (x,) = evaluate(trace(lax.linalg.tridiagonal_solve, *diagonals, right), [*diagonals, right])
    dense = np.array([[4.0, 1, 0], [1, 5, -1], [0, 2, 6]])
    exact = mp.lu_solve(mp.matrix(dense.tolist()), mp.matrix([1, 2, 3]))
    assert all(mp.mpf(x.lower[i, 0]) <= exact[i] <= mp.mpf(x.upper[i, 0]) for i in range(3))
    assert x.rad.max() < 1e-15


def test_jaxs_own_gradient_of_an_exponential():
    """Its branches pass numbers that are never read; d tr e^A = tr(e^A dA), so that the gradient of tr e^A is e^A^T."""
    a = np.array([[0.25, -0.5, 0.125], [0.5, 0.0, 0.25], [-0.125, 0.75, 0.5]])
    program = trace(jax.grad(lambda x: jnp.trace(jax.scipy.linalg.expm(x))), a)
    (found,) = evaluate(program, [a])
    exact = np.array(mp.expm(mp.matrix(a.tolist())).T.tolist(), dtype=np.float64)
    assert np.all(np.abs(found.mid - exact) <= found.rad + 1e-15)
    assert found.rad.max() < 1e-13


def test_undefined_numbers_of_the_user_are_refused():
    with pytest.raises(InputError, match="not defined by its arguments"):
        trace(lambda x: x + jax.lax.empty((), np.float64), np.array(1.0))
