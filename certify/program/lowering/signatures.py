"""What a program knows of a value of JAX: its shape and the type of its entries."""

import functools
from typing import Any

import numpy as np

from certify.program.lowering import pairs
from certify.program.signature import FLOAT, Signature
from foundation import InputError


def signature_of(aval: Any) -> Signature:
    """The signature of a value of JAX; raises `InputError` for types that hold no numbers."""
    if pairs.is_paired(aval):
        shape = (*(int(n) for n in aval.shape), 2)
        return Signature(shape) if pairs.is_complex(aval) else Signature(shape, "uint32")
    return Signature(tuple(int(n) for n in aval.shape), _element_type(aval.dtype))


@functools.lru_cache(maxsize=256)
def _element_type(of_jax: Any) -> str:
    dtype = np.dtype(of_jax)
    if dtype.kind == "f" or dtype.name == "bfloat16":
        return FLOAT
    if dtype.kind not in "biu":
        raise InputError(f"the program handles {dtype}; only real numbers, integers and booleans can be enclosed")
    return str(dtype)


def is_float(aval: Any) -> bool:
    """Whether a value of JAX holds real numbers."""
    return not pairs.is_paired(aval) and _is_float_type(aval.dtype)


@functools.lru_cache(maxsize=256)
def _is_float_type(dtype: Any) -> bool:
    return np.dtype(dtype).name in ("float64", "float32", "float16", "bfloat16")
