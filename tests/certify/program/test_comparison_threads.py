"""The functions that programs are compared with are kept for all threads at once."""

import time
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from certify.program import jax_values


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
    monkeypatch.setattr(jax_values, "_MOST_KEPT", 2)
    monkeypatch.setattr(jax_values, "_KEPT", _Hesitant())
    monkeypatch.setattr(jax, "jit", lambda function, **options: function)

    def ask(worker):
        for turn in range(30):
            n = (turn * (worker + 1) + worker) % 6
            (value,) = jax_values.compiled(closed[n])([point])
            assert np.all(np.asarray(value) == n + 0.5)
            assert len(jax_values._KEPT) <= 2
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_options_that_a_jax_does_not_know_are_left_out(monkeypatch):
    """Compile options come and go with versions of XLA, whose message is this one."""
    asked = []

    def jit(function, compiler_options):
        def call(*arguments):
            asked.append(sorted(compiler_options))
            for name in ("gone", "old"):
                if name in compiler_options:
                    raise RuntimeError(f"INVALID_ARGUMENT: No such compile option: '{name}'")
            return function(*arguments)

        return call

    monkeypatch.setattr(jax_values, "_QUICK", {"gone": 1, "kept": 2, "old": 3})
    monkeypatch.setattr(jax_values, "_KEPT", {})
    monkeypatch.setattr(jax, "jit", jit)
    point = np.ones(2)
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(lambda x: 2.5 * x)(point)
        assert np.all(np.asarray(jax_values.compiled(closed)([point])[0]) == 2.5)
        jax_values.compiled(closed)([point])
    assert asked == [["gone", "kept", "old"], ["kept", "old"], ["kept"], ["kept"]]
    assert jax_values._QUICK == {"kept": 2}


def test_other_errors_of_a_compilation_are_not_swallowed(monkeypatch):
    def jit(function, compiler_options):
        def call(*arguments):
            raise RuntimeError("INTERNAL: No such compile option: 'of_somebody_else'")

        return call

    monkeypatch.setattr(jax_values, "_KEPT", {})
    monkeypatch.setattr(jax, "jit", jit)
    point = np.ones(2)
    with pytest.raises(RuntimeError, match="of_somebody_else"):
        jax_values.compiled(jax.make_jaxpr(lambda x: 3.5 * x)(point))([point])
