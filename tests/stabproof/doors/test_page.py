"""docs/models.md has an example of each door; tests/test_documents.py runs those whose package is installed."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "models.md"


@pytest.mark.parametrize("package", ["torch", "flax", "haiku", "onnx", "safetensors"])
def test_the_page_has_an_example(package):
    pytest.importorskip(package)
    assert re.search(rf"<!-- needs: [\w, ]*\b{package}\b[\w, ]* -->\n```python", PAGE.read_text())
