"""The largest Lyapunov exponent of a scalar series by the method of Kantz, and local expansion rates with p-values."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64
from scipy import stats
from scipy.spatial import cKDTree

from foundation import InputError, finite_array, positive_integer, positive_number


@final
@dataclass(frozen=True)
class Stretching:
    """S(k) for k = 0..K with standard errors, the fitted `exponent` (nats per step), its `error`, and `references`.

    `references` is the number of points with neighbours. The exponent is the slope of S over the given steps.
    """

    curve: Float64[np.ndarray, " k"]
    errors: Float64[np.ndarray, " k"]
    exponent: float
    error: float
    references: int


@final
@dataclass(frozen=True)
class LocalExpansion:
    """Slopes of log distance to the neighbours (m,) at m reference points, and the p-values of "no growth"."""

    points: np.ndarray
    slopes: Float64[np.ndarray, " m"]
    errors: Float64[np.ndarray, " m"]
    p_values: Float64[np.ndarray, " m"]
    distances: Float64[np.ndarray, "m k"]

    def significant(self, level: float = 0.05) -> np.ndarray:
        """Where growth is not explained by chance: slope above zero and p-value below `level`."""
        return np.asarray((self.p_values < level) & (self.slopes > 0))


def kantz(
    series: Any,
    steps: int,
    *,
    radius: float,
    dimension: int = 1,
    delay: int = 1,
    exclusion: int = 10,
    fit: tuple[int, int] | None = None,
) -> Stretching:
    """S(k) = mean over t of log(mean over neighbours u of t of |x_{t+k} - x_{u+k}|), Kantz, Phys. Lett. A 185, 1994.

    Neighbours: delay vectors (x_t, ..., x_{t + (dimension-1) delay}) within `radius` (maximum norm), more than
    `exclusion` steps away in time; x_{t+k} counts from the last component. `fit`: the first and the last k of the
    straight part, all by default. The error comes from eight blocks of reference points. Raises `InputError` when
    fewer than 16 points have neighbours.
    """
    low, high = _fit_range(fit, steps)
    points, mean = _mean_distances(series, steps, radius, dimension, delay, exclusion)
    positive = (mean > 0).all(axis=1)
    points, logs = points[positive], np.log(mean[positive])
    if len(points) < 16:
        raise InputError(f"only {len(points)} points have neighbours within {radius:g}; widen the radius")
    curve = logs.mean(axis=0)
    blocks = np.array([part.mean(axis=0) for part in np.array_split(logs, 8)])
    slopes = np.array([_slope(block, low, high) for block in blocks])
    deviation = float(slopes.std(ddof=1) / np.sqrt(8))
    return Stretching(curve, blocks.std(axis=0, ddof=1) / np.sqrt(8), _slope(curve, low, high), deviation, len(points))


def local_expansion(
    series: Any,
    steps: int,
    *,
    radius: float,
    dimension: int = 1,
    delay: int = 1,
    exclusion: int = 10,
    fit: tuple[int, int] | None = None,
) -> LocalExpansion:
    """At each point with neighbours the slope of log(mean distance) against k, with the t-test's p-value.

    The p-value is for the hypothesis "slope = 0" with independent residuals (two-sided). Neighbours and `fit`, which
    must span three values of k or more, as in `kantz`.
    """
    low, high = _fit_range(fit, steps)
    if high - low < 2:
        raise InputError(f"a slope with an error needs three steps or more, but fit is {fit}")
    points, mean = _mean_distances(series, steps, radius, dimension, delay, exclusion)
    positive = (mean > 0).all(axis=1)
    points, mean = points[positive], mean[positive]
    time = np.arange(low, high + 1) - (low + high) / 2
    logs = np.log(mean[:, low : high + 1])
    slopes = logs @ time / (time @ time)
    rest = logs - logs.mean(axis=1, keepdims=True) - slopes[:, None] * time
    freedom = len(time) - 2
    errors = np.sqrt((rest**2).sum(axis=1) / freedom / (time @ time))
    ratio = np.divide(np.abs(slopes), errors, out=np.full(len(slopes), np.inf), where=errors > 0)
    return LocalExpansion(points, slopes, errors, 2 * stats.t.sf(ratio, freedom), mean)


def _fit_range(fit: tuple[int, int] | None, steps: int) -> tuple[int, int]:
    low, high = (0, steps) if fit is None else fit
    if not 0 <= low < high <= steps:
        raise InputError(f"fit must lie within 0..{steps}, but is {fit}")
    return low, high


def _slope(curve: np.ndarray, low: int, high: int) -> float:
    time = np.arange(low, high + 1) - (low + high) / 2
    return float(curve[low : high + 1] @ time / (time @ time))


def _mean_distances(
    series: Any, steps: int, radius: float, dimension: int, delay: int, exclusion: int
) -> tuple[np.ndarray, np.ndarray]:
    """(points (m,), mean distances (m, steps + 1)) for the reference points that have neighbours."""
    values, horizon = finite_array(series, "series"), positive_integer(steps, "steps")
    reach = (positive_integer(dimension, "dimension") - 1) * positive_integer(delay, "delay")
    size, width = len(values) - reach - horizon if values.ndim == 1 else 0, positive_number(radius, "radius")
    if size < 32 or horizon < 2:
        raise InputError("series must be a vector of at least 32 more samples than the delays and steps, steps >= 2")
    vectors = np.stack([values[k * delay : k * delay + size] for k in range(dimension)], axis=1)
    tree = cKDTree(vectors)
    future = values[reach + np.arange(size)[:, None] + np.arange(horizon + 1)]
    found, means = [], []
    for point, neighbours in enumerate(tree.query_ball_point(vectors, width, p=np.inf)):
        others = np.array(neighbours)
        others = others[np.abs(others - point) > exclusion]
        if len(others):
            found.append(point)
            means.append(np.abs(future[others] - future[point]).mean(axis=0))
    return np.array(found, dtype=int), np.array(means).reshape(len(found), horizon + 1)
