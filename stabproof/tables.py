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
from certify.certificate.summary import claim_digits
from certify.certificate.traced import traced_text

if TYPE_CHECKING:
    from stabproof.agreement import Row
    from stabproof.comparison import CrossCheck

_LONGEST_BITS, _LONGEST_TEXT = 4000, 400
_COLUMNS = ("quantity", "symbolic", "numeric", "certified", "agrees")
# Columns of a wide terminal; what quantity, exact value, agreement and the gaps need at least; an enclosure in print.
_WIDE, _REST_OF_A_ROW, _LONGEST_NUMBER = 110, 44, 26
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
        table.add_row(claim.name.replace("_", " "), claim_digits(certificate, claim))
    for hypothesis in certificate.hypotheses:
        table.add_row(f"{hypothesis.name}: {hypothesis.statement}", hypothesis.status.value)
    table.add_row("[bold]verdict[/]", verdict_text(certificate.verdict))
    if certificate.traced:
        recorded = (f"{name} {traced_text(record)}" for name, record in certificate.traced.items())
        table.caption = Text("As recorded, not proved: " + "; ".join(recorded))
        table.caption_justify = "left"
    return table


def crosscheck_table(check: "CrossCheck", width: int = _WIDE) -> Table:
    """Quantity, symbolic, numeric, certified, agrees; one below the other where the width would break a number."""
    table = Table(title=f"{check.case.title} ({check.case.name})", box=box.SIMPLE_HEAD, title_justify="left")
    cells: list[tuple[str, ...]] = [(row.quantity, *_values(row), _agrees(row)) for row in check.rows]
    numbers = sum(max([len(_COLUMNS[place]), *(len(row[place]) for row in cells)]) for place in (2, 3))
    if numbers + _REST_OF_A_ROW > width:
        return _stacked(table, cells)
    for column in _COLUMNS:
        table.add_column(column, overflow="fold", no_wrap=column in ("numeric", "certified"))
    for row in cells:
        table.add_row(*row)
    return table


def _stacked(table: Table, cells: list[tuple[str, ...]]) -> Table:
    """A row for each value of each quantity."""
    table.add_column("quantity", ratio=2)
    table.add_column("view")
    table.add_column("value", overflow="fold", min_width=_LONGEST_NUMBER)
    for quantity, *values in cells:
        told = [(name, value) for name, value in zip(_COLUMNS[1:], values, strict=True) if value]
        for number, (name, value) in enumerate(told):
            table.add_row("" if number else quantity, name, value, end_section=number == len(told) - 1)
    return table


def _values(row: "Row") -> tuple[str, str, str]:
    exact = "" if row.symbolic is None else getattr(row.symbolic, "name", None) or exact_text(row.symbolic)
    estimate = "" if row.numeric is None else f"{row.numeric.value:.12g}"
    proved = "" if row.certified is None else getattr(row.certified, "name", None) or str(row.certified)
    return exact, estimate, proved


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
    return plain_text([crosscheck_table(check, _WIDE)])


def plain_text(tables: Iterable[Table]) -> str:
    """Tables without colours."""
    stream = io.StringIO()
    console = Console(file=stream, width=_WIDE, no_color=True)
    for table in tables:
        console.print(table)
    return stream.getvalue()
