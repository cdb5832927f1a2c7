"""Cycles of maps against closed forms: the logistic map at 4, Henon's map, linear maps."""

import dataclasses
import math
import subprocess
import sys

import flint
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from certify.certificate.file import read_certificate
from certify.periodic import Cycle, prove_periodic_point
from certify.program import trace


def logistic(x):
    return 4 * x * (1 - x)


def henon(x):
    return jnp.stack([1 - 1.4 * x[0] ** 2 + x[1], 0.3 * x[0]])


@settings(deadline=None, max_examples=20)
@given(period=st.integers(1, 9), data=st.data(), plus=st.booleans())
def test_logistic_cycles_at_four(period, data, plus):
    """x = sin^2 t is conjugate to t -> 2 t: cycles at t = pi k / (2^m -+ 1), multiplier +-2^m."""
    modulus = 2**period + (1 if plus else -1)
    k = data.draw(st.integers(1, max(1, modulus // 2)))
    orbit = [k * 2**j % modulus for j in range(period)]
    points = [[math.sin(math.pi * j / modulus) ** 2] for j in orbit]
    if math.sin(math.pi * k / modulus) == 0 or modulus == 1:
        return
    cert = sp.certify_periodic_point(logistic, points, period)
    classes = {min(j, modulus - j) for j in orbit}
    with flint.ctx.workprec(200):
        truth = (flint.arb.pi() * k / modulus).sin() ** 2
        assert abs(truth - flint.arb(float(cert.point[0]))) <= cert.radius
    assert cert.radius < 1e-11 * 2**period
    if len(classes) == period:
        assert cert.number("least_period").contains(period)
        sign = -1 if plus else 1
        assert cert.number("eigenvalue_1_real").contains(sign * 2**period)
        assert cert.number("eigenvalue_1_real").width < 1e-6 * 2**period
        assert cert.verdict is sp.Verdict.UNSTABLE
    else:
        assert cert.number("least_period") is None


def test_the_stable_cycle_of_length_three():
    """Of the cubic for period three [Saha, Strogatz, Math. Mag. 68 (1995)]: the multiplier solves a quadratic."""
    x = sympy.Symbol("x")
    rate = sympy.Rational(383, 100)
    cert = sp.certify_periodic_point([rate * x * (1 - x)], [0.1561], 3, variables=[x])
    assert cert.verdict is sp.Verdict.STABLE
    once = rate * x * (1 - x)
    thrice = once.subs(x, once.subs(x, once))
    quotient = sympy.Poly(sympy.cancel((thrice - x) / (once - x)), x)
    roots = [r for r in sympy.Poly(quotient, x).nroots(n=30) if abs(r - float(cert.point[0])) < 1e-6]
    multiplier = sympy.diff(thrice, x).subs(x, roots[0])
    assert abs(roots[0] - sympy.Float(float(cert.point[0]), 40)) <= cert.radius
    discs = cert.eigenvalues
    assert abs(multiplier - discs.centers[0].real) <= discs.radii[0]
    assert discs.radii[0] < 1e-10


def test_henon_two_cycle_by_its_closed_form():
    """x' + x'' = (1 - b)/a and x' x'' = ((1 - b)^2 - a)/a^2; the multipliers have product b^2."""
    cert = sp.certify_periodic_point(henon, [0.97, -0.14], 2)
    a, b = 1.4, 0.3
    points = cert.witness["points"]
    assert points[:, 0].sum() == pytest.approx((1 - b) / a, abs=1e-14)
    assert points[:, 0].prod() == pytest.approx(((1 - b) ** 2 - a) / a**2, abs=1e-14)
    assert np.prod(cert.eigenvalues.centers).real == pytest.approx(b**2, abs=1e-12)
    trace_exact = 4 * a**2 * points[:, 0].prod() + 2 * b
    assert cert.eigenvalues.centers.sum().real == pytest.approx(trace_exact, abs=1e-11)
    assert cert.verdict is sp.Verdict.UNSTABLE
    assert cert.directions == (1, 1, 0)


def test_a_neutral_cycle_is_undecided():
    cert = sp.certify_periodic_point(lambda x: -x + x**3, [0.0], 1)
    assert cert.verdict is sp.Verdict.UNDECIDED
    assert "unit circle" in cert.reason


def test_a_fixed_point_is_no_two_cycle():
    cert = sp.certify_periodic_point(logistic, [0.75], 2)
    assert cert.number("least_period") is None
    assert cert.number("radius") is not None


def test_the_uniqueness_radius_excludes_the_other_cycle():
    """At 3.83 the stable and the unstable three-cycle are close: the cubes must not hold both."""
    stable = sp.certify_periodic_point(lambda x: 3.83 * x * (1 - x), [0.1561], 3)
    unstable = sp.certify_periodic_point(lambda x: 3.83 * x * (1 - x), [0.1640], 3)
    gap = np.abs(stable.witness["points"] - unstable.witness["points"]).max()
    assert unstable.verdict is sp.Verdict.UNSTABLE
    assert 1e-3 < stable.number("uniqueness_radius").upper < gap


def test_long_unstable_cycles_stay_well_conditioned():
    """Multiplier 2^40: the composed map would lose twelve digits."""
    modulus = 2**40 - 1
    points = [[math.sin(math.pi * (419976057019 * 2**j % modulus) / modulus) ** 2] for j in range(40)]
    cert = sp.certify_periodic_point(logistic, points, 40)
    assert cert.radius < 1e-11
    assert cert.number("eigenvalue_1_real").contains(2**40)


def test_the_checker_needs_no_jax(tmp_path):
    path = tmp_path / "cycle.json"
    sp.certify_periodic_point(henon, [0.97, -0.14], 2).save(path)
    code = f"import sys; sys.modules['jax'] = None; import stabproof as sp; print(sp.check({str(path)!r}).verdict.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "UNSTABLE", done.stderr


@pytest.mark.parametrize("claim", ["least_period", "spectral_radius", "radius"])
def test_forged_claims_are_refused(tmp_path, claim):
    cert = sp.certify_periodic_point(lambda x: 3.83 * x * (1 - x), [0.1561], 3)
    forged = tuple(
        dataclasses.replace(c, enclosure=sp.Enclosure(0.0, 0.0)) if c.name == claim else c for c in cert.claims
    )
    with pytest.raises(sp.CertificateError):
        sp.check(dataclasses.replace(cert, outcome=dataclasses.replace(cert.outcome, claims=forged)))


def test_defective_problems_are_refused(tmp_path):
    cert = sp.certify_periodic_point(logistic, [0.75], 1)
    cert.save(tmp_path / "c.json")
    stored = read_certificate(tmp_path / "c.json")
    for problem in ({"period": 1}, {**stored.problem, "period": True}, {**stored.problem, "period": 10**6}):
        with pytest.raises(sp.CertificateError):
            sp.check(dataclasses.replace(stored, problem=problem))
    wrong = {**stored.witness, "points": np.array([[np.nan]])}
    with pytest.raises(sp.CertificateError):
        sp.check(dataclasses.replace(stored, witness=wrong))


def test_a_point_off_the_cycle_proves_nothing():
    cycle = Cycle(trace(logistic, np.zeros(1)), 3)
    points = np.array([[0.2], [0.6], [0.9]])
    outcome = prove_periodic_point(cycle.as_tree(), {"points": points, "point": points[0]})
    assert outcome.verdict is sp.Verdict.UNDECIDED
    assert not outcome.claims


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((logistic, [0.75], 0), "period"),
        ((logistic, [0.75], 2.5), "period"),
        ((logistic, [0.75], 10**5), "period"),
        ((logistic, [float("nan")], 1), "x"),
        ((lambda x: x[:1], [0.1, 0.2], 1), "square"),
        ((logistic, [[0.1], [0.2]], 3), "3"),
        ((lambda x: x + 1, [0.5], 2), "no cycle"),
        ((lambda x: 100 * x**3 + 50, [5.0], 8), "cycle"),
        ((lambda x: jnp.abs(x) - 1 + 0 * x, [0.0], 2), "differentiable"),
        (("map", [0.5], 1), "function"),
    ],
)
def test_bad_input(arguments, word):
    with pytest.raises(sp.InputError, match=word):
        sp.certify_periodic_point(*arguments)


def test_a_tent_map_by_selection_is_proved_between_its_kinks():
    """Period 2 of the tent map of slope 5/2: the points 10/29 and 25/29, multiplier -25/4; the cube stops at 1/2."""
    found = sp.certify_periodic_point(lambda x: jnp.where(x < 0.5, 2.5 * x, 2.5 * (1 - x)), [10 / 29], 2)
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.number("spectral_radius").contains(6.25)
    assert 0 < found.number("uniqueness_radius").upper < 0.5 - 10 / 29


def test_no_fixed_point_is_proved_on_the_other_side_of_a_jump():
    """2 x - 1.05 + 0.1 [x >= 1] has no fixed point: 1.05 and 0.95 lie on the wrong sides of the jump."""
    cycle = Cycle(trace(lambda x: 2 * x - 1.05 + 0.1 * (x >= 1), np.zeros(1)), 1)
    with pytest.raises(sp.InputError):
        prove_periodic_point(cycle.as_tree(), {"points": np.array([[1.0]]), "point": np.array([1.0])})
