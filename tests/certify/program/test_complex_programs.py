"""Complex numbers and Fourier transforms in programs: 50-digit mpmath and JAX's derivatives."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from jax import lax

from certify.arithmetic import Ball
from certify.program import evaluate, trace
from foundation import InputError

mp.mp.dps = 50
_RNG = np.random.default_rng(2)
X, Z = _RNG.normal(size=6), _RNG.normal(size=6)
M = _RNG.normal(size=(3, 4))


def _parts(value):
    return jnp.real(value), jnp.imag(value)


FUNCTIONS = {
    "exp": (jnp.exp, mp.exp),
    "log": (jnp.log, mp.log),
    "sqrt": (jnp.sqrt, mp.sqrt),
    "sin": (jnp.sin, mp.sin),
    "cosh": (jnp.cosh, mp.cosh),
    "sinh": (jnp.sinh, mp.sinh),
    "tanh": (jnp.tanh, mp.tanh),
    "square": (lambda z: z**2, lambda z: z**2),
    "cube": (lambda z: z**3, lambda z: z**3),
    "inverse_square": (lambda z: z**-2, lambda z: 1 / (z * z)),
    "quotient": (lambda z: (z + 1j) / (z - 2j), lambda z: (z + 1j) / (z - 2j)),
    "conjugate_product": (lambda z: z * jnp.conj(z) * (1 + 2j), lambda z: z * mp.conj(z) * (1 + 2j)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_complex_numbers(name, check_jacobian):
    function, truth = FUNCTIONS[name]

    def program(x, y):
        return _parts(function(lax.complex(x, y)))

    real, imaginary = evaluate(trace(program, X, Z), [X, Z])
    for i, (a, b) in enumerate(zip(X, Z, strict=True)):
        exact = truth(mp.mpc(a, b))
        for ball, value in ((real[i], mp.re(exact)), (imaginary[i], mp.im(exact))):
            assert (
                mp.mpf(ball.lower.item()) - mp.mpf(10) ** -45 <= value <= mp.mpf(ball.upper.item()) + mp.mpf(10) ** -45
            )
            assert ball.rad <= 1e-13 * (1 + abs(complex(exact)))
    check_jacobian(program, X, Z)


@pytest.mark.parametrize(
    "function",
    [
        jnp.fft.fft,
        jnp.fft.ifft,
        jnp.fft.rfft,
        lambda x: jnp.fft.fft(x, n=8),
        lambda x: jnp.fft.fft(x, norm="ortho"),
        lambda x: jnp.abs(jnp.fft.fft(x)) ** 2,
        lambda x: jnp.fft.ifft(jnp.fft.fft(x) * jnp.fft.fft(x[::-1])),
        lambda x: jnp.vdot(lax.complex(x, x[::-1]), lax.complex(x**2, x)),
        lambda x: lax.complex(x, x).reshape(2, 3).T @ lax.complex(x, -x).reshape(2, 3),
        lambda x: jnp.where(x > 0, lax.complex(x, x), 1j * x).sum(),
        lambda x: lax.scan(lambda c, a: (c * a + 1j, c), 1 + 0j, lax.complex(x, x))[1],
    ],
)
def test_transforms_and_products(function, check_values, check_jacobian):
    def real(x):
        return _parts(function(x))

    check_values(real, X)
    check_jacobian(real, X)


@pytest.mark.parametrize(
    "function",
    [
        lambda m: jnp.fft.irfft(jnp.fft.rfft(m, axis=1) ** 2, n=4),
        lambda m: jnp.fft.irfft(jnp.fft.rfft(m, n=5, axis=1), n=5),
        lambda m: _parts(jnp.fft.fft2(m)),
        lambda m: _parts(jnp.fft.ifftn(m)),
        lambda m: jnp.fft.irfft2(jnp.fft.rfft2(m)),
    ],
)
def test_transforms_of_matrices(function, check_values, check_jacobian):
    check_values(function, M)
    check_jacobian(function, M)


def test_twiddle_factors_of_right_angles_are_exact():
    (result,) = evaluate(trace(lambda x: jnp.fft.fft(x), np.zeros(4)), [np.array([1.0, 2.0, 3.0, 4.0])])
    assert np.array_equal(result.mid, [[10, 0], [-2, 2], [-2, 0], [-2, -2]])
    assert result.rad.max() <= 1e-14


def test_wide_balls_hold_their_members():
    (result,) = evaluate(trace(lambda x: jnp.fft.fft(x), X), [Ball(X, np.full(6, 0.1))])
    assert result.shape == (6, 2)
    for _ in range(20):
        member = np.fft.fft(X + 0.099 * _RNG.choice([-1, 1], 6))
        parts = np.stack([member.real, member.imag], -1)
        assert np.all(np.abs(parts - result.mid) <= result.rad + 1e-14)
    assert result.rad.max() <= 0.61


def test_a_conversion_to_real_numbers_takes_the_real_part():
    """JAX's own gradient makes such conversions: sum |fft(x)|^2 = 6 |x|^2 has the gradient 12 x."""
    (found,) = evaluate(trace(jax.grad(lambda x: jnp.sum(jnp.abs(jnp.fft.fft(x)) ** 2)), X), [X])
    assert np.all(np.abs(found.mid - 12 * X) <= found.rad + 1e-14)
    assert found.rad.max() < 1e-12


def test_complex_arguments_and_roundings_are_refused():
    with pytest.raises(InputError, match="real and imaginary parts"):
        trace(jnp.exp, np.array([1 + 2j]))
    with pytest.raises(InputError, match="rounds"):
        trace(lambda x: lax.convert_element_type(lax.complex(x, x), np.complex64), X)
    with pytest.raises(InputError, match="complex numbers cannot be enclosed"):
        trace(lambda x: jnp.abs(jnp.arcsinh(lax.complex(x, x))), X)


def test_the_cut_of_the_logarithm_is_enclosed_on_both_sides():
    program = trace(lambda x: jnp.angle(lax.complex(-1.0, x)), 0.0)
    (result,) = evaluate(program, [Ball(np.asarray(0.0), np.asarray(1e-3))])
    assert result.lower.item() <= -3.14
    assert result.upper.item() >= 3.14


def test_gradients_through_a_spectrum_are_our_own(check_jacobian):
    check_jacobian(lambda x: jnp.sum(jnp.abs(jnp.fft.rfft(x)) * jnp.arange(4)), X)
    check_jacobian(jax.jit(lambda x: jnp.log(jnp.abs(jnp.fft.fft(x)[1]))), X)
