"""The expansion rate between the first sample and a saturation time: log of the ratio of mean distances over time."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from foundation import InputError, finite_array


@final
@dataclass(frozen=True)
class ExpansionRate:
    """`rate` (n,) in nats per step, with `error` (n,): one standard error by leaving out one perturbation at a time."""

    rate: Float64[np.ndarray, " n"]
    error: Float64[np.ndarray, " n"]


def expansion_rate(distances: Any, saturation: Any) -> ExpansionRate:
    """(1 / tau) log(mean_j d_j(tau) / mean_j d_j(0)), Danovski, Soriano and Lacasa (2024), (3).

    distances: (n, M, T + 1), positive at 0 and tau. saturation: tau in 1..T, one whole number or one a series. The
    error is the jackknife's over the M perturbations (NaN for M = 1). An estimate; raises `InputError` on a tau
    outside the series and on distances that are not positive.
    """
    values = finite_array(distances, "distances")
    if values.ndim != 3 or values.size == 0:
        raise InputError(f"distances must have shape (n, M, T + 1), but has shape {values.shape}")
    tau = np.broadcast_to(np.asarray(saturation), len(values))
    if tau.dtype.kind not in "iu" or tau.min() < 1 or tau.max() >= values.shape[2]:
        raise InputError(f"saturation must hold whole numbers in 1..{values.shape[2] - 1}, but is {saturation!r}")
    first, last = values[:, :, 0], np.take_along_axis(values, tau[:, None, None], axis=2)[:, :, 0]
    if not ((first > 0).all() and (last > 0).all()):
        raise InputError("a distance is zero, its logarithm is not finite; use a larger perturbation")
    rate = np.log(last.mean(axis=1) / first.mean(axis=1)) / tau
    return ExpansionRate(rate, _jackknife(first, last, tau))


def _jackknife(first: np.ndarray, last: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Standard error from the M estimates that leave out one perturbation each."""
    count = first.shape[1]
    if count == 1:
        return np.full(len(first), np.nan)
    left = np.log((last.sum(1, keepdims=True) - last) / (first.sum(1, keepdims=True) - first)) / tau[:, None]
    deviation = left - left.mean(axis=1, keepdims=True)
    return np.asarray(np.sqrt((count - 1) / count * (deviation**2).sum(axis=1)))
