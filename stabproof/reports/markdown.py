"""A document as Markdown for GitHub: mathematics between dollars, figures as SVG files beside it."""

import html
import re
from collections.abc import Callable
from importlib import metadata
from typing import Any

from stabproof.reports.document import (
    Block,
    Cell,
    Code,
    Document,
    Figure,
    Formula,
    Notice,
    Paragraph,
    Section,
    Steps,
    Table,
)
from stabproof.reports.exact_values import NOTE, is_shortened
from stabproof.reports.figure import svg
from stabproof.reports.latex_math import displayed_lines, mathematics
from stabproof.reports.rendered import Figures, Rendered
from stabproof.reports.step_marks import step_reason, step_word
from stabproof.reports.words import FOOTER, NOTICE_SIGNS
from symbolic import StepResult

_SIGNS = {"checked": "✓", "check failed": "✗", "check undecided": "?"}
_LOOKALIKES = str.maketrans({"\\": "∖", "{": "(", "}": ")", "$": "＄", "`": "'", "%": "％", "#": "＃", "&": "＆"})
_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_LEADING = re.compile(r"^(#|\+|-|>|=|\d+(?=[.)]))")


def markdown(document: Document, figures: str) -> Rendered:
    """The document; `figures` is the name of the folder, beside it, that its pictures go to."""
    pictures = Figures(figures, ".svg", lambda plot: svg(plot).encode())
    body = "\n\n".join(_block(block, pictures) for block in document.blocks)
    text = (
        f"# {escaped(document.title)}\n\n*{escaped(document.subtitle)}*\n\n{body}\n\n---\n\n"
        f"Written by stabproof {metadata.version('stabproof')}. {escaped(FOOTER)}\n"
    )
    return Rendered(text.encode(), pictures.files)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: no emphasis, no link, no HTML, no mathematics."""
    plain = _SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False).replace("&gt;", ">"))
    return _LEADING.sub(lambda match: match[0] + "\\" if match[0].isdigit() else "\\" + match[0], plain)


def _block(block: Block, pictures: Figures) -> str:
    if isinstance(block, Figure):
        return _figure(block, pictures)
    return _WRITERS[type(block)](block)


def _section(block: Section) -> str:
    return f"{'#' * (block.level + 1)} {escaped(block.title)}"


def _formula(block: Formula) -> str:
    return _display(block.expression)


def _display(expression: Any) -> str:
    """A fenced block: between $$ GitHub would read backslashes and underscores as Markdown first."""
    lines = displayed_lines(expression, _words)
    body = lines[0] if len(lines) == 1 else "\\begin{gathered}\n" + " \\\\\n".join(lines) + "\n\\end{gathered}"
    note = f"\n\n{NOTE}" if is_shortened(expression) else ""
    return f"```math\n{body}\n```{note}"


def _words(text: str) -> str:
    """Words inside a formula: browsers show every character there but those of TeX's own syntax."""
    return text.translate(_LOOKALIKES)


def _inline(expression: Any) -> str:
    return "$`" + mathematics(expression, _words).replace("|", r"\vert ").replace("`", "'") + "`$"


def _steps(block: Steps) -> str:
    title = [f"**{escaped(block.title)}**"] if block.title else []
    return "\n\n".join([*title, *(_step(number, result) for number, result in enumerate(block.results, start=1))])


def _step(number: int, result: StepResult) -> str:
    step, word = result.step, step_word(result)
    parts = [f"**{number}.** {escaped(step.statement)}"]
    if step.expression is not None:
        parts.append(_display(step.expression))
    reason = " ".join(part for part in (step.reason, f"[{step.reference}]" if step.reference else "") if part)
    found = f": {escaped(step_reason(result))}" if step_reason(result) else ""
    shown = f"{_SIGNS.get(word, '')} {word}".strip()
    parts.append(f"{escaped(reason)} **{shown}**{found}".strip())
    return "\n\n".join(parts)


def _notice(block: Notice) -> str:
    sign = NOTICE_SIGNS.get(block.kind, "")
    return f"> **{f'{sign} {escaped(block.title)}'.strip()}**\n>\n> {escaped(block.text)}"


def _code(block: Code) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", block.text)), default=0))
    return f"{fence}text\n{block.text.strip()}\n{fence}"


def _figure(block: Figure, pictures: Figures) -> str:
    name = pictures.add(block.plot)
    caption = f"\n\n*{escaped(block.caption)}*" if block.caption else ""
    return f"![{escaped(block.plot.alternative)}]({name}){caption}"


def _table(block: Table) -> str:
    head = "| " + " | ".join(escaped(column) or " " for column in block.columns) + " |"
    rule = "|" + "---|" * len(block.columns)
    rows = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in block.rows]
    caption = [f"{escaped(block.caption)}:", ""] if block.caption else []
    return "\n".join([*caption, head, rule, *rows])


def _cell(cell: Cell) -> str:
    if cell.expression is not None:
        return _inline(cell.expression)
    text = escaped(cell.text)
    return f"**{text}**" if text and cell.mark in {"good", "bad", "open"} else text


_WRITERS: dict[type, Callable[[Any], str]] = {
    Section: _section,
    Paragraph: lambda block: escaped(block.text),
    Formula: _formula,
    Steps: _steps,
    Notice: _notice,
    Code: _code,
    Table: _table,
}
