"""Training as a trajectory: orbits of gradient descent in batches, tangent dynamics, and estimators of exponents."""

from numeric.trajectories.benettin import GrowthRate, growth_rate
from numeric.trajectories.chunks import in_chunks
from numeric.trajectories.descent import Descent, Separation, descend, separate
from numeric.trajectories.divergence import Divergence, divergence, draw
from numeric.trajectories.network import SoftmaxNetwork
from numeric.trajectories.tangent import growth_along, tangent_growth
from numeric.trajectories.window_slope import WindowFit, window_slope

__all__ = [
    "Descent",
    "Divergence",
    "GrowthRate",
    "Separation",
    "SoftmaxNetwork",
    "WindowFit",
    "descend",
    "divergence",
    "draw",
    "growth_along",
    "growth_rate",
    "in_chunks",
    "separate",
    "tangent_growth",
    "window_slope",
]
