"""The table of primitives is that of the installed JAX, and what has no rule has a reason and a clear error."""

import json
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from certify.program.lowering.refused import REASONS
from certify.program.lowering.table import markdown
from certify.program.lowering.versions import VERSIONS, all_primitives, explanation, primitives_of
from certify.program.tracing import RULES

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = ".".join(jax.__version__.split(".")[:2])
LISTING = """
import gc, json, jax, jax.numpy, jax.scipy, jax.nn
from jax.extend.core import Primitive
print(json.dumps(sorted({thing.name for thing in gc.get_objects() if isinstance(thing, Primitive)})))
"""


def test_every_primitive_of_the_installed_jax_is_listed():
    output = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, text=True, check=True).stdout
    assert INSTALLED in VERSIONS
    assert set(json.loads(output)) <= primitives_of(INSTALLED)


def test_every_primitive_has_a_rule_or_a_reason():
    assert not [name for name in all_primitives() if name not in RULES and name not in REASONS]


def test_the_documents_hold_the_table():
    assert (ROOT / "docs" / "primitives.md").read_text() == markdown()


def test_the_documents_list_the_primitives_of_the_newest_version():
    """Each row of the documents names one primitive, its rule or the reason of its refusal, and its versions."""
    rows = [line.split("|") for line in (ROOT / "docs" / "primitives.md").read_text().splitlines() if "| `" in line[:3]]
    listed = {row[1].strip().strip("`"): row[2].strip() for row in rows}
    newest = max(VERSIONS, key=lambda version: [int(part) for part in version.split(".")])
    counted = [name for name in primitives_of(newest) if listed.get(name)]
    assert len(counted) >= 230
    assert set(counted) == set(primitives_of(newest))


@pytest.mark.parametrize(
    ("name", "installed", "said"),
    [
        ("log2", "0.10.2", "it belongs to JAX 0.11 to 0.12, but 0.10.2 is installed"),
        ("brand_new", "0.99.0", "do not have it, but 0.99.0 is installed"),
        ("brand_new", "0.12.0", "it is not JAX's own"),
    ],
)
def test_versions_explain_a_primitive_without_a_rule(name, installed, said):
    assert said in explanation(name, installed)
