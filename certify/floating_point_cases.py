"""Operands and exact results of the probes of `certify.floating_point_environment`.

They are built once, by copies, negations of floats and arithmetic of whole numbers alone: no state of the processor in
which they might be built changes them.
"""

import functools
from collections.abc import Iterator

import numpy as np

_TINY, _ETA = 2.0**-1022, 2.0**-1074

# Operand, operand, result rounded to nearest even. Each operation has cases that every directed mode gets wrong.
CASES: dict[str, list[tuple[float, float, float]]] = {
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


@functools.cache
def signed_cases(name: str) -> list[tuple[float, float, float]]:
    """Each case and its mirror image: upward and downward rounding betray themselves on different sides."""
    cases = CASES[name]
    if name == "sqrt":
        return cases
    mirrored = name in ("add", "subtract")
    return cases + [(-x, -y if mirrored else y, -z) for x, y, z in cases]


@functools.cache
def vector_cases(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The columns of `signed_cases`, long enough for vectorised loops and their remainders."""
    x, y, expected = (np.tile(column, 41) for column in np.array(signed_cases(name)).T)
    return x, y, expected


@functools.lru_cache(maxsize=16)
def exactness_case(rows: int, inner: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors whose product's entries have at most two terms, and the product to nearest."""
    odd = np.arange(rows) % 2 == 1

    def signed(value: float) -> np.ndarray:
        return np.where(odd, -value, value)

    a, b, expected = np.zeros((rows, inner)), np.zeros((inner, columns)), np.empty((rows, columns))
    a[:, 0], a[:, 1], a[:, inner // 2], a[:, -1] = (signed(2.0**-k) for k in (0, 27, 500, 1040))
    # Columns in turn: 1 + 2^-55, 1 - 2^-55, a product that is subnormal, a product of a subnormal operand.
    b[0, 0::4], b[1, 0::4], expected[:, 0::4] = 1.0, 2.0**-28, signed(1.0)[:, None]
    b[0, 1::4], b[1, 1::4], expected[:, 1::4] = 1.0, -(2.0**-28), signed(1.0)[:, None]
    b[inner // 2, 2::4], expected[:, 2::4] = 2.0**-530, signed(2.0**-1030)[:, None]
    b[-1, 3::4], expected[:, 3::4] = 2.0**30, signed(2.0**-1010)[:, None]
    return a, b, expected


@functools.lru_cache(maxsize=16)
def honesty_case(
    rows: int, inner: int, columns: int
) -> tuple[np.ndarray, np.ndarray, tuple[tuple[int, int, int, int], ...]]:
    """Factors, and for a sample of entries (i, j) of the product its exact value and that of |A||B|."""
    a, b = _integers(rows, inner, 1), _integers(inner, columns, 2)
    a[:, inner // 2 :] = -a[:, : inner - inner // 2]
    entries = []
    for i, j in _sample(rows, columns):
        terms = [x * y for x, y in zip(a[i].tolist(), b[:, j].tolist(), strict=True)]
        entries.append((i, j, sum(terms), sum(map(abs, terms))))
    return a.astype(np.float64), b.astype(np.float64), tuple(entries)


def _integers(rows: int, columns: int, seed: int) -> np.ndarray:
    """Odd integers of 45 bits, so that products round, and their sums are whole floats (multiples of 1)."""
    steps = np.arange(1, rows * columns + 1, dtype=np.int64) * (2654435761 + 2 * seed)
    return ((steps * 16807 % (2**44)) * 2 - 2**44 + 1).reshape(rows, columns)


def _sample(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    return (((7 * step * rows) // 64 % rows, (11 * step * columns) // 64 % columns) for step in range(8))
