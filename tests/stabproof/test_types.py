"""A user's code passes a strict type checker, and a wrong kind does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="the type checker is not installed")
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_user_code_is_clean_and_wrong_code_is_not(tmp_path):
    good = (ROOT / "tests" / "stabproof" / "user_code.py").read_text(encoding="utf-8")
    (tmp_path / "good.py").write_text(good, encoding="utf-8")
    wrong_kind = 'sp.all_equilibria(lambda x: x, [(0.0, 1.0)], kind="flows")'
    bad = f'{good}\n{wrong_kind}\nvalue = certificate.number("sharpness").lower\n'
    (tmp_path / "bad.py").write_text(bad, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "good.py", "bad.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if "error:" in line]
    assert all(line.startswith("bad.py") for line in lines), done.stdout
    assert any("arg-type" in line for line in lines), done.stdout
    assert any("union-attr" in line for line in lines), done.stdout


def test_the_sample_runs():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "stabproof" / "user_code.py")],
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
