"""Random numbers from a key: exact functions of the key's two words, through JAX's own expansion into Threefry."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.pairs import key_kind
from certify.program.lowering.rule import INTEGERS, NEUTRAL, Rule
from foundation import InputError


def lowered(
    inline: Callable[[Builder, Any, Sequence[int]], Sequence[int]],
    builder: Builder,
    equation: Any,
    operands: Sequence[int],
) -> Sequence[int]:
    """random_seed, random_wrap, random_unwrap, random_bits, random_split, random_fold_in, random_clone."""
    name, parameters = equation.primitive.name, equation.params
    if name in ("random_wrap", "random_unwrap", "random_clone"):
        for variable in (*equation.invars, *equation.outvars):
            if str(variable.aval.dtype).startswith("key<"):
                key_kind(variable.aval)
        return tuple(operands)
    rule = _EXPANSIONS.get(name)
    if rule is None:
        raise InputError(f"random keys in `{name}` are not enclosed; draw the numbers outside of the function")
    return inline(builder, rule(equation, parameters), operands)


def _expanded(equation: Any, function: Callable[..., Any], key_operands: int) -> Any:
    """The jaxpr of a function of single keys, mapped over arrays of keys."""
    import jax

    shapes = []
    for position, variable in enumerate(equation.invars):
        aval = variable.aval
        shape = (*aval.shape, 2) if position < key_operands else aval.shape
        dtype = "uint32" if position < key_operands else aval.dtype
        shapes.append(jax.ShapeDtypeStruct(shape, dtype))
    for _ in range(len(equation.invars[0].aval.shape)):
        function = jax.vmap(function)
    return jax.make_jaxpr(function)(*shapes)


def _seeded(equation: Any, parameters: Mapping[str, Any]) -> Any:
    return _expanded(equation, key_kind(equation.outvars[0].aval).seed, 0)


def _bits(equation: Any, parameters: Mapping[str, Any]) -> Any:
    kind = key_kind(equation.invars[0].aval)
    width, shape = int(parameters["bit_width"]), tuple(parameters["shape"])
    return _expanded(equation, lambda key: kind.random_bits(key, width, shape), 1)


def _split(equation: Any, parameters: Mapping[str, Any]) -> Any:
    kind, shape = key_kind(equation.invars[0].aval), tuple(parameters["shape"])
    return _expanded(equation, lambda key: kind.split(key, shape), 1)


def _folded(equation: Any, parameters: Mapping[str, Any]) -> Any:
    kind = key_kind(equation.invars[0].aval)
    return _expanded(equation, kind.fold_in, 1)


_EXPANSIONS: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "random_seed": _seeded,
    "random_bits": _bits,
    "random_split": _split,
    "random_fold_in": _folded,
}


def _threefry(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return [builder.emit("threefry", *operands, word=word) for word in (0, 1)]


def _counter(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The positions in an array as 64-bit numbers, in two words."""
    shape = tuple(int(n) for n in parameters["shape"])
    places = np.arange(math.prod(shape), dtype=np.uint64).reshape(shape)
    return [builder.constant((places >> np.uint64(32 * word)).astype(np.uint32)) for word in (1, 0)]


def _by_equation(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    raise InputError("random keys are read by their own element type")  # `lowered` does


_KEYED = {
    "random_seed": ("impl",),
    "random_wrap": ("impl",),
    "random_unwrap": (),
    "random_clone": (),
    "random_bits": ("bit_width", "shape"),
    "random_split": ("shape",),
    "random_fold_in": (),
}

RULES: dict[str, Rule] = {
    "threefry2x32": Rule(_threefry),
    "iota_2x32_shape": Rule(_counter, {"shape": INTEGERS}),
    # JAX's own expansion of each is read, so that its parameters need no reading here
    **{name: Rule(_by_equation, dict.fromkeys(names, NEUTRAL)) for name, names in _KEYED.items()},
}
