"""The autocorrelation function of a series, and the band in which a series without order would lie."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from foundation import InputError, finite_array, number_in, positive_integer


@final
@dataclass(frozen=True)
class Autocorrelation:
    """`values` (K + 1,) at the lags 0..K, their standard `errors`, and the null model's band `lower`, `upper`.

    `errors` are Bartlett's for a linear process. The band holds the given share of shuffled series at each lag.
    """

    values: Float64[np.ndarray, " k"]
    errors: Float64[np.ndarray, " k"]
    lower: Float64[np.ndarray, " k"]
    upper: Float64[np.ndarray, " k"]

    @property
    def significant(self) -> np.ndarray:
        """The lags >= 1 whose autocorrelation lies outside the band."""
        outside = (self.values < self.lower) | (self.values > self.upper)
        return np.flatnonzero(outside[1:]) + 1


def autocorrelation(
    series: Any,
    lags: int,
    *,
    generator: np.random.Generator,
    realisations: int = 1000,
    level: float = 0.95,
) -> Autocorrelation:
    """Sample autocorrelation r_k = sum (x_t - m)(x_{t+k} - m) / sum (x_t - m)^2 with the shuffled series as null model.

    The null model's band is between the quantiles (1 -+ level) / 2 of r_k over `realisations` random permutations.
    Raises `InputError` on a constant series and on too few samples.
    """
    values, highest = finite_array(series, "series"), positive_integer(lags, "lags")
    if values.ndim != 1 or len(values) <= highest + 1 or values.min() == values.max():
        raise InputError(f"series must be a vector of more than {highest + 1} numbers that are not all the same")
    tail = (1 - number_in(level, "level", 0.0, 1.0)) / 2
    count = positive_integer(realisations, "realisations")
    found = correlations(values[None], highest)[0]
    null = np.concatenate(
        [correlations(generator.permuted(np.tile(values, (rows, 1)), axis=1), highest) for rows in _batches(count)]
    )
    lower, upper = np.quantile(null, [tail, 1 - tail], axis=0)
    return Autocorrelation(found, _bartlett(found, len(values)), lower, upper)


def correlations(series: np.ndarray, lags: int) -> np.ndarray:
    """r_0..r_lags of each row of (m, n), by the fast Fourier transform."""
    centred = series - series.mean(axis=1, keepdims=True)
    size = 1 << (2 * series.shape[1] - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    sums = np.fft.irfft(power, size, axis=1)[:, : lags + 1]
    return np.asarray(sums / sums[:, :1])


def _bartlett(values: np.ndarray, samples: int) -> np.ndarray:
    """sqrt((1 + 2 sum_{j<k} r_j^2) / n) for k >= 1, and 0 at lag 0 [Bartlett 1946]."""
    sums = np.concatenate([[0.0], 2 * np.cumsum(values[1:] ** 2)[:-1]]) if len(values) > 1 else np.empty(0)
    return np.concatenate([[0.0], np.sqrt((1 + sums) / samples)])


def _batches(count: int) -> list[int]:
    """At most 100 realisations at once, for memory."""
    return [min(100, count - done) for done in range(0, count, 100)]
