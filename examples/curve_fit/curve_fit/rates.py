"""Learning rates below which gradient descent and SGD stay at a minimum that interpolates the data."""

import numpy as np

import stabproof as sp
from stabproof.numeric import gram


def safe_learning_rate(problem: sp.Regression) -> float:
    """N / trace(K): at most half of the threshold 2 N / lambda_max(K), because the trace bounds the eigenvalue."""
    return problem.number_of_examples / float(np.trace(gram(problem)))


def safe_stochastic_rate(problem: sp.Regression) -> float:
    """1 / max_i K_ii: a step on example i alone multiplies its residual by 1 - rate K_ii >= 0: no overshoot."""
    return 1 / float(np.diagonal(gram(problem)).max())
