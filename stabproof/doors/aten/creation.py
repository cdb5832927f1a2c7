"""New arrays, and changes of the element type."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import Table, demand

Array = Any

# torch's element types: how they are held here. Narrow floats are held exactly, as doubles.
TYPES: dict[str, Any] = {
    "torch.float64": np.dtype(np.float64),
    "torch.float32": np.dtype(np.float64),
    "torch.float16": np.dtype(np.float64),
    "torch.bfloat16": np.dtype(np.float64),
    "torch.int64": np.dtype(np.int64),
    "torch.int32": np.dtype(np.int32),
    "torch.int16": np.dtype(np.int16),
    "torch.int8": np.dtype(np.int8),
    "torch.uint8": np.dtype(np.uint8),
    "torch.bool": np.dtype(bool),
}

# Integers of these types are float32 numbers.
_SMALL = (np.dtype(bool), np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.int16))


def held_type(dtype: Any) -> np.dtype:
    demand(str(dtype) in TYPES, f"the element type {dtype} is not modelled")
    return TYPES[str(dtype)]


def is_narrow(dtype: Any) -> bool:
    """Whether numbers of this type are rounded more coarsely than in double precision."""
    return str(dtype) in ("torch.float32", "torch.float16", "torch.bfloat16")


def converted(self: Array, dtype: Any = None) -> Array:
    """Another element type; real numbers that a narrower one would round are refused."""
    if dtype is None:
        return self
    kind = held_type(dtype)
    if is_narrow(dtype) and self.dtype not in _SMALL:
        demand(
            False,
            f"it rounds numbers to {dtype}, which is not a function of real numbers; keep double precision "
            "(.to(x.dtype), .double()) there",
        )
    if kind.kind == "b" and self.dtype != bool:
        return self != 0
    return self.astype(kind)


def full_like(self: Array, fill_value: Any, dtype: Any = None) -> Array:
    demand(not is_narrow(dtype), f"a constant in {dtype} is not modelled")
    return jnp.full(self.shape, fill_value, self.dtype if dtype is None else held_type(dtype))


def new_full(self: Array, size: Sequence[int], fill_value: Any, dtype: Any = None) -> Array:
    demand(not is_narrow(dtype), f"a constant in {dtype} is not modelled")
    return jnp.full(tuple(size), fill_value, self.dtype if dtype is None else held_type(dtype))


TABLE: Table = {
    "_to_copy.default": converted,
    "to.dtype": converted,
    "type_as.default": lambda self, other: self.astype(other.dtype),
    "copy.default": lambda self, src: jnp.broadcast_to(src, self.shape).astype(self.dtype),
    "full_like.default": full_like,
    "zeros_like.default": lambda self, dtype=None: full_like(self, 0, dtype),
    "ones_like.default": lambda self, dtype=None: full_like(self, 1, dtype),
    "new_full.default": new_full,
    "new_zeros.default": lambda self, size, dtype=None: new_full(self, size, 0, dtype),
    "new_ones.default": lambda self, size, dtype=None: new_full(self, size, 1, dtype),
    "fill.Scalar": lambda self, value: jnp.full(self.shape, value, self.dtype),
}
