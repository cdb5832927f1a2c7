"""How the rows of the table are measured: tasks that take turns in one process, and fresh processes."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Task = Callable[[], Any]
Clock = Callable[[], float]

ROOT = Path(__file__).resolve().parents[1]


def medians(tasks: Mapping[str, Task], runs: int, clock: Clock = time.process_time) -> dict[str, float]:
    """Median seconds of each task after one to warm up; the tasks take turns, so that a noisy machine hits them alike.

    The clock counts processor time of all threads unless another one is given: what other programs do costs nothing.
    """
    for task in tasks.values():
        task()
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(runs):
        for name, task in tasks.items():
            start = clock()
            task()
            times[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def ratio(peer: Task, ours: Task, runs: int, clock: Clock = time.process_time) -> tuple[float, str]:
    """Median time of ours over that of the peer, and both in words."""
    found = medians({"peer": peer, "ours": ours}, runs, clock)
    return found["ours"] / found["peer"], f"peer {told(found['peer'])}, ours {told(found['ours'])}"


def seconds(task: Task) -> tuple[float, Any]:
    """Processor seconds of one call, and its result."""
    start = time.process_time()
    result = task()
    return time.process_time() - start, result


def told(value: float) -> str:
    """Seconds in a readable unit."""
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def fresh(arguments: list[str], environment: Mapping[str, str] | None = None) -> float:
    """Processor seconds of a fresh process of this interpreter, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    subprocess.run([sys.executable, *arguments], check=True, env=variables, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fresh_medians(tasks: Mapping[str, list[str]], runs: int) -> dict[str, float]:
    """Median processor seconds of fresh processes that take turns, after one each that fills the disk's cache."""
    return medians_of({name: (lambda call=call: fresh(call)) for name, call in tasks.items()}, runs)


def medians_of(measured: Mapping[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """Medians of what the tasks answer; they take turns, after one round that is not counted."""
    answers: dict[str, list[float]] = {name: [] for name in measured}
    for turn in range(runs + 1):
        for name, task in measured.items():
            answer = task()
            if turn:
                answers[name].append(answer)
    return {name: statistics.median(values) for name, values in answers.items()}
