"""From which starts gradient descent, heavy ball and Nesterov converge to an exact minimum, how fast and where to."""

from certify.training.basin.comparison import (
    Basin,
    Surroundings,
    interpolating_basin,
    interpolating_frame,
    strict_basin,
    surroundings,
)
from certify.training.basin.frame import ITERATIONS, Iteration, frame

__all__ = [
    "ITERATIONS",
    "Basin",
    "Iteration",
    "Surroundings",
    "frame",
    "interpolating_basin",
    "interpolating_frame",
    "strict_basin",
    "surroundings",
]
