"""optimistix against proved roots, minima and least-squares solutions; each planted fault must be found."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import assert_close_to_proved, assert_equilibrium_near, strategies

optx = pytest.importorskip("optimistix", reason="the suite tests optimistix")

EXAMPLES = settings(deadline=None, max_examples=2, derandomize=True, database=None, phases=[Phase.generate])
SPECTRUM = [1, 2, 3, 5]
RIGHT = st.lists(st.integers(-4, 4), min_size=4, max_size=4).filter(any).map(lambda b: np.array(b, float))


def pulled(y, args):
    """A y + tanh y - b: monotone for a positive definite A, so that it has one zero."""
    matrix, right = args
    return matrix @ y + jnp.tanh(y) - right


def energy(y, args):
    matrix, right = args
    return y @ (matrix @ y) / 2 - right @ y


def misfit(y, args):
    matrix, right = args
    return matrix @ y - right


@functools.partial(jax.jit, static_argnames=("steps",))
def root(args, steps=64):
    solver = optx.Newton(rtol=1e-12, atol=1e-12)
    return optx.root_find(pulled, solver, jnp.zeros(4), args=args, max_steps=steps, throw=False).value


@functools.partial(jax.jit, static_argnames=("tolerance",))
def minimum(args, tolerance=1e-12):
    found = optx.minimise(energy, optx.BFGS(tolerance, tolerance), jnp.zeros(4), args=args, throw=False)
    return found.value


@jax.jit
def fitted(args):
    solver = optx.LevenbergMarquardt(1e-12, 1e-12)
    return optx.least_squares(misfit, solver, jnp.zeros(4), args=args, throw=False).value


def finds_roots(find):
    @EXAMPLES
    @given(strategies.matrices_with_spectrum(SPECTRUM, symmetric=True), RIGHT)
    def check(known, right):
        found = np.asarray(find((known.matrix, right)))
        assert_equilibrium_near(lambda y: pulled(y, (known.matrix, right)), found, 1e-8, stable=False)

    check()


def finds_minima(find):
    @EXAMPLES
    @given(strategies.matrices_with_spectrum(SPECTRUM, symmetric=True), RIGHT)
    def check(known, right):
        assert_close_to_proved(np.asarray(find((known.matrix, right))), sp.solve(known.matrix, right), atol=1e-7)

    check()


def fits(find):
    """Six equations with four unknowns: the solution of A^T A x = A^T b, whose entries are exact floats here."""

    @EXAMPLES
    @given(strategies.matrices_with_spectrum(SPECTRUM, symmetric=True), RIGHT)
    def check(known, right):
        tall, long = np.vstack([known.matrix, np.eye(2, 4)]), np.concatenate([right, [1.0, -1.0]])
        exact = sp.solve(tall.T @ tall, tall.T @ long)
        assert_close_to_proved(np.asarray(find((tall, long))), exact, atol=1e-8)

    check()


PROPERTIES = {"roots": (finds_roots, root), "minima": (finds_minima, minimum), "fits": (fits, fitted)}
FAULTS = {
    ("roots", "it stops after two steps"): lambda args: root(args, steps=2),
    ("roots", "the sign of the data is lost"): lambda args: root((args[0], -args[1])),
    ("roots", "single precision"): lambda args: np.float32(root(args)).astype(float),
    ("roots", "it returns the start"): lambda args: np.zeros(4),
    ("minima", "it climbs"): lambda args: -minimum(args),
    ("minima", "the tolerance is loose"): lambda args: minimum(args, tolerance=1e-2),
    ("minima", "the last entry is not moved"): lambda args: minimum(args).at[3].set(0.0),
    ("fits", "an equation is lost"): lambda args: fitted((args[0] * (np.arange(6) > 0)[:, None], args[1])),
    ("fits", "an equation counts twice"): lambda args: fitted(tuple(a[[0, 1, 2, 3, 4, 0]] for a in args)),
    ("fits", "single precision"): lambda args: np.float32(fitted(args)).astype(float),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_optimistix_finds_what_is_proved(name):
    check, genuine = PROPERTIES[name]
    check(genuine)


@pytest.mark.parametrize(("name", "fault"), FAULTS)
def test_a_planted_fault_is_found(name, fault):
    with pytest.raises(AssertionError):
        PROPERTIES[name][0](FAULTS[name, fault])
