"""Orbits in families: named where no first integral is given, proved on its level where one is."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp

import stabproof as sp
from certify.certificate import check
from certify.periodic import prove_periodic_orbit
from certify.program import trace
from certify.verdict import Verdict
from foundation import CertificateError


def turning(x):
    return jnp.stack([x[1], -x[0]])


def pendulum(x):
    return jnp.stack([x[1], -jnp.sin(x[0])])


def energy(x):
    return x[1] ** 2 / 2 - jnp.cos(x[0])


def square(x):
    return jnp.sum(x**2)


@pytest.fixture(scope="module")
def turned():
    return sp.certify_periodic_orbit(turning, [1.0, 0.0], 6.28, first_integral=square, tolerance=1e-10)


def test_the_period_on_a_level(turned):
    assert turned.verdict is Verdict.PROVED
    assert turned.number("period").contains(2 * np.pi)
    assert turned.number("period").width < 1e-8
    assert turned.radius < 1e-8
    assert [h.name for h in turned.hypotheses] == ["analytic", "integral"]
    assert turned.hypotheses[1].status.name == "PROVED"
    assert check(turned).verdict is Verdict.PROVED


def test_the_pendulum_against_its_elliptic_integral():
    found = sp.certify_periodic_orbit(pendulum, [1.0, 0.0], 6.7, first_integral=energy, tolerance=1e-9)
    exact = 4 * mp.ellipk(mp.sin(mp.mpf(1) / 2) ** 2)
    period, point = found.number("period"), found.point
    assert found.verdict is Verdict.PROVED
    assert period.lower <= exact <= period.upper
    assert period.width < 1e-3
    # the level is that of the given point, up to Newton's float steps
    assert abs(float(energy(point) - energy(np.array([1.0, 0.0])))) < 1e-12


def test_a_family_is_named_where_no_integral_is_given():
    found = sp.certify_periodic_orbit(turning, [1.0, 0.0], 6.28)
    assert found.verdict is Verdict.UNDECIDED
    assert "one of a family" in found.reason
    assert "first_integral" in found.next_step


def test_what_is_not_conserved_is_refused(turned):
    with pytest.raises(sp.InputError, match="not proved to be conserved"):
        sp.certify_periodic_orbit(turning, [1.0, 0.0], 6.28, first_integral=lambda x: x[0] ** 2 + 2 * x[1] ** 2)
    with pytest.raises(sp.InputError, match="one real number"):
        sp.certify_periodic_orbit(turning, [1.0, 0.0], 6.28, first_integral=lambda x: x)
    wrong = trace(lambda x: x[0] ** 2 + 2 * x[1] ** 2, np.zeros(2))
    outcome = prove_periodic_orbit(dict(turned.problem) | {"integral": wrong}, dict(turned.witness))
    assert outcome.verdict is Verdict.UNDECIDED
    assert not outcome.claims


def test_tampered_witnesses_prove_nothing(turned):
    problem, witness = dict(turned.problem), dict(turned.witness)
    for change in (
        {"point": np.append(witness["point"][:2], 1e-9)},
        {"radii": -witness["radii"]},
        {"inverse": witness["inverse"][:2]},
        {"point": witness["point"][:2]},
    ):
        with pytest.raises(CertificateError):
            prove_periodic_orbit(problem, witness | change)
    # at a critical point of H every level is degenerate
    flat = problem | {"integral": trace(lambda x: 0 * x[0] + 1.0, np.zeros(2))}
    outcome = prove_periodic_orbit(flat, witness)
    assert outcome.verdict is Verdict.UNDECIDED
    assert "gradient of the first integral is not proved to be other than 0" in outcome.reason
    longer = replace(turned, witness=witness | {"period": float(np.nextafter(witness["period"], 7))})
    with pytest.raises(CertificateError):
        check(longer)


@pytest.mark.parametrize("angle", [jnp.arctan2, lambda y, x: jnp.angle(x + 1j * y)])
def test_an_integral_with_a_branch_cut_proves_nothing(angle):
    """z' = e > 0: nothing closes, although grad H . f = 0 for H = e * angle - z on the unit circle."""
    rise = 2.0**-20

    def field(x):
        inward = 1 - x[0] ** 2 - x[1] ** 2
        return jnp.stack([-x[1] + x[0] * inward, x[0] + x[1] * inward, rise + 0 * x[2]])

    try:
        found = sp.certify_periodic_orbit(
            field, [1.0, 0.0, 0.0], 2 * np.pi, first_integral=lambda x: rise * angle(x[1], x[0]) - x[2], tolerance=1e-12
        )
    except sp.InputError:
        return
    assert found.verdict is sp.Verdict.UNDECIDED
