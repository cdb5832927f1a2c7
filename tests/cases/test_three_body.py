"""Gravitating and charged bodies: agreement, Routh's criterion, known spectra, errata, bad input."""

import numpy as np
import pytest
import sympy

from cases import case
from cases.three_body.case import CASE, bodies_of
from cases.three_body.derivation import (
    Bodies,
    collinear,
    collinear_ratio,
    largest_real_part,
    line_coefficient,
    reduced_field,
    reduced_point,
    sine_sum,
    triangle,
)
from cases.three_body.estimates import cluster_path
from cases.three_body.particle_proofs import derive_invariants
from cases.three_body.triangle_proofs import coupling_product, derive_triangle
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

SMALL = {"bodies": 3, "horizon": 4}


@pytest.mark.parametrize(
    "parameters",
    [
        {"masses": "1,1/100,1/1000"},
        {"masses": "1,2,3", "configuration": "line"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("gas", **parameters, **SMALL)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize(
    ("parameters", "linear"),
    [
        ({"masses": "1,2,3", "charges": "0,1/2,-1/3"}, None),
        ({"masses": "2,3,5", "exponent": "5/2"}, None),
        ({"masses": "1,100,1", "charges": "2,-20,2", "configuration": "line"}, None),
        ({"masses": "3,1,2", "configuration": "line"}, None),
        ({"masses": "24,1,1", "exponent": "1/2"}, 0.0),
        ({"masses": "5,1,1/10", "exponent": "3"}, None),
        ({"masses": "1,2,5", "exponent": "3", "configuration": "line"}, None),
        ({"masses": "2,1,2", "exponent": "5/2", "configuration": "line"}, None),
    ],
)
def test_the_exact_spectrum_is_that_of_the_reduced_field(parameters, linear):
    """The closed formulas against the eigenvalues of the differentiated six-dimensional field."""
    values = CASE.values(parameters)
    bodies = bodies_of(values)
    state = triangle(bodies) if values["configuration"] == "triangle" else collinear(bodies)
    field, symbols = reduced_field(bodies, state.momentum.evalf(30))
    point = [float(x) for x in reduced_point(bodies, state)]
    assert np.abs(sympy.lambdify(symbols, field)(*point)).max() < 1e-12
    slopes = np.array(sympy.lambdify(symbols, sympy.Matrix(field).jacobian(symbols))(*point), dtype=float)
    found = np.linalg.eigvals(slopes).real.max()
    exact = CASE.symbolic(values).values["largest real part"]
    assert abs(found - float(exact)) < 1e-6
    assert linear is None or float(exact) == linear


def test_equal_masses_have_the_known_eigenvalues():
    view = CASE.symbolic(CASE.values({}))
    assert view.values["largest real part"] == 1 / sympy.sqrt(2)
    assert view.values["verdict"] is Verdict.UNSTABLE


@pytest.mark.parametrize(("third", "holds"), [("1/25", Verdict.PROVED), ("1/24", Verdict.REFUTED)])
def test_the_boundary_of_the_restricted_problem(third, holds):
    """With a third mass of almost zero the criterion is m1 m2/(m1 + m2)^2 < 1/27: m2/m1 < 0.0400642 (Routh's value)."""
    values = CASE.values({"masses": f"1,{third},1/1000000"})
    proved = CASE.certified(values).values
    assert proved["Routh's criterion"] is holds
    assert CASE.symbolic(values).values["Routh's criterion"] is holds


def test_eulers_line_of_equal_masses():
    """By hand, in units of the squared rate: w1 = w3 = 4/5, w2 = 1/10, so beta = 2 (4/5 + 4/5 + 1/10) - 1."""
    bodies = bodies_of(CASE.values({}))
    assert collinear_ratio(bodies) == 1
    assert line_coefficient(bodies, sympy.Integer(1)) == sympy.Rational(12, 5)


def test_the_ratio_of_unequal_masses_solves_the_quintic():
    """Euler's quintic for masses 1, 2, 3 [Danby, Celestial Mechanics, 8.7], t = r_23 / r_12."""
    m1, m2, m3 = 1, 2, 3
    quintic = [m1 + m2, 3 * m1 + 2 * m2, 3 * m1 + m2, -(m2 + 3 * m3), -(2 * m2 + 3 * m3), -(m2 + m3)]
    root = next(r.real for r in np.roots(quintic) if abs(r.imag) < 1e-12 and r.real > 0)
    assert float(collinear_ratio(bodies_of(CASE.values({"masses": "1,2,3"})))) == pytest.approx(root, rel=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [
        {"masses": "1,2,3", "charges": "1,1,1", "exponent": 3},
        {"masses": "3,1,2", "exponent": "5/2", "configuration": "line"},
        {"masses": "1/1000000,1000000,1"},
    ],
)
def test_the_proved_spectrum_is_that_of_newtons_equations(parameters):
    """All positions and velocities in the turning frame, differentiated by differences: an independent spectrum."""
    values = CASE.values(parameters | SMALL)
    bodies = bodies_of(values)
    state = triangle(bodies) if values["configuration"] == "triangle" else collinear(bodies)
    found = newton_spectrum(values, np.array(state.points, dtype=float), float(state.rate))
    check = crosscheck("gas", **parameters, **SMALL)
    assert check.agrees, str(check)
    row = next(row for row in check.rows if row.quantity == "largest real part")
    assert row.certified.lower - 1e-3 < found.real.max() < row.certified.upper + 1e-3
    unstable = found.real.max() > 0.1
    assert next(row for row in check.rows if row.quantity == "verdict").certified is (
        Verdict.UNSTABLE if unstable else Verdict.UNDECIDED
    )


def newton_spectrum(values, points, rate):
    masses, charges, k = (np.array(values[name], dtype=float) for name in ("masses", "charges", "exponent"))
    turn = rate * np.array([[0.0, 1.0], [-1.0, 0.0]])
    start = points - masses @ points / masses.sum()

    def field(state):
        x, v = state.reshape(2, 3, 2)
        gap = x[None] - x[:, None]
        distance = np.linalg.norm(gap, axis=2) + np.eye(3)
        strength = (masses[:, None] * masses - charges[:, None] * charges) * (1 - np.eye(3))
        pull = (strength / distance ** (k + 1))[:, :, None] * gap
        return np.concatenate([(v + x @ turn.T).ravel(), (pull.sum(axis=1) / masses[:, None] + v @ turn.T).ravel()])

    at = np.concatenate([start.ravel(), (-start @ turn.T).ravel()])
    assert np.abs(field(at)).max() < 1e-8 * np.abs(at).max()
    size = 1e-6 * np.abs(at).max()
    steps = size * np.eye(12)
    slopes = np.array([(field(at + step) - field(at - step)) / (2 * size) for step in steps]).T
    return np.linalg.eigvals(slopes)


def test_charged_clusters_keep_their_momentum():
    path = cluster_path(12, 2.0, steps=100, bodies=(np.array([1.0, 2.0, 3.0]), np.array([1.0, -2.0, 3.0])))
    assert path.drift("momentum") < 1e-12
    assert path.drift("energy") < 1e-2 * abs(path.monitored["energy"][0])


def test_a_planted_error_breaks_the_derivation():
    bodies = bodies_of(CASE.values({}))
    wrong = Bodies(bodies.masses, (2 * bodies.strengths[0], *bodies.strengths[1:]), bodies.exponent)
    assert not all_passed(derive_triangle(wrong, triangle(bodies)).verify())


def test_the_eigenvalues_of_the_coupling_at_random_triangles():
    product, sines = coupling_product()
    generator = np.random.default_rng(0)
    names = sympy.symbols("p1 p2 e1 e2 e3")
    for _ in range(3):
        values = [*generator.uniform(0.1, 0.4, 2), *np.exp(2j * generator.uniform(0, 3, 3))]
        point = dict(zip(names, values, strict=True))
        found = np.sort_complex(np.linalg.eigvals(np.array(product.subs(point), dtype=complex)))
        expected = np.sort_complex(np.array([1, 1 - 4 * complex(sines.subs(point))]))
        assert np.abs(found - expected).max() < 1e-9


def test_an_equilateral_triangle_has_equal_angles():
    bodies = Bodies((sympy.Integer(1),) * 3, (sympy.Integer(1),) * 3, sympy.Integer(2))
    assert sine_sum(bodies, (sympy.Integer(3), sympy.Integer(3), sympy.Integer(3))) == sympy.Rational(1, 4)
    assert sine_sum(bodies, tuple(sympy.Integer(s) for s in (3, 4, 5))) == (sympy.Rational(9 + 16, 25) + 1) / 9


def test_real_parts_of_roots_of_given_squares():
    assert largest_real_part((sympy.Integer(-1), sympy.Integer(-4), sympy.Integer(-9))) == 0
    assert largest_real_part((sympy.Integer(-1), sympy.Integer(4), sympy.Integer(-9))) == 2
    assert largest_real_part((sympy.Integer(-1), 2 * sympy.I, -2 * sympy.I)) == 1


@pytest.mark.parametrize("exponent", [0, 1, 4])
def test_conservation_laws_for_other_forces(exponent):
    assert all_passed(derive_invariants(sympy.Integer(exponent)).verify())


def test_leapfrog_keeps_momentum_and_nearly_the_energy():
    path = cluster_path(20, 2.0, steps=200)
    assert path.drift("momentum") < 1e-12
    assert path.drift("spin") < 1e-12
    assert 1e-12 < path.drift("energy") < 1e-2 * abs(path.monitored["energy"][0])


def test_the_erratum_passes():
    for erratum in case("gas").errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "bad",
    [
        {"masses": "1,2"},
        {"masses": "0,1,1"},
        {"charges": "2,2,2"},
        {"exponent": 0.1},
        {"exponent": 7},
        {"configuration": "line", "exponent": "1/2", "charges": "3,-1,-1"},
        {"configuration": "star"},
        {"horizon": 0},
        {"bodies": 1},
        {"charges": "0,0,nan"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("gas", **bad)
