"""Degenerate critical points at irrational places: proved where they are, refused where they are not."""

import dataclasses
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from certify.equilibrium.rational_functions import NotRational
from certify.morse import DegenerateZero, MorseProblem, is_critical, is_degenerate
from certify.morse.degenerate_zero import degenerate_enclosure, exact_hessian
from certify.morse.dual import coordinates, quotient_at
from certify.morse.exact_functions import exact_system
from certify.program import trace
from foundation import CertificateError
from search.morse.degenerate import guessed_degenerate_zero


def problem(function, *box):
    lower, upper = np.array(box, float).T
    with jax.enable_x64(True):
        return MorseProblem(trace(function, np.zeros(len(box))), lower, upper)


def guess(subject, *place):
    centre = np.array(place)
    return guessed_degenerate_zero(subject, centre - 1e-3, centre + 1e-3)


_WAVE = (lambda x: jnp.tanh(2 * x[0]) - 2 * jnp.tanh(x[0]) + jnp.cos(x[1]), (-1, 1), (2, 4))
_CUBES = (lambda x: (x[0] ** 2 - 2) ** 3 + (jnp.exp(x[1]) - 3) ** 3, (1, 2), (0, 2))
_DIAGONAL = (lambda x: (x[0] * x[1] - 2) ** 3 + (x[0] - x[1]) ** 2, (1, 2), (1, 2))


@pytest.mark.parametrize(
    ("subject", "truth"),
    [
        ((lambda x: (x[0] ** 2 - 2) ** 3, (1, 2)), [mpmath.sqrt(2)]),
        ((lambda x: (x[0] ** 2 - 2) ** 4, (1, 2)), [mpmath.sqrt(2)]),
        ((lambda x: jnp.sin(x[0]) ** 3, (2, 4)), [mpmath.pi]),
        ((lambda x: (jnp.tanh(x[0]) - 0.5) ** 3, (0, 1)), [mpmath.log(3) / 2]),
        ((lambda x: jax.nn.sigmoid(x[0]) ** 3 - 0.75 * jax.nn.sigmoid(x[0]) ** 2 + 0.1875 * jax.nn.sigmoid(x[0]),
          (-2, 0)), [-mpmath.log(3)]),  # (s - 1/4)^3 + 1/64
        (_WAVE, [0, mpmath.pi]),
        (_CUBES, [mpmath.sqrt(2), mpmath.log(3)]),
        (_DIAGONAL, [mpmath.sqrt(2), mpmath.sqrt(2)]),
    ],
)  # fmt: skip
def test_the_place_is_enclosed(subject, truth):
    subject = problem(*subject)
    found = guess(subject, *[float(x) + 3e-4 for x in truth])
    ball = degenerate_enclosure(subject, found)
    for mid, rad, x in zip(ball.mid.tolist(), ball.rad.tolist(), truth, strict=True):
        assert abs(mpmath.mpf(mid) - x) <= rad + mpmath.mpf(10) ** -30
        assert rad < 1e-14
    assert degenerate_enclosure(subject, DegenerateZero.from_tree(found.as_tree(), len(truth))) is not None


@pytest.mark.parametrize(
    ("subject", "place"),
    [
        ((lambda x: (x[0] ** 2 - 2) ** 3 + 1e-9 * x[0], (1, 2)), [2**0.5]),
        ((lambda x: (x[0] ** 2 - 2) ** 2, (1, 2)), [2**0.5]),  # regular
        ((lambda x: jnp.tanh(2 * x[0]) - 1.9999999 * jnp.tanh(x[0]) + jnp.cos(x[1]), (-1, 1), (2, 4)), [0, np.pi]),
        ((lambda x: (x[0] ** 2 - 2) ** 3 + 1e-7 * (x[1] - 1) * x[0] + x[1] ** 2, (1, 2), (-1, 1)), [2**0.5, 0]),
    ],
)
def test_nearly_degenerate_points_are_not_proved(subject, place):
    assert guess(problem(*subject), *place) is None


@pytest.mark.parametrize(
    ("function", "residual"),
    [
        (lambda x: (jnp.tanh(x[0] + x[1]) - 0.5) ** 2, lambda x, y: x + y - mpmath.log(3) / 2),
        (lambda x: (x[0] ** 2 + x[1] ** 2 - 3) ** 2, lambda x, y: x**2 + y**2 - 3),
    ],
)
def test_a_point_of_a_curve_of_critical_points(function, residual):
    subject = problem(function, (-2, 2), (-2, 2))
    start = (0.2, float(mpmath.log(3)) / 2 - 0.2) if residual(0, 0) > -1 else (1.2, 1.2489996)
    ball = degenerate_enclosure(subject, guess(subject, *start))
    assert ball.rad.max() < 1e-14
    assert abs(residual(*map(mpmath.mpf, ball.mid.tolist()))) < 1e-14


def test_a_forged_witness_proves_nothing():
    subject = problem(*_CUBES)
    good = guess(subject, 2**0.5, np.log(3))
    place = [Fraction(7, 5), Fraction(11, 10)]

    def forged(**changes):
        return degenerate_enclosure(subject, dataclasses.replace(good, **changes))

    assert forged() is not None
    assert forged(point=tuple(place)) is None  # far from the zero for so small a radius
    assert forged(radius=Fraction(1)) is None  # too wide for the test
    assert forged(factors=good.factors[::-1]) is not None  # the order does not matter
    assert forged(factors=(good.factors[0], good.factors[0])) is None  # no regular common zero
    assert forged(factors=(good.factors[0], [[[0, 1], Fraction(1)], [[0, 0], Fraction(-1)]])) is None  # y - 1
    assert forged(factors=(good.factors[0], [[[0, 0], Fraction(1)]])) is None  # a constant divides everything
    assert forged(offset=(Fraction(1), Fraction(0))) is None
    outside = problem(_CUBES[0], (1.42, 2), (0, 2))
    assert degenerate_enclosure(outside, good) is None


@pytest.mark.parametrize("function", [lambda x: x[0] ** 2, lambda x: x[0] ** 3 / 3 - 2.0**-300 * x[0] ** 2])
def test_a_factor_of_the_gradient_alone_proves_nothing(function):
    """x divides the gradient, whose zero at 0 is regular."""
    for radius in (Fraction(1, 2**30), Fraction(1, 2**80)):
        witness = DegenerateZero(((Fraction(1),),), (Fraction(0),), ([[[1], Fraction(1)]],), (Fraction(0),), radius)
        assert degenerate_enclosure(problem(function, (-1, 1)), witness) is None


def test_a_factor_without_zeros_proves_nothing():
    """(x^2 + 2^-100)^3 is regular at 0; x^2 + 2^-100 divides f' and f'', and comes close to 0."""
    subject = problem(lambda x: (x[0] ** 2 + 2.0**-100) ** 3, (-1, 1))
    factor = [[[2], Fraction(1)], [[0], Fraction(1, 2**100)]]
    for radius in (Fraction(1, 4), Fraction(1, 8), Fraction(1, 2**60)):
        for point in (Fraction(1, 4), Fraction(0), Fraction(1, 2**50)):
            witness = DegenerateZero(((Fraction(1),),), (Fraction(0),), (factor,), (point,), radius)
            assert degenerate_enclosure(subject, witness) is None


@pytest.mark.parametrize(
    "changes",
    [{"radius": Fraction(0)}, {"radius": 0.5}, {"point": []}, {"factors": []}, {"factors": [[[0], 1], [[0], 1]]},
     {"matrix": [[Fraction(1)]]}, {"offset": [Fraction(0)]}, {"factors": [[[[-1, 0], Fraction(1)]]] * 2},
     {"point": [1.0, 2.0]}, {"matrix": None}],
)  # fmt: skip
def test_a_defective_witness_is_refused(changes):
    tree = guess(problem(*_CUBES), 2**0.5, np.log(3)).as_tree()
    with pytest.raises(CertificateError):
        DegenerateZero.from_tree(tree | changes, 2)


def test_a_removed_singularity_is_no_place():
    """x^3 (x / x) is not defined at 0, although its normal form is x^3."""
    subject = problem(lambda x: x[0] ** 3 * (x[0] / x[0]), (-1, 1))
    assert guessed_degenerate_zero(subject, np.array([-1e-3]), np.array([1e-3])) is None


def test_exponentials_are_brought_to_one_form():
    """At 0: tanh(x + 2) + tanh(x - 2) - 2 (1 - t^2) tanh x with t = tanh 2 as 2 s/(1 + s^2), s = tanh 1."""

    def network(x):
        s = jnp.tanh(0 * x[0] + 1.0)
        t = 2 * s / (1 + s * s)
        return jnp.tanh(x[0] + 2) + jnp.tanh(x[0] - 2) - 2 * (1 - t * t) * jnp.tanh(x[0])

    subject = problem(network, (-0.5, 0.5))
    assert is_degenerate(subject, [Fraction(0)])
    assert not is_critical(subject, [Fraction(1, 8)])
    assert not is_degenerate(subject, [Fraction(1, 8)])


def test_the_normal_form_has_the_values_of_the_functions():
    names = ("exp", "expm1", "tanh", "logistic", "sinh", "cosh", "sin", "cos", "tan", "atan", "asinh", "erf", "log1p")

    def build(system):
        x = system.variable(0)
        argument = np.array([x * system.number(Fraction(-3, 4)) + system.number(Fraction(1, 8))], dtype=object)
        return [system.function(name, argument)[0] for name in names]

    system, found = exact_system(1, build)
    with flint.ctx.workprec(200), mpmath.workdps(50):
        place = coordinates(system, [flint.arb("0.3")])
        z = mpmath.mpf("0.3") * mpmath.mpf(-3) / 4 + mpmath.mpf(1) / 8
        truths = {"logistic": lambda v: 1 / (1 + mpmath.exp(-v)), "log1p": lambda v: mpmath.log(1 + v)}
        for name, quotient in zip(names, found, strict=True):
            function = truths.get(name) or getattr(mpmath, name)
            dual = quotient_at(quotient, place)
            slope = mpmath.mpf(-3) / 4 * mpmath.diff(function, z)
            assert abs(mpmath.mpf(dual.value.mid().str(45, radius=False)) - function(z)) < 1e-40
            assert abs(mpmath.mpf(dual.slopes[0].mid().str(45, radius=False)) - slope) < 1e-20


def test_too_large_programs_have_no_form():
    rng = np.random.default_rng(0)
    weights, outer = rng.standard_normal((40, 2)), rng.standard_normal(40)
    subject = problem(lambda x: outer @ jnp.tanh(weights @ x), (-1, 1), (-1, 1))
    assert exact_hessian(subject, [[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]], [Fraction(0)] * 2) is None
    with pytest.raises(NotRational):
        exact_system(1, lambda system: system.bounds(np.array([system.variable(0)], dtype=object)))
