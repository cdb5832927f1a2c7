"""Results as tables on a terminal."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sympy
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from certify import Verdict
from certify.certificate import Certificate
from certify.certificate.traced import traced_text

if TYPE_CHECKING:
    from stabproof.comparison import CrossCheck, Row

_LONGEST_BITS, _LONGEST_TEXT = 4000, 400
_COLOURS = {"STABLE": "green", "PROVED": "green", "UNSTABLE": "red", "REFUTED": "red", "UNDECIDED": "yellow"}


def verdict_text(verdict: Verdict) -> str:
    """The verdict's name with its colour, in rich's markup."""
    return f"[bold {_COLOURS[verdict.name]}]{verdict.name}[/]"


def certificate_table(certificate: Certificate) -> Table:
    """Claims with their proved digits, then the hypotheses."""
    table = Table(title=certificate.title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("claim or hypothesis")
    table.add_column("proved digits / status", no_wrap=True)
    for claim in certificate.claims:
        shown = "proved" if claim.enclosure is None else f"{claim.enclosure} {claim.unit}".strip()
        if claim.name == "existence_radius" and claim.enclosure is not None:
            shown = f"<= {claim.enclosure.upper:.3g}"
        table.add_row(claim.name.replace("_", " "), shown)
    for hypothesis in certificate.hypotheses:
        table.add_row(f"{hypothesis.name}: {hypothesis.statement}", hypothesis.status.value)
    table.add_row("[bold]verdict[/]", verdict_text(certificate.verdict))
    if certificate.traced:
        recorded = (f"{name} {traced_text(record)}" for name, record in certificate.traced.items())
        table.caption = Text("As recorded, not proved: " + "; ".join(recorded))
        table.caption_justify = "left"
    return table


def crosscheck_table(check: "CrossCheck") -> Table:
    """Quantity, symbolic, numeric, certified, agrees."""
    table = Table(title=f"{check.case.title} ({check.case.name})", box=box.SIMPLE_HEAD, title_justify="left")
    for column in ("quantity", "symbolic", "numeric", "certified", "agrees"):
        table.add_column(column, overflow="fold")
    for row in check.rows:
        exact = "" if row.symbolic is None else getattr(row.symbolic, "name", None) or exact_text(row.symbolic)
        estimate = "" if row.numeric is None else f"{row.numeric.value:.12g}"
        proved = "" if row.certified is None else getattr(row.certified, "name", None) or str(row.certified)
        table.add_row(row.quantity, exact, estimate, proved, _agrees(row))
    return table


def _agrees(row: "Row") -> str:
    """yes: with a proof; an agreement of exact value and estimate alone says so."""
    if row.agrees is None:
        return "not compared"
    if not row.agrees:
        return "[bold red]NO[/]"
    return "[green]yes[/]" if row.has_proof else "with an estimate only"


def exact_text(value: sympy.Expr) -> str:
    """The exact number as SymPy writes it; in words, with its first digits, where that would fill a page."""
    from stabproof.reports.exact_values import approximation

    # Python refuses to write out integers of more than 4300 digits
    bits = max((int(n.p).bit_length() + int(n.q).bit_length() for n in value.atoms(sympy.Rational)), default=0)
    text = str(value) if bits < _LONGEST_BITS else ""
    return text if 0 < len(text) <= _LONGEST_TEXT else (approximation(value) or text).removeprefix("= ")


def crosscheck_text(check: "CrossCheck") -> str:
    """The cross-check table as plain text, 110 columns wide."""
    return plain_text([crosscheck_table(check)])


def plain_text(tables: Iterable[Table]) -> str:
    """Tables without colours."""
    stream = io.StringIO()
    console = Console(file=stream, width=110, no_color=True)
    for table in tables:
        console.print(table)
    return stream.getvalue()
