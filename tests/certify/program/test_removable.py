"""Quotients with a removable singularity: recognised as people write them, enclosed at, around and far from it."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from mpmath import mp

import stabproof as sp
from certify.arithmetic import Ball
from certify.program import analytic_on, evaluate, jacobian, trace

where = jnp.where


def bernoulli(x):
    return x / mp.expm1(x) if x else mp.mpf(1)


def sine(x):
    return mp.sin(x) / x if x else mp.mpf(1)


def logarithm(x):
    return mp.log1p(x) / x if x else mp.mpf(1)


def exponential(x):
    return mp.expm1(x) / x if x else mp.mpf(1)


# name: (as it is written, the truth)
WRITTEN = {
    "sin x / x": (lambda x: jnp.sin(x) / x, sine),
    "x / (e^x - 1)": (lambda x: x / (jnp.exp(x) - 1), bernoulli),
    "x / expm1 x": (lambda x: x / jnp.expm1(x), bernoulli),
    "log1p x / x": (lambda x: jnp.log1p(x) / x, logarithm),
    "log (1 + x) / x": (lambda x: jnp.log(1 + x) / x, logarithm),
    "expm1 x / x": (lambda x: jnp.expm1(x) / x, exponential),
    "(1 - e^-x) / x": (lambda x: (1 - jnp.exp(-x)) / x, lambda x: exponential(-x)),
    "scaled": (lambda x: 0.5 * x / (1 - jnp.exp(-x / 8)), lambda x: 4 * bernoulli(-x / 8)),
    "sin 3 x / 2 x": (lambda x: jnp.sin(3 * x) / (2 * x), lambda x: mp.mpf(3) / 2 * sine(3 * x)),
    "guarded": (lambda x: where(x == 0, 1.0, jnp.sin(x) / x), sine),
    "guarded the other way": (lambda x: where(x != 0, jnp.sin(2 * x) / x, 2.0), lambda x: 2 * sine(2 * x)),
    "guarded twice": (
        lambda x: where(x == 0, 1.0, where(x == 0, 1.0, x) / jnp.expm1(where(x == 0, 1.0, x))),
        bernoulli,
    ),
}
POINTS = np.array([0.0, 1e-300, -1e-9, 0.3, -0.7, 2.5])


@pytest.mark.parametrize("name", WRITTEN)
def test_values_slopes_and_boxes(name):
    function, truth = WRITTEN[name]
    program = trace(function, POINTS)
    exact = [truth(mp.mpf(x)) for x in POINTS]
    (value,) = evaluate(program, [POINTS])
    assert all(value.lower[i] <= y <= value.upper[i] for i, y in enumerate(exact))
    assert (value.rad <= 16 * np.spacing(1 + np.abs(value.mid))).all()
    slopes = np.diag(jacobian(program, [POINTS]).lower), np.diag(jacobian(program, [POINTS]).upper)
    with mp.workdps(60):
        steps = [(truth(mp.mpf(x) + h) - truth(mp.mpf(x) - h)) / (2 * h) for x in POINTS for h in (mp.mpf(10) ** -18,)]
    assert all(low - 1e-12 <= y <= high + 1e-12 for low, y, high in zip(slopes[0], steps, slopes[1], strict=True))
    assert (slopes[1] - slopes[0] < 1e-12).all()
    radius = 0.125
    box = Ball(POINTS, np.full(len(POINTS), radius))
    (wide,) = evaluate(program, [box])
    for i, x in enumerate(POINTS):
        samples = [truth(mp.mpf(x) + radius * mp.mpf(t)) for t in np.linspace(-1, 1, 9)]
        assert all(wide.lower[i] <= y <= wide.upper[i] for y in samples)
        # (sin u / u) is enclosed by |slope| <= 1 / 2 of its argument
        assert 2 * wide.rad[i] <= max(3 * float(max(samples) - min(samples)), 2 * radius * 9 / 4 + 1e-6)
    assert analytic_on(program, [box]).obstacle == ""


def test_the_domain_of_the_logarithm_stays():
    program = trace(lambda x: jnp.log1p(x) / x, np.zeros(1))
    assert analytic_on(program, [Ball(np.array([0.0]), np.array([1.5]))]).obstacle
    with pytest.raises(sp.InputError, match="enclosed for arguments"):
        evaluate(program, [Ball(np.array([0.0]), np.array([1.5]))])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: where(x == 0, 2.0, jnp.sin(x) / x),  # another value: a jump
        lambda x: where(x == 1, 1.0, jnp.sin(x) / x),
        lambda x: where(x[::-1] == 0, 1.0, jnp.sin(x) / x),
        lambda x: where(x == 0, 1.0, jnp.sin(3 * x) / x),
        lambda x: where(x > 0, 1.0, jnp.sin(x) / x),
    ],
)
def test_guards_that_do_not_continue_stay(function):
    names = [equation.primitive for equation in trace(function, np.zeros(2)).equations]
    assert "select_n" in names


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.cos(x) / x,
        lambda x: jnp.sin(x) / x**2,
        lambda x: x / jnp.sin(x),  # has poles at other places
        lambda x: jnp.sin(x[::-1]) / x,
        lambda x: jnp.log(2 + x) / x,
        lambda x: (jnp.exp(x) - 2) / x,
        lambda x: (jnp.exp(x) + 1) / x,
        lambda x: jnp.sin(x + 1e-9) / x,
    ],
)
def test_other_quotients_keep_their_poles(function):
    program = trace(function, np.ones(2))
    (value,) = evaluate(program, [Ball(np.zeros(2), np.full(2, 0.5))])
    assert np.isinf(value.rad).all()


def test_a_test_for_nan_is_refused():
    with pytest.raises(sp.InputError, match="guard it by its argument"):
        trace(lambda x: where(jnp.isnan(jnp.sin(x) / x), 5.0, jnp.sin(x) / x), np.zeros(1))


def test_lists_are_whole_and_flows_have_series():
    x = sympy.Symbol("x")
    found = sp.all_equilibria([x / (sympy.exp(x) - 1) - sympy.Rational(3, 2)], [(-3, 3)])
    (root,) = found.points.ravel()
    assert found.complete
    assert abs(root - float(mp.findroot(lambda t: bernoulli(t) - 1.5, -0.9))) < 1e-12
    # x' = 2 (e^x - 1) / x runs through 0 and satisfies int x / (e^x - 1) dx = 2 t
    through = sp.flow(lambda x: 2 * (jnp.expm1(x) / x), [-0.25], 0.25, derivative=False, tolerance=1e-8)
    low, high = (mp.quad(bernoulli, [-0.25, 0, mp.mpf(float(end[0]))]) for end in (through.lower, through.upper))
    assert low <= 0.5 <= high
    assert high - low < 1e-6
