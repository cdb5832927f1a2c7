"""Numbers b . W a that vanish for no word W over rational matrices, proved modulo a prime.

With the denominators cleared, b . W a is a whole number up to a positive factor. Modulo a prime the directions of the
vectors W a are finitely many: when b is orthogonal to none of those that occur, no b . W a is a multiple of the prime.
(Elementary.)
"""

import math
from collections.abc import Iterable, Sequence

from flint import fmpq, fmpq_mat

_PRIMES = (
    2,
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    41,
    43,
    47,
    53,
    59,
    61,
    67,
    71,
    73,
    79,
    83,
    89,
    97,
    101,
    103,
    107,
)
_MOST_DIRECTIONS = 5_000

Residues = tuple[int, ...]


def never_vanishes(matrices: Sequence[fmpq_mat], start: Sequence[fmpq], functional: Sequence[fmpq]) -> bool:
    """Whether b . W a != 0 is proved for all words W over the matrices, b = `functional`, a = `start`; else unknown."""
    tables = [_whole_rows(matrix.tolist()) for matrix in matrices]
    a, b = _whole_rows([list(start)])[0], _whole_rows([list(functional)])[0]
    return any(_avoids(tables, a, b, prime) for prime in _PRIMES)


def scale_to_whole(entries: Iterable[fmpq]) -> int:
    """The least common multiple of the denominators."""
    return math.lcm(*(int(x.q) for x in entries))


def _whole_rows(rows: list[list[fmpq]]) -> list[list[int]]:
    scale = scale_to_whole(x for row in rows for x in row)
    return [[int(x.p) * (scale // int(x.q)) for x in row] for row in rows]


def _avoids(tables: list[list[list[int]]], start: list[int], functional: list[int], prime: int) -> bool:
    """Whether no direction that the start reaches modulo the prime is orthogonal to the functional."""
    small = [[[x % prime for x in row] for row in table] for table in tables]
    first = _direction([x % prime for x in start], prime)
    seen, waiting = {first}, [first]
    while waiting:
        vector = waiting.pop()
        if sum(x * y for x, y in zip(functional, vector, strict=True)) % prime == 0:
            return False
        for table in small:
            image = _direction([sum(x * y for x, y in zip(row, vector, strict=True)) % prime for row in table], prime)
            if image not in seen:
                if len(seen) >= _MOST_DIRECTIONS:
                    return False
                seen.add(image)
                waiting.append(image)
    return True


def _direction(vector: list[int], prime: int) -> Residues:
    """The multiple whose first entry that is not zero is one."""
    pivot = next((x for x in vector if x), 0)
    inverse = pow(pivot, -1, prime) if pivot else 1
    return tuple(x * inverse % prime for x in vector)
