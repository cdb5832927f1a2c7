"""All primitives by name."""

from collections.abc import Mapping
from types import MappingProxyType

from certify.program.primitives import (
    contraction,
    indexing,
    integers,
    linear_algebra,
    nonsmooth,
    permutations,
    reductions,
    smooth,
    softmax,
    special,
    structural,
)
from certify.program.primitives.primitive import Primitive

_MODULES = (
    smooth,
    nonsmooth,
    structural,
    reductions,
    softmax,
    contraction,
    indexing,
    integers,
    special,
    linear_algebra,
    permutations,
)

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(
    {primitive.name: primitive for module in _MODULES for primitive in module.PRIMITIVES}
)
