"""Shape and element type of one array in a program."""

import math
from typing import NamedTuple

FLOAT = "float64"
BOOL = "bool"
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
ELEMENT_TYPES = (FLOAT, BOOL, *INTEGERS)


class Signature(NamedTuple):
    """`shape` without the hidden batch axis; `dtype` is "float64" (a real number), "bool" or an integer type."""

    shape: tuple[int, ...]
    dtype: str = FLOAT

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_real(self) -> bool:
        return self.dtype == FLOAT

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"
