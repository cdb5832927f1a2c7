"""certify_inequality: verdicts against what is derived by hand, and forged certificates."""

import jax.numpy as jnp
import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import issue
from certify.morse.partition import EXCLUDED, pack

x, y, z = sympy.symbols("x y z", real=True)


def test_the_infimum_is_enclosed():
    """x^2 - x y + y^2 + c has the infimum c; on x >= 1 it is 3/4 + c, at y = 1/2."""
    f = x**2 - x * y + y**2
    for where, least in ((None, 0), ([x - 1], sympy.Rational(3, 4))):
        found = sp.certify_inequality(f + sympy.Rational(1, 8), [(-2, 2), (-2, 2)], where=where)
        assert found.verdict is sp.Verdict.PROVED
        assert least + 1 / 8 in found.number("infimum")


def test_an_annulus_and_a_sublevel_set():
    """|x|^2 (1 - |x|^2) is positive for 0 < |x| < 1 alone."""

    def f(p):
        return (p @ p) * (1 - p @ p)

    box = [(-1, 1)] * 3
    ring = sp.certify_inequality(f, box, where=lambda p: [p @ p - 0.25, 0.8 - p @ p])
    assert ring.verdict is sp.Verdict.PROVED
    assert 0.8 * 0.2 in ring.number("infimum")
    whole = sp.certify_inequality(f, box)
    assert whole.verdict is sp.Verdict.REFUTED
    assert np.abs(whole.witness["counterexample"]).max() <= 1
    below = sp.certify_inequality(1 - 2 * x * y, [(-1, 1), (-1, 1)], where=[sympy.Rational(99, 100) - x**2 - y**2])
    assert below.verdict is sp.Verdict.PROVED
    assert sp.Enclosure(0.0, 0.02).encloses(below.number("infimum"))


@pytest.mark.parametrize(("shift", "verdict"), [(1e-6, "PROVED"), (-1e-6, "REFUTED"), (0, "UNDECIDED")])
def test_at_the_threshold_and_beside_it(shift, verdict):
    """(x^2 - 2)^2 touches 0 at an irrational point only."""
    f = (x**2 - 2) ** 2 + sympy.Rational(shift)
    found = sp.certify_inequality(f, [(1, 2)], budget=20)
    assert found.verdict.name == verdict
    if verdict == "UNDECIDED":
        boxes = found.attachments["undecided_boxes"]
        assert ((boxes[..., 0] <= np.sqrt(2) + 1e-9) & (np.sqrt(2) - 1e-9 <= boxes[..., 1])).any()
        assert found.reason
        assert found.next_step


def test_exact_zeros_refute():
    assert sp.certify_inequality((x - y) ** 2, [(0, 1), (0, 1)]).verdict is sp.Verdict.REFUTED
    assert sp.certify_inequality(lambda p: jnp.abs(p[0]), [(-1, 1)]).verdict is sp.Verdict.REFUTED


def test_an_empty_set_leaves_nothing_to_prove():
    found = sp.certify_inequality(-1 - x**2, [(-1, 1)], where=[x - 2])
    assert found.verdict is sp.Verdict.PROVED
    assert [claim.name for claim in found.claims] == ["empty"]


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1e12, 1e30])
def test_units_do_not_matter(unit):
    """x / unit is the variable: the same boxes are divided."""
    f = lambda p: 1.001 * unit**2 - p[0] ** 2 - p[0] * p[1] / 2 - p[1] ** 2  # noqa: E731
    found = sp.certify_inequality(f, [(-unit / 2, unit / 2)] * 2)
    assert found.verdict is sp.Verdict.PROVED


def test_a_starved_budget_is_undecided():
    f = sympy.sin(20 * x * y) + sympy.cos(20 * x * y) + sympy.Rational(142, 100)
    found = sp.certify_inequality(f, [(-2, 2), (-2, 2)], most_boxes=50)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.number("undecided_boxes").lower == len(found.attachments["undecided_boxes"]) > 0


@pytest.mark.parametrize(
    ("f", "box", "options", "told"),
    [
        ([x, y], [(0, 1)] * 2, {}, "one SymPy expression"),
        (lambda p: p, [(0, 1)] * 2, {}, "one real number"),
        (x, [(1, 0)], {}, "lower < upper"),
        (x, [(0, 1)] * 9, {}, "d <= 8"),
        (x, [(0, 1)], {"where": lambda p: p}, "both"),
        (x + z, [(0, 1)], {"variables": [x]}, "substitute numbers"),
        ("x", [(0, 1)], {}, "JAX function or a SymPy expression"),
    ],
)
def test_bad_input(f, box, options, told):
    with pytest.raises(sp.InputError, match=told):
        sp.certify_inequality(f, box, **options)


def test_forged_witnesses_prove_nothing():
    found = sp.certify_inequality(x**2 - sympy.Rational(1, 100), [(0.25, 1), (0, 1)], variables=[x, y])
    assert found.verdict is sp.Verdict.PROVED
    whole = {"parts": pack(np.array([EXCLUDED]))}
    wider = {**found.problem, "lower": np.array([-1.0, 0.0])}
    with pytest.raises(sp.CertificateError, match="does not pass"):
        issue("inequality", wider, whole)
    for point in ([0.0, 0.0], [2.0, 0.5], [0.3, 0.5]):  # outside of the box, or a positive value
        with pytest.raises(sp.CertificateError, match="counterexample"):
            issue("inequality", found.problem, {"counterexample": np.array(point)})
    with pytest.raises(sp.CertificateError, match="lowest point"):
        issue("inequality", found.problem, {**found.witness, "lowest": np.array([0.0, 0.0])})


def test_roots_of_squares_are_bounded_where_they_touch_zero(tmp_path):
    """1 + |x| > 0, and its infimum is 1."""
    for f, size in ((lambda x: 1 + jnp.sqrt(x[0] ** 2), 1), (lambda x: 1 + jnp.sqrt(x[0] ** 2 + x[1] ** 2), 2)):
        found = sp.certify_inequality(f, [(-1, 1)] * size)
        assert found.verdict is sp.Verdict.PROVED
        assert 1.0 in found.number("infimum")
        assert found.number("infimum").lower > 1 - 1e-9
        found.save(tmp_path / "root.json")
        assert sp.check(tmp_path / "root.json").verdict is sp.Verdict.PROVED
    touching = sp.certify_inequality(lambda x: jnp.sqrt(x[0] ** 2), [(-1, 1)])
    assert touching.verdict is sp.Verdict.REFUTED
    assert touching.witness["counterexample"] == 0


@pytest.mark.parametrize("f", [lambda x: 3 + jnp.tanh(x[0] / (x[1] - 0.3)), lambda x: 3 + 0 * x[1] + jnp.sqrt(x[0])])
def test_a_set_without_values_ends_the_search(f):
    """Along a line, or in half of the box, no subdivision helps: the search ends long before its budget."""
    found = sp.certify_inequality(f, [(-1, 1)] * 2, budget=1e6, most_boxes=3000)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.witness["exhausted"] == "narrow"
