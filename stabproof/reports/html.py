"""A document as one self-contained HTML page."""

import base64
from importlib import metadata

import jinja2
from markupsafe import Markup

from cases import Plot
from stabproof.reports.document import Document
from stabproof.reports.figure import svg
from stabproof.reports.mathml import displayed, inline
from symbolic import Outcome

_WORDS = {Outcome.PASSED: "checked", Outcome.FAILED: "check failed", Outcome.UNDECIDED: "check undecided"}
_MARKS = {Outcome.PASSED: "good", Outcome.FAILED: "bad", Outcome.UNDECIDED: "open"}


def html(document: Document) -> str:
    """The page: MathML, embedded figures, no reference to anything outside it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("stabproof.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        document=document,
        blocks=[(type(block).__name__, block) for block in document.blocks],
        displayed=lambda expression: Markup(displayed(expression)),
        inline=lambda expression: Markup(inline(expression)),
        picture=_picture,
        mark=_MARKS.__getitem__,
        word=_WORDS.__getitem__,
        version=metadata.version("stabproof"),
    )


def _picture(plot: Plot) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg(plot).encode()).decode()
