"""Elementary functions of float64 balls."""

from typing import TYPE_CHECKING

from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.arithmetic.elementary.arctangent import atan
    from certify.arithmetic.elementary.error_function import erf, erfc
    from certify.arithmetic.elementary.exponential import exp, expm1
    from certify.arithmetic.elementary.hyperbolic import logistic, tanh
    from certify.arithmetic.elementary.hyperbolic_sine import cosh, sinh
    from certify.arithmetic.elementary.logarithm import log, log1p
    from certify.arithmetic.elementary.piecewise import abs, maximum, minimum, sign
    from certify.arithmetic.elementary.powers import integer_pow, pow
    from certify.arithmetic.elementary.roots import cbrt, rsqrt, sqrt
    from certify.arithmetic.elementary.trigonometric import cos, sin, tan

__all__ = [
    "abs",
    "atan",
    "cbrt",
    "cos",
    "cosh",
    "erf",
    "erfc",
    "exp",
    "expm1",
    "integer_pow",
    "log",
    "log1p",
    "logistic",
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
]

__getattr__ = lazy_names(
    __name__,
    {
        "atan": "arctangent",
        "erf": "error_function",
        "erfc": "error_function",
        "exp": "exponential",
        "expm1": "exponential",
        "logistic": "hyperbolic",
        "tanh": "hyperbolic",
        "cosh": "hyperbolic_sine",
        "sinh": "hyperbolic_sine",
        "log": "logarithm",
        "log1p": "logarithm",
        "abs": "piecewise",
        "maximum": "piecewise",
        "minimum": "piecewise",
        "sign": "piecewise",
        "integer_pow": "powers",
        "pow": "powers",
        "cbrt": "roots",
        "rsqrt": "roots",
        "sqrt": "roots",
        "cos": "trigonometric",
        "sin": "trigonometric",
        "tan": "trigonometric",
    },
)
