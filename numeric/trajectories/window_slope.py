"""Exponent of the best exponential phase: slope of log distance over the window with the best straight fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float64

from foundation import InputError

STARTS = tuple(range(0, 101, 5))
LENGTHS = tuple(range(30, 101, 5))


@final
@dataclass(frozen=True)
class WindowFit:
    """For each of n series: `slope` (nats per step) with its `error`, `r_squared`, first sample and length (n,).

    `error` is the standard error of the least-squares slope with independent residuals: an estimate, too small where
    neighbouring residuals are alike.
    """

    slope: Float64[np.ndarray, " n"]
    error: Float64[np.ndarray, " n"]
    r_squared: Float64[np.ndarray, " n"]
    start: np.ndarray
    length: np.ndarray

    @property
    def last(self) -> np.ndarray:
        """Index of the last sample of each window."""
        return np.asarray(self.start + self.length - 1)

    def kept(self, least_r_squared: float = 0.9, least_slope: float = 0.05) -> Bool[np.ndarray, " n"]:
        """Which series show exponential growth: R^2 and slope above the limits."""
        return np.asarray((self.r_squared > least_r_squared) & (self.slope > least_slope))


def window_slope(logs: Any, starts: Sequence[int] = STARTS, lengths: Sequence[int] = LENGTHS) -> WindowFit:
    """The least-squares line with the largest R^2 over all windows, for each row of `logs` (n, T + 1), nats.

    A window holds the samples start..start + length - 1. R^2 is 0 on a constant series; a window with a sample that
    is not finite is left out. Raises `InputError` when no window fits into the series. The grid of windows, R^2 > 0.9
    and slope > 0.05 are those with which figure 8 of Danovski, Soriano and Lacasa (2024) is reproduced.
    """
    series = np.atleast_2d(np.asarray(logs, dtype=np.float64))
    windows = [(s, n) for s in starts for n in lengths if n >= 3 and s >= 0 and s + n <= series.shape[1]]
    if series.ndim != 2 or not windows:
        raise InputError(f"no window fits into series of {series.shape[-1]} samples; run more steps")
    fits = [_fit(series[:, start : start + length]) for start, length in windows]
    slopes, errors, qualities = (np.array(column) for column in zip(*fits, strict=True))
    best, rows = qualities.argmax(axis=0), np.arange(len(series))
    chosen = np.array(windows)[best]
    return WindowFit(slopes[best, rows], errors[best, rows], qualities[best, rows], chosen[:, 0], chosen[:, 1])


def _fit(series: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, standard error and R^2 of each row; R^2 = -1 where a sample is not finite."""
    usable = np.isfinite(series).all(axis=1)
    values = np.where(usable[:, None], series, 0.0)
    length = values.shape[1]
    time = np.arange(length) - (length - 1) / 2
    spread = float(time @ time)
    slope = values @ time / spread
    total = ((values - values.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    explained = slope**2 * spread
    unexplained = np.maximum(total - explained, 0.0)
    quality = np.divide(explained, total, out=np.zeros_like(total), where=total > 0)
    error = np.sqrt(unexplained / (length - 2) / spread)
    return slope, error, np.where(usable, np.minimum(quality, 1.0), -1.0)
