"""A report as a sequence of blocks, independent of the format it is written in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, final

from cases.common.plot import Plot

if TYPE_CHECKING:  # a report without formulas does not load SymPy
    import sympy

    from symbolic import StepResult


@final
@dataclass(frozen=True)
class Section:
    """A heading; `anchor` is its place in links. level: 1, or 2 inside a part of a document with several parts."""

    title: str
    anchor: str
    level: int = 1


@final
@dataclass(frozen=True)
class Paragraph:
    """A sentence or more of plain text."""

    text: str


@final
@dataclass(frozen=True)
class Formula:
    """A displayed formula."""

    expression: "sympy.Basic"


@final
@dataclass(frozen=True)
class Steps:
    """A derivation's steps with the outcome of each machine check."""

    title: str
    results: tuple["StepResult", ...]


@final
@dataclass(frozen=True)
class Cell:
    """A table cell: text, and how it is marked (good, bad, open, or plain)."""

    text: str
    mark: str = ""
    expression: "sympy.Basic | None" = None


@final
@dataclass(frozen=True)
class Table:
    """Columns and rows of cells."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@final
@dataclass(frozen=True)
class Figure:
    """A picture with its caption; the alternative text is the plot's."""

    plot: Plot
    caption: str = ""


@final
@dataclass(frozen=True)
class Notice:
    """A statement set apart: a verdict, an erratum, a warning. kind: good, bad, open, erratum."""

    kind: str
    title: str
    text: str


@final
@dataclass(frozen=True)
class Code:
    """Commands that reproduce the report."""

    text: str


Block: TypeAlias = Section | Paragraph | Formula | Steps | Table | Figure | Notice | Code


@final
@dataclass(frozen=True, repr=False)
class Document:
    """A whole report; notebooks show it as HTML."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The headings, for the table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Section))

    def split(self) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
        """What a page shows before its table of contents, and the rest: all before the first heading, or its section.

        Nothing comes first in a document of several parts.
        """
        places = [place for place, block in enumerate(self.blocks) if isinstance(block, Section)]
        if len(places) < 2 or any(section.level > 1 for section in self.sections):
            return (), self.blocks
        end = places[0] or places[1]
        return self.blocks[:end], self.blocks[end:]

    @property
    def failed_steps(self) -> tuple["StepResult", ...]:
        """Steps of every derivation in it, those of the errata included, whose machine check refuted them."""
        steps = (result for block in self.blocks if isinstance(block, Steps) for result in block.results)
        return tuple(result for result in steps if result.failed)

    def __repr__(self) -> str:
        parts = ", ".join(section.title for section in self.sections if section.level == 1)
        return f"Document({self.title!r}: {parts}; sp.report(document, 'report.html') writes it, notebooks show it)"

    def _repr_html_(self) -> str:
        from stabproof.reports.html import html_fragment

        return html_fragment(self)


def combined(documents: Sequence[Document]) -> Document:
    """One document with a part for each; a single document stays as it is."""
    if len(documents) == 1:
        return documents[0]
    blocks = [block for number, part in enumerate(documents, start=1) for block in _part(part, number)]
    titles = "; ".join(dict.fromkeys(part.title for part in documents))
    return Document(titles, f"{len(documents)} reports in one document", tuple(blocks))


def _part(document: Document, number: int) -> list[Block]:
    prefix = f"part-{number}"
    blocks: list[Block] = [Section(document.title, prefix), Paragraph(document.subtitle)]
    return blocks + [_lowered(block, prefix) for block in document.blocks]


def _lowered(block: Block, prefix: str) -> Block:
    if not isinstance(block, Section):
        return block
    return replace(block, anchor=f"{prefix}-{block.anchor}", level=block.level + 1)
