"""Tells what a certificate says, as blocks of a document."""

from collections.abc import Iterable
from typing import Any

from certify import Verdict
from certify.certificate import Certificate
from certify.certificate.summary import claim_digits
from certify.certificate.traced import traced_text
from certify.values.formula import shown_formula
from stabproof.reports.certificate_plots import certificate_plots
from stabproof.reports.document import Block, Cell, Code, Document, Figure, Notice, Paragraph, Section, Table
from stabproof.reports.head_story import ground_of, numbers_of
from stabproof.reports.second_program import standing_of
from stabproof.reports.words import STATUS_MARKS, VERDICT_MARKS


def certificate_document(certificate: Certificate) -> Document:
    """The report of a single certificate."""
    sections = (
        ("Verdict", "verdict", _first),
        ("What is proved", "claims", claim_blocks),
        ("Hypotheses of the theorem", "hypotheses", hypothesis_blocks),
        ("Figures", "figures", figure_blocks),
        ("Ground and reproduction", "reproduce", _ground),
    )
    blocks: list[Block] = []
    for title, anchor, tell in sections:
        told = list(tell(certificate))
        blocks += [Section(title, anchor), *told] if told else []
    return Document(certificate.title, "A certificate: what was proved, under which hypotheses", tuple(blocks))


def _first(certificate: Certificate) -> Iterable[Block]:
    """The verdict, and below it the numbers, what is proved and what is not."""
    yield from verdict_blocks(certificate)
    for title, text in (("Proved numbers", numbers_of(certificate)), ("Hypotheses", ground_of(certificate))):
        if text:
            yield Paragraph(f"{title}: {text}.")


def verdict_blocks(certificate: Certificate) -> Iterable[Block]:
    """The verdict with its reason, and the theorem."""
    verdict = certificate.verdict
    text = certificate.reason or "Proved from the data in this certificate; the theorem is named below."
    if verdict is Verdict.UNDECIDED and certificate.next_step:
        text = f"{text}. What to try next: {certificate.next_step}."
    yield Notice(VERDICT_MARKS[verdict], verdict.name, text[:1].upper() + text[1:])
    if certificate.theorem:
        yield Paragraph(certificate.theorem)
    if verdict is not Verdict.UNDECIDED:
        ((words, _),) = standing_of(certificate, "verdict")
        yield Paragraph(f"Who proves the verdict: {words}.")


def claim_blocks(certificate: Certificate) -> Iterable[Block]:
    """Every claim with its proved digits."""
    if certificate.kind == "values":
        yield values_table(certificate)
    elif certificate.claims:
        found = standing_of(certificate, *(claim.name for claim in certificate.claims))
        rows = tuple(
            (Cell(claim.statement), Cell(claim_digits(certificate, claim), "number"), Cell(*who))
            for claim, who in zip(certificate.claims, found, strict=True)
        )
        yield Table("Proved statements", ("statement", "proved digits", "by whom"), rows)


def values_table(certificate: Certificate) -> Table:
    """Formulas and comparisons of the problem, with what is proved of them; steps on the way are left out."""
    rows = []
    for k, (name, formula) in enumerate(
        zip(certificate.problem["names"], certificate.problem["formulas"], strict=True), start=1
    ):
        claim = certificate.outcome.claim(f"value_{k}")
        if not name.startswith("-"):
            digits = "open" if claim is None else claim_digits(certificate, claim)
            rows.append((Cell(name), Cell(shown_formula(formula)), Cell(digits, "number")))
    for k, (left, relation, right) in enumerate(certificate.problem["comparisons"], start=1):
        words = {f"holds_{k}": "holds", f"fails_{k}": "does not hold"}
        told = [word for claim, word in words.items() if certificate.outcome.claim(claim) is not None]
        formula = f"{shown_formula(left)} {relation} {shown_formula(right)}"
        rows.append((Cell(f"comparison {k}"), Cell(formula), Cell(told[0] if told else "open")))
    return Table("Formulas, and what is proved of them", ("name", "formula", "proved"), tuple(rows))


def hypothesis_blocks(certificate: Certificate) -> Iterable[Block]:
    """Every hypothesis of the theorem: proved, assumed, or not needed, and why."""
    if certificate.hypotheses:
        rows = tuple(
            (Cell(h.name), Cell(h.statement), Cell(h.status.value, STATUS_MARKS[h.status]), Cell(h.reason))
            for h in certificate.hypotheses
        )
        yield Table("Hypotheses", ("name", "statement", "status", "why"), rows)


def figure_blocks(certificate: Certificate) -> Iterable[Block]:
    """The pictures that the certificate's numbers allow."""
    yield from (Figure(plot) for plot in certificate_plots(certificate))


def _ground(certificate: Certificate) -> Iterable[Block]:
    yield Paragraph(
        "The statement is about the real-arithmetic system with exactly these floating-point data, not about the "
        "rounded program. Every bound rests on correctly rounded elementary operations, error bounds of matrix "
        "products, and ball arithmetic."
    )
    traced = {f"function {name}": traced_text(record) for name, record in certificate.traced.items()}
    yield facts_table({**certificate.software, **certificate.arithmetic, **traced})
    yield Paragraph(
        "Versions, machine, probes and the comparison with JAX are as recorded when the certificate was issued; no "
        "check repeats them."
    )
    yield Code(f"stabproof check CERTIFICATE.json\ninput hash (SHA-256) {certificate.input_hash}")


def facts_table(facts: dict[str, Any]) -> Table:
    """Versions and properties of the arithmetic, by name."""
    rows = tuple((Cell(name.replace("_", " ")), Cell(_plain(value), "number")) for name, value in facts.items())
    return Table("Arithmetic and software", ("fact", "found"), rows)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    return str(value)
