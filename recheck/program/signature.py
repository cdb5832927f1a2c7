"""Shapes, element types and row-major positions."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from recheck.outcome import BadInput

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
TYPES = ("float64", "bool", *INTEGERS)
LARGEST_VALUE = 2**22


class Signature(NamedTuple):
    """Shape and element type of a value; "float64" stands for real numbers."""

    shape: tuple[int, ...]
    dtype: str = "float64"

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_real(self) -> bool:
        return self.dtype == "float64"


def demand(condition: bool, message: str) -> None:
    """Raises `BadInput` unless the condition holds."""
    BadInput.unless(condition, f"the program of the file is defective: {message}")


def wrapped(value: int, dtype: str) -> int:
    """A whole number in the range of an integer type, modulo its size."""
    bits = int(dtype.lstrip("uint"))
    value &= (1 << bits) - 1
    return value - (1 << bits) if dtype[0] == "i" and value >> (bits - 1) else value


def strides(shape: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis are."""
    result = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        result[axis] = result[axis + 1] * shape[axis + 1]
    return result


def positions(lengths: Sequence[int], steps: Sequence[int], start: int = 0) -> list[int]:
    """start + sum_axis steps[axis] * i[axis] over all multi-indices i below the lengths, last axis fastest."""
    return _positions(tuple(lengths), tuple(steps), start)


@lru_cache(1024)
def _positions(lengths: tuple[int, ...], steps: tuple[int, ...], start: int) -> list[int]:
    result = [start]
    for length, step in zip(lengths, steps, strict=True):
        offsets = [step * i for i in range(length)]
        result = [base + offset for base in result for offset in offsets]
    return result


def common_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of an elementwise result: scalars go with any shape, axes of length 1 with any length."""
    full = [shape for shape in shapes if shape != ()]
    demand(len({len(shape) for shape in full}) <= 1, f"shapes {shapes} do not match")
    lengths = [{n for n in column if n != 1} for column in zip(*full, strict=True)]
    demand(all(len(found) <= 1 for found in lengths), f"shapes {shapes} do not match")
    return tuple(found.pop() if found else 1 for found in lengths)


def spread(own: tuple[int, ...], shape: tuple[int, ...]) -> list[int] | None:
    """Where each entry of the common shape comes from in an operand; None for the identity."""
    if own == shape:
        return None
    if own == ():
        return [0] * math.prod(shape)
    steps = [0 if n == 1 else step for n, step in zip(own, strides(own), strict=True)]
    return positions(shape, steps)
