"""The ground is sound here, and a ground that was really spoilt is refused."""

import ctypes
import ctypes.util
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from certify import floating_point_cases
from certify import floating_point_environment as ground
from certify.floating_point_environment import UnsoundEnvironment, inspect_environment, require_environment

x86_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="sets the control registers of x86-64 glibc"
)
FLUSH_RESULTS, FLUSH_OPERANDS = 0x8000, 0x0040
DOWNWARD, UPWARD, TOWARD_ZERO = 0x400, 0x800, 0xC00


def test_the_ground_is_sound_here_and_is_recorded() -> None:
    found = require_environment()
    assert found.is_sound
    assert found.failures == ()
    assert any("blas" in library.name for library in found.libraries)
    assert json.loads(json.dumps(found.as_data()))["numpy"] == np.__version__
    assert "threaded matrix product" in found.probes


def test_expected_results_are_the_nearest_floats() -> None:
    for name in floating_point_cases.CASES:
        for x, y, expected in floating_point_cases.signed_cases(name):
            if name == "sqrt":
                low, high = (_halfway(expected, toward) for toward in (-np.inf, np.inf))
                assert low**2 < Fraction(x) < high**2
            else:
                exact = {
                    "add": lambda p, q: p + q,
                    "subtract": lambda p, q: p - q,
                    "multiply": lambda p, q: p * q,
                    "divide": lambda p, q: p / q,
                }[name](Fraction(x), Fraction(y))
                assert float(exact) == expected  # Python converts a fraction to the nearest float, in integers


def _halfway(value: float, toward: float) -> Fraction:
    return (Fraction(value) + Fraction(float(np.nextafter(value, toward)))) / 2


@contextmanager
def _environment(change: Callable[[ctypes.CDLL], None]) -> Iterator[None]:
    libm = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6")
    saved = ctypes.create_string_buffer(32)
    libm.fegetenv(saved)
    change(libm)
    try:
        yield
    finally:
        libm.fesetenv(saved)


def _rounding(mode: int) -> Callable[[ctypes.CDLL], None]:
    def change(libm: ctypes.CDLL) -> None:
        assert libm.fesetround(mode) == 0

    return change


def _flushing(bits: int) -> Callable[[ctypes.CDLL], None]:
    def change(libm: ctypes.CDLL) -> None:
        state = ctypes.create_string_buffer(32)
        libm.fegetenv(state)
        # glibc's fenv_t on x86-64: 28 bytes of x87 state, then MXCSR.
        words = ctypes.cast(state, ctypes.POINTER(ctypes.c_uint32))
        words[7] |= bits
        libm.fesetenv(state)

    return change


CHANGES = {
    "downward": (_rounding(DOWNWARD), "rounding mode"),
    "upward": (_rounding(UPWARD), "rounding mode"),
    "toward zero": (_rounding(TOWARD_ZERO), "rounding mode"),
    "results flushed": (_flushing(FLUSH_RESULTS), "subnormal"),
    "operands flushed": (_flushing(FLUSH_OPERANDS), "subnormal"),
    "both flushed": (_flushing(FLUSH_RESULTS | FLUSH_OPERANDS), "subnormal"),
}


@x86_linux
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_thread_is_refused_and_the_others_are_not(name: str) -> None:
    change, words = CHANGES[name]
    messages: list[str] = []

    def spoilt() -> None:
        with _environment(change):
            found = inspect_environment()
            try:
                require_environment()
            except UnsoundEnvironment as error:
                messages.append(str(error))
            messages.extend(found.failures)

    thread = threading.Thread(target=spoilt)
    thread.start()
    thread.join()
    assert "cannot carry a proof" in messages[0]
    assert words in messages[0]
    for probe in ("scalar arithmetic", "vectorised arithmetic", "matrix product", "dot product"):
        assert any(message.startswith(probe) for message in messages[1:]), probe
    require_environment()


@x86_linux
@pytest.mark.parametrize("name", CHANGES)
def test_the_same_thread_is_refused_and_recovers(name: str) -> None:
    with _environment(CHANGES[name][0]):
        found = inspect_environment()
    assert not found.is_sound
    assert inspect_environment().is_sound


_WORKERS = """
import ctypes, sys
from threadpoolctl import threadpool_limits
from certify.floating_point_environment import inspect_environment
from tests_ground import CHANGES, _environment
assert inspect_environment().is_sound
with _environment(CHANGES[sys.argv[1]][0]):
    limits = threadpool_limits(4)
    import numpy
    numpy.ones((400, 400)) @ numpy.ones((400, 400))
print(";".join(inspect_environment().failures))
"""


@x86_linux
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs BLAS threads")
@pytest.mark.parametrize("name", ["upward", "both flushed"])
def test_blas_threads_that_inherited_a_change_are_refused(name: str, tmp_path: Path) -> None:
    """Worker threads inherit the state of the thread that starts them, and keep it after that one has recovered."""
    (tmp_path / "tests_ground.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", PYTHONPATH=f"{tmp_path}{os.pathsep}{os.getcwd()}")
    done = subprocess.run(
        [sys.executable, "-c", _WORKERS, name],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    failures = [text for text in done.stdout.strip().split(";") if text]
    assert all(text.startswith("threaded matrix product") for text in failures)
    for library in ("threaded matrix product:", "threaded matrix product of SciPy:"):
        assert any(text.startswith(library) for text in failures), "the workers kept a sound state"


@pytest.mark.parametrize("spoil", ["row", "accuracy"])
def test_a_dishonest_product_is_found(spoil: str) -> None:
    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if spoil == "accuracy":  # the products of a reduced-precision mode
            return (a.astype(np.float32) @ b.astype(np.float32)).astype(np.float64)
        result = a @ b
        result[0] *= 1 + 2.0**-40
        return result

    with np.errstate(all="ignore"):
        assert "gamma_k" in ground._honesty_failure(product, 24, 16, 24)
    assert ground._honesty_failure(np.matmul, 24, 16, 24) == ""
