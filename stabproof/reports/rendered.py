"""A rendered report: one file, and the figures that lie beside it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from cases.common.plot import Plot
from foundation import InputError, write_atomically


@final
@dataclass(frozen=True)
class Rendered:
    """The file's bytes, and other files by their path relative to it."""

    content: bytes
    beside: dict[str, bytes] = field(default_factory=dict)


class Figures:
    """Collects the pictures of a document under numbered names in one folder."""

    def __init__(self, folder: str, suffix: str, draw: Callable[[Plot], bytes]) -> None:
        self.files: dict[str, bytes] = {}
        self._folder, self._suffix, self._draw = folder, suffix, draw

    def add(self, plot: Plot) -> str:
        """Draws the plot; returns the path for references."""
        name = f"{self._folder}/figure-{len(self.files) + 1}{self._suffix}"
        self.files[name] = self._draw(plot)
        return name


def figure_folder(target: Path) -> str:
    """The folder of a report's figures: its name without what a TeX or Markdown reference cannot hold."""
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "-" for letter in target.stem
    )
    return f"{safe}-figures"


def write_rendered(target: Path, rendered: Rendered) -> Path:
    """Write the figures, then the file that refers to them, each whole or not at all."""
    for name, content in rendered.beside.items():
        place = target.parent / name
        try:
            if target.parent.is_dir():
                place.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {place.parent}: {os.strerror(error.errno or 0)}") from None
        write_atomically(place, content)
    return write_atomically(target, rendered.content)
