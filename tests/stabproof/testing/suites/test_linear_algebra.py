"""lineax and matfree against proved solutions and exact spectra; each planted fault must be found."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings

import stabproof as sp
from stabproof.testing import assert_close_to_proved, assert_encloses, strategies

lineax = pytest.importorskip("lineax", reason="the suite tests lineax")
decomp = pytest.importorskip("matfree.decomp", reason="the suite tests matfree")

EXAMPLES = settings(deadline=None, max_examples=8, derandomize=True, database=None, phases=[Phase.generate])
SPECTRUM = [1, 2, 4, 7, 11]


def solves(solver):
    @EXAMPLES
    @given(strategies.non_normal_matrices(3, 3, complex_pairs=False))
    def check(known):
        assume(all(known.eigenvalues) and np.linalg.cond(known.matrix) < 1e6)
        right = np.arange(1.0, 4.0)
        exact = sp.solve(known.matrix, right)
        scale = float(np.abs(exact.mid).max()) * np.linalg.cond(known.matrix)
        assert_close_to_proved(solver(known.matrix, right), exact, atol=1e-14 * scale)

    check()


def lu(matrix, right):
    return np.asarray(lineax.linear_solve(lineax.MatrixLinearOperator(jnp.asarray(matrix)), jnp.asarray(right)).value)


SOLVER_FAULTS = {
    "single precision": lambda a, b: lu(a, b).astype(np.float32).astype(float),
    "the transpose": lambda a, b: lu(a.T, b),
    "a ridge": lambda a, b: lu(a + 1e-9 * np.eye(len(a)), b),
    "one entry is lost": lambda a, b: lu(np.where(np.arange(9).reshape(3, 3) == 2, 0.0, a), b),
}


def finds_the_spectrum(ritz_values):
    """A full Krylov space: the start has a part along every eigenvector, and no eigenvalue is multiple."""

    @EXAMPLES
    @given(strategies.matrices_with_spectrum(SPECTRUM, symmetric=True))
    def check(known):
        exact = sp.symmetric_eigenvalues(known.matrix)
        assert_encloses(exact, sorted(known.eigenvalues))
        assert_close_to_proved(ritz_values(known.matrix), exact, atol=1e-10)

    check()


def lanczos(matrix):
    start = np.cos(np.arange(1.0, len(matrix) + 1)) + 2
    return np.linalg.eigvalsh(np.asarray(decomp.tridiag_sym(len(matrix))(lambda v: jnp.asarray(matrix) @ v, start)[1]))


def without_reorthogonalisation_to_depth(matrix):
    start = np.cos(np.arange(1.0, len(matrix) + 1)) + 2
    found = decomp.tridiag_sym(len(matrix) - 1)(lambda v: jnp.asarray(matrix) @ v, start)[1]
    return np.append(np.linalg.eigvalsh(np.asarray(found)), SPECTRUM[-1])


SPECTRUM_FAULTS = {
    "one step is left out": without_reorthogonalisation_to_depth,
    "shifted": lambda a: lanczos(a) + 1e-9,
    "falling": lambda a: lanczos(a)[::-1],
}


def test_lineax_solves():
    solves(lu)


def test_matfree_finds_the_spectrum():
    finds_the_spectrum(lanczos)


@pytest.mark.parametrize("fault", SOLVER_FAULTS)
def test_a_fault_of_a_solver_is_found(fault):
    with pytest.raises(AssertionError):
        solves(SOLVER_FAULTS[fault])


@pytest.mark.parametrize("fault", SPECTRUM_FAULTS)
def test_a_fault_of_a_spectrum_is_found(fault):
    with pytest.raises(AssertionError):
        finds_the_spectrum(SPECTRUM_FAULTS[fault])
