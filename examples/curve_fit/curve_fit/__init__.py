"""Curves through points by small tanh networks, and learning rates at which gradient descent stays there."""

from curve_fit.eigenvalue import largest_eigenvalue
from curve_fit.network import fit, predict
from curve_fit.rates import safe_learning_rate, safe_stochastic_rate

__all__ = ["fit", "largest_eigenvalue", "predict", "safe_learning_rate", "safe_stochastic_rate"]
