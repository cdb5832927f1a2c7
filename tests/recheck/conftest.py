"""Certificates that the tests of the second checker share, issued once; the working precision is restored."""

import sys
from pathlib import Path

import flint
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def precision():
    """Every test begins at 128 bits and leaves the precision as it was."""
    before = flint.ctx.prec
    flint.ctx.prec = 128
    yield
    flint.ctx.prec = before


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    """name -> path of the certificate of that recipe."""
    from recipes import RECIPES

    folder, known = tmp_path_factory.mktemp("certificates"), {}

    def path(name: str) -> Path:
        if name not in known:
            known[name] = folder / f"{name}.json"
            RECIPES[name]().save(known[name])
        return known[name]

    return path
