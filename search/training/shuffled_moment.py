"""The search for the metric of the mean-square growth of shuffled epochs."""

import contextlib

import numpy as np
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

from certify.lyapunov.family import Witness
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.shuffled_moment import Recursion
from search.lyapunov.concave_bound import positive_metric

_ITERATIONS = 5


def propose(epochs: Epochs) -> Witness:
    """The metric that one epoch reproduces up to a factor (an estimate)."""
    recursion = Recursion(epochs)
    size = recursion.size
    metric = np.eye(size)
    for _ in range(_ITERATIONS):
        metric = recursion.of_floats(metric)
        metric /= np.linalg.norm(metric)
    if size > 1:
        apply = LinearOperator(
            (size**2,) * 2, lambda x: recursion.of_floats(x.reshape(size, size)).reshape(-1), dtype=float
        )
        with contextlib.suppress(ArpackError):
            metric = eigs(apply, k=1, v0=metric.reshape(-1), tol=1e-10)[1][:, 0].real.reshape(size, size)
    metric = metric * np.sign(np.trace(metric))
    return {"metric": positive_metric((metric + metric.T) / 2, 1e-9)}
