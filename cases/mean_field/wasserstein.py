"""The 1-Wasserstein distance on the line by quantiles."""

from typing import Any

import numpy as np

from foundation import InputError, finite_array


def wasserstein_distance(first: Any, second: Any) -> float:
    """W_1 of two empirical measures on the line, samples (n,) and (m,) of equal weights; an estimate.

    The integral of |F^-1(q) - G^-1(q)| over q in (0, 1) [Villani, Topics in Optimal Transportation, 2.18]: for equal
    sizes the mean distance of the ordered samples, otherwise exact on the common refinement of the steps.
    """
    x, y = (np.sort(_sample(values, name)) for values, name in ((first, "first"), (second, "second")))
    if len(x) == len(y):
        return float(np.mean(np.abs(x - y)))
    n, m = len(x), len(y)
    # in units of 1/(n m), so that equal steps of the two quantile functions are one integer
    cuts = np.union1d(np.arange(n + 1, dtype=np.int64) * m, np.arange(m + 1, dtype=np.int64) * n)
    widths = np.diff(cuts) / (n * m)
    return float(np.sum(widths * np.abs(x[cuts[:-1] // m] - y[cuts[:-1] // n])))


def _sample(values: Any, name: str) -> np.ndarray:
    sample = finite_array(values, name)
    if sample.ndim != 1 or not sample.size:
        raise InputError(f"{name} must be a non-empty list of numbers, but has shape {sample.shape}")
    return sample
