"""Large systems in floating point: JAX in, arrays out; every result is an estimate."""

from numeric.curvature import Sharpness, gradient, hessian, hessian_vector_product, sharpness
from numeric.lyapunov import (
    Convergence,
    ExponentMap,
    LyapunovEstimate,
    MomentEstimate,
    even_moment_exponent,
    exponent_map,
    lyapunov_exponents,
    mean_square_critical_rate,
    moment_exponent,
    second_moment_exponent,
    sgd_exponents,
)
from numeric.models import initial_layers, perceptron
from numeric.ntk import gram, jacobian
from numeric.optimizers import SGD, Adam, GradientDescent, HeavyBall, Nesterov, Optimizer, update_map
from numeric.orbits import Orbit, TrainingOrbit, orbit, training_orbit
from numeric.precision import double_precision
from numeric.problem import Regression
from numeric.tracking import Checkpoint, Track, track
from numeric.training import Training, polish, train

__all__ = [
    "SGD",
    "Adam",
    "Checkpoint",
    "Convergence",
    "ExponentMap",
    "GradientDescent",
    "HeavyBall",
    "LyapunovEstimate",
    "MomentEstimate",
    "Nesterov",
    "Optimizer",
    "Orbit",
    "Regression",
    "Sharpness",
    "Track",
    "Training",
    "TrainingOrbit",
    "double_precision",
    "even_moment_exponent",
    "exponent_map",
    "gradient",
    "gram",
    "hessian",
    "hessian_vector_product",
    "initial_layers",
    "jacobian",
    "lyapunov_exponents",
    "mean_square_critical_rate",
    "moment_exponent",
    "orbit",
    "perceptron",
    "polish",
    "second_moment_exponent",
    "sgd_exponents",
    "sharpness",
    "track",
    "train",
    "training_orbit",
    "update_map",
]
