"""Pages that the site makes while it is built: the gallery, the notebooks with their outputs, the list of all names."""

import sys
from pathlib import Path

from mkdocs.structure.files import File, Files

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from gallery_page import gallery_page  # noqa: E402
from notebook_page import notebook_page  # noqa: E402

_DOCS = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: object) -> Files:
    """Adds the generated pages; the notebooks themselves can be downloaded beside them."""
    files.append(File.generated(config, "gallery.md", content=gallery_page()))
    for notebook in sorted((_DOCS / "notebooks").glob("*.ipynb")):
        for name, content in notebook_page(notebook).items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files
