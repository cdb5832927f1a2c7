"""Runs a case's three views and compares them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from cases import case
from cases.common.plot import Plot
from cases.model import Case, CertifiedView, Known, NumericView, SymbolicView, Task
from certify import Verdict
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from stabproof.agreement import Counts, Proved, Row, compared_rows
from stabproof.closed_forms import LABEL, closed_enclosures, closed_forms
from stabproof.progress import ProgressOption, silent, with_progress
from stabproof.tasks import run_task
from symbolic import Derivation, StepResult

_GOOD = (Verdict.STABLE, Verdict.PROVED)


@final
@dataclass(frozen=True)
class Checked:
    """A derivation with the outcome of each step's machine check."""

    derivation: Derivation
    results: tuple[StepResult, ...]


@final
@dataclass(frozen=True, repr=False)
class CrossCheck:
    """The table of a case: every exact and every estimated value must lie in the certified enclosure.

    certified_by: by quantity the label of the certificate that holds it; a proved value that is not there has none.
    restated: quantities that are the verdict of such a certificate under another name.
    """

    case: Case
    values: Mapping[str, Any]
    rows: tuple[Row, ...]
    derivations: tuple[Checked, ...]
    symbolic: SymbolicView | None
    numeric: NumericView | None
    certificates: Mapping[str, Certificate]
    plots: tuple[Plot, ...]
    certified_by: Mapping[str, str]
    restated: frozenset[str] = frozenset()

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
        return tuple(result for result in results if result.failed)

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
    certificates, proved, certified_by = _run(certified)
    exact = symbolic.values if symbolic else {}
    closed = closed_forms(exact, [n for n, v in proved.items() if isinstance(v, Enclosure) and n not in certified_by])
    if closed is not None:
        certificates[LABEL] = closed
    again = closed_enclosures(closed)
    known = _known(subject, parameters)
    rows = compared_rows(exact, numeric.values if numeric else {}, proved, known, again)
    certified_by |= dict.fromkeys(again, LABEL)
    report(f"{name}: done", 1.0)
    restated = frozenset(
        name for task in certified.tasks for name, claim in task.quantities.items() if claim == "verdict"
    )
    return CrossCheck(
        subject, values, rows, derivations, symbolic, numeric, certificates, certified.plots, certified_by, restated
    )


def _run(view: CertifiedView) -> tuple[dict[str, Certificate], dict[str, Proved], dict[str, str]]:
    certificates, proved, certified_by = {}, dict(view.values), dict[str, str]()
    for task in view.tasks:
        certificate = run_task(task)
        certificates[task.label] = certificate
        found = _quantities(task, certificate)
        proved.update(found)
        certified_by |= dict.fromkeys(found, task.label)
    return certificates, proved, certified_by


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
