"""Tells a case: system, derivation, numerics, proofs, comparison, errata, reproduction, as blocks of a document."""

import re
from collections.abc import Iterable
from typing import Any

import sympy

from cases.statements import Statement, StatementStatus, statements
from certify import Enclosure, Verdict
from stabproof.agreement import Row
from stabproof.comparison import CrossCheck
from stabproof.reports.certificate_story import claim_blocks, figure_blocks, hypothesis_blocks, verdict_blocks
from stabproof.reports.derivation_story import notation, summary_of_checks
from stabproof.reports.document import Block, Cell, Code, Document, Figure, Notice, Paragraph, Section, Steps, Table
from stabproof.reports.exact_values import approximation
from stabproof.reports.head_story import ground_of, numbers_of
from stabproof.reports.reproduction import case_hash, versions_table
from stabproof.reports.words import VERDICT_MARKS

_STATEMENT_MARKS = {
    StatementStatus.DERIVED: "good",
    StatementStatus.PROVED: "good",
    StatementStatus.CITED: "open",
    StatementStatus.ERRATUM: "bad",
}


def crosscheck_document(check: CrossCheck, command: str) -> Document:
    """The report of a case; the proofs of its errata are checked while it is made."""
    case = check.case
    tellers = (
        _head,
        _statements,
        _system,
        _derivations,
        _numerics,
        _certificates,
        _direct_proofs,
        _comparison,
        _errata,
    )
    blocks = [block for tell in tellers for block in tell(check)]
    blocks += _reproduction(check, command)
    return Document(case.title, f"{case.name} · {case.source}", tuple(blocks))


def _head(check: CrossCheck) -> Iterable[Block]:
    """First of all: whether the views agree, how many quantities that covers, and every verdict."""
    yield _agreement(check)
    # what comparisons of formulas decide is told by the quantities below
    certified = {label: found for label, found in check.certificates.items() if found.kind != "values"}
    verdicts = [(label, found.verdict) for label, found in certified.items()]
    stated = certified.keys() | {name for name in check.restated if check.certified_by.get(name) in certified}
    verdicts += [
        (row.quantity, row.certified)
        for row in check.rows
        if isinstance(row.certified, Verdict) and row.quantity not in stated
    ]
    if verdicts:
        rows = tuple(
            (Cell(_named(check, name)), Cell(verdict.name, VERDICT_MARKS[verdict]), Cell(_ground(check, name, verdict)))
            for name, verdict in verdicts
        )
        yield Table("Verdicts, each proved or left open", ("statement", "verdict", "proved and assumed"), rows)


def _named(check: CrossCheck, name: str) -> str:
    """An exponent's verdict is of the random products themselves, whatever theorem on SGD needs besides."""
    certificate = check.certificates.get(name)
    return f"{name}: the random products alone" if certificate and certificate.kind == "lyapunov-exponent" else name


def _ground(check: CrossCheck, name: str, verdict: Verdict) -> str:
    """Numbers and hypotheses of the certificate of that name; otherwise what decides the statement."""
    certificate = check.certificates.get(name)
    if certificate is not None:
        hypotheses = ground_of(certificate)
        parts = [numbers_of(certificate), f"hypotheses: {hypotheses}" if hypotheses else ""]
        return ". ".join(part for part in parts if part)
    if verdict is Verdict.UNDECIDED:
        return ""
    label = check.certified_by.get(name)
    return f"by the certificate: {label}" if label else "by exact or interval arithmetic"


def _statements(check: CrossCheck) -> Iterable[Block]:
    """What the source says, statement by statement, and what stands of it here."""
    told = statements().get(check.case.name, ())
    if told:
        yield Section("What the source states", "statements")
        rows = tuple((Cell(one.place), Cell(one.text), *_standing(check, one)) for one in told)
        yield Table("Statements of the source", ("place", "statement", "status", "where"), rows)


def _standing(check: CrossCheck, statement: Statement) -> tuple[Cell, Cell]:
    """Its status and where it is shown; said so where that needs the default parameters, and is not on this page."""
    if statement.status is StatementStatus.ERRATUM:
        where: str | None = f"erratum {statement.by}"
    elif statement.status is StatementStatus.DERIVED:
        where = _derivation_of(check, statement.by)
    elif statement.status is StatementStatus.PROVED:
        where = statement.by if _is_proved(check, statement.by) else None
    else:
        where = statement.by
    if where is None:
        return Cell(f"{statement.status.value} at the default parameters", "open"), Cell(statement.by)
    return Cell(statement.status.value, _STATEMENT_MARKS[statement.status]), Cell(where)


def _derivation_of(check: CrossCheck, title: str) -> str | None:
    """The derivation of that title on this page; the numbers in titles are those of the parameters."""
    here = [checked.derivation.title for checked in check.derivations]
    same = [one for one in here if one == title] or [
        one for one in here if _without_numbers(one) == _without_numbers(title)
    ]
    return same[0] if same else None


def _without_numbers(title: str) -> str:
    return re.sub(r"-?\d+(/\d+|\.\d+)?", "", title)


def _is_proved(check: CrossCheck, name: str) -> bool:
    """Whether a quantity of that name is proved; numbers in names are those of the parameters."""
    plain = _without_numbers(name)
    return any(_without_numbers(row.quantity) == plain and row.has_proof for row in check.rows)


def _system(check: CrossCheck) -> Iterable[Block]:
    yield Section("The system", "system")
    yield Paragraph(check.case.summary)
    declared = [p for p in check.case.parameters if check.values.get(p.name) is not None]
    if declared:
        rows = tuple((Cell(p.name), Cell(_value(check.values[p.name]), "number"), Cell(p.meaning)) for p in declared)
        yield Table("Parameters of this run", ("parameter", "value", "meaning"), rows)


def _value(value: Any) -> str:
    text = ", ".join(str(item) for item in value) if isinstance(value, tuple | list) else str(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _derivations(check: CrossCheck) -> Iterable[Block]:
    for number, checked in enumerate(check.derivations, start=1):
        title = checked.derivation.title
        yield Section(f"Derivation: {title}", f"derivation-{number}")
        yield from notation(checked.derivation)
        yield summary_of_checks(checked.results)
        yield Steps("", checked.results)


def _numerics(check: CrossCheck) -> Iterable[Block]:
    view = check.numeric
    if view is None:
        return
    yield Section("Numerical view", "numerics")
    yield from (Paragraph(text) for text in view.remarks)
    if view.values:
        rows = tuple(
            (Cell(name), Cell(f"{found.value:.12g}", "number"), Cell(f"{found.error:.1e}", "number"))
            for name, found in view.values.items()
        )
        yield Table("Floating-point estimates: nothing here is proved", ("quantity", "estimate", "may be off by"), rows)
    yield from (Figure(plot) for plot in view.plots)


def _certificates(check: CrossCheck) -> Iterable[Block]:
    for number, (label, certificate) in enumerate(check.certificates.items(), start=1):
        yield Section(f"Certificate: {label}", f"certificate-{number}")
        for tell in (verdict_blocks, claim_blocks, hypothesis_blocks, figure_blocks):
            yield from tell(certificate)


def _direct_proofs(check: CrossCheck) -> Iterable[Block]:
    """Enclosures that no certificate of this run holds, and the pictures of what is proved."""
    direct = [
        row for row in check.rows if isinstance(row.certified, Enclosure) and row.quantity not in check.certified_by
    ]
    if direct or check.plots:
        yield Section("Proved without a certificate" if direct else "What is proved, in pictures", "proved")
    if direct:
        rows = tuple((Cell(row.quantity), Cell(str(row.certified), "number")) for row in direct)
        yield Table("Enclosures by interval arithmetic", ("quantity", "proved digits"), rows)
    yield from (Figure(plot) for plot in check.plots)


def _comparison(check: CrossCheck) -> Iterable[Block]:
    yield Section("Cross-check", "crosscheck")
    yield _agreement(check)
    yield Table(
        "Quantities in three views",
        ("quantity", "symbolic (exact)", "numeric (estimate)", "certified (proved)", "known", "agrees"),
        tuple(_row(row) for row in check.rows),
    )


def _agreement(check: CrossCheck) -> Notice:
    """Three answers, each with its counts: agree, disagree, not compared."""
    if check.contradicted:
        return Notice("bad", "The views do not agree", f"{_disagreement(check)} {check.counts.sentence}".strip())
    title = "The views agree" if check.agrees else "Nothing could be compared with a proof"
    return Notice("good" if check.agrees else "open", title, check.counts.sentence)


def _disagreement(check: CrossCheck) -> str:
    rows = [row.quantity for row in check.rows if row.agrees is False]
    steps = [result.step.statement for result in check.failed_steps]
    parts = [f"Contradicted: {', '.join(rows)}."] if rows else []
    parts += [f"Failed step of the derivation: {statement}" for statement in steps]
    return " ".join(parts)


def _row(row: Row) -> tuple[Cell, ...]:
    word, mark = agreement_word(row)
    estimate = "" if row.numeric is None else f"{row.numeric.value:.12g}"
    known = "" if row.known is None else f"{row.known.value} [{row.known.source}]"
    return (
        Cell(row.quantity),
        _exact(row.symbolic),
        Cell(estimate, "number"),
        _proved(row.certified),
        Cell(known),
        Cell(word, mark),
    )


def agreement_word(row: Row) -> tuple[str, str]:
    """What the last column says, and its mark."""
    if row.agrees is None:
        return "not compared", ""
    if not row.agrees:
        return "NO", "bad"
    return ("yes", "good") if row.has_proof else ("with an estimate only", "open")


def _exact(value: sympy.Expr | Verdict | None) -> Cell:
    if value is None:
        return Cell("")
    if isinstance(value, Verdict):
        return Cell(value.name, VERDICT_MARKS[value])
    words = approximation(value)
    return Cell(str(value), "", value) if words is None else Cell(words)


def _proved(value: Enclosure | Verdict | None) -> Cell:
    if isinstance(value, Verdict):
        return Cell(value.name, VERDICT_MARKS[value])
    return Cell("" if value is None else str(value), "number")


def _errata(check: CrossCheck) -> Iterable[Block]:
    """What the source says, the machine-checked proof that it cannot hold, and the corrected statement."""
    for number, erratum in enumerate(check.case.errata, start=1):
        yield Section(f"Erratum {number}" if len(check.case.errata) > 1 else "Erratum", f"erratum-{number}")
        yield Notice("erratum", "As printed", erratum.printed)
        proof = erratum.proof(check.values)
        results = tuple(proof.verify())
        yield from notation(proof)
        yield summary_of_checks(results)
        yield Steps(f"Proof: {proof.title}", results)
        yield Notice("good", "Corrected", erratum.corrected)


def _reproduction(check: CrossCheck, command: str) -> Iterable[Block]:
    yield Section("How to reproduce this report", "reproduce")
    lines = [command, f"hash of case, parameters and version (SHA-256) {case_hash(check.case.name, check.values)}"]
    lines += [
        f"input hash of the certificate '{label}' (SHA-256) {certificate.input_hash}"
        for label, certificate in check.certificates.items()
    ]
    yield Code("\n".join(lines))
    yield versions_table()
