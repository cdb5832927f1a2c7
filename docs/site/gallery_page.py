"""The gallery: every case of the catalogue with its picture, source and command."""

import html
from pathlib import Path

from cases.registry import case_names, entry

_PICTURES = Path(__file__).resolve().parents[1] / "figures" / "gallery"
_IMAGE = '<img src="figures/gallery/{name}.png" alt="{title}" loading="lazy" width="420" height="290">\n'
_HEAD = """# Gallery

{count} systems of the literature, each derived exactly, estimated and proved, with its known answers. A picture shows
the system with its default parameters. `stabproof cases NAME` shows the parameters, `stabproof report NAME` makes the
whole report: derivation, figures, certified claims, a comparison of the three views, and the errata of the source.

<div class="gallery" markdown="0">
{figures}
</div>
"""
_FIGURE = """<figure id="{name}">
{picture}<figcaption><strong>{title}</strong><br>{source}<br><code>stabproof report {name}</code></figcaption>
</figure>"""


def gallery_page() -> str:
    """The page as Markdown."""
    figures = []
    for name in case_names():
        told = entry(name)
        texts = {"name": name, "title": html.escape(told.title), "source": html.escape(told.source)}
        if not (_PICTURES / f"{name}.png").exists():
            raise FileNotFoundError(f"{name} has no picture; make it with: python docs/site/thumbnails.py {name}")
        figures.append(_FIGURE.format(picture=_IMAGE.format(**texts), **texts))
    return _HEAD.format(count=len(figures), figures="\n".join(figures))
