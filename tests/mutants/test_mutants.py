"""The tables of planted defects fit the source, and the runner tells caught, surviving and stale defects apart."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutant_runner", Path(__file__).with_name("run.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mutant_runner"] = module
    spec.loader.exec_module(module)
    return module


runner = _runner()


@pytest.mark.parametrize("mutant", runner.load(runner.TABLES), ids=lambda mutant: mutant.name)
def test_each_defect_fits_the_source(mutant: runner.Mutant) -> None:  # type: ignore[name-defined]
    assert runner.staleness(mutant, runner.ROOT) == ""


def test_stale_defects_are_named() -> None:
    test = ("tests/foundation/test_inputs.py",)
    gone = runner.Mutant("gone", "foundation/inputs.py", "no such text", "x", test)
    assert "occurs 0 times" in runner.staleness(gone, runner.ROOT)
    twice = runner.Mutant("twice", "foundation/inputs.py", "InputError", "x", test)
    assert "not once" in runner.staleness(twice, runner.ROOT)
    lost = runner.Mutant("lost", "foundation/none.py", "a", "b", test)
    assert "does not exist" in runner.staleness(lost, runner.ROOT)
    untested = runner.Mutant("untested", "foundation/inputs.py", "def square_matrix", "def square", ("tests/none.py",))
    assert "no such tests" in runner.staleness(untested, runner.ROOT)


@pytest.mark.slow
def test_a_caught_and_a_surviving_defect() -> None:
    test = ("tests/foundation/test_inputs.py",)
    old = "if not finite.all():"
    caught = runner.attempt(runner.Mutant("nan", "foundation/real_arrays.py", old, "if False:", test))
    assert caught.state == "caught", caught.detail
    harmless = runner.Mutant("comment", "foundation/inputs.py", '"""Checks of what', '"""Checks of all that', test)
    survivor = runner.attempt(harmless)
    assert survivor.state == "survived", survivor.detail
    assert runner.report([caught]) == 0
    assert runner.report([caught, survivor]) == 1
