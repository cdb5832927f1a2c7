"""Large systems in floating point: JAX in, arrays out; every result is an estimate."""

from numeric.optimizers import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Optimizer, update_map
from numeric.precision import double_precision
from numeric.problem import Regression

__all__ = [
    "SGD",
    "Adam",
    "GradientDescent",
    "HeavyBall",
    "Nesterov",
    "Optimizer",
    "Regression",
    "double_precision",
    "update_map",
]
