"""all_equilibria with conserved totals, poles, zero coordinates; the names of equilibria."""

from dataclasses import replace
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
import sympy

import stabproof as sp

x, y, z = sympy.symbols("x y z")


@pytest.fixture(scope="module")
def cycle():
    """One phosphorylation cycle: S0 + E <-> C -> S1 + E, S1 + F <-> D -> S0 + F, all rates 1, and three totals."""
    names = ("S0", "S1", "E", "F", "C", "D")
    numbers = {
        "bind": (-1, 0, -1, 0, 1, 0),
        "leave": (1, 0, 1, 0, -1, 0),
        "make": (0, 1, 1, 0, -1, 0),
        "hold": (0, -1, 0, -1, 0, 1),
        "let": (0, 1, 0, 1, 0, -1),
        "undo": (1, 0, 0, 1, 0, -1),
    }
    columns = np.array(list(numbers.values())).T

    def field(v):
        s0, s1, e, f, c, d = v
        return jnp.asarray(columns, float) @ jnp.stack([s0 * e, c, c, s1 * f, d, d])

    return names, columns, field


def test_a_network_with_three_totals(cycle):
    """By symmetry S0 = S1 = s, C = D = c, E = F = 1 - c with s (1 - c) = 2 c and 2 s + 2 c = 3.

    s = 3/2 - c: (3/2 - c)(1 - c) = 2 c, c^2 - 9/2 c + 3/2 = 0.
    """
    _, columns, field = cycle
    start = [3.0, 0, 1, 1, 0, 0]
    basis = np.array(sympy.Matrix(columns).columnspace()).squeeze().T.astype(float)
    found = sp.all_equilibria(field, [(0, 3), (0, 3), (0, 1), (0, 1), (0, 1), (0, 1)], subspace=basis, point=start)
    assert found.complete
    c = float((sympy.Rational(9, 2) - sympy.sqrt(sympy.Rational(81, 4) - 6)) / 2)
    np.testing.assert_allclose(found.points, [[1.5 - c, 1.5 - c, 1 - c, 1 - c, c, c]], rtol=1e-13)
    assert found.types[0].startswith("stable node")
    assert found.unstable_directions == (0,)
    assert {h.name: h.status.name for h in found.certificate.hypotheses}["invariant"] == "PROVED"
    assert sp.check(found.certificate).verdict is sp.Verdict.PROVED
    (single,) = found.equilibria
    assert single.verdict is sp.Verdict.STABLE
    assert sum(single.directions) == 3


def test_without_a_point_the_totals_are_those_of_the_middle():
    found = sp.all_equilibria([-2 * x + y, 2 * x - y], [(0, 1), (0, 1)], subspace=[[1], [-1]])
    assert found.complete
    np.testing.assert_allclose(found.points, [[1 / 3, 2 / 3]], rtol=1e-15)
    other = sp.all_equilibria(
        [-2 * x + y, 2 * x - y], [(0, 1), (0, 1)], subspace=[[1], [-1]], point=[Fraction(1, 7), 0]
    )
    np.testing.assert_allclose(other.points, [[1 / 21, 2 / 21]], rtol=1e-15)


def test_equilibria_beyond_the_dependent_bounds_are_not_listed():
    """x + y = 1 and x' = x (1/4 - x) (7/8 - x): y = 1/8 is below the box for the last."""
    rate = x * (sympy.Rational(1, 4) - x) * (sympy.Rational(7, 8) - x)
    found = sp.all_equilibria(
        [rate, -rate], [(-1, 1), (0.25, 2)], subspace=[[1], [-1]], point=[0.5, 0.5], variables=[x, y]
    )
    assert found.complete
    np.testing.assert_allclose(found.points, [[0, 1], [0.25, 0.75]], atol=1e-14)
    edge = sp.all_equilibria(
        [rate, -rate], [(-1, 1), (0.125, 2)], subspace=[[1], [-1]], point=[0.5, 0.5], variables=[x, y]
    )
    assert edge.complete
    assert len(edge) == 3


REFUSED = {
    "not invariant": ({"subspace": [[1], [1]]}, "not proved to be invariant"),
    "no subspace": ({"point": [0, 0]}, "pass subspace="),
    "dependent": ({"subspace": [[1, 2], [-1, -2]]}, "dependent"),
    "columns": ({"subspace": [[1]]}, "shape"),
    "point": ({"subspace": [[1], [-1]], "point": [1.0]}, "1 entries"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_subspaces(name):
    arguments, message = REFUSED[name]
    with pytest.raises(sp.InputError, match=message):
        sp.all_equilibria([-2 * x + y, 2 * x - y], [(0, 1), (0, 1)], **arguments)


def test_forged_lists_are_refused():
    found = sp.all_equilibria([-2 * x + y, 2 * x - y], [(0, 1), (0, 1)], subspace=[[1], [-1]])
    c, witness = found.certificate, found.certificate.witness
    third = Fraction(1, 3)
    for changes in (
        {"problem": {**c.problem, "vectors": [[Fraction(1)], [Fraction(1)]]}},
        {"problem": {**c.problem, "vectors": [[Fraction(2)], [Fraction(-2)]]}},
        {"problem": {**c.problem, "base": [third, Fraction(1)]}},
        {"problem": {k: v for k, v in c.problem.items() if k not in ("base", "vectors")}},
        {"witness": {**witness, "coordinates": witness["coordinates"] + 0.125}},
        {"witness": {**witness, "coordinates": witness["coordinates"][:0]}},
        {"witness": {**witness, "units": np.array([3, 3])}},
        {"witness": {**witness, "points": witness["points"] + 0.5}},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(replace(c, **changes))


def test_poles_are_called_poles():
    pole = sp.all_equilibria([1 / x], [(-1, 1)], budget=20)
    assert not pole.complete
    assert "poles" in pole.reason
    assert "degenerate" not in pole.next_step
    mixed = sp.all_equilibria([x - 1 / x**2], [(-2, 2)], budget=20)
    np.testing.assert_array_equal(mixed.points, [[1.0]])
    assert "poles" in mixed.reason


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_zero_coordinates_cost_no_more(shift):
    """Lotka-Volterra competitors: 2^3 equilibria, one for each set of survivors; boxes on the axes shrink no further
    than others."""
    a = np.array([[1, 0.3, 0.2], [0.4, 1, 0.1], [0.2, 0.5, 1]])
    found = sp.all_equilibria(
        lambda v: (v - shift) * (1 - jnp.asarray(a) @ (v - shift)), [(shift, 2 + shift)] * 3, most_boxes=2000
    )
    assert found.complete
    expected = []
    for subset in range(8):
        alive = [i for i in range(3) if subset >> i & 1]
        point = np.full(3, shift)
        if alive:
            point[alive] += np.linalg.solve(a[np.ix_(alive, alive)], np.ones(len(alive)))
        expected.append(tuple(point))
    np.testing.assert_allclose(sorted(map(tuple, found.points.round(9) + 0.0)), sorted(expected), atol=1e-8)


NAMES = {
    "stable node": [-x, -2 * y],
    "stable node or focus": [-x, -y],
    "unstable node": [x, 3 * y],
    "stable focus": [-x + y, -y - x],
    "unstable focus": [x + y, y - x],
    "saddle": [x, -y],
    "centre-like": [y, -x],
    "undecided": [x * y, -y],
}


@pytest.mark.parametrize("name", NAMES)
def test_names(name):
    found = sp.certify_equilibrium(NAMES[name], [0, 0], variables=[x, y])
    assert sp.equilibrium_type(found) == name


def test_a_saddle_focus():
    found = sp.certify_equilibrium([x - y, x + y, -z], [0, 0, 0], variables=[x, y, z])
    assert sp.equilibrium_type(found) == "saddle-focus"


TOUCHING = (
    (jnp.linalg.norm, -np.ones(2), np.ones(2), 2.0**0.5, 1e-12),
    (lambda v: jnp.sqrt(1 - jnp.cos(v[0])), np.array([-0.1]), np.array([0.1]), 0.0706812, 1e-6),
    (lambda v: jnp.sqrt(((v[0] - v[1:]) ** 2).sum()), np.zeros(2), np.full(2, 1e-30), 1e-30, 2e-30),
)


@pytest.mark.parametrize("case", range(len(TOUCHING)))
def test_roots_of_squares_that_touch_zero(case):
    function, lower, upper, largest, slack = TOUCHING[case]
    found = sp.enclose(function, sp.Ball.from_bounds(lower, upper))
    assert float(found.lower) == 0
    assert largest - 1e-12 * largest <= float(found.upper) <= largest + slack


def test_roots_of_what_may_be_negative_are_still_refused():
    for function in (lambda v: jnp.sqrt(v), lambda v: jnp.sqrt(0.5 - jnp.cos(v)), lambda v: jnp.sqrt(v**3)):
        with pytest.raises(sp.InputError, match="square root"):
            sp.enclose(function, sp.Ball.from_bounds(-0.1, 0.1))


def test_log_sum_exp_of_wide_boxes():
    import jax

    found = sp.enclose(jax.nn.logsumexp, sp.Ball.from_bounds(np.full(2, -800.0), np.full(2, 800.0)))
    two = float(np.log(2.0))
    assert float(found.lower) <= -800 + two <= float(found.lower) + 1e-9
    assert float(found.upper) - 1e-9 <= 800 + two <= float(found.upper)


def test_conserved_totals_are_suggested():
    """A <-> 2B conserves 2A + B: no isolated equilibria; a field without a total has no such advice."""
    x, y = sympy.symbols("x y")
    rate = 3 * x - y**2
    found = sp.all_equilibria([-rate, 2 * rate], [(0, 1), (0, 2)], most_boxes=200)
    assert "subspace=" in found.next_step
    assert sp.check(found.certificate).next_step == found.next_step
    other = sp.all_equilibria([-rate, x * rate], [(0, 1), (0, 2)], most_boxes=200)
    assert other.next_step
    assert "subspace=" not in other.next_step
