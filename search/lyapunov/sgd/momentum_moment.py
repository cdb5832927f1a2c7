"""The search for the metric of the mean-square growth of SGD with momentum."""

import contextlib

import numpy as np
from scipy.sparse.linalg import ArpackError, LinearOperator, eigs

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Witness
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.sgd.sgd_moment import uniform_weights
from search.lyapunov.norms.jensen_bound import positive_metric

_ITERATIONS = 30
_APPLICATIONS = 300
# Eigenvalues of a metric below this part of the largest one are lifted to it.
_FLOOR = 1e-13


def propose(family: SGDFamily, momentum: Ball) -> Witness:
    """The metric that the mean of M X M^T over the batches reproduces up to a factor (an estimate)."""
    image, size = _Image(family, float(momentum.mid)), 2 * family.dimension
    metric = np.eye(size)
    for _ in range(_ITERATIONS):
        metric = image(metric)
        metric /= np.linalg.norm(metric)
    operator = LinearOperator((size**2,) * 2, lambda x: image(x.reshape(size, size)).reshape(-1), dtype=float)
    with contextlib.suppress(ArpackError):
        found = eigs(operator, k=1, v0=metric.reshape(-1), tol=1e-9, maxiter=_APPLICATIONS)[1][:, 0].real
        even = found.reshape(size, size) + found.reshape(size, size).T
        even *= np.sign(np.trace(even))
        values = np.linalg.eigvalsh(even)
        metric = even if values[0] >= -1e-6 * values[-1] else metric
    # in directions in which the metric is small, ARPACK's error is not
    for _ in range(_ITERATIONS):
        metric = image(metric)
        metric /= np.linalg.norm(metric)
    return {"metric": positive_metric(metric, _FLOOR)}


class _Image:
    """X -> E M_S X M_S^T in floats (`certify.lyapunov.sgd.momentum_moment`)."""

    def __init__(self, family: SGDFamily, momentum: float) -> None:
        weights, self.step = uniform_weights(family), float(family.step.mid)
        self.gram, self.single, self.pairs = family.gram.mid, weights.single.mid[:, None], weights.pairs.mid
        n = family.dimension
        identity = np.eye(n)
        self.still = np.block([[identity, -momentum * identity], [np.zeros((n, n)), momentum * identity]])

    def __call__(self, form: np.ndarray) -> np.ndarray:
        # on matrices that are not symmetric it would be another map, with eigenvalues of its own
        form, n = (form + form.T) / 2, len(self.gram)
        seen = self.gram @ form[:n]
        moved = self.step * (self.single * seen) @ self.still.T
        outer = self.step**2 * self.pairs * (seen[:, :n] @ self.gram)
        both = np.vstack([-moved, moved])
        noise = np.block([[outer, -outer], [-outer, outer]])
        return np.asarray(self.still @ form @ self.still.T + both + both.T + noise)
