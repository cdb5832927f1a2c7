"""Equations whose meaning depends on more than their primitive: calls of library functions, complex numbers, keys."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering import complex as complex_numbers
from certify.program.lowering import fourier, library, monoids, pairs, randomness
from certify.program.lowering.rule import ELEMENT_TYPE, INTEGERS, NEUTRAL, Rule
from certify.program.source_lines import frames_of_jax
from foundation import InputError

Inline: TypeAlias = Callable[[Builder, Any, Sequence[int]], Sequence[int]]
Full: TypeAlias = Callable[[Builder, int, Any], int]


def special_case(
    inline: Inline, builder: Builder, equation: Any, operands: Sequence[int], rules: Mapping[str, Rule], full: Full
) -> Sequence[int] | None:
    """The results of such an equation; None for all others."""
    name = equation.primitive.name
    known = library.recognised(builder, equation, operands)
    if known is not None:
        return known
    if name.startswith("random_"):
        rules_of = rules.get(name)
        if rules_of is not None:
            rules_of.checked(name, equation.params)
        return randomness.lowered(inline, builder, equation, operands)
    if name == "empty2" and _is_never_read(equation):
        return (builder.constant(np.zeros((), equation.outvars[0].aval.dtype)),)
    variables = (*equation.invars, *equation.outvars)
    if name == "bitcast_convert_type" and not any(pairs.is_paired(v.aval) for v in variables):
        source, target = (str(np.dtype(v.aval.dtype)) for v in variables)
        return (monoids.bitcast(builder, operands[0], source, target),)
    if not any(pairs.is_paired(v.aval) for v in variables) or (name in rules and rules[name].opens):
        return None
    return _paired(builder, equation, operands, rules, full)


def _is_never_read(equation: Any) -> bool:
    """Whether JAX's own loops and branches made the undefined number, and not the user.

    A scan writes every entry of what it fills before it is read; a branch passes undefined numbers for those that only
    the derivative of another branch reads. Any number may stand for them.
    """
    frames = set(frames_of_jax(equation))
    by_hand = any(frame in frames for frame in (("lax/lax.py", "empty"), ("lax/lax.py", "empty2")))
    inside = any(module.startswith("lax/control_flow/") for module, _ in frames)
    return inside and (not by_hand or ("lax/control_flow/loops.py", "_empty_array") in frames)


def _paired(
    builder: Builder, equation: Any, operands: Sequence[int], rules: Mapping[str, Rule], full: Full
) -> Sequence[int]:
    name, results = equation.primitive.name, [variable.aval for variable in equation.outvars]
    keys = any(pairs.is_key(v.aval) for v in (*equation.invars, *equation.outvars))
    if name in pairs.MOVING or (name in pairs.LINEAR and not keys and _all_paired(equation, name)):
        return pairs.by_parts(builder, equation, operands, rules[name], lambda x, aval: full(builder, x, aval))
    if keys:
        raise InputError(f"random keys in `{name}` are not enclosed; draw the numbers outside of the function")
    if name in rules:
        rules[name].checked(name, equation.params)
    if name == "fft":
        return _transformed(builder, equation, operands)
    if name == "complex":
        return (pairs.paired(builder, *(full(builder, x, results[0]) for x in operands)),)
    if name == "convert_element_type":
        return (_converted(builder, equation, operands[0]),)
    given = _as_parts(builder, equation, operands)
    if name in complex_numbers.REAL:
        return (complex_numbers.REAL[name](builder, given, equation.params),)
    if name not in complex_numbers.RULES and name in _REFUSED_BY_RULE:
        return rules[name].lower(builder, operands, equation.params)
    if name not in complex_numbers.RULES:
        raise InputError(
            f"JAX's primitive `{name}` of complex numbers cannot be enclosed; use real and imaginary parts"
        )
    made = complex_numbers.RULES[name](builder, given, equation.params)
    return (pairs.paired(builder, *(full(builder, x, results[0]) for x in made)),)


# These give their own reason.
_REFUSED_BY_RULE = ("eig", "schur", "hessenberg")


def _all_paired(equation: Any, name: str) -> bool:
    """Whether all operands that are no positions are complex."""
    numbers = [v.aval for v in equation.invars if np.dtype(v.aval.dtype).kind in "fc"]
    return all(pairs.is_complex(aval) for aval in numbers)


def _as_parts(builder: Builder, equation: Any, operands: Sequence[int]) -> list[tuple[int, int]]:
    marks = [pairs.is_complex(variable.aval) for variable in equation.invars]
    return [
        pairs.parts(builder, x) if mark else complex_numbers.as_complex(builder, x)
        for x, mark in zip(operands, marks, strict=True)
    ]


def _converted(builder: Builder, equation: Any, x: int) -> int:
    source, target = equation.invars[0].aval, np.dtype(equation.params["new_dtype"])
    if target.kind != "c":
        return complex_numbers.converted(builder, pairs.parts(builder, x), str(target))
    if (
        target.itemsize < 16
        and np.dtype(source.dtype).itemsize * (2 if source.dtype.kind != "c" else 1) > target.itemsize
    ):
        raise InputError(f"the conversion to {target} rounds, which is not an exact function; compute in complex128")
    return x if pairs.is_complex(source) else pairs.paired(builder, *complex_numbers.as_complex(builder, x))


def _transformed(builder: Builder, equation: Any, operands: Sequence[int]) -> Sequence[int]:
    given = pairs.parts(builder, operands[0]) if pairs.is_complex(equation.invars[0].aval) else operands[0]
    result = fourier.transformed(builder, given, equation.params)
    return (result if isinstance(result, int) else pairs.paired(builder, *result),)


def _by_equation(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    raise InputError("complex numbers are read by their own element type")  # `special_case` does


RULES: dict[str, Rule] = {
    "complex": Rule(_by_equation),
    "real": Rule(_by_equation),
    "imag": Rule(_by_equation),
    "conj": Rule(_by_equation, {"input_dtype": ELEMENT_TYPE}),
    "fft": Rule(_by_equation, {"fft_type": NEUTRAL, "fft_lengths": INTEGERS}),
}
"Primitives of complex numbers alone, with the parameters that they may carry."
