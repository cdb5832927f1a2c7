"""Roughly how wide a formula in MathML is, so that a narrow page can set it in smaller type."""

import re
from xml.etree import ElementTree

# widths in em, by experience with common mathematical fonts; small letters of exponents and of fractions count less
_LETTER, _SPACED, _SCRIPT, _GAP = 0.66, 1.25, 0.85, 1.0
_NAMED = re.compile(r"&(?!lt;|gt;|amp;|#)\w+;")  # names that HTML knows and XML does not
_SPACED_SIGNS = set("=≠<≤>≥⇔⇒∧∨+−")


def width(mathml: str) -> float:
    """The width in em of the content of one `math` element; a named character counts as one letter."""
    return _width(ElementTree.fromstring(f"<mrow>{_NAMED.sub('x', mathml)}</mrow>"))


def _width(node: ElementTree.Element) -> float:
    text = (node.text or "").strip().replace("\u2062", "")
    inner = [_width(child) for child in node]
    if node.tag == "mfrac":
        return max(inner) + 0.2
    if node.tag in ("msup", "msub"):
        return inner[0] + _SCRIPT * inner[1]
    if node.tag in ("msubsup", "munderover"):
        return inner[0] + _SCRIPT * max(inner[1:])
    if node.tag == "mtable":
        return _table(node)
    own = sum(_SPACED if sign in _SPACED_SIGNS else _LETTER for sign in text)
    return own + sum(inner) + (0.7 if node.tag in ("msqrt", "mroot") else 0)


def _table(node: ElementTree.Element) -> float:
    rows = [[_width(cell) for cell in row] for row in node]
    return sum(max(column) + _GAP for column in zip(*rows, strict=True)) + 0.6
