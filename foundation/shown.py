"""Results as people see them: a short boxed summary in terminals, a small table in notebooks."""

import html
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

from foundation.packages import load

_WIDTH = 78
_LABEL = 24
# Colours that are legible on white and on the dark grey of notebooks alike.
_COLOURS = {"good": "#2e9e5b", "bad": "#d6455d", "open": "#c08a1e", "": "inherit"}
_KINDS = {"STABLE": "good", "PROVED": "good", "UNSTABLE": "bad", "REFUTED": "bad", "UNDECIDED": "open"}
# JupyterLab's style sheet sets tables in small print, right-aligned, without wrapping; these undo it for this table.
_TABLE = "border:none;border-collapse:collapse;font-size:inherit;margin:0.2em 0;table-layout:auto"
_CELL = (
    "text-align:left;vertical-align:top;padding:0.15em 1.2em 0.15em 0;border:none;background:transparent;"
    "color:inherit;white-space:normal;max-width:46em;line-height:1.4"
)
_BOX = "border:1px solid #8888;border-radius:6px;padding:0.6em 1em;display:inline-block;max-width:100%;overflow-x:auto"


@final
@dataclass(frozen=True)
class Summary:
    """A title, the answer in a word, and rows of (label, text).

    A text is one paragraph: it is broken between words only, so that the digits of a number stay together.
    """

    title: str
    answer: str
    rows: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """A box 78 columns wide, wider only where one word is longer."""
        lines = [("", part) for part in textwrap.wrap(self.title, _WIDTH - 4, break_long_words=False)]
        lines += [("", self.answer)] if self.answer else []
        for label, text in self.rows:
            lines += _wrapped(label, text)
        texts = [f"{label:<{_LABEL}}{text}" if label else text for label, text in lines]
        width = max([_WIDTH - 4, *map(len, texts)])
        body = [f"│ {text:<{width}} │" for text in texts]
        edge = "─" * (width + 2)
        return "\n".join([f"╭{edge}╮", *body, f"╰{edge}╯"])

    def html(self) -> str:
        """A table with its own styles, which those of the page around it do not disturb."""
        colour = _COLOURS[_KINDS.get(self.answer.rpartition(" ")[2], "")]
        rows = "".join(
            f'<tr style="background:transparent"><th scope="row" style="{_CELL};font-weight:normal;opacity:0.75">'
            f'{html.escape(label)}</th><td style="{_CELL}">{_unbroken(text)}</td></tr>'
            for label, text in self.rows
        )
        return (
            f'<div class="stabproof-summary" style="{_BOX}">'
            f'<div style="font-weight:600">{html.escape(self.title)}</div>'
            f'<div style="font-weight:700;color:{colour}">{html.escape(self.answer)}</div>'
            f'<table style="{_TABLE}"><tbody>{rows}</tbody></table></div>'
        )


class Shown:
    """What a result has in common with others: `_summary` says it, terminals, notebooks and axes show it."""

    def _summary(self) -> Summary:
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._summary().text()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return self._summary().html()

    def plot(self, axes: Any = None, **options: Any) -> Any:
        """Draw the result into matplotlib axes (new ones without any) and return them: see `stabproof.plot`."""
        return load("stabproof.plots").plot(self, axes, **options)


def more(texts: Iterable[str], most: int, total: int) -> str:
    """The first few texts, and how many more there are."""
    shown = [text for text, _ in zip(texts, range(most), strict=False)]
    return ", ".join(shown) + (f", and {total - len(shown)} more" if total > len(shown) else "")


def _wrapped(label: str, text: str) -> list[tuple[str, str]]:
    wraps = textwrap.wrap(text, _WIDTH - 4 - _LABEL, break_long_words=False, break_on_hyphens=False) or [""]
    first = label if len(label) < _LABEL else f"{label}:"
    if len(label) >= _LABEL:
        return [("", first), *((" ", part) for part in wraps)]
    return [(first, wraps[0]), *((" ", part) for part in wraps[1:])]


def _unbroken(text: str) -> str:
    """Words with digits are not broken inside."""
    return " ".join(
        f'<span style="white-space:nowrap">{html.escape(word)}</span>' if any(map(str.isdigit, word)) else
        html.escape(word) for word in text.split()
    )  # fmt: skip
