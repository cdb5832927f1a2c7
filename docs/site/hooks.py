"""Pages that the site makes while it is built: the gallery, the notebooks with their outputs, the list of all names."""

import sys
from pathlib import Path

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from formulas import with_formulas, without_formulas  # noqa: E402
from gallery_page import gallery_page  # noqa: E402
from notebook_page import notebook_page  # noqa: E402

_DOCS = Path(__file__).resolve().parents[1]
# pages without neighbours use the whole width
_WIDE = ("gallery.md", "index.md")


def on_files(files: Files, config: object) -> Files:
    """Adds the generated pages; the notebooks themselves can be downloaded beside them."""
    files.append(File.generated(config, "gallery.md", content=gallery_page()))
    for notebook in sorted((_DOCS / "notebooks").glob("*.ipynb")):
        for name, content in notebook_page(notebook).items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: object, files: Files) -> str:
    """Formulas are set aside; the empty columns beside a page that stands alone are left out."""
    if page.file.src_uri in _WIDE:
        page.meta["hide"] = ["navigation", "toc"]
    text, page.meta["formulas"] = without_formulas(markdown)
    return text


def on_page_content(html: str, page: Page, config: object, files: Files) -> str:
    """The formulas as markup, in their places."""
    return with_formulas(html, page.meta.pop("formulas"))
