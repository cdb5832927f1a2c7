"""Lyapunov exponents of random matrix products and of SGD, estimated; units are nats per step."""

from numeric.lyapunov.benettin import lyapunov_exponents, sgd_exponents
from numeric.lyapunov.epochs import shuffled_exponent
from numeric.lyapunov.estimate import Convergence, ExponentMap, LyapunovEstimate
from numeric.lyapunov.maps import exponent_map
from numeric.lyapunov.moments import (
    MomentEstimate,
    even_moment_exponent,
    moment_exponent,
    second_moment_exponent,
)
from numeric.lyapunov.thresholds import CriticalRate, almost_sure_critical_rate, mean_square_critical_rate

__all__ = [
    "Convergence",
    "CriticalRate",
    "ExponentMap",
    "LyapunovEstimate",
    "MomentEstimate",
    "almost_sure_critical_rate",
    "even_moment_exponent",
    "exponent_map",
    "lyapunov_exponents",
    "mean_square_critical_rate",
    "moment_exponent",
    "second_moment_exponent",
    "sgd_exponents",
    "shuffled_exponent",
]
