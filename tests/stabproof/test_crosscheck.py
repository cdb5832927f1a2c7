"""Cross-checks of the cases: agreement for many parameters, and disagreement where something is wrong."""

from dataclasses import replace

import pytest
import sympy

import stabproof as sp
from cases import case
from cases.model import Estimate, Known
from certify import Enclosure
from stabproof.agreement import _row

PARAMETERS = [
    ("hyperbola", {}),
    ("hyperbola", {"scale": "2/7", "learning_rate": "1/3", "start": "1.5,-0.3", "point": "3/2"}),
    ("hyperbola", {"scale": "1/4", "learning_rate": 0.9, "start": "3,0.1", "point": "-5"}),
    ("hyperbola", {"scale": 1, "learning_rate": "1/2"}),
    ("strict-minimum", {}),
    ("strict-minimum", {"curvatures": "1/3,2/7,5", "learning_rate": "1/3"}),
    ("strict-minimum", {"curvatures": "1/3,2/7", "learning_rate": 7}),
    ("strictness-counterexamples", {}),
    ("features", {"inputs": "1,2", "learning_rate": "9/50", "budget": 2}),
    ("product-features", {"t1": "1/2", "t2": "3/2", "learning_rate": "1/4"}),
    ("second-moment", {"multipliers": "1/3,-3/2,1/2", "power": "3"}),
    ("momentum", {"curvatures": "1/3,3", "learning_rate": "1/10", "momentum": "9/10"}),
    ("nesterov", {"curvatures": "1,5", "learning_rate": "1/2", "momentum": "1/4"}),
    ("adam", {"curvatures": "1,2", "learning_rate": "1/500", "b1": "9/10", "eps": "1/100"}),
]


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS)
def test_the_views_agree(name, parameters):
    check = sp.crosscheck(name, **parameters)
    assert check.agrees, str(check)
    # exactly at the threshold the proved verdict stays open, which is no agreement: the sharpness alone is compared
    critical = (name, parameters.get("scale")) == ("hyperbola", 1)
    assert len([row for row in check.rows if row.agrees is not None]) >= (1 if critical else 2)


@pytest.mark.parametrize(("sign", "verdict"), [(-1, sp.Verdict.STABLE), (1, sp.Verdict.UNSTABLE)])
def test_the_cubic_term_settles_what_balls_cannot(sign, verdict):
    """x^2 + s x^4/4 at eta = 1."""
    check = sp.crosscheck("strict-minimum", curvatures="2", learning_rate=1, quartic=sign)
    row = next(row for row in check.rows if row.quantity == "verdict")
    assert row.symbolic is verdict
    assert row.certified is sp.Verdict.UNDECIDED


def test_the_printed_hyperbola_is_critical_at_the_vertex():
    check = sp.crosscheck("hyperbola", scale=1, learning_rate="1/2", point=1)
    row = next(row for row in check.rows if row.quantity == "verdict at the point")
    assert row.certified is sp.Verdict.UNDECIDED
    assert row.symbolic is sp.Verdict.STABLE


def test_the_orbit_of_the_figure():
    check = sp.crosscheck("hyperbola")
    rows = {row.quantity: row for row in check.rows}
    assert rows["limit t1"].certified.contains(rows["limit t1"].certified.midpoint)
    assert abs(rows["limit t1"].certified.midpoint + 0.9987967396) < 1e-10
    assert abs(rows["limit t2"].certified.midpoint + 1.0012047100) < 1e-10


BOX = Enclosure(1.0, 1.5)


@pytest.mark.parametrize(
    ("exact", "estimate", "proved", "known", "agrees"),
    [
        (sympy.Rational(5, 4), Estimate(1.25, 1e-9), BOX, None, True),
        (sympy.sqrt(2), None, BOX, None, True),
        (sympy.sqrt(3), None, BOX, None, False),
        (None, Estimate(1.6, 1e-3), BOX, None, False),
        (None, Estimate(1.5005, 1e-3), BOX, None, True),
        (sympy.Integer(2), Estimate(1.0, 1e-3), None, None, False),
        (None, None, BOX, Known("x", "1.6", ""), True),
        (None, None, BOX, Known("x", "1.7", ""), False),
        (sp.Verdict.STABLE, None, sp.Verdict.UNSTABLE, None, False),
        (sp.Verdict.STABLE, None, sp.Verdict.UNDECIDED, None, None),
        (sp.Verdict.UNDECIDED, None, sp.Verdict.STABLE, None, None),
        # a function that Arb does not know here leaves the comparison open; a contradiction beside it still counts
        (sympy.besselj(0, 1) + 1, None, BOX, None, None),
        (sympy.besselj(0, 1) + 1, Estimate(1.6, 1e-3), BOX, None, False),
        (-sympy.cot(1 + sympy.pi / 4), None, Enclosure(0.2, 0.3), None, True),
        (sympy.I, None, BOX, None, None),
        # 3/2 and 1 are the ends; a difference of 10^-60 is seen, one of 10^-60 inside is inside
        (sympy.Rational(3, 2), None, BOX, None, True),
        (sympy.sqrt(2) ** 2 - 1, None, BOX, None, True),
        (1 - sympy.Rational(1, 10**60), None, BOX, None, False),
        (1 - sympy.exp(-140), None, BOX, None, False),
        (1 + sympy.exp(-140), None, BOX, None, True),
        (sympy.oo, None, BOX, None, False),
        (sympy.oo, None, Enclosure(1.0, float("inf")), None, True),
        (-sympy.oo, Estimate(float("-inf"), 0.0), None, None, True),
        (-sympy.oo, Estimate(float("inf"), 0.0), None, None, False),
        (sympy.Integer(1), Estimate(float("nan"), 1.0), None, None, False),
        (None, Estimate(float("nan"), 1.0), BOX, None, False),
        (sympy.sqrt(2), Estimate(1.41421356, 1e-8), None, None, True),
        (sympy.sqrt(2), None, None, Known("x", "1.4142", ""), True),
        (sympy.sqrt(2), None, None, Known("x", "1.4144", ""), False),
        (None, None, sp.Verdict.STABLE, Known("x", "UNSTABLE", ""), False),
        (None, None, BOX, None, None),
    ],
)
def test_what_counts_as_agreement(exact, estimate, proved, known, agrees):
    assert _row("x", exact, estimate, proved, known, None).agrees is agrees


def test_what_is_counted_as_agreement_with_a_proof():
    proved = _row("a", sympy.Rational(5, 4), None, BOX, None, None)
    estimated = _row("b", sympy.Rational(5, 4), Estimate(1.25, 1e-9), None, None, None)
    undecided = _row("c", sp.Verdict.STABLE, None, sp.Verdict.UNDECIDED, None, None)
    wrong = _row("d", sympy.Integer(2), None, BOX, None, None)
    check = sp.crosscheck("circle")
    mixed = replace(check, rows=(proved, estimated, undecided), derivations=())
    assert mixed.agrees
    assert not mixed.contradicted
    assert mixed.counts.sentence == (
        "1 of 3 quantities agrees with what is proved; 1 agrees with an estimate only; 1 was not compared."
    )
    alone = replace(check, rows=(estimated, undecided), derivations=())
    assert (alone.agrees, alone.contradicted) == (False, False)
    assert replace(check, rows=(proved, wrong), derivations=()).contradicted


@pytest.mark.parametrize(
    ("symbolic", "certified", "holds"),
    [
        (sp.Verdict.STABLE, sp.Verdict.STABLE, True),
        (sp.Verdict.STABLE, sp.Verdict.UNDECIDED, True),
        (sp.Verdict.UNSTABLE, None, False),
        (None, sp.Verdict.REFUTED, False),
        (sp.Verdict.UNDECIDED, sp.Verdict.UNDECIDED, False),
        (None, BOX, True),
    ],
)
def test_an_asked_statement_that_is_refuted_does_not_hold(symbolic, certified, holds):
    """Certificates aside: every row of verdicts is decided by some view, and contradicted by none."""
    row = _row("verdict", symbolic, None, certified, None, None)
    check = replace(sp.crosscheck("circle"), rows=(_row("a", sympy.Integer(1), None, BOX, None, None), row))
    assert check.holds is holds


def test_an_open_comparison_is_no_contradiction():
    """cot(pi/4 + 1) lies in its enclosure: the agents drift apart from the position 1 with the velocity -1."""
    check = sp.crosscheck("cucker-smale", position=1, velocity=-1, agents=8)
    assert check.agrees, str(check)
    assert all(row.agrees is not None for row in check.rows if row.symbolic is not None and row.has_proof)


def test_a_planted_error_in_a_derivation_breaks_the_agreement():
    check = sp.crosscheck("strict-minimum")
    checked = check.derivations[0]
    step = checked.derivation.steps[-1]
    wrong = replace(step, expression=sympy.Integer(0))
    derivation = replace(checked.derivation, steps=(*checked.derivation.steps[:-1], wrong))
    broken = replace(check, derivations=(replace(checked, derivation=derivation, results=tuple(derivation.verify())),))
    assert check.agrees
    assert not broken.agrees


def test_unknown_names():
    with pytest.raises(sp.InputError, match="did you mean"):
        sp.crosscheck("hyperbolla")
    with pytest.raises(sp.InputError, match="no parameter"):
        sp.crosscheck("hyperbola", rate=1)


def test_every_case_says_where_it_comes_from():
    for name in sp.case_names():
        found = case(name)
        assert found.name == name
        assert found.source
        assert found.summary
        assert found.group in "ABCDE"
