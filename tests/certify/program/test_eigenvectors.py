"""Eigenvectors and singular vectors in programs: JAX's gradients of spectra, and what may depend on their signs."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, analytic_on, evaluate, jacobian, program_from_json, trace
from certify.program.builder import Builder
from certify.program.matrices.functions import apply_to_balls
from certify.program.sign_free import require_sign_free
from certify.program.signature import Signature
from foundation import CertificateError, InputError

_RNG = np.random.default_rng(17)
A = _RNG.normal(size=(4, 4))
T = _RNG.normal(size=(4, 3))
P = A @ A.T + np.eye(4)


def _function_of(f):
    def apply(a):
        values, vectors = jnp.linalg.eigh(a)
        return (vectors * f(values)) @ vectors.T

    return apply


def _polar(a):
    u, _, v = jnp.linalg.svd(a, full_matrices=False)
    return u @ v


def _truncated(a):
    u, s, v = jnp.linalg.svd(a, full_matrices=False)
    return (u[:, :2] * s[:2]) @ v[:2]


def _with_positive_first_entries(a):
    vectors = jnp.linalg.eigh(a)[1]
    return vectors * jnp.sign(vectors[0])


SIGN_FREE = {
    "gradient of the largest eigenvalue": (jax.grad(lambda a: jnp.linalg.eigh(a)[0][-1]), A),
    "gradient of a stack's": (
        jax.grad(lambda a: jnp.sum(jnp.linalg.eigvalsh(a) ** 2)),
        np.stack([A[:2, :2], P[:2, :2]]),
    ),
    "Hessian of eigenvalues": (jax.hessian(lambda a: jnp.sum(jnp.cos(jnp.linalg.eigvalsh(a)))), A[:2, :2]),
    "gradient of the nuclear norm": (jax.grad(lambda a: jnp.linalg.norm(a, ord="nuc")), T.T),
    "gradient of the spectral norm": (jax.grad(lambda a: jnp.linalg.norm(a, ord=2)), T),
    "function of a matrix": (_function_of(jnp.sqrt), P),
    "polar factor": (_polar, T),
    "truncated singular values": (_truncated, T.T),
    "squares": (lambda a: jnp.linalg.eigh(a)[1] ** 2, A),
    "moduli": (lambda a: jnp.abs(jnp.linalg.eigh(a)[1]), A),
    "signs fixed by the user": (_with_positive_first_entries, A),
    "principal subspace": (lambda a: (lambda v: v[:, 2:] @ v[:, 2:].T)(jnp.linalg.eigh(a)[1]), A),
}


_DIFFERENTIATED = ("gradient of the largest eigenvalue", "gradient of the nuclear norm", "polar factor", "moduli")


@pytest.mark.parametrize("name", SIGN_FREE)
def test_what_no_sign_decides_is_enclosed_and_differentiated(name, check_values, check_jacobian):
    program = check_values(*SIGN_FREE[name], tolerance=1e-11)
    assert program.record.points == 3
    if name in _DIFFERENTIATED:
        check_jacobian(*SIGN_FREE[name], tolerance=1e-9)


SIGNED = {
    "vectors": lambda a: jnp.linalg.eigh(a)[1],
    "a sum of entries": lambda a: jnp.sum(jnp.linalg.eigh(a)[1]),
    "products of two columns": lambda a: jnp.linalg.eigh(a)[1][:, 0] @ jnp.linalg.eigh(a)[1][:, 1] + 1.0,
    "an even function of a shifted vector": lambda a: (jnp.linalg.eigh(a)[1] + 1.0) ** 2,
    "a comparison": lambda a: jnp.where(jnp.linalg.eigh(a)[1] > 0, 1.0, 2.0),
    "an exponential": lambda a: jnp.exp(jnp.linalg.eigh(a)[1]),
    "left vectors": lambda a: jnp.linalg.svd(a)[0],
    "vectors of two factorisations": lambda a: jnp.linalg.eigh(a)[1] @ jnp.linalg.eigh(2 * a)[1].T,
    "left times left": lambda a: jnp.linalg.svd(a)[0] @ jnp.linalg.svd(a)[0],
    "the largest entry": lambda a: jnp.max(jnp.linalg.eigh(a)[1], axis=0),
    "partial sums": lambda a: jnp.abs(jnp.cumsum(jnp.linalg.eigh(a)[1], axis=1)),
}


@pytest.mark.parametrize("name", SIGNED)
def test_what_the_signs_decide_is_refused(name):
    with pytest.raises(InputError, match="up to their signs"):
        trace(SIGNED[name], A)


def test_a_stored_program_that_depends_on_signs_is_refused():
    program = trace(lambda a: jnp.linalg.eigh(a)[1] ** 2, A)
    stored = program.to_json()
    assert program_from_json(stored).outputs == program.outputs
    (vectors,) = [k for k, e in enumerate(program.equations) if e.primitive == "eigh_vectors"]
    with pytest.raises(CertificateError, match="up to their signs"):
        program_from_json(stored | {"outputs": [program.first_equation + vectors]})


def test_what_may_be_any_number_at_zero_does_not_cover_a_sign():
    """The derivative of |x| at 0, times a vector."""
    builder = Builder()
    vectors = builder.emit("eigh_vectors", builder.input(Signature((2, 2))))
    slopes = builder.emit("slope_of_abs", builder.constant(np.zeros((2, 2))))
    with pytest.raises(InputError, match="up to their signs"):
        require_sign_free(builder.program([builder.emit("mul", slopes, vectors)]))
    signs = builder.emit("sign", vectors)
    require_sign_free(builder.program([builder.emit("mul", signs, vectors)]))


def _true_vectors(matrix):
    """50 digits; columns with a positive entry of largest modulus."""
    with mp.workdps(50):
        _, vectors = mp.eigsy(mp.matrix(matrix.tolist()))
        found = np.array(vectors.tolist(), dtype=object)
    size = len(matrix)
    for k in range(size):
        pivot = max(range(size), key=lambda i: abs(found[i, k]))
        found[:, k] = found[:, k] * mp.sign(found[pivot, k])
    return found


@pytest.mark.parametrize("radius", [0.0, 1e-9, 1e-3, 0.03])
def test_ball_matrices_hold_the_vectors_of_their_members(radius):
    middle = (A + A.T) / 2
    ball = apply_to_balls("eigh_vectors", Ball(middle, np.full((4, 4), radius)))
    pivots = np.argmax(np.abs(ball.mid), axis=0)
    ball = ball * np.sign(ball.mid[pivots, np.arange(4)])
    spread = []
    for _ in range(6):
        change = 0.999 * radius * _RNG.choice([-1.0, 1.0], (4, 4))
        truth = _true_vectors(middle + np.tril(change) + np.tril(change, -1).T)
        spread.append(truth.astype(float))
        assert all(
            mp.mpf(low) <= value <= mp.mpf(high)
            for low, value, high in zip(ball.lower.flat, truth.flat, ball.upper.flat, strict=True)
        )
    widest = np.ptp(spread, axis=0).max() / 2
    assert ball.rad.max() <= max(1e-15, 8 * widest)


def test_high_precision():
    with mp.workdps(100):
        truth = mp.eigsy(mp.matrix(((P + P.T) / 2).tolist()))[1]
        truth = [truth[i, j] ** 2 for i in range(4) for j in range(4)]
    (squares,) = evaluate(trace(lambda a: jnp.linalg.eigh(a)[1] ** 2, P), [(P + P.T) / 2], precision=300)
    assert max(float(x.rad()) for x in squares.flat) < 1e-85
    for x, expected in zip(squares.flat, truth, strict=True):
        with mp.workdps(100):
            assert abs(mp.mpf(x.mid().str(95, radius=False)) - expected) < mp.mpf(10) ** -85


def test_vectors_without_separation_are_not_claimed():
    program = trace(lambda a: jnp.linalg.eigh(a)[1] ** 2, np.diag([1.0, 2.0, 5.0]))
    for matrix in (np.diag([2.0, 2.0, 5.0]), Ball(np.diag([1.0, 2.0, 5.0]), np.full((3, 3), 0.51))):
        (squares,) = evaluate(program, [matrix])
        assert np.isinf(squares.rad).any()
        assert not analytic_on(program, [matrix]).everywhere
    assert analytic_on(program, [Ball(np.diag([1.0, 2.0, 5.0]), np.full((3, 3), 0.1))]).everywhere


def test_the_gradient_of_the_nuclear_norm_is_the_polar_factor():
    """And its derivative along A is 0: the norm is homogeneous."""
    gradient = trace(jax.grad(lambda a: jnp.linalg.norm(a, ord="nuc")), A)
    (found,) = evaluate(gradient, [A])
    assert np.all(np.abs((found.mid.T @ found.mid) - np.eye(4)) < 1e-13)
    along = jacobian(gradient, [A]) @ Ball.exact(A.reshape(16, 1))
    assert np.all(np.abs(along.mid) <= along.rad)
    assert along.rad.max() < 1e-10


def test_eigenvalues_of_wide_balls_have_bounded_gradients():
    """Ten eigenvalues apart by 1, each entry unsure by 0.01: first-order theory gives |dP| of some hundredths."""
    matrix = np.diag(np.arange(10.0))
    ball = jacobian(trace(lambda a: jnp.linalg.eigvalsh(a)[4], matrix), [Ball(matrix, np.full((10, 10), 0.01))])
    exact = np.zeros((10, 10))
    exact[4, 4] = 1.0
    assert np.all(np.abs(ball.mid.reshape(10, 10) - exact) <= ball.rad.reshape(10, 10))
    assert ball.rad.max() < 0.1


def test_the_largest_of_unsure_entries_is_decided_by_the_others():
    """JAX's derivative of max asks which entries equal the maximum."""
    x = np.array([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]])
    for reduce, mirrored in ((jnp.max, x), (jnp.min, -x)):
        for axis, exact in ((1, [[1, 0, 0], [0, 1, 0]]), (0, [[1, 0, 0], [0, 1, 1]]), (None, [[0, 0, 0], [0, 1, 0]])):
            gradient = trace(jax.grad(lambda a, axis=axis, reduce=reduce: jnp.sum(reduce(a, axis=axis))), mirrored)
            (found,) = evaluate(gradient, [Ball(mirrored, np.full((2, 3), 0.4))])
            assert np.all(np.abs(found.mid - exact) <= found.rad)
            assert found.rad.max() < 1e-14
            with pytest.raises(UndecidedBranch):
                evaluate(gradient, [Ball(mirrored, np.full((2, 3), 2.1))])
    larger = trace(jax.grad(lambda a: jnp.maximum(a, 0.0)), 1.0)
    (slope,) = evaluate(larger, [Ball(np.array(1.0), np.array(0.9))])
    assert slope.lower <= 1.0 <= slope.upper < 1.0 + 1e-14
    assert evaluate(larger, [0.0])[0].mid == 0.5
    # JAX shares the derivative between exact ties
    (shared,) = evaluate(trace(jax.grad(jnp.max), x[0]), [np.array([2.0, 2.0, 1.0])])
    assert np.array_equal(shared.mid, [0.5, 0.5, 0.0])
