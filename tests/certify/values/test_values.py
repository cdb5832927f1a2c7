"""Formulas against mpmath and exact values, comparisons at equality, and files that ask for what is no formula."""

from fractions import Fraction
from math import factorial

import mpmath
import pytest
import sympy

import stabproof as sp
from certify.certificate import check, issue
from certify.values.formula import rational_value, shown_formula
from certify.values.special import moment
from foundation import CertificateError, InputError
from foundation.arb_precision import arb_precision

HALF = Fraction(1, 2)
mpmath.mp.dps = 40


def enclosed(formula):
    certificate = issue("values", {"names": ["x"], "formulas": [formula], "comparisons": []}, {})
    return certificate.number("value_1")


@pytest.mark.parametrize(
    ("formula", "truth"),
    [
        (Fraction(1, 3), mpmath.mpf(1) / 3),
        (["^", 2, HALF], mpmath.sqrt(2)),
        (["^", "pi", -2], 1 / mpmath.pi**2),
        (["*", ["exp", -1], ["atan", 1]], mpmath.atan(1) / mpmath.e),
        (["max", ["sin", 1], ["cos", 1]], mpmath.sin(1)),
        (["min", ["sin", 1], ["cos", 1]], mpmath.cos(1)),
        (["besseli", 0, 1], mpmath.besseli(0, 1)),
        (["gamma", Fraction(1, 4)], mpmath.gamma(0.25)),
        # cancels 40 digits
        (["+", ["exp", Fraction(1, 10**40)], -1], mpmath.mpf(10) ** -40),
        (["integral", ["^", ["+", 1, ["^", "t", 2]], -1], 0, 1], mpmath.pi / 4),
        (["integral", ["sqrt", "t"], 0, 1], mpmath.mpf(2) / 3),
        # int_0^oo exp(-x^4) = gamma(1/4)/4, and x exp(-x^2/2 + x) by parts over the half line
        (["moment", 0, [0, 0, 0, 0, 1]], mpmath.gamma(0.25) / 4),
        (["moment", 3, [0, 0, HALF]], mpmath.mpf(2)),
        (["moment", 1, [0, -1, HALF]], 1 + mpmath.sqrt(mpmath.e * mpmath.pi / 2) * mpmath.erfc(-mpmath.sqrt(0.5))),
        (["root", [-1, -1, 1], 1], (1 - mpmath.sqrt(5)) / 2),
        (["root", [1, -3, 0, 1], 3], 2 * mpmath.cos(2 * mpmath.pi / 9)),
        (["reach", ["^", ["+", 1, ["^", "t", 2]], -1], -1, 1], mpmath.tan(1 - mpmath.pi / 4)),
        (["reach", ["exp", "t"], 0, ["exp", 3]], mpmath.log(1 + mpmath.exp(3))),
        # the integrand vanishes at 0, and there only
        (["reach", ["*", 2, "t", ["exp", ["^", "t", 2]]], 0, 1], mpmath.sqrt(mpmath.log(2))),
        (["eigenvalue", [[0, 2, 0], [2, 0, 0], [0, 0, 1]], 1], -2),
        (["eigenvalue", [[0, ["sqrt", 2]], [["sqrt", 2], 0]], 2], mpmath.sqrt(2)),
        (["radius", [[1, 1], [1, 0]]], mpmath.phi),
        (["abscissa", [[0, 1], [-1, -1]]], mpmath.mpf(-1) / 2),
        (["power-entry", [[1, 1], [1, 0]], 90, 1, 2], 2880067194370816120),
        (["flow-entry", [[0, 1], [-1, 0]], 1, 2], mpmath.sin(1)),
    ],
)  # fmt: skip
def test_a_formula_is_enclosed_sharply(formula, truth):
    found = enclosed(formula)
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower <= 2e-14 * max(abs(float(truth)), 1e-300)


def test_comparisons_are_decided_exactly_between_rationals():
    third = ["*", Fraction(1, 3), ["^", 3, -1]]
    for relation, holds in (("<", False), ("<=", True), ("=", True), ("!=", False)):
        problem = {"names": [], "formulas": [], "comparisons": [[third, relation, Fraction(1, 9)]]}
        found = issue("values", problem, {})
        assert found.verdict is (sp.Verdict.PROVED if holds else sp.Verdict.REFUTED)
        assert found.claims[0].name == ("holds_1" if holds else "fails_1")


def test_an_equality_of_irrational_numbers_stays_open():
    comparison = [["^", ["sqrt", 2], 2], "<=", 2]
    found = issue("values", {"names": [], "formulas": [], "comparisons": [comparison]}, {})
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.reason
    assert found.next_step


@pytest.mark.parametrize(
    "formula", [["log", -1], ["^", -2, HALF], ["+", ["log", 0], 1], ["integral", ["^", "t", -1], -1, 1], ["^", 0, -1]]
)
def test_what_has_no_real_value_has_no_enclosure(formula):
    assert enclosed(formula) is None


@pytest.mark.parametrize(
    "formula",
    [
        "t",
        0.5,
        True,
        ["pow", 1, 2],
        ["^", 1],
        [],
        ["sin"],
        ["integral", ["integral", "t", 0, 1], 0, 1],
        ["integral", ["gamma", "t"], 1, 2],
        ["eigenvalue", [[0, 1], [2, 0]], 1],
        ["eigenvalue", [[0, 1]], 1],
        ["eigenvalue", [[1]], 2],
        ["power-entry", [[HALF]], 2, 1, 1],
        ["power-entry", [[2]], 10**6, 1, 1],
        ["moment", 0, [0, -1]],
        ["root", [1, 0, 1], 1],
        ["root", [1], 1],
    ],
)
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(CertificateError):
        enclosed(formula)


def test_deep_and_long_formulas_are_refused():
    deep = 1
    for _ in range(60):
        deep = ["sin", deep]
    for formula in (deep, ["+", *([1] * 60_000)]):
        with pytest.raises(CertificateError, match="formula"):
            enclosed(formula)


def test_large_powers_are_left_to_rounding():
    assert rational_value(["^", HALF, 200]) == Fraction(1, 2**200)
    assert rational_value(["^", Fraction(2, 3), 10**6]) is None
    found = enclosed(["^", Fraction(199, 200), 200])
    assert found.contains(Fraction(199, 200) ** 200)
    assert len(shown_formula(["+", *range(1000)])) < 300


def test_sympy_numbers_are_certified_and_checked(tmp_path):
    t = sympy.Symbol("t", positive=True)
    x = sympy.Symbol("x")
    values = {
        "area": sympy.Integral(1 / (1 + t**2), (t, 0, 1)),
        "golden": sympy.GoldenRatio,
        "root": sympy.CRootOf(x**3 - 3 * x + 1, 2),
        "mixed": 2 ** sympy.sqrt(2) + sympy.log(3) / sympy.pi,
    }
    certificate = sp.certify_values(values, [(sympy.E, "<", sympy.pi)])
    assert certificate.verdict is sp.Verdict.PROVED
    truths = (
        mpmath.pi / 4,
        mpmath.phi,
        2 * mpmath.cos(2 * mpmath.pi / 9),
        2 ** mpmath.sqrt(2) + mpmath.log(3) / mpmath.pi,
    )
    for k, truth in enumerate(truths, start=1):
        found = certificate.number(f"value_{k}")
        assert found.lower <= truth <= found.upper
    certificate.save(tmp_path / "values.json")
    again = check(tmp_path / "values.json")
    assert again.claims == certificate.claims


@pytest.mark.parametrize("value", [0.5, sympy.Float(2), sympy.Symbol("x"), sympy.I, sympy.zeta(3), "1"])
def test_what_is_no_exact_number_is_refused(value):
    with pytest.raises(InputError):
        sp.certify_values({"x": value})


def test_long_computations_are_straight_line_programs():
    """x -> 4 x (1 - x) at sin^2(a): the n-th iterate is sin^2(2^n a)."""
    steps = 400
    orbit = [["^", ["sin", 1], 2]]
    orbit += [["*", 4, ["value", k], ["+", 1, ["*", -1, ["value", k]]]] for k in range(1, steps + 1)]
    names = [f"x{k}" for k in range(len(orbit))]
    found = issue("values", {"names": names, "formulas": orbit, "comparisons": []}, {}).number(f"value_{steps + 1}")
    with mpmath.workdps(400):
        truth = mpmath.sin(mpmath.mpf(2) ** steps) ** 2
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower < 1e-15
    with pytest.raises(CertificateError, match="no earlier one"):
        issue("values", {"names": ["x"], "formulas": [["value", 1]], "comparisons": []}, {})


def test_the_tail_of_a_moment_counts():
    """At 24 bits the integral of x^64 exp(-x), which is 64!, is cut at 32, before its peak."""
    with arb_precision(24):
        found = moment([64, [0, 1]], rational_value, rational_value)
        assert found.lower() <= factorial(64) <= found.upper()


def test_an_end_that_is_not_unique_has_no_enclosure():
    """The area under 1 - t is 3/8 at 1/2 and again at 3/2, and it has a largest value."""
    falling = ["+", 1, ["*", -1, "t"]]
    assert enclosed(["reach", falling, 0, Fraction(3, 8)]) is None
    assert enclosed(["reach", falling, 0, 1]) is None
    assert enclosed(["reach", ["exp", "t"], 0, -1]) is None


T = sympy.Symbol("t")


@pytest.mark.parametrize(
    "value",
    [
        sympy.Integral(sympy.sqrt(T), (T, -1, 0)),
        sympy.Integral(sympy.log(T), (T, -2, -1)),
        sympy.Integral(T ** sympy.Rational(1, 3), (T, -2, -1)),
        ["reach", ["log", "t"], -9, 1],
        ["^", ["log", -1], 0],
        ["^", ["gamma", 0], 0],
        ["integral", ["^", ["^", "t", -1], 0], -1, 1],
    ],
)
def test_what_has_no_real_value_gets_none(value):
    assert sp.certify_values({"a": value}).verdict is sp.Verdict.UNDECIDED


def test_roots_that_touch_zero_at_the_ends_are_real():
    found = sp.certify_values({"a": sympy.Integral(sympy.sqrt(1 - T**2), (T, -1, 1))})
    assert found.verdict is sp.Verdict.PROVED
    with mpmath.workdps(30):
        assert found.claims[0].enclosure.lower <= mpmath.pi / 2 <= found.claims[0].enclosure.upper
