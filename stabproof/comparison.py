"""Runs a case's three views and compares them; exact numbers are compared by Arb at rising precision."""

import math
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
from stabproof.progress import ProgressOption, silent, with_progress
from stabproof.tasks import run_task
from symbolic import Derivation, Outcome, StepResult
from symbolic.prove_sign import number_sign

Proved = Enclosure | Verdict
_GOOD = (Verdict.STABLE, Verdict.PROVED)
_BAD = (Verdict.UNSTABLE, Verdict.REFUTED)


@final
@dataclass(frozen=True)
class Row:
    """One quantity in up to three views. agrees: None when nothing could be compared, or a comparison stayed open."""

    quantity: str
    symbolic: sympy.Expr | Verdict | None
    numeric: Estimate | None
    certified: Proved | None
    known: Known | None
    agrees: bool | None

    @property
    def has_proof(self) -> bool:
        """Whether an enclosure or a decided verdict was proved, so that agreement is agreement with a proof."""
        return self.certified is not None and self.certified is not Verdict.UNDECIDED

    @property
    def holds(self) -> bool:
        """For a row of verdicts: some view decides it, and none says UNSTABLE or REFUTED. Other rows hold."""
        verdicts = [value for value in (self.symbolic, self.certified) if isinstance(value, Verdict)]
        return not verdicts or (any(v in _GOOD for v in verdicts) and not any(v in _BAD for v in verdicts))


@final
@dataclass(frozen=True)
class Counts:
    """How many rows agree with a proof, agree with an estimate only, disagree, and were not compared."""

    proved: int
    estimated: int
    disagreeing: int
    open: int

    @property
    def total(self) -> int:
        """All rows."""
        return self.proved + self.estimated + self.disagreeing + self.open

    @property
    def sentence(self) -> str:
        """How many of how many quantities agree with what."""
        parts = [f"{self.proved} of {_quantities_of(self.total)} agree with what is proved"]
        parts += [f"{self.estimated} agree with an estimate only"] if self.estimated else []
        parts += [f"{self.disagreeing} disagree"] if self.disagreeing else []
        parts += [f"{self.open} {'was' if self.open == 1 else 'were'} not compared"] if self.open else []
        return "; ".join(parts) + "."


@final
@dataclass(frozen=True)
class Checked:
    """A derivation with the outcome of each step's machine check."""

    derivation: Derivation
    results: tuple[StepResult, ...]


@final
@dataclass(frozen=True, repr=False)
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
        """True when something was compared with a proof, nothing disagrees, and no step failed its check."""
        return self.counts.proved > 0 and not self.contradicted

    @property
    def contradicted(self) -> bool:
        """True when two views disagree or a step of a derivation failed its check; an open comparison is neither."""
        return self.counts.disagreeing > 0 or bool(self.failed_steps)

    @property
    def counts(self) -> Counts:
        """The rows by what became of their comparison."""
        answers = [(row.agrees, row.has_proof) for row in self.rows]
        return Counts(
            answers.count((True, True)),
            answers.count((True, False)),
            sum(agrees is False for agrees, _ in answers),
            sum(agrees is None for agrees, _ in answers),
        )

    @property
    def holds(self) -> bool:
        """The rule behind exit code 0: the views agree, every certificate is STABLE or PROVED, every verdict holds."""
        decided = all(certificate.verdict in _GOOD for certificate in self.certificates.values())
        return self.agrees and decided and all(row.holds for row in self.rows)

    @property
    def failed_steps(self) -> tuple[StepResult, ...]:
        """Steps of the derivations whose machine check refuted them."""
        results = (result for checked in self.derivations for result in checked.results)
        return tuple(result for result in results if result.outcome is Outcome.FAILED)

    def __repr__(self) -> str:
        from stabproof.tables import crosscheck_text

        return crosscheck_text(self)

    __str__ = __repr__

    def plot(self, axes: Any = None, **options: Any) -> Any:
        """Draw a figure of the case into matplotlib axes: see `stabproof.plot`."""
        from stabproof.plots import plot

        return plot(self, axes, **options)

    def _repr_html_(self) -> str:
        from stabproof.reports import document

        return document(self)._repr_html_()


@with_progress
def crosscheck(name: str, *, progress: ProgressOption = None, **parameters: Any) -> CrossCheck:
    """Run the symbolic, the numeric and the certified view of a case and compare them, quantity by quantity.

    Parameters are exact: 0.1 is the float, "1/10" the rational. Raises `InputError` for an unknown case or
    parameter and for values that the case refuses.
    """
    subject = case(name)
    values = subject.values(parameters)
    report = progress if callable(progress) else silent
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
    return Row(name, exact, estimate, proved, known, _together(answers))


def _together(answers: list[bool | None]) -> bool | None:
    """One contradiction is enough; otherwise True when something agrees."""
    if False in answers:
        return False
    return True if True in answers else None


def _exact_in(exact: Any, proved: Proved | None) -> bool | None:
    """Whether the exact value lies in the enclosure; None where a view is UNDECIDED or Arb cannot separate them."""
    if exact is None or proved is None:
        return None
    if isinstance(exact, Verdict) or isinstance(proved, Verdict):
        return None if Verdict.UNDECIDED in (exact, proved) else exact is proved
    above, below = _at_least(exact, proved.lower), _at_least(-exact, -proved.upper)
    if False in (above, below):
        return False
    return None if None in (above, below) else True


def _at_least(exact: sympy.Expr, bound: float) -> bool | None:
    if bound == float("-inf"):
        return True
    if exact in (sympy.oo, -sympy.oo):
        return bool(exact == sympy.oo)
    if bound == float("inf"):
        return False
    return _is_nonnegative(exact - _rational(bound))


def _is_nonnegative(number: sympy.Expr) -> bool | None:
    """The sign of a real number by Arb, the precision doubled until it is separated from 0; None when it never is."""
    sign = number_sign(number)
    return None if sign is None else sign >= 0


def _rational(value: float) -> sympy.Rational:
    return sympy.Rational(*value.as_integer_ratio())


def _estimate_in(estimate: Estimate | None, proved: Proved | None) -> bool | None:
    if estimate is None or not isinstance(proved, Enclosure):
        return None
    return proved.lower - estimate.error <= estimate.value <= proved.upper + estimate.error


def _estimate_of(estimate: Estimate | None, exact: Any) -> bool | None:
    """|exact - estimate| <= error; a value that is no number agrees with nothing."""
    if estimate is None or not isinstance(exact, sympy.Expr):
        return None
    if exact in (sympy.oo, -sympy.oo) or not math.isfinite(estimate.value):
        return (exact, estimate.value) in ((sympy.oo, math.inf), (-sympy.oo, -math.inf))
    return _is_nonnegative(_rational(estimate.error) - sympy.Abs(exact - _rational(estimate.value)))


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
        distance = sympy.Abs(found - sympy.Rational(value.numerator, value.denominator))
        return _is_nonnegative(sympy.Rational(unit.numerator, unit.denominator) - distance)
    if estimate is not None:
        return abs(Fraction(estimate.value) - value) <= unit + Fraction(estimate.error)
    return None


def _quantities_of(number: int) -> str:
    return "1 quantity" if number == 1 else f"{number} quantities"


def _last_unit(text: str) -> Fraction:
    if "/" in text:
        return Fraction(0)
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(10) ** (int(exponent or 0) - decimals)
