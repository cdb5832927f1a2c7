"""Worker processes for reports: started fresh, because JAX's threads do not survive a fork."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection

import threadpoolctl


def process_pool(jobs: int) -> ProcessPoolExecutor:
    """At most `jobs` processes that share the processors; they end when the process that started them is killed."""
    threads = max(1, available_processors() // jobs)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(threads,))


def available_processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(threads: int) -> None:
    threadpoolctl.threadpool_limits(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent closes nothing that an idle worker waits on, so each one watches for its end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
