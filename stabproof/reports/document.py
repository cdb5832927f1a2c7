"""A report as a sequence of blocks, independent of the format it is written in."""

from dataclasses import dataclass, field
from typing import TypeAlias, final

import sympy

from cases import Plot
from symbolic import StepResult


@final
@dataclass(frozen=True)
class Section:
    """A heading; `anchor` is its place in links."""

    title: str
    anchor: str


@final
@dataclass(frozen=True)
class Paragraph:
    """A sentence or more of plain text."""

    text: str


@final
@dataclass(frozen=True)
class Formula:
    """A displayed formula."""

    expression: sympy.Basic


@final
@dataclass(frozen=True)
class Steps:
    """A derivation's steps with the outcome of each machine check."""

    title: str
    results: tuple[StepResult, ...]


@final
@dataclass(frozen=True)
class Cell:
    """A table cell: text, and how it is marked (good, bad, open, or plain)."""

    text: str
    mark: str = ""
    expression: sympy.Basic | None = None


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
@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The headings, for the table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, Section))
