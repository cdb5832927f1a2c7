"""Branches in units of any size: a stirred tank whose folds and Hopf point are known in closed form."""

import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import issue

x, y, p = sympy.symbols("x y p", real=True)
Q = sympy.Rational
# units of the conversion, the temperature, the Damkoehler number and time
UNITS = Q(1, 10**9), Q(10**6), Q(1, 1000), Q(10**12)


def in_units(field, units):
    """The field dX/dT for X = a x, Y = b y, P = c p, T = tau t."""
    a, b, c, tau = units
    moved = [e.subs({x: x / a, y: y / b, p: p / c}, simultaneous=True) for e in field]
    return [a * moved[0] / tau, b * moved[1] / tau]


@pytest.fixture(scope="module")
def tank():
    """Conversion x and temperature y of a first-order exothermic reaction: y = 4.4 x and p = x e^(-4.4 x) / (1 - x)."""
    made = p * (1 - x) * sympy.exp(y)
    field = in_units([-x + made, -Q(5, 2) * y + 11 * made], UNITS)
    a, b, c, _ = (float(u) for u in UNITS)
    return sp.certify_branch(field, [0.023 * a, 0.1 * b], (p, 0.02 * c, 0.3 * c), variables=[x, y])


def height(u):
    return u * sympy.exp(-Q(22, 5) * u) / (1 - u)


def test_folds_of_a_stirred_tank_in_units_of_any_size(tank):
    """dp/dx = p (1/x + 1/(1 - x) - 4.4) = 0; along a fold x - x* = s (a, 4.4 b) / |(a, 4.4 b)| in the given units."""
    a, b, c, _ = UNITS
    assert tank.verdict is sp.Verdict.PROVED
    for k, sign in ((1, -1), (2, 1)):
        u = (1 + sign * sympy.sqrt(1 - 4 / Q(22, 5))) / 2
        bend = height(u) * (1 / (1 - u) ** 2 - 1 / u**2) / 2
        assert tank.outcome.claim(f"point_{k}").statement.parameters["what"] == "fold"
        place, coefficient = tank.number(f"point_{k}"), tank.number(f"coefficient_{k}")
        assert sympy.N(c * height(u), 40) in place
        assert place.width < 1e-12 * place.midpoint
        assert sympy.N(c * bend / (a**2 + (Q(22, 5) * b) ** 2), 40) in coefficient
        assert coefficient.width < 1e-10 * abs(coefficient.midpoint)


def test_hopf_point_of_a_stirred_tank_in_units_of_any_size(tank):
    """The trace 11 x - 2.5 - 1/(1 - x) vanishes at two x, at the smaller of which the determinant is negative: a
    neutral saddle, which is no bifurcation. The determinant is 2.5 / (1 - x) - 11 x, the square of the frequency.
    """
    _, _, c, tau = UNITS
    u = (Q(27, 2) + sympy.sqrt(Q(27, 2) ** 2 - 154)) / 22
    assert tank.outcome.claim("point_3").statement.parameters["what"] == "hopf"
    assert tank.number("point_4") is None
    assert sympy.N(c * height(u), 40) in tank.number("point_3")
    frequency = tank.number("frequency_3")
    assert sympy.N(sympy.sqrt(Q(5, 2) / (1 - u) - 11 * u) / tau, 40) in frequency
    assert frequency.width < 1e-10 * frequency.midpoint
    speed = sympy.diff(11 * x - Q(5, 2) - 1 / (1 - x), x) / sympy.diff(height(x), x) / 2  # of the half trace, by p
    crossing = tank.number("crossing_3")
    assert sympy.N(speed.subs(x, u) / (c * tau), 40) in crossing
    assert crossing.width < 1e-9 * abs(crossing.midpoint)


def test_coefficients_of_cycles_in_units_of_any_size():
    """r' = p r - r^3 with angle' = 2: l1 = -1 for |q| = 1; with x in units of a and y in units of b, q = (a, -i b), and
    |q|^2 = a^2 + b^2 where it was 2.
    """
    u, v = x - 1, y - 1
    r2 = u**2 + v**2
    a, b, tau = Q(1, 2**40), Q(2**10), Q(2**30)
    field = in_units([p * u - 2 * v - u * r2, 2 * u + p * v - v * r2], (a, b, 1, tau))
    found = sp.certify_branch(field, [float(a), float(b)], (p, Q(-1, 32), Q(1, 32)), variables=[x, y])
    assert found.verdict is sp.Verdict.PROVED
    assert Q(-2) / (a**2 + b**2) in found.number("coefficient_1")
    assert 2 / tau in found.number("frequency_1")
    assert 1 / tau in found.number("crossing_1")


def test_forged_units_prove_nothing(tank):
    entry = tank.witness["points"][0]
    for units in (entry["units"] + 1000, entry["units"][:-1], entry["units"].astype(float)):
        with pytest.raises(sp.CertificateError, match="units"):
            issue("branch", tank.problem, {**tank.witness, "points": [{**entry, "units": units}]})
    moved = entry["units"] + np.array([1, 0, 0, 0])
    with pytest.raises(sp.CertificateError, match=r"not proved|lie on it"):
        issue("branch", tank.problem, {**tank.witness, "points": [{**entry, "units": moved}]})


def test_an_equilibrium_ten_units_away_is_not_near():
    unit = Q(1, 10**9)
    with pytest.raises(sp.InputError, match="no equilibrium was found near"):
        sp.certify_branch([p - (x / unit - 3) ** 3 - x / unit], [10 * float(unit)], (p, 3, 4), variables=[x])


def test_one_piece_is_a_branch():
    found = sp.certify_branch([p - x], [0.0], (p, 0, Q(1, 100)), variables=[x])
    assert found.verdict is sp.Verdict.PROVED
