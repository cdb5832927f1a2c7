"""The ground that float64 proofs stand on: rounding, subnormals and BLAS, probed in this process before each proof.

The worker threads of BLAS are probed once for each thread that calls them, and again when their number has changed, a
module was imported or the process was forked: they run nothing but BLAS and keep the state that they were started with.

What is probed: scalars and NumPy's vectorised loops round `+ - * /` and `sqrt` to nearest and keep subnormals; the
same for matrix products, in every entry of a product large enough to occupy all BLAS threads; and the products obey
the a-priori bound gamma_k |A||B| [N. Higham, Accuracy and Stability of Numerical Algorithms, (3.13)], compared in exact
integers. Another library may change the state of a thread at any time: a probe is evidence for the moment at which it
runs, not a proof about every later operation.
"""

import functools
import math
import os
import platform
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, final

import numpy as np
import scipy
from scipy.linalg import blas as scipy_blas
from threadpoolctl import ThreadpoolController

from certify.floating_point_cases import CASES, exactness_case, honesty_case, signed_cases, vector_cases

Product: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]

_FLUSHED = "subnormal numbers are flushed to zero"
_WAY_OUT = "start a fresh process, keep libraries that change the rounding mode or flush subnormals out of it"


class UnsoundEnvironment(ArithmeticError):
    """The floating-point arithmetic of this process is not what the proofs assume."""


@final
@dataclass(frozen=True)
class Library:
    """A BLAS or OpenMP runtime that is loaded: its kind, version and number of threads."""

    name: str
    version: str
    architecture: str
    threads: int


@final
@dataclass(frozen=True)
class Environment:
    """What `inspect_environment` found: versions, and a sentence for each probe that failed (none: sound)."""

    python: str
    numpy: str
    scipy: str
    machine: str
    libraries: tuple[Library, ...]
    probes: tuple[str, ...]
    failures: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.failures

    def as_data(self) -> dict[str, Any]:
        """Plain dicts, lists and strings, for the certificate."""
        return asdict(self)


def inspect_environment() -> Environment:
    """Probe scalar, vectorised and BLAS arithmetic in this thread and the threads of BLAS (milliseconds)."""
    libraries = _libraries()
    threads = max((library.threads for library in libraries), default=1)
    probes = _probes()
    known = (os.getpid(), len(sys.modules), libraries)
    workers = {} if getattr(_SOUND, "workers", None) == known else _worker_probes(threads)
    outcomes = [(name, probe()) for name, probe in (probes | workers).items()]
    _SOUND.workers = known if not any(failure for _, failure in outcomes) else None
    return Environment(
        python=platform.python_version(),
        numpy=np.__version__,
        scipy=scipy.__version__,
        machine=platform.machine(),
        libraries=libraries,
        probes=(*probes, *_worker_probes(threads)),
        failures=tuple(f"{name}: {failure}" for name, failure in outcomes if failure),
    )


def require_environment() -> Environment:
    """The ground when it is sound; raises `UnsoundEnvironment` with everything that is wrong otherwise."""
    environment = inspect_environment()
    if not environment.is_sound:
        raise UnsoundEnvironment(
            "float64 arithmetic cannot carry a proof here; " + "; ".join(environment.failures) + f". {_WAY_OUT}"
        )
    return environment


def _scalar_failure() -> str:
    operations: dict[str, Callable[[float, float], float]] = {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y,
        "sqrt": lambda x, _: float(np.sqrt(np.float64(x))),
    }
    for name, operation in operations.items():
        for x, y, expected in signed_cases(name):
            if _bits(operation(x, y)) != _bits(expected):
                return f"{name}({x!r}, {y!r}) is not {expected!r}: {_diagnosis(expected)}"
    return ""


def _vector_failure() -> str:
    for name in CASES:
        x, y, expected = vector_cases(name)
        found = np.sqrt(x) if name == "sqrt" else getattr(np, name)(x, y)
        wrong = np.flatnonzero(found.view(np.int64) != expected.view(np.int64))
        if wrong.size:
            return f"{name} is wrong in {wrong.size} of {x.size} entries: {_diagnosis(float(expected[wrong[0]]))}"
    return ""


def _bits(value: float) -> bytes:
    """Compared as bits, because a thread that reads subnormals as zero also compares them as equal."""
    return struct.pack("<d", value)


def _diagnosis(expected: float) -> str:
    exponent_bits = struct.unpack("<q", _bits(expected))[0] >> 52 & 0x7FF
    return _FLUSHED if exponent_bits <= 1 else "the rounding mode is not to nearest"


def _gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.matmul(a, b)


def _scipy_gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(scipy_blas.dgemm(1.0, a, b))


def _gemv(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.stack([np.matmul(a, np.ascontiguousarray(b[:, j])) for j in range(b.shape[1])], axis=1)


def _dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([[np.dot(row, np.ascontiguousarray(column)) for column in b.T] for row in a])


def _exactness_failure(product: Product, rows: int, inner: int, columns: int) -> str:
    """Products with at most two terms, whose result to nearest no order of summation can change."""
    a, b, expected = exactness_case(rows, inner, columns)
    wrong = np.ascontiguousarray(product(a, b)).view(np.int64) != expected.view(np.int64)
    if not wrong.any():
        return ""
    what = "the rounding mode is not to nearest" if wrong[:, 0::4].any() or wrong[:, 1::4].any() else _FLUSHED
    return f"{what} in {np.count_nonzero(wrong)} of {wrong.size} entries"


def _honesty_failure(product: Product, rows: int, inner: int, columns: int) -> str:
    """The bound gamma_k |A||B| in exact integers, on a sample of entries of a product with cancellation."""
    a, b, entries = honesty_case(rows, inner, columns)
    found = product(a, b)
    if not np.isfinite(found).all():
        return "a product of moderate numbers is not finite"
    for i, j, exact, size in entries:
        # |found - exact| <= k u / (1 - k u) * size, multiplied by 2^53 - k
        if abs(int(found[i, j]) - exact) * (2**53 - inner) > inner * size:
            return f"entry ({i}, {j}) of a product with inner dimension {inner} misses the bound gamma_k |A||B|"
    return ""


def _product_failure(product: Product, rows: int, inner: int, columns: int) -> str:
    return _exactness_failure(product, rows, inner, columns) or _honesty_failure(product, rows, inner, columns)


def _probes() -> dict[str, Callable[[], str]]:
    """What this thread computes itself: single kernels, matrix times vector, dot products."""
    return {
        "scalar arithmetic": _scalar_failure,
        "vectorised arithmetic": _vector_failure,
        "matrix product": lambda: _product_failure(_gemm, 24, 16, 24),
        "matrix-vector product": lambda: _product_failure(_gemv, 512, 96, 4),
        "dot product": lambda: _product_failure(_dots, 4, 200, 4),
    }


def _worker_probes(threads: int) -> dict[str, Callable[[], str]]:
    """Products large enough for all threads of BLAS."""
    # OpenBLAS gives each thread at least 2^18 multiplications.
    wide = 8 * math.ceil(math.sqrt(threads * 2**18 / 16) / 8 * 1.1)
    return {
        "threaded matrix product": lambda: _product_failure(_gemm, wide, 16, wide),
        "threaded matrix product of SciPy": lambda: _product_failure(_scipy_gemm, wide, 16, wide),
    }


# For each thread: under which circumstances the workers were sound.
_SOUND = threading.local()


def _libraries() -> tuple[Library, ...]:
    return tuple(
        Library(
            name=str(info.get("internal_api", "")),
            version=str(info.get("version", "")),
            architecture=str(info.get("architecture", "")),
            threads=int(info.get("num_threads", 0)),
        )
        for info in _controller(len(sys.modules)).info()
    )


@functools.lru_cache(maxsize=1)
def _controller(modules: int) -> ThreadpoolController:
    """What the loaded libraries are asked through; they are looked for again when a module was imported since."""
    return ThreadpoolController()
