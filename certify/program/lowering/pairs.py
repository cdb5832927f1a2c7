"""Values of two parts: complex numbers are (real, imaginary) pairs of reals, random keys pairs of 32-bit words.

Both stand in a program as arrays with a last axis of length 2. A primitive that only moves, selects or adds entries
acts on the parts one by one; what it means for complex numbers otherwise is said in `certify.program.lowering.complex`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.rule import Rule
from foundation import InputError


def is_complex(aval: Any) -> bool:
    """Whether a value of JAX is complex."""
    return _kind(aval.dtype) == "complex"


def is_key(aval: Any) -> bool:
    """Whether a value of JAX is an array of keys of random numbers."""
    return _kind(aval.dtype) == "key"


def is_paired(aval: Any) -> bool:
    """Whether a value has two parts."""
    return hasattr(aval, "dtype") and _kind(aval.dtype) != ""


@functools.lru_cache(maxsize=256)
def _kind(dtype: Any) -> str:
    """ "complex" or "key" for an element type of two parts, else ""; NumPy spells a type's name anew on each call."""
    name = str(dtype)
    if getattr(dtype, "kind", "") == "c" or name.startswith("complex"):
        return "complex"
    return "key" if name.startswith("key<") else ""


def key_kind(aval: Any) -> Any:
    """The implementation of a key: Threefry-2x32, whose keys are two words; others are refused."""
    kind = aval.dtype._impl
    if tuple(kind.key_shape) != (2,) or kind.tag != "fry":
        raise InputError(f"random numbers of the generator {kind.name} are not enclosed; use threefry2x32")
    return kind


def paired(builder: Builder, first: int, second: int) -> int:
    """Both parts as one value."""
    shape = builder.signature(first).shape
    parts = (builder.emit("reshape", x, shape=(*shape, 1)) for x in (first, second))
    return builder.emit("concatenate", *parts, axis=len(shape))


def parts(builder: Builder, x: int) -> tuple[int, int]:
    """The parts of a value; those of a value just put together are found again."""
    node = builder.nodes[x]
    shape = builder.signature(x).shape
    together = node.primitive == "concatenate" and node.parameters["axis"] == len(shape) - 1
    if together and [builder.signature(y).shape for y in node.operands] == [(*shape[:-1], 1)] * 2:
        first, second = (builder.emit("reshape", y, shape=shape[:-1]) for y in node.operands)
        return first, second
    found = []
    for place in (0, 1):
        starts, limits = (*(0,) * (len(shape) - 1), place), (*shape[:-1], place + 1)
        part = builder.emit("slice", x, starts=starts, limits=limits, strides=(1,) * len(shape))
        found.append(builder.emit("reshape", part, shape=shape[:-1]))
    return found[0], found[1]


MOVING = frozenset(
    (
        *("reshape", "squeeze", "expand_dims", "broadcast_in_dim", "transpose", "concatenate", "stack", "unstack"),
        *("slice", "split", "rev", "tile", "gather", "dynamic_slice", "dynamic_update_slice", "select_n", "scatter"),
        *("copy", "copy_p", "stop_gradient", "optimization_barrier", "device_put", "sharding_constraint", "name"),
    )
)
"Primitives that move or select entries of any kind."

LINEAR = frozenset(
    ("add", "sub", "neg", "add_any", "reduce_sum", "cumsum", "pad", "scatter-add", "scatter_add", "scatter-sub")
)
"Primitives that act on the real and the imaginary part alike."


def by_parts(
    builder: Builder, equation: Any, operands: Sequence[int], rule: Rule, full: Callable[[int, Any], int]
) -> Sequence[int]:
    """The primitive on the first parts, then on the second ones."""
    parameters: Mapping[str, Any] = rule.checked(equation.primitive.name, equation.params)
    marks = [is_paired(variable.aval) for variable in equation.invars]
    split = [parts(builder, x) if mark else (x, x) for x, mark in zip(operands, marks, strict=True)]
    made = [list(rule.lower(builder, [pair[place] for pair in split], parameters)) for place in (0, 1)]
    results = []
    for first, second, variable in zip(*made, equation.outvars, strict=True):
        shaped = [full(x, variable.aval) for x in (first, second)]
        results.append(paired(builder, *shaped))
    return results


def complex_constant(value: np.ndarray) -> np.ndarray:
    """The parts of complex numbers, last axis of length 2."""
    array = np.asarray(value, np.complex128)
    return np.stack([array.real, array.imag], axis=-1)
