"""Functions of single entries: arithmetic, elementary functions, comparisons, choices, types."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.aten import pointwise
from stabproof.doors.onnx_operators.static import is_static
from stabproof.doors.rule import Function, Table, demand

Array = Any


def is_real(x: Array) -> bool:
    return np.dtype(x.dtype) == np.float64


def divide(A: Array, B: Array) -> Array:
    """Integers are divided toward zero."""
    return jnp.true_divide(A, B) if is_real(A) else pointwise.div(A, B, "trunc")


def power(X: Array, Y: Array) -> Array:
    """Constant whole exponents become products, which hold for negative bases too."""
    demand(is_real(X), "a power of integers is not modelled")
    if is_static(Y) and np.asarray(Y).size == 1 and np.asarray(Y).ndim <= X.ndim:
        exponent = float(np.asarray(Y).reshape(()))
        shape = jnp.broadcast_shapes(X.shape, np.asarray(Y).shape)
        return jnp.broadcast_to(pointwise.power(X, exponent), shape)
    return jnp.power(X, Y)


def modulo(A: Array, B: Array, fmod: int = 0) -> Array:
    """The sign of the divisor, or with fmod that of the dividend."""
    demand(bool(fmod) or not is_real(A), "a modulo of real numbers without fmod = 1 is not modelled")
    return jnp.fmod(A, B) if fmod else jnp.remainder(A, B)


def many(function: Function) -> Function:
    return lambda data_0: functools.reduce(function, data_0)


def mean(data_0: tuple[Array, ...]) -> Array:
    demand(all(is_real(x) for x in data_0), "a mean of integers is not modelled")
    return functools.reduce(jnp.add, data_0) / float(len(data_0))


def clip(input: Array, min: Any = None, max: Any = None) -> Array:
    """Where the bounds cross, the upper one wins."""
    return pointwise.clamp(input, min, max)


def where(condition: Array, X: Array, Y: Array) -> Array:
    return jnp.where(condition, X, Y)


def unary(function: Function) -> Function:
    def rule(X: Any = None, input: Any = None, x: Any = None) -> Array:
        return function(next(value for value in (X, input, x) if value is not None))

    return rule


def _rounded(x: Array) -> Array:
    return jnp.round(x)


_UNARY: dict[str, Function] = {
    "Abs": jnp.abs, "Acos": jnp.arccos, "Acosh": jnp.arccosh, "Asin": jnp.arcsin, "Asinh": jnp.arcsinh,
    "Atan": jnp.arctan, "Atanh": jnp.arctanh, "Ceil": jnp.ceil, "Cos": jnp.cos, "Cosh": jnp.cosh,
    "Erf": jax.lax.erf, "Exp": jnp.exp, "Floor": jnp.floor, "Identity": lambda x: x, "IsNaN": jnp.isnan,
    "Log": jnp.log, "Neg": jnp.negative, "Not": jnp.logical_not, "Reciprocal": lambda x: 1.0 / x,
    "Round": _rounded, "Sigmoid": jax.lax.logistic, "Sign": jnp.sign, "Sin": jnp.sin, "Sinh": jnp.sinh,
    "Sqrt": jnp.sqrt, "Tan": jnp.tan, "Tanh": jnp.tanh, "Relu": lambda x: jnp.maximum(x, 0),
    "Softsign": lambda x: x / (1 + jnp.abs(x)),
}  # fmt: skip
_BINARY: dict[str, Function] = {
    "Add": jnp.add, "Sub": jnp.subtract, "Mul": jnp.multiply, "Equal": jnp.equal, "Less": jnp.less,
    "Greater": jnp.greater, "LessOrEqual": jnp.less_equal, "GreaterOrEqual": jnp.greater_equal,
    "And": jnp.logical_and, "Or": jnp.logical_or, "Xor": jnp.logical_xor,
}  # fmt: skip


def _binary(function: Function) -> Function:
    return lambda A, B: function(A, B)


# ONNX's numbers of element types -> how they are held; narrow floats are held exactly, as doubles
TYPES = {1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool",
         10: "float16", 11: "float64", 12: "uint32", 13: "uint64"}  # fmt: skip


def held(kind: str) -> np.dtype:
    return np.dtype(np.float64 if kind.startswith("float") else kind)


def cast(input: Array, to: int, saturate: int = 1) -> Array:
    """Between floats the identity; a constant is rounded as the file says. Floats to integers: toward 0."""
    demand(to in TYPES, f"the element type number {to} is not modelled")
    kind = TYPES[to]
    if is_static(input) and kind.startswith("float"):
        return np.asarray(input).astype(kind).astype(np.float64)
    demand(kind != "float16", "a computation in float16, which programs round differently, is not modelled")
    if kind == "bool":
        return input != 0
    return input.astype(held(kind))


def cast_like(input: Array, target_type: Array, saturate: int = 1) -> Array:
    if is_static(input) and is_real(input) and is_real(target_type):
        # the file's types are not followed so far: only numbers that no float type of the two rounds
        narrow = np.asarray(input, np.float32)
        demand(bool(np.all(narrow == input)), "a constant that single precision rounds is not modelled in CastLike")
    return input if input.dtype == target_type.dtype else input.astype(target_type.dtype)


def dropout(data: Array, ratio: Any = None, training_mode: Any = None, seed: Any = None) -> Any:
    training = training_mode is not None and not (is_static(training_mode) and not np.any(training_mode))
    demand(not training, "a Dropout in training mode is random; export the model in inference mode")
    return data, jnp.ones(data.shape, bool)


TABLE: Table = {
    **{name: unary(function) for name, function in _UNARY.items()},
    **{name: _binary(function) for name, function in _BINARY.items()},
    "Div": divide,
    "Pow": power,
    "Mod": modulo,
    "Min": many(jnp.minimum),
    "Max": many(jnp.maximum),
    "Sum": many(jnp.add),
    "Mean": mean,
    "Clip": clip,
    "Where": where,
    "Cast": cast,
    "CastLike": cast_like,
    "Dropout": dropout,
}
