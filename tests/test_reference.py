"""The reference describes every public name, and its pages are in the site's contents."""

import importlib
import inspect
import re
from pathlib import Path

import stabproof

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))


def test_every_public_name_has_a_place_and_is_what_the_place_says():
    described = {}
    for page in PAGES:
        for path in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            described[path.rpartition(".")[2]] = path
    assert set(stabproof.__all__) == set(described)
    for name in ("Enclosure", "InputError", "Verdict", "case_names"):
        module, _, attribute = described[name].rpartition(".")
        assert getattr(importlib.import_module(module), attribute) is getattr(stabproof, name)


def test_every_page_is_in_the_contents():
    contents = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page not in contents] == []


LABELS = ("Arguments", "Returns", "Raises", "Proved or estimated", "Source")


def sections():
    """What a page says of each name: the text from its directive to the next."""
    for page in PAGES:
        parts = re.split(r"^::: (\S+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for path, text in zip(parts[1::2], parts[2::2], strict=True):
            yield path.rpartition(".")[2], text


def test_every_function_says_what_it_takes_returns_raises_proves_and_rests_on():
    told = dict(sections())
    functions = [name for name in stabproof.__all__ if inspect.isfunction(getattr(stabproof, name))]
    assert len(functions) > 40
    for name in functions:
        rows = dict(re.findall(r"^\| ([A-Z][\w ]+) \| (.+) \|$", told[name], re.MULTILINE))
        assert tuple(rows) == LABELS, name
        named = set(re.findall(r"`(\w+)`", rows["Arguments"]))
        taken = set(inspect.signature(getattr(stabproof, name)).parameters)
        assert taken <= named, f"{name}: nothing is said of {sorted(taken - named)}"


def test_every_name_has_a_docstring_and_an_example():
    for name, text in sections():
        described = inspect.getdoc(getattr(stabproof, name))
        assert described, name
        # a file of SBML is long: the guide has one
        assert "```python\n" in text or name == "from_sbml", name
