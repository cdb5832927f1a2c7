"""Large systems in floating point: JAX in, arrays out; every result is an estimate."""

from numeric.hessian import Sharpness, gradient, hessian, hessian_vector_product, sharpness
from numeric.models import initial_layers, perceptron
from numeric.ntk import gram, jacobian
from numeric.optimizers import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Optimizer, update_map
from numeric.orbits import Orbit, TrainingOrbit, orbit, training_orbit
from numeric.precision import double_precision
from numeric.problem import Regression
from numeric.training import Training, polish, train

__all__ = [
    "SGD",
    "Adam",
    "GradientDescent",
    "HeavyBall",
    "Nesterov",
    "Optimizer",
    "Orbit",
    "Regression",
    "Sharpness",
    "Training",
    "TrainingOrbit",
    "double_precision",
    "gradient",
    "gram",
    "hessian",
    "hessian_vector_product",
    "initial_layers",
    "jacobian",
    "orbit",
    "perceptron",
    "polish",
    "sharpness",
    "train",
    "training_orbit",
    "update_map",
]
