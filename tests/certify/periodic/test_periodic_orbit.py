"""Periodic orbits of flows against closed forms and van der Pol's period."""

import dataclasses
import math
import subprocess
import sys
from fractions import Fraction

import flint
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from certify.flow.vector_field import checked_field
from certify.periodic.orbit import Section, returned
from certify.program import trace


def hopf(rate, speed):
    """r' = rate r (1 - r^2), angle' = speed: the circle has period 2 pi / speed and multiplier e^(-4 pi rate/speed)."""

    def field(x):
        grown = rate * (1 - x[0] ** 2 - x[1] ** 2)
        return jnp.stack([x[0] * grown - speed * x[1], x[1] * grown + speed * x[0]])

    return field


def van_der_pol(x):
    return jnp.stack([x[1] - x[0] ** 3 / 3 + x[0], -x[0]])


@pytest.fixture(scope="module")
def oscillation():
    return sp.certify_periodic_orbit(van_der_pol, [2.0, 0.0], 6.66)


def test_van_der_pol(oscillation):
    """The period by an independent solver: times between crossings of y = 0 after the orbit has settled."""
    from scipy.integrate import solve_ivp

    def crossing(t, z):
        return z[1]

    crossing.direction = -1
    found = solve_ivp(
        lambda t, z: [z[1] - z[0] ** 3 / 3 + z[0], -z[0]],
        (0, 60),
        [2.0, 0.0],
        "DOP853",
        events=crossing,
        rtol=1e-13,
        atol=1e-13,
    )
    reference = np.diff(found.t_events[0])[-1]
    period = oscillation.number("period")
    assert period.midpoint == pytest.approx(reference, abs=1e-9)
    assert period.width < 1e-13
    assert "least" in oscillation.outcome.claim("period").statement.lower()
    assert oscillation.verdict is sp.Verdict.STABLE
    assert oscillation.radius < 1e-14


def test_the_multiplier_is_the_integral_of_the_divergence(oscillation):
    """Liouville: the product of all multipliers is exp of the integral of the trace; here by an independent solver."""
    from scipy.integrate import solve_ivp

    def field(t, z):
        return [z[1] - z[0] ** 3 / 3 + z[0], -z[0], 1 - z[0] ** 2]

    period = oscillation.number("period").midpoint
    end = solve_ivp(field, (0, period), [*oscillation.point, 0.0], rtol=1e-12, atol=1e-13, method="DOP853").y[:, -1]
    assert math.exp(end[2]) == pytest.approx(oscillation.eigenvalues.centers[0].real, rel=1e-9)
    assert oscillation.eigenvalues.radii[0] < 1e-12


@settings(deadline=None, max_examples=3)
@given(rate=st.floats(0.05, 0.5), speed=st.floats(1.0, 4.0), angle=st.floats(0, 6.0))
def test_circles_by_their_closed_form(rate, speed, angle):
    start = [1.01 * math.cos(angle), 1.01 * math.sin(angle)]
    found = sp.certify_periodic_orbit(hopf(rate, speed), start, 6.3 / speed)
    with flint.ctx.workprec(200):
        period = 2 * flint.arb.pi() / flint.arb(speed)
        multiplier = (-2 * flint.arb(rate) * period).exp()
        bounds = found.number("period")
        assert flint.arb(bounds.lower) <= period <= flint.arb(bounds.upper)
        disc = found.eigenvalues
        assert abs(multiplier - flint.arb(float(disc.centers[0].real))) <= flint.arb(float(disc.radii[0]))
        distance = abs((flint.arb(float(found.point[0])) ** 2 + flint.arb(float(found.point[1])) ** 2).sqrt() - 1)
        assert distance <= flint.arb(found.radius)
    assert bounds.width < 1e-12
    assert found.verdict is sp.Verdict.STABLE


def test_unstable_circles():
    found = sp.certify_periodic_orbit(hopf(-0.2, 2.0), [1.0, 0.05], 3.1)
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.directions == (0, 1, 0)
    assert found.eigenvalues.centers[0].real == pytest.approx(math.exp(0.4 * math.pi), rel=1e-12)


def test_a_period_walked_twice_is_not_called_least():
    found = sp.certify_periodic_orbit(hopf(0.1, 2.0), [1.0, 0.0], 6.3)
    assert "multiple" in found.outcome.claim("period").statement
    assert found.number("period").contains(2 * math.pi) or found.number("period").width < 1e-12
    assert found.verdict is sp.Verdict.STABLE


def test_three_dimensions():
    """The circle times a contracting direction z' = -z: multipliers e^(-4 pi/10) and e^(-2 pi)."""

    def field(x):
        return jnp.concatenate([hopf(0.1, 1.0)(x[:2]), -x[2:] + 0.1 * (x[:1] ** 2 + x[1:2] ** 2 - 1)])

    found = sp.certify_periodic_orbit(field, [1.01, 0.0, 0.01], 6.3)
    moduli = sorted(found.eigenvalues.centers.real)
    assert moduli == pytest.approx([math.exp(-2 * math.pi), math.exp(-0.4 * math.pi)], rel=1e-10)
    assert found.directions == (2, 0, 0)


def test_centres_are_no_isolated_orbits():
    """Every orbit of the harmonic oscillator is periodic: nothing isolated can be proved."""
    found = sp.certify_periodic_orbit(lambda x: jnp.stack([x[1], -x[0]]), [1.0, 0.0], 6.28)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.number("period") is None
    assert found.reason


def test_sympy_fields_stay_exact():
    x, y = sympy.symbols("x y")
    rate = sympy.Rational(1, 3)
    grown = rate * (1 - x**2 - y**2)
    found = sp.certify_periodic_orbit([x * grown - y, y * grown + x], [1.0, 0.0], 6.2, variables=[x, y])
    with flint.ctx.workprec(200):
        multiplier = (-4 * flint.arb.pi() / 3).exp()
        disc = found.eigenvalues
        assert abs(multiplier - flint.arb(float(disc.centers[0].real))) <= flint.arb(float(disc.radii[0]))


def test_the_checker_needs_no_jax(tmp_path, oscillation):
    path = tmp_path / "orbit.json"
    oscillation.save(path)
    code = f"import sys; sys.modules['jax'] = None; import stabproof as sp; print(sp.check({str(path)!r}).verdict.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "STABLE", done.stderr


def test_forged_certificates_are_refused():
    cert = sp.certify_periodic_orbit(hopf(0.1, 2.0), [1.0, 0.0], 3.14)
    for name in ("period", "radius"):
        forged = tuple(
            dataclasses.replace(c, enclosure=sp.Enclosure(1.0, 1.0)) if c.name == name else c for c in cert.claims
        )
        with pytest.raises(sp.CertificateError):
            sp.check(dataclasses.replace(cert, outcome=dataclasses.replace(cert.outcome, claims=forged)))
    changes = (
        {"period": 3.0},
        {"radii": -cert.witness["radii"]},
        {"radii": cert.witness["radii"] * 1e-9},
        {"steps": cert.witness["steps"][1:]},
        {"point": np.array([0.5, 0.0])},
    )
    for change in changes:
        with pytest.raises(sp.CertificateError):
            sp.check(dataclasses.replace(cert, witness={**cert.witness, **change}))
    with pytest.raises(sp.CertificateError):
        sp.check(dataclasses.replace(cert, problem={"field": trace(lambda x: -x, np.zeros(1))}))


def test_the_derivative_over_the_box_holds_difference_quotients():
    """Of F(y, T) = Phi_T(x + E y) - (x + E y), by the time map at the corners of a box that is not tiny."""
    program = checked_field(trace(hopf(0.3, 1.0), np.zeros(2)))
    section = Section(np.array([1.0, 0.125]), np.array([[0.75], [0.5]]), 1.0)
    radii = np.array([2.0**-6, 2.0**-6])
    witness = {"steps": [Fraction(1, 32)] * 32, "order": 12, "precision": 100}
    found = returned(program, section, radii, witness)

    def value(y, time):
        start = section.point + section.basis[:, 0] * y
        image = sp.flow(hopf(0.3, 1.0), start, time)
        return (image.lower + image.upper) / 2 - start

    centre = value(0.0, 1.0)
    assert np.abs(found.value.mid - centre).max() < 1e-12
    for y, s in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, -1)):
        change = np.array([y, s]) * radii
        moved = found.derivative.mid @ change
        slack = found.derivative.rad @ np.abs(change) + 1e-13
        assert (np.abs(value(change[0], 1 + change[1]) - centre - moved) <= slack).all()
    assert found.derivative.rad.max() < 0.5


def test_the_derivative_holds_at_all_times_of_the_box():
    """A box that is thin in y and long in time: quotients along y at both ends of the time."""
    program = checked_field(trace(hopf(0.3, 1.0), np.zeros(2)))
    section = Section(np.array([1.0, 0.125]), np.array([[0.75], [0.5]]), 1.0)
    radii = np.array([2.0**-24, 2.0**-5])
    found = returned(program, section, radii, {"steps": [Fraction(1, 16)] * 16, "order": 12, "precision": 100})
    for time in (1 - radii[1], 1 + radii[1]):
        ends = [sp.flow(hopf(0.3, 1.0), section.point + section.basis[:, 0] * y, time) for y in (-radii[0], radii[0])]
        low, high = ((end.lower + end.upper) / 2 for end in ends)
        quotient = (high - low) / (2 * radii[0]) - section.basis[:, 0]
        assert (np.abs(quotient - found.derivative.mid[:, 0]) <= found.derivative.rad[:, 0] + 1e-7).all()
    assert found.derivative.rad.max() < 0.1


@pytest.mark.parametrize(
    ("field", "x", "period", "word"),
    [
        (lambda x: -x, [1.0], 1.0, "dimension one"),
        (hopf(0.1, 1.0), [1.0, 0.0], 0, "period"),
        (hopf(0.1, 1.0), [1.0, 0.0], float("nan"), "period"),
        (hopf(0.1, 1.0), [0.0, 0.0], 6.28, "vanishes"),
        (hopf(0.1, 1.0), [float("inf"), 0.0], 6.28, "x"),
        (lambda x: jnp.stack([x[1], -x[0] - x[1]]), [1.0, 0.0], 6.28, "no periodic orbit"),
        (lambda x: jnp.abs(x), [1.0, 2.0], 6.28, "analytic"),
        (lambda x: x[:1], [1.0, 2.0], 6.28, "square"),
        (lambda x: jnp.stack([x[0] ** 2, x[1]]), [1.0, 1.0], 5.0, "followed|no periodic orbit"),
    ],
)
def test_bad_input(field, x, period, word):
    with pytest.raises(sp.InputError, match=word):
        sp.certify_periodic_orbit(field, x, period)
