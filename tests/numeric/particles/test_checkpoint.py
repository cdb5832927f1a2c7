"""Resumable runs: bits after a kill, refused files, progress."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cases.rbf_three_spin.estimates import RadialSettings, radial_flow
from foundation import InputError
from numeric.particles import run_pieces, to_standard_error

_ROOT = Path(__file__).resolve().parents[3]
SETTINGS = RadialSettings(4, 24, 1.0, 1e-3, 3, 4, temperature=1e-6, noisy_steps=20_000)
_PROGRAM = "import sys\nfrom cases.rbf_three_spin.estimates import *\nradial_flow({}, 10**8, checkpoint=sys.argv[1])"


def test_a_killed_run_ends_in_the_same_bits(tmp_path):
    """kill -9 in the middle of a long run; a shorter length is then reached from what the file holds, in noise too."""
    checkpoint = tmp_path / "run.npz"
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM.format(SETTINGS), str(checkpoint)], cwd=_ROOT)
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    with np.load(checkpoint, allow_pickle=False) as stored:
        done = int(stored["done"])
    assert done >= 1
    steps = 1000 * (done + 5)
    whole, resumed = radial_flow(SETTINGS, steps), radial_flow(SETTINGS, steps, checkpoint=checkpoint)
    for name in ("positions", "charges", "losses"):
        assert getattr(whole, name).tobytes() == getattr(resumed, name).tobytes()


def test_pieces_continue_and_foreign_files_are_refused(tmp_path):
    file = tmp_path / "run.npz"

    def advance(state, piece):
        return {"x": np.append(state["x"], 3.5 * state["x"][-1] * (1 - state["x"][-1]) + piece)}

    def run(pieces, settings=None):
        return run_pieces(
            lambda: {"x": np.array([0.25])}, advance, pieces, settings=settings or {"a": 1}, checkpoint=file
        )["x"]

    whole = run_pieces(lambda: {"x": np.array([0.25])}, advance, 7, settings={})["x"]
    assert np.array_equal(run(3), whole[:4])
    assert np.array_equal(run(7), whole)
    with pytest.raises(InputError, match="other settings"):
        run(7, {"a": 2})
    with pytest.raises(InputError, match="more than"):
        run(2)
    for damage in (b"", file.read_bytes()[:-40], b"PK" + b"\0" * 50):
        file.write_bytes(damage)
        with pytest.raises(InputError, match="cannot be read"):
            run(7)


def test_the_folder_is_made_before_the_work(tmp_path):
    file = tmp_path / "new" / "runs" / "run.npz"

    def advance(state, piece):
        assert file.parent.is_dir()
        return state

    run_pieces(lambda: {"x": np.zeros(1)}, advance, 1, settings={}, checkpoint=file)
    assert file.is_file()
    with pytest.raises(InputError, match="cannot be used"):
        run_pieces(lambda: {}, advance, 1, settings={}, checkpoint=file / "inside" / "run.npz")


def test_a_pickled_file_is_refused(tmp_path):
    file = tmp_path / "run.npz"
    np.savez(file, settings=np.array([object()], dtype=object), done=1)
    with pytest.raises(InputError, match="cannot be read"):
        run_pieces(lambda: {}, lambda s, k: s, 1, settings={}, checkpoint=file)


def test_progress_is_told(capsys):
    seen = []
    radial_flow(RadialSettings(3, 2, 1.0, 1e-3, 0, 1), 3000, progress=lambda text, share: seen.append((text, share)))
    assert seen == [("piece 1 of 3", 1 / 3), ("piece 2 of 3", 2 / 3), ("piece 3 of 3", 1.0)]
    to_standard_error("name")("piece 3 of 3", 1.0)
    assert capsys.readouterr().err == "name: piece 3 of 3, 100.0 %, about 0 s left\n"
