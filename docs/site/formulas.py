"""LaTeX between dollar signs as MathML, which browsers show without scripts and without a network."""

import re

from latex2mathml.converter import convert

_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.DOTALL)
# the exact point near a guess, written x*, is not the beginning of emphasis
_STARRED = re.compile(r"\b(x|p|theta)\*(?![*\w])")


# stands for a formula while the page is made, so that no sign in it is read as Markdown
_MARK = re.compile(r"formula-mark-(\d+)-end")


def without_formulas(markdown: str) -> tuple[str, list[str]]:
    """The page with marks in place of its formulas, and these as markup; code stays as it is."""
    found: list[str] = []
    parts = _CODE.split(markdown)
    return "".join(part if number % 2 else _prose(part, found) for number, part in enumerate(parts)), found


def with_formulas(page: str, formulas: list[str]) -> str:
    """The finished page with its formulas."""
    return _MARK.sub(lambda match: formulas[int(match.group(1))], page)


def _prose(text: str, found: list[str]) -> str:
    def marked(match: re.Match[str]) -> str:
        found.append(_mathml(match))
        return f"formula-mark-{len(found) - 1}-end"

    return _FORMULA.sub(marked, _STARRED.sub(r"\1\\*", text))


def _mathml(match: re.Match[str]) -> str:
    shown = match.group(1) is not None
    latex = " ".join((match.group(1) or match.group(2)).split())
    return convert(latex, display="block" if shown else "inline").replace("\n", " ")
