"""Certified moments of exponentials: containment and tightness against mpmath quadrature of the definitions."""

from fractions import Fraction

import flint
import mpmath
import pytest

from certify.exponential_moments import gaussian_moment, sphere_derivative, sphere_moment
from certify.integral import exact_arb


def _holds(ball, value, digits):
    """The ball contains a number with an error below 10^-digits, and is at most as wide."""
    error = mpmath.mpf(10) ** -digits
    middle, radius = mpmath.mpf(str(ball.mid().str(40, radius=False))), mpmath.mpf(float(ball.rad()))
    return abs(middle - value) <= radius + error and radius <= error


@pytest.mark.parametrize(("dimension", "order"), [(2, 0), (2, 2), (5, 0), (6, 3)])
def test_derivatives_of_the_average(dimension, order):
    """By differences of the integral of exp(r u) with the density of u = x_1/|x|, r = sqrt(d s), in 40 digits."""
    with mpmath.workdps(40):
        half = mpmath.mpf(dimension) / 2
        weight = mpmath.gamma(half) / (mpmath.sqrt(mpmath.pi) * mpmath.gamma(half - mpmath.mpf(1) / 2))

        def average(s):
            r = mpmath.sqrt(dimension * s)
            return weight * mpmath.quad(
                lambda a: mpmath.exp(r * mpmath.cos(a)) * mpmath.sin(a) ** (dimension - 2),
                [0, mpmath.pi / 2, mpmath.pi],
            )

        expected = mpmath.diff(average, mpmath.mpf(3) / 2, order)
        with flint.ctx.workprec(160):
            assert _holds(sphere_derivative(exact_arb(Fraction(3, 2)), dimension, order), expected, 12)


def test_moments_of_the_sphere():
    """x1^2 x2 exp(b . x) over |x|^2 = 3 by integration over both angles; and odd moments without tilt are zero."""
    b = (Fraction(1, 2), Fraction(-1, 3), Fraction(2, 5))
    with mpmath.workdps(30):
        root = mpmath.sqrt(3)

        def integrand(polar, azimuth):
            x = (
                root * mpmath.sin(polar) * mpmath.cos(azimuth),
                root * mpmath.sin(polar) * mpmath.sin(azimuth),
                root * mpmath.cos(polar),
            )
            tilt = mpmath.exp(sum(mpmath.mpf(t.numerator) / t.denominator * z for t, z in zip(b, x, strict=True)))
            return x[0] ** 2 * x[1] * tilt * mpmath.sin(polar)

        expected = mpmath.quad(integrand, [0, mpmath.pi], [0, 2 * mpmath.pi], maxdegree=4) / (4 * mpmath.pi)
        with flint.ctx.workprec(128):
            assert _holds(sphere_moment([exact_arb(t) for t in b], (2, 1, 0)), expected, 14)
            assert sphere_moment([exact_arb(0)] * 3, (1, 2, 0)) == 0
            assert sphere_moment([exact_arb(0)] * 3, (2, 2, 0)).overlaps(exact_arb(Fraction(9, 15)))


@pytest.mark.parametrize("power", [0, 1, 4])
def test_moments_of_a_gaussian(power):
    with mpmath.workdps(30):
        expected = mpmath.quad(
            lambda t: t**power * mpmath.exp(t / 3 - mpmath.mpf(3) / 4 * t**2 - t**2 / 4) / mpmath.sqrt(4 * mpmath.pi),
            [-30, 0, 30],
        )
        with flint.ctx.workprec(128):
            found = gaussian_moment([exact_arb(Fraction(1, 3))], [power], Fraction(3, 2), Fraction(2))
            assert _holds(found, expected, 22)


def test_a_ball_of_exponents_is_covered():
    with flint.ctx.workprec(96):
        wide = sphere_moment([flint.arb(0.5, 0.01), flint.arb(-0.25, 0.01)], (1, 1))
        for shift in (-0.01, 0.0, 0.01):
            assert wide.overlaps(sphere_moment([flint.arb(0.5 + shift / 2), flint.arb(-0.25 - shift / 2)], (1, 1)))
        assert float(wide.rad()) > 1e-4
