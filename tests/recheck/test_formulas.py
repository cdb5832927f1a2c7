"""Values of formulas against mpmath at 50 digits and exact rationals; what is not decided is not answered."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb, fmpq

from recheck.formulas import Evaluator, _holds
from recheck.outcome import BadInput, NotCovered, Undecided, Work

HALF = Fraction(1, 2)


# P(t) = 30 t (t - 3)^2: e^-P is below 2^-170 at 1, and 1 at 3
VALLEY = [0, 270, -180, 30]


def _valley(t):
    return mpmath.exp(-30 * t * (t - 3) ** 2)


def value(formula, *earlier):
    evaluator = Evaluator(Work())
    evaluator.known += earlier
    return evaluator.value(formula)


@pytest.mark.parametrize(
    ("formula", "truth"),
    [
        (["exp", -2], lambda: mpmath.exp(-2)),
        (["^", ["+", "pi", 1], Fraction(-3, 2)], lambda: (mpmath.pi + 1) ** mpmath.mpf("-1.5")),
        (["^", 2, "pi"], lambda: mpmath.mpf(2) ** mpmath.pi),
        (["^", "pi", -3], lambda: mpmath.pi**-3),
        (["max", ["log", 3], 1, ["min", "pi", ["atan", 1]]], lambda: mpmath.log(3)),
        (["abs", ["sin", 4]], lambda: abs(mpmath.sin(4))),
        (["integral", ["exp", ["*", -1, "t", "t"]], 0, 1], lambda: mpmath.quad(lambda t: mpmath.exp(-t * t), [0, 1])),
        (["integral", ["^", ["+", 1, ["*", "t", "t"]], HALF], -1, "pi"], lambda: _arc(mpmath.pi) - _arc(-1)),
        (["integral", ["^", "t", -1], 1, 3], lambda: mpmath.log(3)),
        (["integral", 5, 1, 3], lambda: mpmath.mpf(10)),
        (["reach", ["^", ["+", 1, ["^", "t", 2]], -1], 0, 1], lambda: mpmath.tan(1)),
        (["reach", ["exp", "t"], ["log", 2], 5], lambda: mpmath.log(7)),
        (["reach", 2, 1, 0], lambda: mpmath.mpf(1)),
        (["reach", 3, "pi", ["sqrt", 2]], lambda: mpmath.pi + mpmath.sqrt(2) / 3),
        (["moment", 2, [0, 0, 4]], lambda: mpmath.sqrt(mpmath.pi) / 32),
        (["moment", 5, [1, 2]], lambda: 120 * mpmath.exp(-1) / 64),
        (["moment", 0, [0, Fraction(1, 1000)]], lambda: mpmath.mpf(1000)),
        (["moment", 0, [-2, 0, 0, 0, 1]], lambda: mpmath.exp(2) * mpmath.gamma(mpmath.mpf(5) / 4)),
        (["moment", 0, VALLEY], lambda: mpmath.quad(_valley, [0, 0.01, 0.1, 1, 2, 2.5, 3, 3.5, 4, 6])),
        (["eigenvalue", [[2, 1, 0], [1, 2, 1], [0, 1, 2]], 1], lambda: 2 - mpmath.sqrt(2)),
        (["eigenvalue", [[1, 0], [0, 1]], 2], lambda: mpmath.mpf(1)),
        (["radius", [[0, "pi"], [-1, 0]]], lambda: mpmath.sqrt(mpmath.pi)),
        (["abscissa", [[0, 1], [-1, HALF]]], lambda: mpmath.mpf("0.25")),
    ],
)
def test_values_contain_the_truth_and_are_sharp(formula, truth):
    with mpmath.workdps(50):
        known = arb(mpmath.nstr(truth(), 45))
    found = arb(value(formula))
    assert abs(found - known).abs_lower() < 1e-40
    assert found.rad() < 1e-20


def _arc(t):
    return (t * mpmath.sqrt(1 + t * t) + mpmath.asinh(t)) / 2


def test_rationals_stay_exact():
    assert value(["+", Fraction(1, 3), ["*", 2, ["^", 3, -2]], ["abs", Fraction(-1, 9)]]) == fmpq(2, 3)
    assert value(["max", ["value", 2], ["value", 1]], fmpq(1, 3), fmpq(1, 4)) == fmpq(1, 3)
    assert value(["min", Fraction(1, 3), Fraction(1, 4)]) == fmpq(1, 4)
    assert isinstance(value(["^", ["^", 7, 2000], 2]), arb)


NO_VALUE = [["log", 0], ["sqrt", -1], ["^", 0, -1], ["^", -2, HALF], ["integral", ["^", "t", -1], -1, 1]]
# no end: the area is negative, or the integrand changes its sign on the way
NO_VALUE += [["reach", 1, 0, -1], ["reach", ["+", ["^", ["+", "t", -1], 2], Fraction(-1, 10)], 0, HALF]]


@pytest.mark.parametrize("formula", NO_VALUE, ids=str)
def test_what_has_no_value_gets_none(formula):
    with pytest.raises(Undecided):
        value(formula)


NO_FORMULAS = ["t", True, "e", [], ["exp"], ["exp", 1, 2], ["value", 1], ["integral", ["abs", "t"], 0, 1]]
NO_FORMULAS += [["eigenvalue", [[1]], 2], ["eigenvalue", [[1, 2], [3, 4]], 1], ["radius", [[1, 2]]]]
NO_FORMULAS += [["integral", ["value", 1], 0, 1], ["moment", 0, [0]], ["moment", 0, [1, "pi"]], ["moment", 0, [0, -1]]]
NO_FORMULAS += [["moment", HALF, [0, 1]], ["moment", -1, [0, 1]], ["moment", True, [0, 1]], ["moment", 0, 1]]
NO_FORMULAS += [["moment", 0, [1] * 80]]


@pytest.mark.parametrize("formula", NO_FORMULAS, ids=str)
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(BadInput):
        value(formula)


def test_other_heads_are_not_covered():
    with pytest.raises(NotCovered):
        value(["gamma", HALF])


def test_comparisons_are_exact_or_left_open():
    assert _holds(fmpq(1, 3), "=", fmpq(1, 3)) is True
    assert _holds(fmpq(1, 3), "<", fmpq(1, 3)) is False
    assert _holds(arb.pi(), "<=", fmpq(22, 7)) is True
    assert _holds(arb.pi(), "!=", fmpq(22, 7)) is True
    assert _holds(arb.pi(), "<", fmpq(3)) is False
    assert _holds(value(["*", ["sqrt", 2], ["sqrt", 2]]), "=", fmpq(2)) is None


def test_integrals_over_a_root_of_zero_are_undecided():
    """sqrt(t t) is |t|: no power series at 0, where pieces end."""
    with pytest.raises(Undecided):
        value(["integral", ["^", ["*", "t", "t"], HALF], -1, 1])
