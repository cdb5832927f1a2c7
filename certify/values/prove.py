"""The prover of values: each formula enclosed, each comparison decided."""

import operator
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from certify.certificate.model import Claim, ProofResult, claim
from certify.effort import charge
from certify.integral import arb_enclosure
from certify.statements import say
from certify.values.evaluate import Formulas
from certify.values.formula import Formula, checked_formula
from certify.verdict import Verdict
from foundation import CertificateError

# Cancellation is answered by more bits; a float has 53.
_BITS, _WANTED = (160, 640, 2560), 60
_MOST, _LONGEST_NAME = 5000, 120
RELATIONS = {"<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne}


def prove_values(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Enclose every formula and decide every comparison of a certificate.

    problem: names, what each formula is called; formulas, see `certify.values.formula`; comparisons, lists [left,
    relation, right] with the relations <, <=, = and != between formulas. REFUTED: some comparison is false. PROVED:
    all hold, and every value is bounded. UNDECIDED: rounding hides a sign, or a formula has no value.
    """
    names, formulas, comparisons = problem.get("names"), problem.get("formulas"), problem.get("comparisons")
    if not all(isinstance(part, list) and len(part) <= _MOST for part in (names, formulas, comparisons)):
        raise CertificateError("the certificate's names, formulas and comparisons must be lists")
    assert isinstance(names, list)
    assert isinstance(formulas, list)
    assert isinstance(comparisons, list)
    if len(names) != len(formulas) or len(set(map(str, names))) != len(names) or not all(map(_is_name, names)):
        raise CertificateError("the certificate must call each formula by a name of its own, in one short line")
    if not formulas and not comparisons:
        raise CertificateError("the certificate has neither a formula nor a comparison")
    table = Formulas(formulas)
    found = [_valued(number, formula, table) for number, formula in enumerate(formulas, start=1)]
    decided = [_compared(number, given, table) for number, given in enumerate(comparisons, start=1)]
    claims = tuple(one for one, _ in (*found, *decided) if one is not None)
    answers = [answer for _, answer in (*found, *decided)]
    theorem = say("values.arithmetic")
    if False in answers:
        return ProofResult(Verdict.REFUTED, theorem, claims)
    if None in answers:
        reason = say("values.open", count=answers.count(None))
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, say("values.simplify"))
    return ProofResult(Verdict.PROVED, theorem, claims)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _valued(number: int, formula: Formula, table: Formulas) -> tuple[Claim | None, bool | None]:
    ball = _sharp(["value", number], formula, table)
    if not ball.is_finite():
        return None, None
    enclosure = arb_enclosure(ball)
    return claim("values.value", enclosure, place=number), True


def _sharp(reference: Formula, formula: Formula, table: Formulas) -> flint.arb:
    ball = flint.arb("nan")
    for bits in _BITS:
        ball = table.enclosed(reference, bits)
        if ball.is_finite() and (ball.rel_accuracy_bits() >= _WANTED or _has_matrix(formula)):
            break
    return ball


def _has_matrix(formula: Formula) -> bool:
    """Whether floats decide how sharp the value is, so that more bits change nothing."""
    if not isinstance(formula, list):
        return False
    return bool(formula) and (
        formula[0] in ("eigenvalue", "radius", "abscissa", "flow-entry", "reach") or any(map(_has_matrix, formula))
    )


def _compared(number: int, given: Any, table: Formulas) -> tuple[Claim | None, bool | None]:
    if not isinstance(given, list) or len(given) != 3 or not isinstance(given[1], str) or given[1] not in RELATIONS:
        raise CertificateError("the certificate's comparison is none: [left, relation, right] is needed")
    left, relation, right = given
    charge("steps", checked_formula(left, len(table)) + checked_formula(right, len(table)))
    truth = _decided(left, relation, right, table)
    if truth is None:
        return None, None
    return claim("values.holds" if truth else "values.fails", place=number, relation=relation), truth


def _decided(left: Formula, relation: str, right: Formula, table: Formulas) -> bool | None:
    """Whether the comparison holds: exactly between rationals, by the sign of the difference otherwise."""
    first, second = table.exact(left), table.exact(right)
    if first is not None and second is not None:
        return bool(RELATIONS[relation](first, second))
    for bits in _BITS:
        difference = table.enclosed(["+", left, ["*", -1, right]], bits)
        if difference < 0 or difference > 0:
            return bool(RELATIONS[relation](Fraction(-1 if difference < 0 else 1), 0))
    return None
