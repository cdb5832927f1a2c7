"""optimistix and diffrax against exact equilibria and proved time maps; each planted fault must be found."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings

import stabproof as sp
from stabproof.testing import assert_close_to_proved, assert_equilibrium_near, strategies

optimistix = pytest.importorskip("optimistix", reason="the suite tests optimistix")
diffrax = pytest.importorskip("diffrax", reason="the suite tests diffrax")

EXAMPLES = settings(deadline=None, max_examples=3, derandomize=True, database=None, phases=[Phase.generate])


def finds_equilibria(root):
    @EXAMPLES
    @given(strategies.neural_fields(2))
    def check(known):
        assume(known.is_hyperbolic)
        assert_equilibrium_near(known.field, root(known.field, known.equilibrium + 0.01), 1e-9)

    check()


def newton(field, start):
    solver = optimistix.Newton(rtol=1e-12, atol=1e-12)
    return np.asarray(optimistix.root_find(lambda x, _: field(x), solver, jnp.asarray(start)).value)


ROOT_FAULTS = {
    "stops early": lambda field, x: np.asarray(x - np.linalg.solve(jax.jacobian(field)(x), field(x))) + 1e-6,
    "single precision": lambda field, x: newton(field, x).astype(np.float32).astype(float) + 3e-8,
    "another coordinate": lambda field, x: newton(field, x) + np.eye(len(x))[0] * 1e-3,
}


def decay(x):
    return -x + x**3 / 4


def follows_the_flow(integrate):
    exact = sp.flow(decay, [0.5], 1.0)
    assert_close_to_proved(integrate(decay, np.array([0.5]), 1.0), exact, rtol=1e-8)


def tsit5(field, start, time):
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, y, args: field(y)), diffrax.Tsit5(), 0.0, time, 0.01, jnp.asarray(start),
        stepsize_controller=diffrax.PIDController(rtol=1e-11, atol=1e-12),
    )  # fmt: skip
    return np.asarray(solution.ys[-1])


FLOW_FAULTS = {
    "backwards": lambda f, x, t: tsit5(lambda y: -f(y), x, t),
    "a step too many": lambda f, x, t: tsit5(f, x, t * (1 + 1e-6)),
    "linearised": lambda f, x, t: x * np.exp(-t),
}


def test_optimistix_finds_equilibria():
    finds_equilibria(newton)


def test_diffrax_follows_the_flow():
    follows_the_flow(tsit5)


@pytest.mark.parametrize("fault", ROOT_FAULTS)
def test_a_fault_of_a_root_finder_is_found(fault):
    with pytest.raises((AssertionError, sp.InputError)):
        finds_equilibria(ROOT_FAULTS[fault])


@pytest.mark.parametrize("fault", FLOW_FAULTS)
def test_a_fault_of_an_integrator_is_found(fault):
    with pytest.raises(AssertionError):
        follows_the_flow(FLOW_FAULTS[fault])


def test_the_lorenz_system_of_dysts_has_the_equilibria_of_its_paper():
    """(+-sqrt(b (r - 1)), same, r - 1) and 0 [Lorenz 1963], unstable at the parameters that dysts has."""
    flows = pytest.importorskip("dysts.flows", reason="the suite tests dysts")
    system = flows.Lorenz()
    root = np.sqrt(system.beta * (system.rho - 1))
    for point in ([root, root, system.rho - 1], [0.0, 0.0, 0.0]):
        assert_equilibrium_near(lambda x: jnp.stack(system.rhs(x, 0.0)), point, 1e-6, stable=False)
