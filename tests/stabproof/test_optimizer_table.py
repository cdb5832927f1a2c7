"""The table of optax's optimisers in the documents: whole, of one form, and with few verdicts missing."""

import importlib.util
import re
from pathlib import Path

import optax
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "optimizers.md"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("optax_verdicts", ROOT / "benchmarks" / "optax_verdicts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return {line.split("`")[1]: [cell.strip() for cell in line.split("|")[2:-1]] for line in lines if line[:3] == "| `"}


def verdicts(cells):
    return [re.match("[A-Z]*", cell).group() for cell in cells[:2]]


def test_the_head_is_that_of_the_script(script, rows):
    decided = [sum(v in ("STABLE", "UNSTABLE") for v in verdicts(cells)) for cells in rows.values()]
    version = re.search(r"with optax ([\d.]+)", PAGE.read_text(encoding="utf-8")).group(1)
    head = {"version": version, "steps": script.STEPS, "near": script.NEAR, "far": script.FAR, "count": len(rows)}
    counts = {"none": decided.count(0), "one": decided.count(1), "both": decided.count(2)}
    assert PAGE.read_text(encoding="utf-8").startswith(script._HEAD.format(**head, **counts))


def test_every_optimiser_has_its_line(script, rows):
    if f"with optax {optax.__version__}," not in PAGE.read_text(encoding="utf-8"):
        pytest.skip("the page was written with another version of optax")
    assert [name for name, _ in script.optimisers()] == list(rows)


def test_few_optimisers_have_no_verdict(rows):
    aliases = {name: verdicts(cells) for name, cells in rows.items() if "," not in name and " of " not in name}
    open_ones = [name for name, found in aliases.items() if not {"STABLE", "UNSTABLE"} & set(found)]
    assert len(open_ones) <= 0.2 * len(aliases)


def test_the_simulation_agrees(rows):
    """From 1e-40: at 0.98 of the threshold an end no farther than the start, at 1.02 away by a factor of 10^20."""
    for name, cells in rows.items():
        if cells[2]:
            assert float(re.search(r"last (\S+),", cells[2]).group(1)) <= 1e-40, name
        if cells[3]:
            assert float(re.search(r"farthest (\S+)", cells[3]).group(1)) >= 1e-20, name
