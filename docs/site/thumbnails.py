"""Draws a small picture of each case for the gallery: `python docs/site/thumbnails.py [CASE ...]`.

The first figure that the case's numerical view draws (or its certified view, where that has none) goes to
docs/figures/gallery/CASE.png. The numbers in it are those of a report with the default parameters.
"""

import io
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

from PIL import Image

from cases import case, case_names
from cases.common.plot import Plot
from cases.model import Case
from stabproof.reports.figure import png

FOLDER = Path(__file__).resolve().parents[1] / "figures" / "gallery"
_COLOURS = 48
# so many letters fit beside axes of this height
_LONGEST_LABEL = 26


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or case_names():
        figure = first_figure(case(name))
        if figure is None:
            print(f"{name}: no figure")
            continue
        label = textwrap.fill(figure.y_label, _LONGEST_LABEL)
        unnamed = tuple(replace(series, label="") for series in figure.series)
        bare = replace(figure, title="", y_label=label, series=unnamed)
        with Image.open(io.BytesIO(png(bare, size=(4.2, 2.9), dots=100))) as picture:
            picture.convert("RGB").quantize(_COLOURS).save(FOLDER / f"{name}.png", optimize=True)
        print(name, flush=True)


def first_figure(subject: Case) -> Plot | None:
    """Of the numerical view, which costs seconds; of the proofs only where that has none."""
    values = subject.values({})
    for view in (subject.numeric, subject.certified):
        plots = view(values).plots if view else ()
        if plots:
            return plots[0]
    return None


if __name__ == "__main__":
    main()
