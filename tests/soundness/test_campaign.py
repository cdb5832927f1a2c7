"""A short campaign finds nothing, and a campaign on a wrong routine finds it."""

import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).with_name("campaign.py")


def _run(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, str(CAMPAIGN)] if code is None else [sys.executable, "-c", code]
    return subprocess.run([*start, *arguments], capture_output=True, text=True, timeout=300, cwd=CAMPAIGN.parents[2])


@pytest.mark.slow
def test_a_short_campaign_over_all_routines_finds_no_violation() -> None:
    done = _run("--budget", "15", "--jobs", "1", "--seed", "5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "symmetric_eigenvalues" in done.stdout
    assert "tanh" in done.stdout


def test_a_wrong_routine_is_found() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(CAMPAIGN.parent)!r})
import campaign
from dataclasses import replace
from certify.arithmetic import Ball
import numpy as np
row = next(row for row in campaign.ROWS if row.name == "exp")
wrong = replace(row, routine=lambda x: Ball(np.exp(np.minimum(x.mid, 700.0)), np.zeros(x.shape)))
tally = campaign.Tally()
campaign.perform(wrong, np.random.default_rng(0), tally)
sys.exit(campaign.report({{"exp": tally}}))
"""
    done = _run(code=code)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "VIOLATION exp" in done.stdout


def test_an_unknown_routine_is_named() -> None:
    done = _run("--only", "nonsense", "--budget", "1")
    assert done.returncode == 2
    assert "no routine begins with 'nonsense'" in done.stderr
