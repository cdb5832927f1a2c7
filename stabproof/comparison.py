"""Runs a case's three views and compares them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import sympy

from cases import case
from cases.common.plot import Plot
from cases.model import Case, CertifiedView, Estimate, Known, NumericView, SymbolicView, Task
from certify import Verdict
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from stabproof.progress import Progress
from stabproof.tasks import run_task
from symbolic import Derivation, Outcome, StepResult
from symbolic.prove_sign import number_sign

Proved = Enclosure | Verdict


@final
@dataclass(frozen=True)
class Row:
    """One quantity in up to three views. agrees: None when there is nothing to compare."""

    quantity: str
    symbolic: sympy.Expr | Verdict | None
    numeric: Estimate | None
    certified: Proved | None
    known: Known | None
    agrees: bool | None


@final
@dataclass(frozen=True)
class Checked:
    """A derivation with the outcome of each step's machine check."""

    derivation: Derivation
    results: tuple[StepResult, ...]


@final
@dataclass(frozen=True)
class CrossCheck:
    """The table of a case: every exact and every estimated value must lie in the certified enclosure."""

    case: Case
    values: Mapping[str, Any]
    rows: tuple[Row, ...]
    derivations: tuple[Checked, ...]
    symbolic: SymbolicView | None
    numeric: NumericView | None
    certificates: Mapping[str, Certificate]
    plots: tuple[Plot, ...]

    @property
    def agrees(self) -> bool:
        """True when something was compared, nothing disagrees, and no step of the derivation failed its check."""
        answers = [row.agrees for row in self.rows if row.agrees is not None]
        return bool(answers) and all(answers) and not self.failed_steps

    @property
    def failed_steps(self) -> tuple[StepResult, ...]:
        """Steps of the derivations whose machine check refuted them."""
        results = (result for checked in self.derivations for result in checked.results)
        return tuple(result for result in results if result.outcome is Outcome.FAILED)

    def __str__(self) -> str:
        from stabproof.tables import crosscheck_text

        return crosscheck_text(self)

    def _repr_html_(self) -> str:
        from stabproof.reports import document

        return document(self)._repr_html_()


def crosscheck(name: str, *, progress: Progress | None = None, **parameters: Any) -> CrossCheck:
    """Run the symbolic, the numeric and the certified view of a case and compare them, quantity by quantity.

    Parameters are exact: 0.1 is the float, "1/10" the rational. Raises `InputError` for an unknown case or
    parameter and for values that the case refuses.
    """
    subject = case(name)
    values = subject.values(parameters)
    report = progress or (lambda message, fraction: None)
    report(f"{name}: derivation", 0.0)
    symbolic = subject.symbolic(values) if subject.symbolic else None
    derivations = tuple(Checked(d, tuple(d.verify())) for d in (symbolic.derivations if symbolic else ()))
    report(f"{name}: numerics", 0.3)
    numeric = subject.numeric(values) if subject.numeric else None
    report(f"{name}: proofs", 0.6)
    certified = subject.certified(values) if subject.certified else CertifiedView()
    certificates, proved = _run(certified)
    known = _known(subject, parameters)
    rows = _rows(symbolic.values if symbolic else {}, numeric.values if numeric else {}, proved, known)
    report(f"{name}: done", 1.0)
    return CrossCheck(subject, values, rows, derivations, symbolic, numeric, certificates, certified.plots)


def _run(view: CertifiedView) -> tuple[dict[str, Certificate], dict[str, Proved]]:
    certificates, proved = {}, dict(view.values)
    for task in view.tasks:
        certificate = run_task(task)
        certificates[task.label] = certificate
        proved.update(_quantities(task, certificate))
    return certificates, proved


def _quantities(task: Task, certificate: Certificate) -> dict[str, Proved]:
    found: dict[str, Proved] = {}
    for quantity, claim in task.quantities.items():
        value = certificate.verdict if claim == "verdict" else certificate.number(claim)
        if value is not None:
            found[quantity] = value
    if task.derived and certificate.verdict is not Verdict.UNDECIDED:
        found.update(task.derived(certificate))
    return found


def _known(subject: Case, parameters: Mapping[str, Any]) -> dict[str, Known]:
    """Known answers belong to the default parameters."""
    return {} if parameters else {known.quantity: known for known in subject.known}


def _rows(
    exact: Mapping[str, Any],
    estimates: Mapping[str, Estimate],
    proved: Mapping[str, Proved],
    known: Mapping[str, Known],
) -> tuple[Row, ...]:
    names = list(dict.fromkeys([*exact, *proved, *estimates, *known]))
    return tuple(_row(name, exact.get(name), estimates.get(name), proved.get(name), known.get(name)) for name in names)


def _row(name: str, exact: Any, estimate: Estimate | None, proved: Proved | None, known: Known | None) -> Row:
    answers = [
        _exact_in(exact, proved),
        _estimate_in(estimate, proved),
        _estimate_of(estimate, exact) if not isinstance(proved, Enclosure) else None,
        _known_in(known, proved if proved is not None else exact, estimate),
    ]
    decided = [answer for answer in answers if answer is not None]
    return Row(name, exact, estimate, proved, known, all(decided) if decided else None)


def _exact_in(exact: Any, proved: Proved | None) -> bool | None:
    """An UNDECIDED proof contradicts nothing; an undecided comparison of numbers counts as disagreement."""
    if exact is None or proved is None:
        return None
    if isinstance(exact, Verdict) or isinstance(proved, Verdict):
        return exact is proved or Verdict.UNDECIDED in (exact, proved)
    return _at_least(exact, proved.lower) and _at_least(-exact, -proved.upper)


def _at_least(exact: sympy.Expr, bound: float) -> bool:
    if bound == float("-inf"):
        return True
    if exact in (sympy.oo, -sympy.oo):
        return bool(exact == sympy.oo)
    sign = number_sign(exact - sympy.Rational(*bound.as_integer_ratio()))
    return sign is not None and sign >= 0


def _estimate_in(estimate: Estimate | None, proved: Proved | None) -> bool | None:
    if estimate is None or not isinstance(proved, Enclosure):
        return None
    return proved.lower - estimate.error <= estimate.value <= proved.upper + estimate.error


def _estimate_of(estimate: Estimate | None, exact: Any) -> bool | None:
    if estimate is None or not isinstance(exact, sympy.Expr):
        return None
    return abs(float(exact) - estimate.value) <= estimate.error


def _known_in(known: Known | None, found: Any, estimate: Estimate | None) -> bool | None:
    """A decimal answer is good to one unit of its last digit; a word is a verdict."""
    if known is None:
        return None
    if known.value in Verdict.__members__:
        return None if found is None else found is Verdict[known.value]
    value, unit = Fraction(known.value), _last_unit(known.value)
    if isinstance(found, Enclosure):
        return bool(found.lower <= value + unit and value - unit <= found.upper)
    if isinstance(found, sympy.Expr):
        return abs(found - sympy.Rational(value.numerator, value.denominator)) <= sympy.Rational(
            unit.numerator, unit.denominator
        )
    if estimate is not None:
        return abs(Fraction(estimate.value) - value) <= unit + Fraction(estimate.error)
    return None


def _last_unit(text: str) -> Fraction:
    if "/" in text:
        return Fraction(0)
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(10) ** (int(exponent or 0) - decimals)
