"""Sweeps: any executor, killed workers, killed runs, refusals; with Dask where it is installed."""

import os
import signal
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import stabproof as sp
from foundation import InputError
from stabproof.reports.workers import process_pool


def certified(learning_rate: float, seed: int = 0) -> sp.Certificate:
    """One example, two parameters: h = |x|^2, stable exactly below 2 / h."""
    x = np.array([[0.5, 0.25 * (1 + seed)]])
    problem = sp.Regression(lambda p, x: p @ x, np.array([1.0, -1.0]), x, x @ np.array([1.0, -1.0]))
    return sp.certify_minimum(problem, sp.GradientDescent(learning_rate))


def counted(folder: str, learning_rate: float) -> sp.Certificate:
    """Leaves one file for each call."""
    Path(folder, f"{learning_rate}-{len(list(Path(folder).iterdir()))}").touch()
    return certified(learning_rate)


def killed_once(folder: str, learning_rate: float) -> sp.Certificate:
    """The first process that comes for the rate 2 dies."""
    mark = Path(folder, "killed")
    if learning_rate == 2.0 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return sp.lyapunov_exponent(np.array([[[learning_rate]]]))


def expected(rate: float, seed: int = 0) -> str:
    return "STABLE" if rate < 2 / (0.25 + (0.25 * (1 + seed)) ** 2) else "UNSTABLE"


GRID = {"learning_rate": [1.0, 10.0], "seed": [0, 1]}


def test_a_grid_in_its_order_with_progress() -> None:
    told: list[float] = []
    found = sp.sweep(certified, GRID, progress=lambda message, fraction: told.append(fraction))
    assert [dict(entry.point) for entry in found] == [
        {"learning_rate": rate, "seed": seed} for rate in (1.0, 10.0) for seed in (0, 1)
    ]
    assert found.is_whole
    assert [c.verdict.name for c in found.certificates] == [expected(**p) for p in _as_rates(found)]
    assert told == [0.25, 0.5, 0.75, 1.0]
    assert "learning_rate = 10.0, seed = 1: UNSTABLE" in str(found)
    for certificate in found.certificates:
        sp.check(certificate)


def _as_rates(found: sp.Sweep) -> list[dict]:
    return [{"rate": entry.point["learning_rate"], "seed": entry.point["seed"]} for entry in found]


def test_threads_give_the_same_as_none() -> None:
    with ThreadPoolExecutor(2) as pool:
        found = sp.sweep(certified, [{"learning_rate": 1.0}, {"learning_rate": 10.0}], executor=pool)
    assert [c.verdict.name for c in found.certificates] == ["STABLE", "UNSTABLE"]


def test_a_refusal_is_an_entry_and_stops_nothing() -> None:
    found = sp.sweep(certified, {"learning_rate": [1.0, -1.0]})
    assert not found.is_whole
    assert found[0].certificate is not None
    assert found[1].certificate is None
    assert "learning_rate" in found[1].error
    assert sp.sweep(lambda x: x, [{"x": 1}])[0].error == "the function of a sweep returns certificates, not an int"


def test_what_is_there_is_not_computed_again(tmp_path: Path) -> None:
    kept, calls = tmp_path / "kept", tmp_path / "calls"
    kept.mkdir()
    calls.mkdir()
    points = [{"folder": str(calls), "learning_rate": rate} for rate in (1.0, 2.0, 10.0)]
    sp.sweep(counted, points[:2], folder=kept)
    assert len(list(calls.iterdir())) == 2
    damaged = sorted(kept.iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    found = sp.sweep(counted, points, folder=kept)
    assert found.is_whole
    assert len(list(calls.iterdir())) == 4  # the damaged one and the new one
    assert len(list(kept.iterdir())) == 3
    for path in kept.iterdir():
        sp.check(path)


class _Losing(Executor):
    """Loses the first task that it is given."""

    def __init__(self) -> None:
        self.given = 0

    def submit(self, call, /, *arguments, **keywords):
        self.given += 1
        future: Future = Future()
        if self.given == 1:
            future.set_exception(RuntimeError("a worker was killed"))
        else:
            future.set_result(call(*arguments, **keywords))
        return future


def test_a_lost_task_is_sent_again() -> None:
    executor = _Losing()
    found = sp.sweep(certified, {"learning_rate": [1.0, 10.0]}, executor=executor)
    assert found.is_whole
    assert executor.given == 3
    assert [c.verdict.name for c in found.certificates] == ["STABLE", "UNSTABLE"]


def test_empty_sweeps_and_missing_folders_are_refused(tmp_path: Path) -> None:
    for points in ([], {"learning_rate": []}, [1.0]):
        with pytest.raises(InputError, match="at least one point"):
            sp.sweep(certified, points)
    with pytest.raises(InputError, match="does not exist"):
        sp.sweep(certified, {"learning_rate": [1.0]}, folder=tmp_path / "none")


@pytest.mark.slow
def test_a_killed_process_loses_what_a_second_run_computes(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    points = [{"folder": str(tmp_path), "learning_rate": rate} for rate in (0.5, 2.0)]
    with process_pool(1) as pool:
        first = sp.sweep(killed_once, points, executor=pool, folder=kept)
    assert "its worker ended" in first[1].error
    with process_pool(1) as pool:
        assert sp.sweep(killed_once, points, executor=pool, folder=kept).is_whole


@pytest.mark.slow
def test_dask_survives_a_killed_worker(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is an extra: stabproof[dask]")
    from stabproof.reports.workers import dask_executor

    points = [{"folder": str(tmp_path), "learning_rate": rate} for rate in (0.5, 2.0, 3.0)]
    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**workers) as cluster, dask_executor(cluster.scheduler_address) as executor:
        found = sp.sweep(killed_once, points, executor=executor)
    assert (tmp_path / "killed").exists()
    assert found.is_whole
    assert [c.verdict.name for c in found.certificates] == ["STABLE", "UNSTABLE", "UNSTABLE"]
