"""Lyapunov exponents of random matrix products and of SGD, estimated; units are nats per step."""

from numeric.lyapunov.benettin import lyapunov_exponents, sgd_exponents
from numeric.lyapunov.estimate import Convergence, ExponentMap, LyapunovEstimate
from numeric.lyapunov.maps import exponent_map
from numeric.lyapunov.moments import (
    MomentEstimate,
    even_moment_exponent,
    moment_exponent,
    second_moment_exponent,
)

__all__ = [
    "Convergence",
    "ExponentMap",
    "LyapunovEstimate",
    "MomentEstimate",
    "even_moment_exponent",
    "exponent_map",
    "lyapunov_exponents",
    "moment_exponent",
    "second_moment_exponent",
    "sgd_exponents",
]
