"""Elementwise JAX primitives."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.balls import Balls
from certify.program.builder import Builder
from certify.program.lowering.rule import (
    ELEMENT_TYPE,
    INTEGER,
    INTEGERS,
    NEUTRAL,
    NOTHING,
    TUPLE,
    Lowering,
    Rule,
    name_of,
    named,
    optional,
)
from certify.program.primitives.primitive import elementwise_shape, stretched
from certify.program.primitives.registry import PRIMITIVES
from certify.program.signature import BOOL, ELEMENT_TYPES, FLOAT, Signature
from foundation import InputError


def _renamed(name: str) -> Lowering:
    return lambda builder, operands, parameters: (builder.emit(name, *operands),)


def _identity(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return tuple(operands)


def _by_type(real: str, integer: str) -> Lowering:
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
    exponents = _known_array(builder, exponent)
    if exponents is not None and 0 < np.unique(exponents).size <= _MOST_POWERS and np.all(exponents % 1 == 0):
        return (_integer_powers(builder, base, exponents),)
    if not builder.signature(exponent).is_real:
        exponent = builder.emit("convert", exponent, dtype=FLOAT)
    return (builder.emit("pow", base, exponent),)


_REARRANGING = frozenset(("broadcast_in_dim", "reshape", "convert", "rev", "slice", "sub", "add"))


def _known_array(builder: Builder, ref: int) -> np.ndarray | None:
    """The array of a constant, also of one that was rearranged or converted."""
    node, known = builder.nodes[ref], builder.value(ref)
    if known is not None or node.primitive not in (
        "broadcast_in_dim",
        "reshape",
        "convert",
        "rev",
        "slice",
        "sub",
        "add",
    ):
        return known
    inner = [_known_array(builder, operand) for operand in node.operands]
    if any(x is None or not np.isfinite(x).all() for x in inner):
        return None
    system = Balls()
    values = [system.constant(x[None]) if x.dtype == np.float64 else x[None] for x in inner if x is not None]
    result = PRIMITIVES[node.primitive].evaluate(system, values, node.parameters)
    if isinstance(result, np.ndarray):
        return np.asarray(result[0])
    whole = np.rint(result.mid[0])
    # sums of small whole numbers are exact, whatever radius their balls have
    exact = result.is_exact or (node.primitive in ("sub", "add") and all(_small_whole(x) for x in inner))
    return whole if exact and np.array_equal(whole, result.mid[0]) else None


def _small_whole(x: np.ndarray | None) -> bool:
    return x is not None and bool(np.all((x == np.rint(x)) & (np.abs(x) < 2.0**40)))


# So many different whole exponents in one array are taken one after the other.
_MOST_POWERS = 64


def _integer_powers(builder: Builder, base: int, exponents: np.ndarray) -> int:
    """Powers with an array of whole exponents, which negative bases have too."""
    shape = elementwise_shape([builder.signature(base), Signature(exponents.shape)])
    full = np.broadcast_to(exponents, shape)
    base = stretched(builder, base, shape)
    result = builder.number(0.0, shape)
    for exponent in np.unique(exponents):
        power = stretched(builder, builder.emit("integer_pow", base, exponent=int(exponent)), shape)
        result = builder.emit("select_n", builder.constant(full == exponent), result, power)
    return result


def _clamp(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    lowest, x, highest = operands
    return (builder.emit("min", builder.emit("max", x, lowest), highest),)


def _is_finite(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    (x,) = operands
    value = builder.value(x)
    # what is a number equals itself
    return (builder.emit("eq", x, x) if value is None else builder.constant(np.isfinite(value)),)


def _convert(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (converted(builder, operands[0], str(np.dtype(parameters["new_dtype"]))),)


def converted(builder: Builder, x: int, target: str) -> int:
    """The value in another element type; narrower floats only for numbers that they represent exactly."""
    signature = builder.signature(x)
    if target == signature.dtype:
        return x
    if target in ELEMENT_TYPES:
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
        raise InputError(f"`reduce_precision` to {widths} bits rounds, and rounding is not an exact function")
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
    names = {"TO_NEAREST_EVEN": "round_to_even", "AWAY_FROM_ZERO": "round_away"}
    return (builder.emit(names[name_of(parameters["rounding_method"])], *operands),)


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


def _log2(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("div", builder.emit("log", operands[0]), builder.emit("log", builder.number(2.0))),)


def _one_minus_square(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    return (builder.emit("sub", builder.number(1.0), builder.emit("square", operands[0])),)


def _polynomial(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """c_0 + c_1 x + c_2 x^2 + ... by Horner's rule."""
    x, *coefficients = operands
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = builder.emit("add", builder.emit("mul", value, x), coefficient)
    return (value,)


def _total_order(name: str) -> Lowering:
    """The order that puts -0.0 before 0.0. JAX compares with it what it has made of one zero (sorting, searching);
    a constant -0.0 would tell the zeros apart, which are one real number.
    """

    def rule(builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
        known = [value for value in map(builder.value, operands) if value is not None and value.dtype.kind == "f"]
        if any(np.any((value == 0) & np.signbit(value)) for value in known):
            raise InputError("the total order of floats tells -0.0 from 0.0, which are one real number; use < or <=")
        return (builder.emit(name, *operands),)

    return rule


def _bitwise_reduction(name: str) -> Lowering:
    return lambda builder, operands, parameters: (builder.emit(name, operands[0], axes=axes_of(parameters["axes"])),)


def axes_of(axes: Any) -> tuple[int, ...]:
    """Axes as sorted plain numbers."""
    return tuple(sorted(int(axis) for axis in axes))


_SAME_NAME = (
    *("add", "sub", "neg", "square", "exp", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "tan", "asin"),
    *("acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "erf", "erfc", "sqrt", "rsqrt", "cbrt", "atan2"),
    *("abs", "max", "min", "sign", "floor", "ceil", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "xor", "not"),
)
# the error of JAX's own evaluation; which functions carry it differs between versions
_ACCURACY = {"accuracy": optional(NEUTRAL)}
_PLACED = {"sharding": optional(NEUTRAL)}
_REDUCED = {"axes": INTEGERS, "out_sharding": optional(NEUTRAL)}

RULES: dict[str, Rule] = {
    **{name: Rule(_renamed(name), _ACCURACY) for name in _SAME_NAME},
    "mul": Rule(_renamed("mul"), {"out_dtype": optional(NOTHING)}),
    "add_any": Rule(_renamed("add")),
    "lt_to": Rule(_total_order("lt")),
    "le_to": Rule(_total_order("le")),
    "eq_to": Rule(_total_order("eq")),
    "platform_index": Rule(_platform, {"platforms": TUPLE}),
    "div": Rule(_by_type("div", "quotient")),
    "rem": Rule(_float_remainder),
    "round": Rule(_round, {"rounding_method": named("TO_NEAREST_EVEN", "AWAY_FROM_ZERO")}),
    "shift_left": Rule(_renamed("shift_left")),
    "shift_right_arithmetic": Rule(_renamed("shift_right")),
    "integer_pow": Rule(_power, {"y": INTEGER}),
    "pow": Rule(_general_power),
    "exp2": Rule(_exp2, _ACCURACY),
    "log2": Rule(_log2, _ACCURACY),
    "one_minus_square": Rule(_one_minus_square),
    "polynomial": Rule(_polynomial, {"unroll": optional(NEUTRAL)}),
    "clamp": Rule(_clamp),
    "is_finite": Rule(_is_finite),
    "select_n": Rule(_select),
    "convert_element_type": Rule(_convert, {"new_dtype": ELEMENT_TYPE, "weak_type": NEUTRAL, **_PLACED}),
    "reduce_precision": Rule(_reduce_precision, {"exponent_bits": INTEGER, "mantissa_bits": INTEGER}),
    "stop_gradient": Rule(_identity),
    "copy": Rule(_identity),
    "copy_p": Rule(_identity),
    "optimization_barrier": Rule(_identity),
    "name": Rule(_identity, {"name": NEUTRAL}),
    "device_put": Rule(_identity, dict.fromkeys(("devices", "srcs", "copy_semantics"), NEUTRAL)),
    "sharding_constraint": Rule(
        _identity, dict.fromkeys(("sharding", "layout", "context_mesh", "unconstrained_dims"), NEUTRAL)
    ),
    "reduce_and": Rule(_bitwise_reduction("reduce_and"), _REDUCED),
    "reduce_or": Rule(_bitwise_reduction("reduce_or"), _REDUCED),
}
