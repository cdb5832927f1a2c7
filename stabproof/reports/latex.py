"""A document as LaTeX for plain pdflatex with amsmath and graphicx; the figures are PDF files beside it."""

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
from stabproof.reports.figure import pdf
from stabproof.reports.latex_math import displayed_lines, mathematics
from stabproof.reports.latex_text import escaped, wrapping
from stabproof.reports.rendered import Figures, Rendered
from stabproof.reports.step_marks import step_mark, step_reason, step_word
from stabproof.reports.words import FOOTER, NOTICE_SIGNS
from symbolic import StepResult

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{amsmath,amssymb}
\usepackage{graphicx}
\usepackage{color}
\usepackage{longtable}
\usepackage[a4paper,margin=26mm]{geometry}
\usepackage[hidelinks]{hyperref}
\definecolor{good}{rgb}{0.09,0.40,0.20}
\definecolor{bad}{rgb}{0.62,0.07,0.22}
\definecolor{open}{rgb}{0.57,0.25,0.05}
\definecolor{soft}{rgb}{0.32,0.32,0.36}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\setlength{\emergencystretch}{3em}
\renewcommand{\arraystretch}{1.25}
\raggedbottom
\makeatletter\@beginparpenalty=10000\makeatother % no page break between a heading and a list or notice below it
\allowdisplaybreaks
\newsavebox{\formulabox}
% a formula line that would leave the page is set smaller
\newcommand{\fitted}[1]{\sbox{\formulabox}{$\displaystyle #1$}%
  \ifdim\wd\formulabox>0.98\linewidth\resizebox{0.98\linewidth}{!}{\usebox{\formulabox}}\else\usebox{\formulabox}\fi}
"""


def latex(document: Document, figures: str) -> Rendered:
    """The document; `figures` is the name of the folder, beside it, that its pictures go to."""
    pictures = Figures(figures, ".pdf", pdf)
    body = "\n".join(_block(block, pictures) for block in document.blocks)
    contents = "\\tableofcontents\n" if len(document.sections) > 3 else ""
    author = rf"\parbox{{0.9\linewidth}}{{\centering {escaped(document.subtitle)}}}"
    text = (
        f"{_PREAMBLE}\\title{{{escaped(document.title)}}}\n\\author{{{author}}}\n\\date{{}}\n"
        f"\\hypersetup{{pdftitle={{{_bookmark(document.title)}}}}}\n\\begin{{document}}\n\\maketitle\n{contents}\n"
        f"{body}\n\n\\bigskip\n{{\\small\\color{{soft}}Written by stabproof {metadata.version('stabproof')}. "
        f"{escaped(FOOTER)}}}\n\\end{{document}}\n"
    )
    return Rendered(text.encode(), pictures.files)


def _bookmark(text: str) -> str:
    """Titles of PDF files hold plain letters only."""
    return "".join(character if character.isalnum() and character.isascii() else " " for character in text)


def _block(block: Block, pictures: Figures) -> str:
    if isinstance(block, Figure):
        return _figure(block, pictures)
    return _WRITERS[type(block)](block)


def _section(block: Section) -> str:
    command = "section" if block.level == 1 else "subsection"
    return f"\n\\{command}{{\\texorpdfstring{{{escaped(block.title)}}}{{{_bookmark(block.title)}}}}}\n"


def _paragraph(block: Paragraph) -> str:
    return f"{escaped(block.text)}\n"


def _formula(block: Formula) -> str:
    return _display(block.expression)


def _display(expression: Any) -> str:
    rows = r" \\[4pt] ".join(rf"\fitted{{{line}}}" for line in displayed_lines(expression))
    note = f"{{\\small\\color{{soft}}{escaped(NOTE)}}}\n\n" if is_shortened(expression) else ""
    return f"\\begin{{gather*}}\n{rows}\n\\end{{gather*}}\n{note}"


def _steps(block: Steps) -> str:
    title = f"\n\\subsection*{{{escaped(block.title)}}}\n" if block.title else ""
    items = "\n".join(_step(result) for result in block.results)
    return f"{title}\\begin{{enumerate}}\n{items}\n\\end{{enumerate}}\n" if items else title


def _step(result: StepResult) -> str:
    step = result.step
    reason = " ".join(part for part in (step.reason, f"[{step.reference}]" if step.reference else "") if part)
    mark, word = step_mark(result) or "soft", step_word(result)
    found = f": {step_reason(result)}" if step_reason(result) else ""
    formula = "" if step.expression is None else _display(step.expression)
    return (
        f"\\item {escaped(step.statement)}\n{formula}"
        f"{{\\small\\color{{soft}}{escaped(reason)} }}{{\\small\\color{{{mark}}}[{escaped(word)}{escaped(found)}]}}"
    )


def _notice(block: Notice) -> str:
    colour = "open" if block.kind == "erratum" else block.kind
    sign = NOTICE_SIGNS.get(block.kind, "")
    return (
        f"\\begin{{quote}}\n{{\\bfseries\\color{{{colour}}}{escaped(f'{sign} {block.title}'.strip())}}}\\\\\n"
        f"{escaped(block.text)}\n\\end{{quote}}\n"
    )


def _code(block: Code) -> str:
    lines = (rf"\texttt{{{wrapping(line)}}}" for line in block.text.splitlines() if line)
    return "\\begin{quote}\\raggedright\\small\n" + "\\\\\n".join(lines) + "\n\\end{quote}\n"


def _figure(block: Figure, pictures: Figures) -> str:
    name = pictures.add(block.plot)
    caption = block.caption or block.plot.alternative
    return (
        f"\\begin{{center}}\n\\includegraphics[width=0.82\\linewidth]{{{name}}}\n\n"
        f"\\begin{{minipage}}{{0.9\\linewidth}}\\small\\color{{soft}}{escaped(caption)}\\end{{minipage}}\n\\end{{center}}\n"
    )


def _table(block: Table) -> str:
    shares = _shares(block)
    columns = "".join(rf"p{{\dimexpr {share:.3f}\linewidth-6pt\relax}}" for share in shares)
    head = " & ".join(rf"\raggedright\bfseries {escaped(column)}" for column in block.columns)
    rows = "\n".join(" & ".join(_cell(cell) for cell in row) + r" \tabularnewline" for row in block.rows)
    caption = f"{{\\small\\color{{soft}}{escaped(block.caption)}}}\n\n" if block.caption else ""
    return (
        f"\\medskip\n{caption}{{\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}\n\\begin{{longtable}}[l]{{{columns}}}\n"
        f"\\hline {head} \\tabularnewline \\hline\\endhead\n{rows}\n\\hline\n\\end{{longtable}}}}\n"
    )


def _shares(block: Table) -> list[float]:
    """Column widths by the longest word and the length of the texts, as parts of the line."""
    weights = []
    for number, column in enumerate(block.columns):
        texts = [column, *(_plain(row[number]) for row in block.rows)]
        word = max((len(word) for text in texts for word in text.split()), default=1)
        weights.append(max(3.0, min(max(len(text) for text in texts), 40) ** 0.75, min(word, 26) * 0.9))
    return [weight / sum(weights) for weight in weights]


def _plain(cell: Cell) -> str:
    return str(cell.expression) if cell.expression is not None else cell.text


def _cell(cell: Cell) -> str:
    if cell.expression is not None:
        return rf"\fitted{{{mathematics(cell.expression)}}}"
    text = wrapping(cell.text) if cell.mark == "number" else escaped(cell.text)
    if cell.mark in {"good", "bad", "open"}:
        text = rf"\textbf{{\color{{{cell.mark}}}{text}}}"
    return rf"\raggedright {text}"


_WRITERS: dict[type, Callable[[Any], str]] = {
    Section: _section,
    Paragraph: _paragraph,
    Formula: _formula,
    Steps: _steps,
    Notice: _notice,
    Code: _code,
    Table: _table,
}
