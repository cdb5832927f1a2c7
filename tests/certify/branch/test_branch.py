"""certify_branch against normal forms whose coefficients are known exactly, in coordinates in which they are hidden."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.branch.pieces import Pieces, belongs, has_curve, point_at
from certify.branch.problem import BranchProblem
from certify.certificate import issue

x, y, p = sympy.symbols("x y p", real=True)
Q = sympy.Rational


def bent(kappa, nu):
    """h(x, y) = (x + kappa y^2, y) after (x, y + nu x^2), and its inverse: both polynomial."""
    inner = (x, y + nu * x**2)
    h = (inner[0] + kappa * inner[1] ** 2, inner[1])
    back = x - kappa * y**2
    return h, (back, y - nu * back**2)


def hidden_field(field, kappa, nu):
    """The field in the new coordinates u = h(x): Dh f at h^-1(u)."""
    h, inverse = bent(kappa, nu)
    pushed = sympy.Matrix(h).jacobian([x, y]) * sympy.Matrix(field)
    return [e.subs({x: inverse[0], y: inverse[1]}, simultaneous=True) for e in pushed]


def hidden_map(field, kappa, nu):
    """h after f after h^-1."""
    h, inverse = bent(kappa, nu)
    image = [e.subs({x: inverse[0], y: inverse[1]}, simultaneous=True) for e in field]
    return [e.subs({x: image[0], y: image[1]}, simultaneous=True) for e in h]


def said(found, name):
    return found.outcome.claim(name).statement.parameters


@pytest.mark.parametrize("c", [1, Q(1, 4)])
def test_folds_of_a_cubic(c):
    """p = c x^3 - x: folds at x = -+ 1 / sqrt(3 c), with p'' / 2 = 3 c x."""
    place = 1 / np.sqrt(3 * float(c))
    height = float(c) * place**3 - place
    start = -2 * place  # there p = c x^3 - x = height, for c place^2 = 1/3; a little further out it is 2 height
    found = sp.certify_branch([p - c * x**3 + x], [start], (p, 2 * height, -2 * height))
    assert found.verdict is sp.Verdict.PROVED
    for k, sign in ((1, -1), (2, 1)):
        assert said(found, f"point_{k}")["what"] == "fold"
        point = found.number(f"point_{k}")
        assert point.lower - 1e-14 <= sign * height <= point.upper + 1e-14
        assert point.width < 1e-12
        assert found.number(f"coefficient_{k}").midpoint == pytest.approx(3 * float(c) * sign * place, abs=1e-12)
        assert found.number(f"coefficient_{k}").width < 1e-10
        assert said(found, f"coefficient_{k}")["side"] == ("smaller" if sign < 0 else "larger")


@pytest.mark.parametrize(("sigma", "omega", "kappa", "nu"), [(-1, 2, Q(1, 2), Q(-1, 3)), (Q(3, 2), 1, Q(-1, 4), 1)])
def test_hopf_points_in_hidden_coordinates(sigma, omega, kappa, nu):
    """r' = p r + sigma r^3, angle' = omega: with |q| = 1, r^2 = 2 |z|^2, so that l1 = 2 sigma / omega."""
    r2 = x**2 + y**2
    field = [p * x - omega * y + sigma * x * r2, omega * x + p * y + sigma * y * r2]
    found = sp.certify_branch(
        hidden_field(field, kappa, nu), [0, 0], (p, Q(-1, 32), Q(1, 32)), variables=[x, y], budget=1000
    )
    assert found.verdict is sp.Verdict.PROVED
    assert 0 in found.number("point_1")
    assert omega in found.number("frequency_1")
    assert 1 in found.number("crossing_1")
    assert Q(2) * sigma / omega in found.number("coefficient_1")
    assert found.number("coefficient_1").width < 1e-10
    assert said(found, "coefficient_1")["criticality"] == ("supercritical" if sigma < 0 else "subcritical")
    assert said(found, "crossing_1")["direction"] == "lost"


@pytest.mark.parametrize("c", [2, Q(-1, 2)])
def test_flips_in_hidden_coordinates(c):
    """x -> -(1 + p) x + c x^3, y -> y / 2: the modulus is 1 + p."""
    field = hidden_map([-(1 + p) * x + c * x**3, y / 2], Q(1, 2), Q(1, 3))
    found = sp.certify_branch(field, [0, 0], (p, Q(-1, 32), Q(1, 32)), kind="map", variables=[x, y], budget=1000)
    assert found.verdict is sp.Verdict.PROVED
    assert said(found, "point_1") == {"index": 1, "what": "flip", "stable": 1, "unstable": 0}
    assert 0 in found.number("point_1")
    assert 1 in found.number("crossing_1")
    assert c in found.number("coefficient_1")
    assert found.number("coefficient_1").width < 1e-10
    assert said(found, "coefficient_1")["criticality"] == ("supercritical" if c > 0 else "subcritical")


@pytest.mark.parametrize("sigma", [-1, Q(3, 4)])
def test_neimark_sacker_points_in_hidden_coordinates(sigma):
    """A rotation with cosine 3/5 times 1 + p + sigma r^2: d = 2 sigma for |q| = 1."""
    size = 1 + p + sigma * (x**2 + y**2)
    field = [size * (3 * x - 4 * y) / 5, size * (4 * x + 3 * y) / 5]
    found = sp.certify_branch(
        hidden_map(field, Q(1, 4), Q(-1, 5)),
        [0, 0],
        (p, Q(-1, 32), Q(1, 32)),
        kind="map",
        variables=[x, y],
        budget=1000,
    )
    assert found.verdict is sp.Verdict.PROVED
    assert said(found, "point_1")["what"] == "neimark-sacker"
    assert 0 in found.number("point_1")
    assert Q(3, 5) in found.number("cosine_1")
    assert 2 * sigma in found.number("coefficient_1")
    assert said(found, "coefficient_1")["criticality"] == ("supercritical" if sigma < 0 else "subcritical")


def test_strong_resonances_have_no_coefficient():
    size = 1 + p - x**2 - y**2  # a quarter turn: fourth roots of unity
    found = sp.certify_branch(
        [-size * y, size * x], [0, 0], (p, -0.03125, 0.03125), kind="map", variables=[x, y], budget=1000
    )
    assert 0 in found.number("cosine_1")
    assert found.number("coefficient_1") is None


def test_stability_along_the_curve_of_a_function():
    """x' = p - sinh x: the branch x = asinh p is stable throughout."""
    found = sp.certify_branch(lambda z, q: q - jnp.sinh(z), [0.5], ("q", np.sinh(0.5), 2.0))
    parts = [claim.statement.parameters["unstable"] for claim in found.claims if claim.name.startswith("part")]
    assert parts == [0]
    ends = found.number("first_parameter"), found.number("last_parameter")
    assert ends[0].upper <= np.sinh(0.5) * (1 + 1e-12)
    assert ends[1].lower >= 2


@pytest.mark.parametrize(
    ("field", "start", "parameter", "told"),
    [
        ([p - x], [0], (p, 1, 0), "lower < upper"),
        ([p - x], [0], ("q", 0, 1), "does not occur"),
        ([p - x], [0], p, "name, lower, upper"),
        ([p + 2 + x**2], [0], (p, 0, 1), "no equilibrium"),
        ([p - x, y], [0], (p, 0, 1), "variables"),
        (3, [0], (p, 0, 1), "JAX function"),
    ],
)
def test_bad_input(field, start, parameter, told):
    with pytest.raises(sp.InputError, match=told):
        sp.certify_branch(field, start, parameter)


def test_kinks_are_refused():
    with pytest.raises((sp.InputError, sp.CertificateError), match="kinks"):
        sp.certify_branch([p - sympy.Abs(x) - x], [0.1], (p, 0.2, 1))


@pytest.fixture(scope="module")
def honest():
    return sp.certify_branch([p + x - x**3], [-1.2], (p, Q(-1, 2), 1))


def test_forged_witnesses_prove_nothing(honest):
    witness = honest.witness
    swapped = np.arange(len(witness["half"]))
    swapped[[3, 9]] = swapped[[9, 3]]
    jumped = {name: witness[name][swapped] for name in ("centres", "frames", "half", "radii", "inverses", "ahead")}
    forgeries = [
        ({"half": witness["half"] * 20}, "one curve|continue"),
        ({"radii": witness["radii"] * 1e-9}, "one curve"),
        (jumped, "continue"),
        ({"unstable": np.zeros(len(swapped), np.int64)}, "as stable"),
        ({"unstable": np.ones(len(swapped), np.int64)}, "as stable"),
        ({"frames": witness["frames"] * 1.5}, "one curve"),
    ]
    for change, told in forgeries:
        with pytest.raises(sp.CertificateError, match=told):
            issue("branch", honest.problem, {**witness, **change})


def test_a_curve_that_is_run_through_backwards_proves_nothing():
    """A piece, then the same piece the other way: both ends are one end of the curve, outside of the range."""
    found = sp.certify_branch([p - x - x**3 / 3], [0.0], (p, 0.0, 1.0))
    names = ("centres", "frames", "half", "radii", "inverses", "ahead")
    one = {name: found.witness[name][:1] for name in names}
    longer = 1 + 2.0**-20  # so that the end of the first lies inside of the second
    back = one | {"half": one["half"] * longer, "radii": one["radii"] * longer, "ahead": 0 * one["ahead"]}
    back["frames"] = one["frames"] * np.array([-1.0, 1.0])
    statement, scale = BranchProblem.from_tree(found.problem), found.witness["scale"]
    first, second = (Pieces(scale=scale, **{k: part[k] for k in names if k != "ahead"}) for part in (one, back))
    assert has_curve(statement, second).all()
    assert belongs(second, point_at(statement, first, first.half, one["ahead"])).all()
    forged = {**found.witness, **{name: np.concatenate([one[name], back[name]]) for name in names}}
    with pytest.raises(sp.CertificateError, match="continue"):
        issue("branch", found.problem, forged | {"unstable": np.full(2, -1, np.int64), "points": []})


def test_forged_points_prove_nothing(honest):
    entry = honest.witness["points"][0]
    far = (entry["piece"] + len(honest.witness["half"]) // 2) % len(honest.witness["half"])
    for change, told in (
        ({"piece": far}, "lie on it"),
        ({"piece": -1}, "no piece"),
        ({"point": "hopf"}, "unknowns"),
        ({"point": "flip"}, "unknown kind"),
        ({"unknowns": entry["unknowns"] + 0.01}, "not proved|lie on it"),
    ):
        forged = {**honest.witness, "points": [{**entry, **change}]}
        with pytest.raises(sp.CertificateError, match=told):
            issue("branch", honest.problem, forged)


@pytest.mark.parametrize("field", [p * x - x**2, p * x - x**3])
def test_crossing_branches_are_undecided(field):
    """Two curves meet at x = p = 0: no curve is proved through that point, and what is proved before it stays."""
    found = sp.certify_branch([field], [0.0], parameter=(p, -1.0, 1.0), variables=[x], most_pieces=400)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "ends inside" in found.reason
    ends = sorted([found.number("first_parameter"), found.number("last_parameter")], key=lambda end: end.lower)
    assert ends[0].upper < -1.0
    assert -0.1 < ends[1].upper < 0.0


@pytest.mark.parametrize(("lower", "upper"), [(-2.0, -1.0), (3.0, 4.0)])
def test_a_curve_elsewhere_says_nothing_about_the_range(lower, upper):
    """x' = p - x^2 has no equilibrium for p < 0: the curve of 1 <= p <= 2 does not answer for such a range."""
    found = sp.certify_branch([p - x**2], [1.0], parameter=(p, 1.0, 2.0))
    problem = dict(found.problem) | {"lower": lower, "upper": upper}
    with pytest.raises(sp.CertificateError, match="meet the range"):
        issue("branch", problem, dict(found.witness))


def test_training_along_replaced_derivatives_is_no_branch():
    """f = 3 t - 2 stop_gradient(t): what jax.grad follows flips at the rate 2/3, gradient descent of the loss at 2."""
    problem = sp.Loss(lambda t: jnp.sum((3 * t - 2 * jax.lax.stop_gradient(t) - 1) ** 2) / 2, np.ones(1))
    with pytest.raises(sp.InputError, match="derivative is replaced"):
        sp.certify_branch(problem, parameter=("learning_rate", 0.1, 3.0))
