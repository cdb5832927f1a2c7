"""The functions that programs are compared with are kept for all threads at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np

from certify.program import comparison


class _Hesitant(dict):
    """A dictionary that lets other threads run between any two uses."""

    def __contains__(self, key):
        found = super().__contains__(key)
        time.sleep(1e-4)
        return found

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        time.sleep(1e-4)


def test_threads_share_the_kept_functions(monkeypatch):
    point = np.ones(2, np.float32)
    closed = [jax.make_jaxpr(lambda x, n=n: x * np.float32(n + 0.5))(point) for n in range(6)]
    monkeypatch.setattr(comparison, "_MOST_KEPT", 2)
    monkeypatch.setattr(comparison, "_KEPT", _Hesitant())
    monkeypatch.setattr(jax, "jit", lambda function, **options: function)

    def ask(worker):
        for turn in range(30):
            n = (turn * (worker + 1) + worker) % 6
            (value,) = comparison._compiled(closed[n])([point])
            assert np.all(np.asarray(value) == n + 0.5)
            assert len(comparison._KEPT) <= 2
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
