"""A document as one self-contained HTML page."""

import base64
from importlib import metadata
from typing import Any

import jinja2
from markupsafe import Markup

from cases.common.plot import Plot
from stabproof.reports.document import Cell, Document, Formula, Section, Steps, Table
from stabproof.reports.words import FOOTER, NOTICE_SIGNS

_LONGEST_NUMBER = 28


def html(document: Document) -> str:
    """The page: MathML, embedded figures, no reference to anything outside it."""
    return _rendered("report.html.j2", document, linked=True)


def html_fragment(document: Document) -> str:
    """The same without the frame of a page, for notebooks: its style touches nothing outside it."""
    return _rendered("fragment.html.j2", document, linked=False)


def environment() -> jinja2.Environment:
    """The templates of this package; every value is escaped, and a missing one is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("stabproof.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )


def _rendered(template: str, document: Document, *, linked: bool) -> str:
    head, rest = document.split() if linked else ((), document.blocks)
    return (
        environment()
        .get_template(template)
        .render(
            document=document,
            contents=_contents(document),
            parts=any(section.level > 1 for section in document.sections),
            head=[(type(block).__name__, block) for block in head],
            blocks=[(type(block).__name__, block) for block in rest],
            picture=_picture,
            cell_class=_cell_class,
            **(_mathematics() if _has_mathematics(document) else {}),
            signs=NOTICE_SIGNS,
            footer=FOOTER,
            version=metadata.version("stabproof"),
            linked=linked,
        )
    )


def _has_mathematics(document: Document) -> bool:
    cells = (cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row)
    return any(isinstance(block, Formula | Steps) for block in document.blocks) or any(
        cell.expression is not None for cell in cells
    )


def _mathematics() -> dict[str, Any]:
    """What shows formulas and steps of derivations; only documents that have some load SymPy."""
    from stabproof.reports.mathml import displayed, inline
    from stabproof.reports.step_marks import step_mark, step_reason, step_word

    return {
        "displayed": lambda expression: Markup(displayed(expression)),
        "inline": lambda expression: Markup(inline(expression)),
        "mark": step_mark,
        "word": step_word,
        "found": step_reason,
    }


def _contents(document: Document) -> list[tuple[Section, list[Section]]]:
    """The sections of level 1, each with those below it."""
    found: list[tuple[Section, list[Section]]] = []
    for section in document.sections:
        if section.level > 1 and found:
            found[-1][1].append(section)
        else:
            found.append((section, []))
    return found


def _cell_class(cell: Cell) -> str:
    """Numbers are never broken between their digits; hashes and other long words are."""
    whole = max((len(word) for word in cell.text.split()), default=0) <= _LONGEST_NUMBER
    return "number whole" if cell.mark == "number" and whole else cell.mark


def _picture(plot: Plot) -> str:
    from stabproof.reports.figure import svg

    return "data:image/svg+xml;base64," + base64.b64encode(svg(plot).encode()).decode()
