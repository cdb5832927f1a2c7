"""The functions that programs are compared with are kept for all threads at once."""

import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from certify.program import comparison


@pytest.fixture
def _switching():
    """Threads change hands after every few instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_switching")
def test_threads_share_the_kept_functions(monkeypatch):
    point = np.ones(2, np.float32)
    closed = [jax.make_jaxpr(lambda x, n=n: x * np.float32(n + 0.5))(point) for n in range(6)]
    monkeypatch.setattr(comparison, "_MOST_KEPT", 2)
    monkeypatch.setattr(comparison, "_KEPT", {})
    monkeypatch.setattr(jax, "jit", lambda function, **options: function)

    def ask(worker):
        for turn in range(150):
            n = (turn * (worker + 1) + worker) % 6
            (value,) = comparison._compiled(closed[n])([point])
            assert np.all(np.asarray(value) == n + 0.5)
            assert len(comparison._KEPT) <= 2
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
