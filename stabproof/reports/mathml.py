"""SymPy expressions as presentation MathML."""

import html
import re

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

_OPEN = '<math xmlns="http://www.w3.org/1998/Math/MathML"'
_ELEMENTS = {
    *("mrow", "mi", "mn", "mo", "ms", "mtext", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mtable", "mtr", "mtd", "mstyle", "mspace", "mfenced", "mpadded", "mphantom"),
}


def displayed(expression: sympy.Basic) -> str:
    """A block formula."""
    return f'{_OPEN} display="block">{_content(expression)}</math>'


def inline(expression: sympy.Basic) -> str:
    """A formula inside a line of text."""
    return f"{_OPEN}>{_content(expression)}</math>"


def _content(expression: sympy.Basic) -> str:
    text: str = MathMLPresentationPrinter().doprint(expression)
    # the printer writes comparison signs unescaped and one entity that XML does not know
    for plain, escaped in (("<mo><</mo>", "<mo>&lt;</mo>"), ("<mo>></mo>", "<mo>&gt;</mo>"), ("&dd;", "d")):
        text = text.replace(plain, escaped)
    text = text.replace("&InvisibleTimes;", "&#8290;")
    # names of symbols are printed unescaped too: what holds anything but mathematics is shown as plain text
    if set(re.findall(r"</?([^\s>/]*)", text)) <= _ELEMENTS and not re.search(r"<\w+\s[^>]*\bon\w+=", text):
        return text
    return f"<mtext>{html.escape(str(expression))}</mtext>"
