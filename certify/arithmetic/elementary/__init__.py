"""Elementary functions of float64 balls."""

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
