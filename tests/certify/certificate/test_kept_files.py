"""Certificates that were issued under other versions of JAX and NumPy are proved again by these."""

import json
from pathlib import Path

import pytest

from certify.certificate import Status, check

KEPT = Path(__file__).parent / "kept"
FILES = sorted(path for folder in KEPT.glob("jax-*") for path in folder.glob("*.json"))
# what the theorem says of each, by hand
VERDICTS = {
    "minimum-gd": "STABLE",
    "minimum-sgd": "STABLE",
    "locked-state": "STABLE",
    "hopfield": "STABLE",
    "equilibrium-flow": "STABLE",
    "equilibrium-map": "UNSTABLE",
    "all-equilibria": "PROVED",
    "learning-rates": "PROVED",
    "lyapunov-exponent": "STABLE",  # all entries are below 1/2 in rows that sum below 1
    "periodic-point": "STABLE",
    "time-map": "PROVED",
    "horseshoe": "PROVED",
    "morse-class": "PROVED",
}


def test_two_generations_of_versions_are_kept():
    made = {json.loads(path.read_text(encoding="utf-8"))["software"]["jax"][:4] for path in FILES}
    assert {"0.10", "0.12"} <= made
    for folder in {path.parent for path in FILES}:
        assert {path.stem for path in folder.glob("*.json")} == set(VERDICTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_kept_files_are_proved_again(path):
    found = check(path)
    assert found.verdict.name == VERDICTS[path.stem]
    assert not [claim for claim in found.claims if claim.enclosure is not None and claim.enclosure.width < 0]
    assert all(hypothesis.status is not Status.REFUTED for hypothesis in found.hypotheses)
