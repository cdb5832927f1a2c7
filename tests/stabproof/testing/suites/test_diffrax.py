"""diffrax against proved solutions of linear and nonlinear equations; each planted fault must be found."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import stabproof as sp
from stabproof.testing import assert_close_to_proved, strategies

diffrax = pytest.importorskip("diffrax", reason="the suite tests diffrax")

EXAMPLES = settings(deadline=None, max_examples=3, derandomize=True, database=None, phases=[Phase.generate])
POINTS = st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda p: np.array(p) / 4)


def oscillate(time, y, args):
    """A forced pendulum with friction; args: the friction."""
    return jnp.stack([y[1], -jnp.sin(y[0]) - args * y[1] + jnp.cos(time)])


def linear(time, y, args):
    return args @ y


@functools.partial(jax.jit, static_argnames=("field",))
def integrated(field, y, until, args, tolerance=1e-11, start=0.0):
    controller = diffrax.PIDController(rtol=tolerance, atol=tolerance)
    term = diffrax.ODETerm(field)
    found = diffrax.diffeqsolve(term, diffrax.Tsit5(), start, until, 0.05, y, args=args, stepsize_controller=controller)
    return found.ys[-1]


@functools.cache
def backwards(field):
    return lambda time, y, args: -field(time, y, args)


@functools.cache
def frozen(field):
    return lambda time, y, args: field(0.0, y, args)


def stepped(field, y, args, steps, solver=diffrax.Heun):
    """From time 0 to 1 in equal steps."""
    term = diffrax.ODETerm(field)
    return diffrax.diffeqsolve(term, solver(), 0.0, 1.0, 1.0 / steps, y, args=args).ys[-1]


def follows_linear_equations(solve):
    """x(1) = exp(A) x(0)."""

    @EXAMPLES
    @given(strategies.non_normal_matrices(2, 2).filter(lambda known: np.abs(known.matrix).max() < 3), POINTS)
    def check(known, y):
        exact = sp.matrix_exponential(known.matrix) @ sp.Ball.exact(y)
        assert_close_to_proved(np.asarray(solve(linear, y, 1.0, known.matrix)), exact, atol=1e-8)

    check()


@functools.cache
def proved(point, friction):
    def field(t, x):
        return oscillate(t, x, friction)

    return sp.flow(field, np.array(point), 1, start_time=0, derivative=False, tolerance=1e-12)


def follows_the_pendulum(solve):
    for point, friction in (((0.5, -0.25), 0.25), ((-1.0, 1.0), 0.0)):
        found = np.asarray(solve(oscillate, np.array(point), 1.0, friction))
        assert_close_to_proved(found, proved(point, friction), atol=1e-8)


def is_of_second_order(march):
    """Halving the step divides the error by about four; the error is known up to the width of the proof."""
    point, friction = (0.5, -0.25), 0.25
    exact = proved(point, friction)
    middle = (np.asarray(exact.lower) + np.asarray(exact.upper)) / 2
    errors = [np.abs(np.asarray(march(oscillate, np.array(point), friction, n)) - middle).max() for n in (16, 32)]
    ratio = sp.Enclosure(errors[0] / errors[1], errors[0] / errors[1])
    assert_close_to_proved(4.0, ratio, atol=0.5)


FLOWS = {"linear": follows_linear_equations, "pendulum": follows_the_pendulum}
FLOW_FAULTS = {
    "it stops early": lambda f, y, t, a: integrated(f, y, t * (1 - 1e-6), a),
    "it runs backwards": lambda f, y, t, a: integrated(backwards(f), y, t, a),
    "the tolerance is loose": lambda f, y, t, a: integrated(f, y, t, a, tolerance=1e-3),
    "single precision": lambda f, y, t, a: np.float32(integrated(f, y, t, a)).astype(float),
    "time is frozen": lambda f, y, t, a: integrated(frozen(f), y, t, a),
    "time starts late": lambda f, y, t, a: integrated(f, y, t + 0.01, a, start=0.01),
    "the arguments are transposed": lambda f, y, t, a: integrated(f, y, t, jnp.transpose(a)),
    "the arguments are lost": lambda f, y, t, a: integrated(f, y, t, 0 * a),
}
ORDER_FAULTS = {
    "first order": lambda f, y, a, n: stepped(f, y, a, n, diffrax.Euler),
    "one step is left out": lambda f, y, a, n: diffrax.diffeqsolve(
        diffrax.ODETerm(f), diffrax.Heun(), 0.0, 1.0 - 1.0 / n, 1.0 / n, y, args=a
    ).ys[-1],
}


@pytest.mark.parametrize("name", FLOWS)
def test_diffrax_follows_the_flow(name):
    FLOWS[name](integrated)


def test_heun_is_of_second_order():
    is_of_second_order(stepped)


@pytest.mark.parametrize("fault", FLOW_FAULTS)
def test_a_fault_of_an_integrator_is_found(fault):
    def found(check):
        try:
            check(FLOW_FAULTS[fault])
        except AssertionError:
            return True
        return False

    assert any(map(found, reversed(FLOWS.values()))), f"no property notices that {fault}"


@pytest.mark.parametrize("fault", ORDER_FAULTS)
def test_a_fault_of_an_order_is_found(fault):
    with pytest.raises(AssertionError):
        is_of_second_order(ORDER_FAULTS[fault])
