"""The ground that float64 proofs stand on: rounding, subnormals and BLAS, probed in this process before each proof.

What is probed: scalars and NumPy's vectorised loops round `+ - * /` and `sqrt` to nearest and keep subnormals; the
same for matrix products, in every entry of a product large enough to occupy all BLAS threads; and the products obey
the a-priori bound gamma_k |A||B| [N. Higham, Accuracy and Stability of Numerical Algorithms, (3.13)], compared in exact
integers. Another library may change the state of a thread at any time: a probe is evidence for the moment at which it
runs, not a proof about every later operation.
"""

import math
import platform
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias, final

import numpy as np
import scipy
from scipy.linalg import blas as scipy_blas
from threadpoolctl import threadpool_info

Product: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]

_TINY, _ETA = 2.0**-1022, 2.0**-1074
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
    outcomes = [(name, probe()) for name, probe in _probes(threads).items()]
    return Environment(
        python=platform.python_version(),
        numpy=np.__version__,
        scipy=scipy.__version__,
        machine=platform.machine(),
        libraries=libraries,
        probes=tuple(name for name, _ in outcomes),
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


# Operand, operand, result rounded to nearest even. Each operation has cases that every directed mode gets wrong.
_CASES: dict[str, list[tuple[float, float, float]]] = {
    "add": [
        (1.0, 2.0**-60, 1.0),
        (1.0, 2.0**-53, 1.0),
        (1.0, -(2.0**-60), 1.0),
        (1.0, 3 * 2.0**-54, 1.0 + 2.0**-52),
        (_ETA, _ETA, 2 * _ETA),
        (_TINY, -_TINY / 2, _TINY / 2),
    ],
    "subtract": [
        (1.0, -(2.0**-60), 1.0),
        (1.0, 2.0**-60, 1.0),
        (1.0, -3 * 2.0**-54, 1.0 + 2.0**-52),
        (_TINY, _TINY / 2, _TINY / 2),
        (3 * _ETA, _ETA, 2 * _ETA),
    ],
    "multiply": [
        (1 + 2.0**-30, 1 + 2.0**-30, 1 + 2.0**-29),
        (1 + 3 * 2.0**-28, 1 + 3 * 2.0**-28, 1 + 6 * 2.0**-28 + 2.0**-52),
        (_TINY, 0.5, _TINY / 2),
        (_TINY / 4, 4.0, _TINY),
        (2.0**-537, 2.0**-537, _ETA),
    ],
    "divide": [
        (1.0, 3.0, float.fromhex("0x1.5555555555555p-2")),
        (1.0, 10.0, float.fromhex("0x1.999999999999ap-4")),
        (_TINY, 2.0, _TINY / 2),
        (_TINY / 2, 0.5, _TINY),
    ],
    "sqrt": [
        (2.0, 0.0, float.fromhex("0x1.6a09e667f3bcdp+0")),
        (3.0, 0.0, float.fromhex("0x1.bb67ae8584caap+0")),
        (_ETA, 0.0, 2.0**-537),
    ],
}


def _signed_cases(name: str) -> list[tuple[float, float, float]]:
    """Each case and its mirror image: upward and downward rounding betray themselves on different sides."""
    cases = _CASES[name]
    if name == "sqrt":
        return cases
    second = -1.0 if name in ("add", "subtract") else 1.0
    return cases + [(-x, second * y, -z) for x, y, z in cases]


def _scalar_failure() -> str:
    operations: dict[str, Callable[[float, float], float]] = {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y,
        "sqrt": lambda x, _: float(np.sqrt(np.float64(x))),
    }
    for name, operation in operations.items():
        for x, y, expected in _signed_cases(name):
            if _bits(operation(x, y)) != _bits(expected):
                return f"{name}({x!r}, {y!r}) is not {expected!r}: {_diagnosis(expected)}"
    return ""


def _vector_failure() -> str:
    for name in _CASES:
        x, y, expected = (np.tile(column, 41) for column in np.array(_signed_cases(name)).T)
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
    signs = np.where(np.arange(rows) % 2, -1.0, 1.0)
    a, b, expected = np.zeros((rows, inner)), np.zeros((inner, columns)), np.empty((rows, columns))
    a[:, 0], a[:, 1], a[:, inner // 2], a[:, -1] = signs, signs * 2.0**-27, signs * 2.0**-500, signs * 2.0**-1040
    # Columns in turn: 1 + 2^-55, 1 - 2^-55, a product that is subnormal, a product of a subnormal operand.
    b[0, 0::4], b[1, 0::4], expected[:, 0::4] = 1.0, 2.0**-28, signs[:, None]
    b[0, 1::4], b[1, 1::4], expected[:, 1::4] = 1.0, -(2.0**-28), signs[:, None]
    b[inner // 2, 2::4], expected[:, 2::4] = 2.0**-530, signs[:, None] * 2.0**-1030
    b[-1, 3::4], expected[:, 3::4] = 2.0**30, signs[:, None] * 2.0**-1010
    wrong = np.ascontiguousarray(product(a, b)).view(np.int64) != expected.view(np.int64)
    if not wrong.any():
        return ""
    what = "the rounding mode is not to nearest" if wrong[:, 0::4].any() or wrong[:, 1::4].any() else _FLUSHED
    return f"{what} in {np.count_nonzero(wrong)} of {wrong.size} entries"


def _honesty_failure(product: Product, rows: int, inner: int, columns: int) -> str:
    """The bound gamma_k |A||B| in exact integers, on a sample of entries of a product with cancellation."""
    a, b = _integers(rows, inner, 1), _integers(inner, columns, 2)
    a[:, inner // 2 :] = -a[:, : inner - inner // 2]
    found = product(a.astype(np.float64), b.astype(np.float64))
    if not np.isfinite(found).all():
        return "a product of moderate numbers is not finite"
    for i, j in _sample(rows, columns):
        row, column = a[i].tolist(), b[:, j].tolist()
        exact = sum(x * y for x, y in zip(row, column, strict=True))
        size = sum(abs(x * y) for x, y in zip(row, column, strict=True))
        # |found - exact| <= k u / (1 - k u) * size, multiplied by 2^53 - k
        if abs(int(found[i, j]) - exact) * (2**53 - inner) > inner * size:
            return f"entry ({i}, {j}) of a product with inner dimension {inner} misses the bound gamma_k |A||B|"
    return ""


def _integers(rows: int, columns: int, seed: int) -> np.ndarray:
    """Odd integers of 45 bits, so that products round, and their sums are whole floats (multiples of 1)."""
    steps = np.arange(1, rows * columns + 1, dtype=np.int64) * (2654435761 + 2 * seed)
    return ((steps * 16807 % (2**44)) * 2 - 2**44 + 1).reshape(rows, columns)


def _sample(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    return (((7 * step * rows) // 64 % rows, (11 * step * columns) // 64 % columns) for step in range(8))


def _product_failure(product: Product, rows: int, inner: int, columns: int) -> str:
    return _exactness_failure(product, rows, inner, columns) or _honesty_failure(product, rows, inner, columns)


def _probes(threads: int) -> dict[str, Callable[[], str]]:
    """Single kernels, products large enough for all threads, matrix times vector, dot products."""
    # OpenBLAS gives each thread at least 2^18 multiplications.
    wide = 8 * math.ceil(math.sqrt(threads * 2**18 / 16) / 8 * 1.1)
    return {
        "scalar arithmetic": _scalar_failure,
        "vectorised arithmetic": _vector_failure,
        "matrix product": lambda: _product_failure(_gemm, 24, 16, 24),
        "threaded matrix product": lambda: _product_failure(_gemm, wide, 16, wide),
        "threaded matrix product of SciPy": lambda: _product_failure(_scipy_gemm, wide, 16, wide),
        "matrix-vector product": lambda: _product_failure(_gemv, 512, 96, 4),
        "dot product": lambda: _product_failure(_dots, 4, 200, 4),
    }


def _libraries() -> tuple[Library, ...]:
    return tuple(
        Library(
            name=str(info.get("internal_api", "")),
            version=str(info.get("version", "")),
            architecture=str(info.get("architecture", "")),
            threads=int(info.get("num_threads", 0)),
        )
        for info in threadpool_info()
    )
