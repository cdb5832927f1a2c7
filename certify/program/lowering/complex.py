"""JAX primitives on complex numbers, as functions of their real and imaginary parts.

Each rule maps the operands' parts, pairs of references, to the parts of the result; a rule in `REAL` gives a real
result. Principal values: the cut of log, sqrt and powers is the negative real axis.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import axes_of
from certify.program.lowering.structural import sliced
from certify.program.signature import BOOL, FLOAT
from foundation import InputError

Parts: TypeAlias = tuple[int, int]
ComplexRule: TypeAlias = Callable[[Builder, Sequence[Parts], Mapping[str, Any]], Parts]


def multiplied(b: Builder, x: Parts, y: Parts) -> Parts:
    """x y."""
    real = b.emit("sub", b.emit("mul", x[0], y[0]), b.emit("mul", x[1], y[1]))
    return real, b.emit("add", b.emit("mul", x[0], y[1]), b.emit("mul", x[1], y[0]))


def squared_modulus(b: Builder, x: Parts) -> int:
    """|x|^2."""
    return b.emit("add", b.emit("square", x[0]), b.emit("square", x[1]))


def _divided(b: Builder, x: Parts, y: Parts) -> Parts:
    """x conj(y) / |y|^2."""
    size = squared_modulus(b, y)
    product = multiplied(b, x, (y[0], b.emit("neg", y[1])))
    return b.emit("div", product[0], size), b.emit("div", product[1], size)


def _exponential(b: Builder, x: Parts) -> Parts:
    size = b.emit("exp", x[0])
    return b.emit("mul", size, b.emit("cos", x[1])), b.emit("mul", size, b.emit("sin", x[1]))


def _logarithm(b: Builder, x: Parts) -> Parts:
    half = b.emit("mul", b.number(0.5), b.emit("log", squared_modulus(b, x)))
    return half, b.emit("atan2", x[1], x[0])


def _scaled(b: Builder, factor: float, x: Parts) -> Parts:
    return b.emit("mul", b.number(factor), x[0]), b.emit("mul", b.number(factor), x[1])


def _power(b: Builder, x: Parts, exponent: int) -> Parts:
    if exponent < 0:
        one = b.number(1.0, b.signature(x[0]).shape), b.number(0.0, b.signature(x[0]).shape)
        return _divided(b, one, _power(b, x, -exponent))
    if exponent == 0:
        return b.number(1.0, b.signature(x[0]).shape), b.number(0.0, b.signature(x[0]).shape)
    half = _power(b, x, exponent // 2) if exponent > 1 else None
    square = multiplied(b, half, half) if half is not None else x
    return multiplied(b, square, x) if exponent % 2 and exponent > 1 else square


def _integer_power(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
    exponent = int(parameters["y"])
    if abs(exponent) > 2**10:
        raise InputError(f"the power {exponent} of complex numbers is too high; the limit is 1024")
    return _power(b, operands[0], exponent)


def _sine(b: Builder, x: Parts) -> Parts:
    real = b.emit("mul", b.emit("sin", x[0]), b.emit("cosh", x[1]))
    return real, b.emit("mul", b.emit("cos", x[0]), b.emit("sinh", x[1]))


def _cosine(b: Builder, x: Parts) -> Parts:
    real = b.emit("mul", b.emit("cos", x[0]), b.emit("cosh", x[1]))
    return real, b.emit("neg", b.emit("mul", b.emit("sin", x[0]), b.emit("sinh", x[1])))


def _times_i(b: Builder, x: Parts) -> Parts:
    return b.emit("neg", x[1]), x[0]


def _hyperbolic(function: Callable[[Builder, Parts], Parts], odd: bool) -> ComplexRule:
    """cosh x = cos(i x), sinh x = -i sin(i x)."""

    def rule(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
        real, imaginary = function(b, _times_i(b, operands[0]))
        return (imaginary, b.emit("neg", real)) if odd else (real, imaginary)

    return rule


def _tangent(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
    return _divided(b, _sine(b, operands[0]), _cosine(b, operands[0]))


def _hyperbolic_tangent(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
    sine = _hyperbolic(_sine, True)(b, operands, parameters)
    return _divided(b, sine, _hyperbolic(_cosine, False)(b, operands, parameters))


def _contraction(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
    (left, right), (left_batch, right_batch) = parameters["dimension_numbers"]
    axes = {
        "left_contract": axes_in_order(left),
        "right_contract": axes_in_order(right),
        "left_batch": axes_in_order(left_batch),
        "right_batch": axes_in_order(right_batch),
    }
    x, y = operands
    real = b.emit("sub", b.emit("dot_general", x[0], y[0], **axes), b.emit("dot_general", x[1], y[1], **axes))
    imaginary = b.emit("add", b.emit("dot_general", x[0], y[1], **axes), b.emit("dot_general", x[1], y[0], **axes))
    return real, imaginary


def _product(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> Parts:
    """The product along axes, entry by entry."""
    (x,) = operands
    for axis in reversed(axes_of(parameters["axes"])):
        shape = b.signature(x[0]).shape
        rest = (*shape[:axis], *shape[axis + 1 :])
        total = b.number(1.0, rest), b.number(0.0, rest)
        for place in range(shape[axis]):
            part = [b.emit("reshape", sliced(b, y, axis, place, place + 1), shape=rest) for y in x]
            total = multiplied(b, total, (part[0], part[1]))
        x = total
    return x


def axes_in_order(axes: Any) -> tuple[int, ...]:
    """Axes as plain numbers."""
    return tuple(int(axis) for axis in axes)


def _unary(function: Callable[[Builder, Parts], Parts]) -> ComplexRule:
    return lambda b, operands, parameters: function(b, operands[0])


RULES: Mapping[str, ComplexRule] = {
    "mul": lambda b, x, p: multiplied(b, x[0], x[1]),
    "div": lambda b, x, p: _divided(b, x[0], x[1]),
    "square": lambda b, x, p: multiplied(b, x[0], x[0]),
    "conj": lambda b, x, p: (x[0][0], b.emit("neg", x[0][1])),
    "exp": _unary(_exponential),
    "log": _unary(_logarithm),
    "sqrt": lambda b, x, p: _exponential(b, _scaled(b, 0.5, _logarithm(b, x[0]))),
    "rsqrt": lambda b, x, p: _exponential(b, _scaled(b, -0.5, _logarithm(b, x[0]))),
    "pow": lambda b, x, p: _exponential(b, multiplied(b, x[1], _logarithm(b, x[0]))),
    "integer_pow": _integer_power,
    "sin": _unary(_sine),
    "cos": _unary(_cosine),
    "tan": _tangent,
    "sinh": _hyperbolic(_sine, True),
    "cosh": _hyperbolic(_cosine, False),
    "tanh": _hyperbolic_tangent,
    "dot_general": _contraction,
    "reduce_prod": _product,
}
"Rules from complex operands to complex results; real operands get the imaginary part 0."


def _modulus(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> int:
    return b.emit("sqrt", squared_modulus(b, operands[0]))


def _equal(name: str, joined: str) -> Callable[[Builder, Sequence[Parts], Mapping[str, Any]], int]:
    def rule(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> int:
        x, y = operands
        return b.emit(joined, b.emit(name, x[0], y[0]), b.emit(name, x[1], y[1]))

    return rule


def _finite(b: Builder, operands: Sequence[Parts], parameters: Mapping[str, Any]) -> int:
    return b.constant(np.ones(b.signature(operands[0][0]).shape, bool))


REAL: Mapping[str, Callable[[Builder, Sequence[Parts], Mapping[str, Any]], int]] = {
    "real": lambda b, x, p: x[0][0],
    "imag": lambda b, x, p: x[0][1],
    "abs": _modulus,
    "eq": _equal("eq", "and"),
    "ne": _equal("ne", "or"),
    "is_finite": _finite,
}
"Rules from complex operands to real or boolean results."


def as_complex(b: Builder, x: int) -> Parts:
    """A real number, whole number or boolean as a complex one."""
    signature = b.signature(x)
    real = x if signature.dtype == FLOAT else b.emit("convert", x, dtype=FLOAT)
    return real, b.number(0.0, signature.shape)


def converted(b: Builder, x: Parts, target: str) -> int:
    """A complex number as a boolean, whether it is not zero, or as a real number, which is its real part.

    JAX drops the imaginary part; its derivatives of conversions to complex numbers rest on that.
    """
    if target == "float64":
        return x[0]
    if target != BOOL:
        raise InputError(f"the conversion of complex numbers to {target} is not enclosed; use jnp.real first")
    zero = b.number(0.0)
    return b.emit("or", b.emit("ne", x[0], zero), b.emit("ne", x[1], zero))


__all__ = ["REAL", "RULES", "as_complex", "axes_of", "converted", "multiplied", "squared_modulus"]
