"""Workers for reports and sweeps: processes started fresh, because JAX's threads do not survive a fork, or Dask's."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import connection

import threadpoolctl

from foundation import InputError

# A scheduler that is there answers at once; a machine that is switched off never does.
_CONNECT_SECONDS = 10


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


@contextlib.contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """The workers of the Dask scheduler at `address`, such as tcp://host:8786; tasks of workers that die are run again
    by the others. Raises `InputError` when Dask is not installed and when no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("Dask is not installed; pip install 'stabproof[dask]'") from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"no Dask scheduler answers at {address} ({error}); start one with `dask scheduler`") from None
    with client:
        yield client.get_executor(pure=False)
