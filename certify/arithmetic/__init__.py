"""Verified arithmetic: float64 balls, their products and elementary functions."""

from typing import TYPE_CHECKING

from certify.arithmetic.ball import Ball, ball, where
from certify.arithmetic.hulls import hull, unbounded
from certify.arithmetic.products import matmul
from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.arithmetic.elementary import (
        abs,
        atan,
        cbrt,
        cos,
        cosh,
        erf,
        erfc,
        exp,
        expm1,
        integer_pow,
        log,
        log1p,
        logistic,
        maximum,
        minimum,
        pow,
        rsqrt,
        sign,
        sin,
        sinh,
        sqrt,
        tan,
        tanh,
    )

__all__ = [
    "Ball",
    "abs",
    "atan",
    "ball",
    "cbrt",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "hull",
    "integer_pow",
    "log",
    "log1p",
    "logistic",
    "matmul",
    "maximum",
    "minimum",
    "pow",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "unbounded",
    "where",
]

__getattr__ = lazy_names(
    __name__,
    {
        "abs": "elementary",
        "atan": "elementary",
        "cbrt": "elementary",
        "cos": "elementary",
        "cosh": "elementary",
        "erf": "elementary",
        "erfc": "elementary",
        "exp": "elementary",
        "expm1": "elementary",
        "integer_pow": "elementary",
        "log": "elementary",
        "log1p": "elementary",
        "logistic": "elementary",
        "maximum": "elementary",
        "minimum": "elementary",
        "pow": "elementary",
        "rsqrt": "elementary",
        "sign": "elementary",
        "sin": "elementary",
        "sinh": "elementary",
        "sqrt": "elementary",
        "tan": "elementary",
        "tanh": "elementary",
    },
)
