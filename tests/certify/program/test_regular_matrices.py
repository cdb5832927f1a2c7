"""Where factorisations and spectra are proved real-analytic: off ties, zeros and crossings, up to their edges."""

import jax.numpy as jnp
import jax.scipy.linalg as linalg
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import analytic_everywhere, analytic_on, jacobian, jacobian_program, piecewise_obstacle, trace
from certify.program.primitives.registry import PRIMITIVES
from certify.program.primitives.regularity import Kind


def _lu(a):
    return linalg.lu_factor(a)[0]


def _order(a):
    return a[linalg.lu_factor(a)[1][0]]


def _r(a):
    return jnp.linalg.qr(a)[1]


def _q(a):
    return jnp.linalg.qr(a)[0]


TALL = [[3.0, 1.0], [1.0, 2.0], [0.5, -1.0]]
# function, a matrix around which it is analytic, the radius of a ball inside of the set, that of one that leaves it
INSIDE = {
    "lu": (_lu, [[2.0, 1.0], [1.0, 3.0]], 0.4, 0.51),
    "lu, last pivot 0": (_lu, [[2.0, 2.0], [1.0, 1.0]], 0.4, 0.51),
    "lu, tall": (_lu, TALL, 0.05, 1.01),
    "order": (_order, [[2.0, 1.0], [1.0, 3.0]], 0.4, 0.51),
    "r": (_r, [[1.0, 2.0], [1.0, -1.0]], 0.05, 1.01),
    "q": (_q, TALL, 0.01, 3.01),
    "q, wide": (_q, [[1.0, 2.0, 5.0], [1.0, -1.0, 0.0]], 0.05, 1.01),
    "eigenvalues": (jnp.linalg.eigvalsh, [[1.0, 0.0], [0.0, 2.0]], 0.2, 0.51),
    "singular values": (jnp.linalg.svdvals, [[1.0, 0.0], [0.0, 2.0]], 0.1, 0.51),
    "pseudo-inverse": (jnp.linalg.pinv, TALL, 0.01, 3.01),
}


@pytest.mark.parametrize("name", INSIDE)
def test_the_regular_set_of_functions_of_a_matrix(name):
    function, rows, inside, beyond = INSIDE[name]
    matrix = np.array(rows)
    program = trace(function, matrix)
    for radius, expected in ((0.0, True), (inside, True), (beyond, False)):
        found = analytic_on(program, [Ball(matrix, np.full(matrix.shape, radius))])
        assert found.everywhere is expected
        assert bool(found.obstacle) is not expected


# exact matrices at which the functions have a value, but a jump or a kink
IRREGULAR = {
    "lu, tied pivots": (_lu, [[1.0, 2.0], [-1.0, 3.0]]),
    "lu, tie in the second column": (_lu, [[4.0, 0.0, 1.0], [1.0, 1.0, 0.0], [2.0, 1.0, 3.0]]),
    "order, tied pivots": (_order, [[1.0, 2.0], [-1.0, 3.0]]),
    "lu, no pivot": (_lu, [[0.0, 2.0], [0.0, 3.0]]),
    "r, pivot 0": (_r, [[0.0, 1.0], [1.0, 0.0]]),
    "q, pivot 0": (_q, [[0.0, 1.0], [1.0, 0.0]]),
    "r, nothing below the pivot": (_r, [[1.0, 2.0], [0.0, 3.0]]),
    "q, nothing below the pivot": (_q, [[1.0, 2.0], [0.0, 3.0], [0.0, 1.0]]),
    "eigenvalues that meet": (jnp.linalg.eigvalsh, [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]]),
    "singular values that meet": (jnp.linalg.svdvals, [[3.0, 0.0], [0.0, -3.0]]),
    "singular value 0": (jnp.linalg.svdvals, [[3.0, 0.0], [0.0, 0.0]]),
    "singular value 0, tall": (jnp.linalg.svdvals, [[3.0, 0.0], [0.0, 0.0], [4.0, 0.0]]),
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_jumps_and_kinks_at_exact_matrices_are_seen(name):
    function, rows = IRREGULAR[name]
    matrix = np.array(rows)
    found = analytic_on(trace(function, np.eye(*matrix.shape) + 0.1), [matrix])
    assert not found.everywhere
    assert found.obstacle


def test_a_matrix_without_full_rank_has_no_regular_pseudo_inverse():
    program = trace(jnp.linalg.pinv, np.eye(2))
    assert not analytic_on(program, [np.array([[1.0, 2.0], [2.0, 4.0]])]).everywhere
    # above 0, yet below the cutoff under which singular values count as 0
    assert not analytic_on(program, [np.diag([1.0, 2.0**-49])]).everywhere
    assert analytic_on(program, [np.diag([1.0, 2.0**-40])]).everywhere


@pytest.mark.parametrize("function", [_lu, _r, jnp.linalg.eigvalsh, jnp.linalg.svdvals, jnp.linalg.pinv])
def test_no_form_of_them_is_analytic_by_itself(function):
    program = trace(function, np.eye(2) + 0.1)
    assert piecewise_obstacle(program)
    assert not analytic_everywhere(program).everywhere


def test_vectors_that_complete_a_basis_are_regular_nowhere_whatever_is_left_out():
    program = trace(lambda a: jnp.linalg.svd(a)[0], np.array([[1.0], [2.0]]))
    assert "undetermined_vectors" in piecewise_obstacle(program)
    allowed = frozenset((Kind.PIECEWISE, Kind.CUT))
    assert not analytic_everywhere(program, but_for=allowed).everywhere
    assert PRIMITIVES["no_derivative"].regularity.kind is Kind.UNKNOWN


def test_the_slopes_of_eigenvalues_are_regular_where_these_are_separated():
    """They are made of eigenvectors."""
    slopes = jacobian_program(trace(jnp.linalg.eigvalsh, np.eye(2)), (0,))
    assert any(equation.primitive == "eigh_vectors" for equation in slopes.equations)
    matrix = np.diag([1.0, 2.0])
    assert analytic_on(slopes, [Ball(matrix, np.full((2, 2), 0.1))]).everywhere
    assert not analytic_on(slopes, [Ball(matrix, np.full((2, 2), 0.51))]).everywhere


def test_the_derivative_is_bounded_where_the_function_is_regular():
    for name in ("lu", "r", "eigenvalues", "singular values", "pseudo-inverse"):
        function, rows, inside, _ = INSIDE[name]
        matrix = np.array(rows)
        ball = jacobian(trace(function, matrix), [Ball(matrix, np.full(matrix.shape, inside / 100))])
        assert np.isfinite(ball.rad).all(), name
