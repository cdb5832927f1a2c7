"""Functions of single entries: arithmetic, elementary functions, comparisons, choices."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from stabproof.doors.rule import Function, Table, demand

Array = Any


def unary(function: Function) -> Function:
    return lambda self: function(self)


def binary(function: Function) -> Function:
    return lambda self, other: function(self, other)


def is_real(x: Any) -> bool:
    return jnp.issubdtype(jnp.asarray(x).dtype, jnp.floating)


def _scaled(value: Any, alpha: Any) -> Any:
    return value if isinstance(alpha, int) and alpha == 1 else value * alpha


def add(self: Array, other: Array, alpha: float = 1) -> Array:
    return jnp.add(self, _scaled(other, alpha))


def sub(self: Array, other: Array, alpha: float = 1) -> Array:
    return jnp.subtract(self, _scaled(other, alpha))


def rsub(self: Array, other: Array, alpha: float = 1) -> Array:
    return jnp.subtract(other, _scaled(self, alpha))


def div(self: Array, other: Array, rounding_mode: str | None = None) -> Array:
    """The quotient of real numbers, rounded to a whole number when asked."""
    if rounding_mode is None:
        return jnp.true_divide(self, other)
    demand(rounding_mode in ("floor", "trunc"), f"rounding_mode={rounding_mode!r} is not modelled")
    if rounding_mode == "floor":
        return jnp.floor(jnp.true_divide(self, other)) if is_real(self) or is_real(other) else self // other
    if is_real(self) or is_real(other):
        return trunc(jnp.true_divide(self, other))
    common = jnp.result_type(self, other)
    return jax.lax.div(*jnp.broadcast_arrays(jnp.asarray(self, common), jnp.asarray(other, common)))


def trunc(self: Array) -> Array:
    return jnp.where(self < 0, jnp.ceil(self), jnp.floor(self))


def fmod(self: Array, other: Array) -> Array:
    """The remainder with the sign of the dividend."""
    return jnp.fmod(self, other)


def remainder(self: Array, other: Array) -> Array:
    """The remainder with the sign of the divisor."""
    return jnp.remainder(self, other)


def power(self: Array, exponent: Any) -> Array:
    """x^y; whole and half exponents that are constants become products and roots, which hold for negative x too."""
    if isinstance(exponent, int | float) and not isinstance(exponent, bool) and is_real(self):
        if float(exponent).is_integer() and abs(exponent) <= 64:
            return jax.lax.integer_pow(self, int(exponent))
        if abs(exponent) == 0.5:
            return jnp.sqrt(self) if exponent > 0 else jax.lax.rsqrt(self)
    demand(
        is_real(self) or isinstance(exponent, int | jax.Array | np.ndarray),
        "powers of integers by reals are not modelled",
    )
    return jnp.power(self, exponent)


def power_scalar(self: float, exponent: Array) -> Array:
    demand(is_real(exponent), "a power with integers in the exponent is not modelled")
    return jnp.power(self, exponent)


def rounded(self: Array, decimals: int = 0) -> Array:
    demand(decimals == 0, f"decimals={decimals} is not modelled")
    return jnp.round(self) if is_real(self) else self


def clamp(self: Array, min: Any = None, max: Any = None) -> Array:
    """min(max(x, lower), upper): where the bounds cross, the upper one wins."""
    bounded = self if min is None else jnp.maximum(self, min)
    return bounded if max is None else jnp.minimum(bounded, max)


def addcmul(self: Array, tensor1: Array, tensor2: Array, value: float = 1) -> Array:
    return self + _scaled(tensor1 * tensor2, value)


def addcdiv(self: Array, tensor1: Array, tensor2: Array, value: float = 1) -> Array:
    return self + _scaled(tensor1 / tensor2, value)


def lerp(self: Array, end: Array, weight: Any) -> Array:
    return self + weight * (end - self)


def where(condition: Array, self: Any, other: Any) -> Array:
    return jnp.where(condition, self, other)


def masked_fill(self: Array, mask: Array, value: Any) -> Array:
    return jnp.where(mask, jnp.asarray(value, self.dtype), self)


def logical(function: Function) -> Function:
    return lambda self, other: function(_truth(self), _truth(other))


def _truth(x: Any) -> Array:
    array = jnp.asarray(x)
    return array if array.dtype == bool else array != 0


def bitwise(function: Function) -> Function:
    def rule(self: Array, other: Array) -> Array:
        demand(not is_real(self) and not is_real(other), "bits of real numbers are not modelled")
        return function(self, other)

    return rule


def _bitwise_not(self: Array) -> Array:
    return jnp.invert(self)


def heaviside(self: Array, values: Array) -> Array:
    return jnp.where(self == 0, values, jnp.where(self < 0, 0.0, 1.0))


def logit(self: Array, eps: float | None = None) -> Array:
    inside = self if eps is None else clamp(self, eps, 1 - eps)
    return jnp.log(inside / (1 - inside))


def _whole(function: Function) -> Function:
    """On integers these are the identity."""
    return lambda self: function(self) if is_real(self) else self


_UNARY: dict[str, Function] = {
    "abs": jnp.abs, "acos": jnp.arccos, "acosh": jnp.arccosh, "asin": jnp.arcsin, "asinh": jnp.arcsinh,
    "atan": jnp.arctan, "atanh": jnp.arctanh, "cos": jnp.cos, "cosh": jnp.cosh, "erf": jax.lax.erf,
    "erfc": jax.lax.erfc, "special_erfc": jax.lax.erfc, "exp": jnp.exp, "exp2": jnp.exp2, "expm1": jnp.expm1,
    "log": jnp.log, "log10": lambda x: jnp.log(x) / math.log(10), "log1p": jnp.log1p,
    "log2": lambda x: jnp.log(x) / math.log(2), "neg": jnp.negative, "positive": lambda x: x,
    "reciprocal": lambda x: 1.0 / x, "rsqrt": jax.lax.rsqrt, "sigmoid": jax.lax.logistic, "sign": jnp.sign,
    "sin": jnp.sin, "sinh": jnp.sinh, "sqrt": jnp.sqrt, "square": jnp.square, "tan": jnp.tan, "tanh": jnp.tanh,
    "relu": lambda x: jnp.maximum(x, 0), "isnan": jnp.isnan, "isinf": jnp.isinf, "isfinite": jnp.isfinite,
    "sgn": jnp.sign, "deg2rad": lambda x: x * (math.pi / 180), "rad2deg": lambda x: x * (180 / math.pi),
    "frac": lambda x: x - trunc(x), "ceil": _whole(jnp.ceil), "floor": _whole(jnp.floor), "trunc": _whole(trunc),
}  # fmt: skip
_BINARY: dict[str, Function] = {
    "mul": jnp.multiply, "maximum": jnp.maximum, "minimum": jnp.minimum, "fmax": jnp.maximum, "fmin": jnp.minimum,
    "atan2": jnp.arctan2, "fmod": fmod, "remainder": remainder, "hypot": lambda x, y: jnp.sqrt(x * x + y * y),
    "eq": jnp.equal, "ne": jnp.not_equal, "lt": jnp.less, "le": jnp.less_equal, "gt": jnp.greater,
    "ge": jnp.greater_equal, "logaddexp": jnp.logaddexp, "floor_divide": lambda x, y: div(x, y, "floor"),
}  # fmt: skip
_KINDS = ("Tensor", "Scalar")
# Operations with one overload, of two tensors.
_PLAIN = frozenset({"maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "logaddexp", "floor_divide"})


def _kinds(name: str) -> tuple[str, ...]:
    return ("default",) if name in _PLAIN else _KINDS


TABLE: Table = {
    **{f"{name}.default": unary(function) for name, function in _UNARY.items()},
    **{f"{name}.{kind}": binary(function) for name, function in _BINARY.items() for kind in _kinds(name)},
    **{f"add.{kind}": add for kind in _KINDS},
    **{f"sub.{kind}": sub for kind in _KINDS},
    **{f"rsub.{kind}": rsub for kind in _KINDS},
    **{f"div.{kind}": div for kind in ("Tensor", "Scalar", "Tensor_mode", "Scalar_mode")},
    **{f"logical_{name}.default": logical(f) for name, f in (
        ("and", jnp.logical_and), ("or", jnp.logical_or), ("xor", jnp.logical_xor))},
    **{f"bitwise_{name}.{kind}": bitwise(f) for kind in ("Tensor", "Scalar") for name, f in (
        ("and", jnp.bitwise_and), ("or", jnp.bitwise_or), ("xor", jnp.bitwise_xor))},
    "logical_not.default": lambda self: ~_truth(self),
    "bitwise_not.default": _bitwise_not,
    "pow.Tensor_Scalar": power,
    "pow.Tensor_Tensor": power,
    "pow.Scalar": power_scalar,
    "round.default": rounded,
    "round.decimals": rounded,
    "clamp.default": clamp,
    "clamp.Tensor": clamp,
    "clamp_min.default": clamp,
    "clamp_max.default": clamp,
    "addcmul.default": addcmul,
    "addcdiv.default": addcdiv,
    "lerp.Scalar": lerp,
    "lerp.Tensor": lerp,
    "where.self": where,
    "where.ScalarSelf": where,
    "where.ScalarOther": where,
    "where.Scalar": where,
    "masked_fill.Scalar": masked_fill,
    "masked_fill.Tensor": masked_fill,
    "heaviside.default": heaviside,
    "logit.default": logit,
}  # fmt: skip
