"""The notebooks of the documentation run from their first cell to the last."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


def test_there_are_six():
    assert len(NOTEBOOKS) == 6


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "site"))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for package in notebook["metadata"].get("needs", ()):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package}")
    sys.modules.pop("notebook_page", None)
    from notebook_page import notebook_page

    files = notebook_page(path)
    page = files[f"{path.stem}.md"]
    assert page.startswith("# ")
    assert "stabproof-summary" in page or path.stem in ("property-tests",)
    assert all(cell["outputs"] == [] for cell in notebook["cells"] if cell["cell_type"] == "code")
