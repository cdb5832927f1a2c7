"""Training as a trajectory: orbits of gradient descent in batches, tangent dynamics, and estimators of exponents."""

from numeric.trajectories.autocorrelation import Autocorrelation, autocorrelation
from numeric.trajectories.benettin import GrowthRate, growth_rate
from numeric.trajectories.chunks import in_chunks
from numeric.trajectories.descent import Descent, Separation, descend, separate
from numeric.trajectories.divergence import Divergence, divergence, draw
from numeric.trajectories.expansion_rate import ExpansionRate, expansion_rate
from numeric.trajectories.irregular import irregular_section
from numeric.trajectories.kantz import LocalExpansion, Stretching, kantz, local_expansion
from numeric.trajectories.network import SoftmaxNetwork
from numeric.trajectories.surrogates import phase_randomised, shuffled
from numeric.trajectories.tangent import growth_along, tangent_growth
from numeric.trajectories.window_slope import WindowFit, window_slope

__all__ = [
    "Autocorrelation",
    "Descent",
    "Divergence",
    "ExpansionRate",
    "GrowthRate",
    "LocalExpansion",
    "Separation",
    "SoftmaxNetwork",
    "Stretching",
    "WindowFit",
    "autocorrelation",
    "descend",
    "divergence",
    "draw",
    "expansion_rate",
    "growth_along",
    "growth_rate",
    "in_chunks",
    "irregular_section",
    "kantz",
    "local_expansion",
    "phase_randomised",
    "separate",
    "shuffled",
    "tangent_growth",
    "window_slope",
]
