"""Tells what a certificate, a cross-check or a derivation says, as blocks of a document."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Context, Decimal
from typing import Any

import sympy

from certify import Enclosure, Verdict
from certify.certificate import Certificate, Status
from stabproof.comparison import CrossCheck, Row
from stabproof.reports.certificate_plots import certificate_plots
from stabproof.reports.document import (
    Block,
    Cell,
    Code,
    Document,
    Figure,
    Notice,
    Paragraph,
    Section,
    Steps,
    Table,
)
from symbolic import Derivation, Outcome

_MARKS = {
    Verdict.STABLE: "good",
    Verdict.PROVED: "good",
    Verdict.UNSTABLE: "bad",
    Verdict.REFUTED: "bad",
    Verdict.UNDECIDED: "open",
}
_STATUS_MARKS = {
    Status.PROVED: "good",
    Status.ASSUMED: "open",
    Status.NOT_NEEDED: "",
    Status.UNDECIDED: "open",
}


def certificate_document(certificate: Certificate) -> Document:
    """The report of a single certificate."""
    blocks = [
        *_verdict(certificate),
        *_claims(certificate),
        *_hypotheses(certificate),
        *_figures(certificate),
        *_ground(certificate),
    ]
    return Document(certificate.title, "A certificate: what was proved, under which hypotheses", tuple(blocks))


def derivation_document(derivation: Derivation) -> Document:
    """The report of a derivation; every step is checked again while it is made."""
    results = tuple(derivation.verify())
    blocks = [
        *_symbols(derivation),
        Section("Derivation", "derivation"),
        _summary_of_checks(results),
        Steps("", results),
    ]
    return Document(derivation.title, "A derivation whose steps were re-checked by machine", tuple(blocks))


def crosscheck_document(check: CrossCheck, command: str) -> Document:
    """The report of a case: system, derivation, numerics, proofs, comparison, errata, reproduction."""
    case = check.case
    blocks: list[Block] = [Section("The system", "system"), Paragraph(case.summary), *_parameters(check)]
    for number, checked in enumerate(check.derivations, start=1):
        title = checked.derivation.title
        blocks += [Section(f"Derivation: {title[:1].lower()}{title[1:]}", f"derivation-{number}")]
        blocks += [*_symbols(checked.derivation), _summary_of_checks(checked.results), Steps("", checked.results)]
    if check.numeric:
        blocks += [Section("Numerical view", "numerics"), *(Paragraph(text) for text in check.numeric.remarks)]
        blocks += [Figure(plot) for plot in check.numeric.plots]
    for number, (label, certificate) in enumerate(check.certificates.items(), start=1):
        blocks += [Section(f"Certificate: {label}", f"certificate-{number}"), *_verdict(certificate, heading=False)]
        blocks += [*_claims(certificate, heading=False), *_hypotheses(certificate, heading=False)]
        blocks += _figures(certificate, heading=False)
    if check.plots:
        blocks += [Section("What is proved, in pictures", "proved"), *(Figure(plot) for plot in check.plots)]
    blocks += [Section("Cross-check", "crosscheck"), *_crosscheck(check), *_errata(check)]
    blocks += [Section("How to reproduce this report", "reproduce"), Code(command)]
    return Document(case.title, f"{case.name} · {case.source}", tuple(blocks))


def _verdict(certificate: Certificate, *, heading: bool = True) -> Iterable[Block]:
    if heading:
        yield Section("Verdict", "verdict")
    verdict = certificate.verdict
    text = certificate.reason or "Proved from the data in this certificate; the theorem is named below."
    if verdict is Verdict.UNDECIDED and certificate.next_step:
        text = f"{text}. What to try next: {certificate.next_step}."
    yield Notice(_MARKS[verdict], verdict.name, text[:1].upper() + text[1:])
    if certificate.theorem:
        yield Paragraph(certificate.theorem)


def _claims(certificate: Certificate, *, heading: bool = True) -> Iterable[Block]:
    if not certificate.claims:
        return
    if heading:
        yield Section("What is proved", "claims")
    rows = tuple(
        (Cell(claim.statement), Cell(f"{_digits(claim.name, claim.enclosure)} {claim.unit}".strip(), "number"))
        for claim in certificate.claims
    )
    yield Table("Proved statements", ("statement", "proved digits"), rows)


def _digits(name: str, enclosure: Enclosure | None) -> str:
    if enclosure is None:
        return "proved"
    if enclosure.lower == 0 and name.endswith("radius") and name.startswith("existence"):
        return f"at most {_rounded_up(enclosure.upper)}"
    return str(enclosure)


def _rounded_up(value: float) -> str:
    """Three digits, never below the value."""
    return f"{Context(prec=3, rounding=ROUND_CEILING).create_decimal(Decimal(value)).normalize():g}"


def _hypotheses(certificate: Certificate, *, heading: bool = True) -> Iterable[Block]:
    if not certificate.hypotheses:
        return
    if heading:
        yield Section("Hypotheses of the theorem", "hypotheses")
    rows = tuple(
        (Cell(h.name), Cell(h.statement), Cell(h.status.value, _STATUS_MARKS[h.status]), Cell(h.reason))
        for h in certificate.hypotheses
    )
    yield Table("Hypotheses", ("", "statement", "status", "why"), rows)


def _figures(certificate: Certificate, *, heading: bool = True) -> Iterable[Block]:
    plots = certificate_plots(certificate)
    if plots and heading:
        yield Section("Figures", "figures")
    yield from (Figure(plot) for plot in plots)


def _ground(certificate: Certificate) -> Iterable[Block]:
    yield Section("Ground and reproduction", "reproduce")
    yield Paragraph(
        "The statement is about the real-arithmetic system with exactly these floating-point data, not about the "
        "rounded program. Every bound rests on correctly rounded elementary operations, error bounds of matrix "
        "products, and ball arithmetic."
    )
    facts = {**certificate.software, **certificate.arithmetic}
    rows = tuple((Cell(name.replace("_", " ")), Cell(_plain(value), "number")) for name, value in facts.items())
    yield Table("Arithmetic and software", ("fact", "found"), rows)
    yield Code(f"stabproof check CERTIFICATE.json\ninput hash (SHA-256) {certificate.input_hash}")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return str(value)


def _symbols(derivation: Derivation) -> Iterable[Block]:
    if derivation.symbols:
        rows = tuple((Cell("", "", symbol), Cell(meaning)) for symbol, meaning in derivation.symbols)
        yield Table("Notation", ("symbol", "meaning"), rows)


def _summary_of_checks(results: Iterable[Any]) -> Block:
    outcomes = [result.outcome for result in results]
    passed, failed = outcomes.count(Outcome.PASSED), outcomes.count(Outcome.FAILED)
    open_ = len(outcomes) - passed - failed
    if failed:
        bad = next(r for r in results if r.outcome is Outcome.FAILED)
        return Notice("bad", f"{failed} of {len(outcomes)} steps fail their check", bad.reason)
    if open_:
        return Notice(
            "open", f"{passed} of {len(outcomes)} steps are checked", f"{open_} could not be decided by machine."
        )
    return Notice("good", f"All {passed} steps are checked", "Each formula below was decided anew by exact arithmetic.")


def _parameters(check: CrossCheck) -> Iterable[Block]:
    declared = [p for p in check.case.parameters if check.values.get(p.name) is not None]
    if declared:
        rows = tuple((Cell(p.name), Cell(_value(check.values[p.name]), "number"), Cell(p.meaning)) for p in declared)
        yield Table("Parameters of this run", ("parameter", "value", "meaning"), rows)


def _value(value: Any) -> str:
    text = ", ".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _crosscheck(check: CrossCheck) -> Iterable[Block]:
    if check.agrees:
        yield Notice(
            "good", "The views agree", "Every exact and every estimated value lies in its certified enclosure."
        )
    else:
        yield Notice("bad", "The views do not agree", "A row below, or a step of the derivation, contradicts another.")
    yield Table(
        "Quantities in three views",
        ("quantity", "symbolic (exact)", "numeric (estimate)", "certified (proved)", "known", "agrees"),
        tuple(_row(row) for row in check.rows),
    )


def _row(row: Row) -> tuple[Cell, ...]:
    word, mark = {None: ("not compared", ""), True: ("yes", "good"), False: ("NO", "bad")}[row.agrees]
    estimate = "" if row.numeric is None else f"{row.numeric.value:.12g}"
    known = "" if row.known is None else f"{row.known.value} [{row.known.source}]"
    return (
        Cell(row.quantity),
        _exact(row.symbolic),
        Cell(estimate, "number"),
        Cell(_proved(row.certified), "number"),
        Cell(known),
        Cell(word, mark),
    )


def _exact(value: sympy.Expr | Verdict | None) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, Verdict):
        return Cell(value.name, _MARKS[value])
    return Cell(str(value), "", value)


def _proved(value: Enclosure | Verdict | None) -> str:
    if value is None:
        return ""
    return value.name if isinstance(value, Verdict) else str(value)


def _errata(check: CrossCheck) -> Iterable[Block]:
    for number, erratum in enumerate(check.case.errata, start=1):
        yield Section(f"Erratum {number}" if len(check.case.errata) > 1 else "Erratum", f"erratum-{number}")
        yield Notice("erratum", "As printed", erratum.printed)
        proof = erratum.proof(check.values)
        results = tuple(proof.verify())
        yield _summary_of_checks(results)
        yield Steps(proof.title, results)
        yield Notice("good", "Corrected", erratum.corrected)
