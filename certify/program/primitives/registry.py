"""All primitives by name."""

from collections.abc import Mapping
from types import MappingProxyType

from certify.program.primitives import (
    contraction,
    indexing,
    integers,
    nonsmooth,
    reductions,
    smooth,
    softmax,
    structural,
)
from certify.program.primitives.primitive import Primitive

_MODULES = (smooth, nonsmooth, structural, reductions, softmax, contraction, indexing, integers)

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(
    {primitive.name: primitive for module in _MODULES for primitive in module.PRIMITIVES}
)
