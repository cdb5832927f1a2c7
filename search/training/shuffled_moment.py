"""The search for the metric of the mean-square growth of shuffled epochs."""

import contextlib

import numpy as np
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

from certify.lyapunov.families.family import Witness
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.shuffled_moment import Recursion
from search.lyapunov.norms.jensen_bound import positive_metric

_ITERATIONS = 5
# Eigenvalues of a metric below this part of the largest one are lifted to it.
_FLOOR = 1e-9


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
            found = eigs(apply, k=1, v0=metric.reshape(-1), tol=1e-10)[1][:, 0].real.reshape(size, size)
            metric = _semidefinite(found, metric)
    return {"metric": positive_metric(metric, _FLOOR)}


def _semidefinite(found: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """An eigenvector up to its sign, where it is a semidefinite matrix: of a multiple eigenvalue, as that of examples
    whose gradients are orthogonal and of one length, ARPACK returns any vector."""
    even = found + found.T
    even = even * np.sign(np.trace(even))
    values = np.linalg.eigvalsh(even)
    return even if values[-1] > 0 and values[0] >= -_FLOOR * values[-1] else otherwise
