"""The examples in the README and the guides are run, and print what they say."""

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# before a block that needs an optional package: it runs where the package is installed
NEEDS = re.compile(r"<!-- needs: ([\w, ]+) -->\s*\Z")


def examples(path):
    """(python code, expected output) pairs: a python block, followed directly by a plain block when it prints."""
    text = path.read_text()
    matches = list(BLOCK.finditer(text))
    for number, match in enumerate(matches):
        if match.group(1) != "python" or not runnable(text[: match.start()]):
            continue
        follower = matches[number + 1] if number + 1 < len(matches) else None
        adjacent = follower and not follower.group(1) and not text[match.end() : follower.start()].strip()
        yield match.group(2), follower.group(2) if adjacent else None


def runnable(before):
    """Whether the packages that the comment before a block names are installed."""
    needs = NEEDS.search(before)
    return needs is None or all(importlib.util.find_spec(name.strip()) for name in needs.group(1).split(","))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_examples_print_what_they_say(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code, expected in examples(path):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, str(path), "exec"), names)
        if expected is not None:
            assert output.getvalue().strip() == expected.strip()
    plt.close("all")


def test_the_readme_has_an_example():
    assert any(expected for _, expected in examples(ROOT / "README.md"))
