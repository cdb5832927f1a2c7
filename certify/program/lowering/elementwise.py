"""Elementwise JAX primitives."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.primitives.primitive import elementwise_shape, stretched
from certify.program.signature import BOOL, FLOAT, INTEGERS
from foundation import InputError

Rule: TypeAlias = Callable[[Builder, Sequence[int], Mapping[str, Any]], Sequence[int]]


def _renamed(name: str) -> Rule:
    return lambda builder, operands, parameters: (builder.emit(name, *operands),)


def _identity(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return tuple(operands)


def _by_type(real: str, integer: str) -> Rule:
    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        name = real if builder.signature(operands[0]).is_real else integer
        return (builder.emit(name, *operands),)

    return rule


def _power(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("integer_pow", operands[0], exponent=int(parameters["y"])),)


def _general_power(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    base, exponent = operands
    known = builder.value(exponent)
    number = float(known.reshape(())) if known is not None and known.size == 1 else np.nan
    if number.is_integer() and abs(number) <= 2**20:
        return (builder.emit("integer_pow", base, exponent=int(number)),)
    if not builder.signature(exponent).is_real:
        exponent = builder.emit("convert", exponent, dtype=FLOAT)
    return (builder.emit("pow", base, exponent),)


def _clamp(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    lowest, x, highest = operands
    return (builder.emit("min", builder.emit("max", x, lowest), highest),)


def _is_finite(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    value = builder.value(operands[0])
    finite = np.isfinite(value) if value is not None else np.ones(builder.signature(operands[0]).shape, bool)
    return (builder.constant(finite),)


def _convert(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (converted(builder, operands[0], str(np.dtype(parameters["new_dtype"]))),)


def converted(builder: Builder, x: int, target: str) -> int:
    """The value in another element type; narrower floats only for numbers that they represent exactly."""
    signature = builder.signature(x)
    if target == signature.dtype:
        return x
    if target in (BOOL, FLOAT, *INTEGERS):
        if target == BOOL:
            zero = builder.number(0.0) if signature.is_real else builder.constant(np.zeros((), signature.dtype))
            return builder.emit("ne", x, zero)
        return builder.emit("convert", x, dtype=target)
    if target not in ("float32", "float16", "bfloat16"):
        raise InputError(f"a program of real numbers cannot convert to {target}")
    return builder.emit("narrow", converted(builder, x, FLOAT), dtype=target)


def _reduce_precision(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    widths = (parameters["exponent_bits"], parameters["mantissa_bits"])
    names = {(11, 52): FLOAT, (8, 23): "float32", (5, 10): "float16", (8, 7): "bfloat16"}
    if widths not in names:
        raise InputError(f"`reduce_precision` to {widths} bits rounds, and rounding is no exact function")
    if names[widths] == FLOAT:
        return tuple(operands)
    return (builder.emit("narrow", operands[0], dtype=names[widths]),)


def _float_remainder(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """x - trunc(x / y) y."""
    if not builder.signature(operands[0]).is_real:
        return (builder.emit("remainder", *operands),)
    x, y = operands
    ratio = builder.emit("div", x, y)
    toward_zero = builder.emit("mul", builder.emit("sign", ratio), builder.emit("floor", builder.emit("abs", ratio)))
    return (builder.emit("sub", x, builder.emit("mul", toward_zero, y)),)


def _round(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    name = "round_to_even" if "EVEN" in str(parameters["rounding_method"]).upper() else "round_away"
    return (builder.emit(name, *operands),)


def _select(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """Branches are arrays of one shape: a scalar among them is copied into it."""
    return (selected(builder, operands[0], operands[1:]),)


def selected(builder: Builder, which: int, branches: Sequence[int]) -> int:
    """The branch number `which`, entry by entry."""
    shapes = [builder.signature(x) for x in (which, *branches)]
    full = [stretched(builder, x, elementwise_shape(shapes)) for x in branches]
    return builder.emit("select_n", which, *full)


def _platform(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """The branch for the CPU, or the default one: all of them describe the same function."""
    platforms = list(parameters["platforms"])
    fitting = [i for i, names in enumerate(platforms) if names is None or "cpu" in names]
    return (builder.constant(np.int32(fitting[0] if fitting else len(platforms) - 1)),)


def _exp2(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    scale = builder.emit("log", builder.number(2.0))
    return (builder.emit("exp", builder.emit("mul", operands[0], scale)),)


_SAME_NAME = (
    *("add", "sub", "mul", "neg", "square", "exp", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "sqrt", "rsqrt", "cbrt"),
    *("atan2", "abs", "max", "min", "sign", "floor", "ceil", "lt", "le", "gt", "ge", "eq", "ne"),
    *("and", "or", "xor", "not"),
)

RULES: dict[str, Rule] = {
    **{name: _renamed(name) for name in _SAME_NAME},
    "add_any": _renamed("add"),
    "lt_to": _renamed("lt"),
    "le_to": _renamed("le"),
    "platform_index": _platform,
    "div": _by_type("div", "quotient"),
    "rem": _float_remainder,
    "round": _round,
    "shift_left": _renamed("shift_left"),
    "shift_right_arithmetic": _renamed("shift_right"),
    "integer_pow": _power,
    "pow": _general_power,
    "exp2": _exp2,
    "clamp": _clamp,
    "is_finite": _is_finite,
    "select_n": _select,
    "convert_element_type": _convert,
    "reduce_precision": _reduce_precision,
    "stop_gradient": _identity,
    "copy": _identity,
    "copy_p": _identity,
    "optimization_barrier": _identity,
    "name": _identity,
    "device_put": _identity,
    "sharding_constraint": _identity,
    "pvary": _identity,
    "reduce_and": lambda b, o, p: (b.emit("reduce_and", o[0], axes=axes_of(p["axes"])),),
    "reduce_or": lambda b, o, p: (b.emit("reduce_or", o[0], axes=axes_of(p["axes"])),),
}


def axes_of(axes: Any) -> tuple[int, ...]:
    """Axes as sorted plain numbers."""
    return tuple(sorted(int(axis) for axis in axes))
