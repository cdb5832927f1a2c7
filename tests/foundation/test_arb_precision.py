"""Arb's precision belongs to the process: blocks are nested, restored, and one thread's at a time."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flint import arb, ctx

from foundation.arb_precision import arb_precision

ROOT = Path(__file__).resolve().parents[2]


def test_blocks_are_nested_and_restored() -> None:
    before = ctx.prec, ctx.cap
    with arb_precision(100):
        assert ctx.prec == 100
        with arb_precision(24, series_length=7):
            assert (ctx.prec, ctx.cap) == (24, 7)
        assert (ctx.prec, ctx.cap) == (100, before[1])
        with pytest.raises(ZeroDivisionError), arb_precision(30):
            raise ZeroDivisionError
        assert ctx.prec == 100
    assert (ctx.prec, ctx.cap) == before


def test_a_thread_never_computes_at_the_precision_of_another() -> None:
    """Both threads are made to meet inside of their blocks: without the lock the second sets the first one's bits."""
    entered, release = threading.Event(), threading.Event()
    seen = []

    def coarse() -> None:
        with arb_precision(24):
            entered.set()
            release.wait(0.2)
            seen.append(ctx.prec)

    thread = threading.Thread(target=coarse)
    thread.start()
    entered.wait(10)
    with arb_precision(200):
        seen.append(ctx.prec)
        release.set()
        assert float((arb(2).sqrt() ** 2 - 2).rad()) < 1e-50
        seen.append(ctx.prec)
    thread.join(10)
    assert seen == [24, 200, 200]


STRESS = """
import sys
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
import jax, jax.numpy as jnp
import stabproof as sp
from certify.arithmetic import cos, erf, exp, log, logistic, tanh
from certify.arithmetic.ball import Ball
from flint import arb, ctx

sys.setswitchinterval(1e-6)
points = np.linspace(-6.0, 6.0, 301)
functions = {
    "logistic": (logistic, lambda x: 1 / (1 + (-x).exp())),
    "tanh": (tanh, lambda x: x.tanh()),
    "exp": (exp, lambda x: x.exp()),
    "cos": (cos, lambda x: x.cos()),
    "erf": (erf, lambda x: x.erf()),
}

def coarse(k):
    value = sp.enclose(lambda x: jnp.exp(jnp.sin(x)) / 3, 0.1 + k, precision=24)
    return value.upper - value.lower

def fine(name):
    return name, functions[name][0](Ball.exact(points))

with ThreadPoolExecutor(8) as pool:
    waiting = []
    for k in range(40):
        waiting.append(pool.submit(coarse, k))
        if k % 8 == 4:
            waiting.append(pool.submit(fine, list(functions)[k // 8]))
    results = [w.result() for w in waiting]
ctx.prec = 300
names = set()
for result in results:
    if isinstance(result, tuple):
        name, ball = result
        names.add(name)
        for x, low, high in zip(points.tolist(), ball.lower.tolist(), ball.upper.tolist()):
            truth = functions[name][1](arb(x))
            assert arb(low) <= truth <= arb(high), (name, x)
            assert high - low <= 1e-14 * (1 + abs(low)), (name, x)
    else:
        assert result < 1e-5
assert names == set(functions)
print("sound")
"""


def test_threads_of_many_precisions_build_sound_tables() -> None:
    """In a process of its own: the tables of the elementary functions are built at first use, in these threads."""
    _runs(STRESS)


FORK = """
import multiprocessing, threading
from concurrent.futures import ProcessPoolExecutor
from flint import arb, ctx
from foundation.arb_precision import arb_precision

def bits(n):
    with arb_precision(n):
        return float((arb(2).sqrt() ** 2 - 2).rad()) < 2.0 ** (4 - n), ctx.prec

stop = threading.Event()
def busy():
    while not stop.is_set():
        with arb_precision(24):
            arb(3).sqrt()
thread = threading.Thread(target=busy, daemon=True)
thread.start()
for _ in range(5):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        assert list(pool.map(bits, [100, 200])) == [(True, 100), (True, 200)]
stop.set()
thread.join(60)
assert ctx.prec == 53
print("sound")
"""


def test_processes_forked_beside_a_busy_thread_find_the_lock_free() -> None:
    _runs(FORK)


def test_many_threads_keep_their_own_bits() -> None:
    def error(bits: int) -> bool:
        with arb_precision(bits):
            return float((arb(2).sqrt() ** 2 - 2).rad()) < 2.0 ** (4 - bits) and ctx.prec == bits

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(error, [24 + 7 * k % 300 for k in range(400)]))


def _runs(program: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", program]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.stdout.strip().endswith("sound"), run.stderr[-2000:]
