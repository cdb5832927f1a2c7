"""The reference describes every public name, and its pages are in the site's contents."""

import importlib
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
