"""dysts: its Jacobians, written by hand, against proved derivatives of its fields; each planted fault must be found."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import assert_close_to_proved, assert_equilibrium_near

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of numba, which it can do without
    flows = pytest.importorskip("dysts.flows", reason="the suite tests dysts")

EXAMPLES = settings(deadline=None, max_examples=4, derandomize=True, database=None, phases=[Phase.generate])
MODELS = [flows.Lorenz(), flows.Rossler(), flows.Halvorsen()]
POINTS = st.lists(st.integers(-8, 8), min_size=3, max_size=3).map(lambda p: np.array(p) / 4 + 0.125)


def field(model):
    """x' = f(x) at time 0, as a JAX function."""
    rhs = getattr(type(model)._rhs, "py_func", type(model)._rhs)
    return lambda x: jnp.stack(rhs(*x, 0.0, *model.param_list))


def jacobian(model, x):
    return np.array(model.jac(x, 0.0), float)


def has_this_derivative(derivative):
    @EXAMPLES
    @given(st.sampled_from(MODELS), POINTS)
    def check(model, x):
        exact = sp.enclose(jax.jacfwd(field(model)), x)
        assert_close_to_proved(derivative(model, x), exact, rtol=1e-14, atol=1e-13)

    check()


def rests(right_hand_side):
    """Lorenz's equations have the equilibria (+-r, +-r, rho - 1), r^2 = beta (rho - 1), unstable above rho = 24.74."""
    model = flows.Lorenz()
    half = np.sqrt(model.beta * (model.rho - 1))
    assert_equilibrium_near(right_hand_side(model), [half, half, model.rho - 1], 1e-9, stable=False)


def changed(model, **parameters):
    other = type(model)()
    other.param_list = [parameters.get(name, value) for name, value in sorted(model.params.items())]
    return other


JACOBIAN_FAULTS = {
    "transposed": lambda m, x: jacobian(m, x).T,
    "one sign": lambda m, x: jacobian(m, x) * np.where(np.arange(9).reshape(3, 3) == 1, -1, 1),
    "one entry is lost": lambda m, x: jacobian(m, x) * (np.arange(9).reshape(3, 3) != 5),
    "at another point": lambda m, x: jacobian(m, x + 1e-9),
    "single precision": lambda m, x: jacobian(m, x / 3).astype(np.float32) * np.float32(3),
    "differences": lambda m, x: (np.array([np.array(m.rhs(x + 1e-5 * e, 0.0)) for e in np.eye(3)])
                                 - np.array(m.rhs(x, 0.0))).T / 1e-5,
}  # fmt: skip
FIELD_FAULTS = {
    "another parameter": lambda m: field(changed(m, rho=m.rho + 1e-3)),
    "a product is a sum": lambda m: lambda x: field(m)(x) + jnp.array([0.0, 0.0, x[0] + x[1] - x[0] * x[1]]),
    "time runs backwards": lambda m: lambda x: -field(m)(x) + 1e-6 * x,
}


def test_the_jacobians_of_dysts_are_those_of_its_fields():
    has_this_derivative(jacobian)


def test_the_equilibrium_of_lorenz():
    rests(field)


@pytest.mark.parametrize("fault", JACOBIAN_FAULTS)
def test_a_fault_of_a_jacobian_is_found(fault):
    with pytest.raises(AssertionError):
        has_this_derivative(JACOBIAN_FAULTS[fault])


@pytest.mark.parametrize("fault", FIELD_FAULTS)
def test_a_fault_of_a_field_is_found(fault):
    with pytest.raises(AssertionError):
        rests(FIELD_FAULTS[fault])
