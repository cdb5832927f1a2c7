"""Batch means of the growth, their errors, and the tests that a run must pass before it may stop.

A finite run can be fooled in three ways, and each has its test: chains still forget their start (the two halves of the
run differ: Geweke 1992); chains mix slowly, so that they disagree among themselves by more than their own windows
explain (the ratio of Gelman and Rubin 1992, for batch means); rare matrices were not seen often enough. Where two
exponents are equal the bias shrinks like the square root of the length, as the statistical error does, and no test of
one length sees it: what the estimate has moved since a sixteenth of the length tells it, and counts as an error.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64

LARGEST_DRIFT = 3.0
LARGEST_RATIO = 1.6
LEAST_VISITS = 20.0
# A bias like 1/sqrt(n) was four times as large at a sixteenth of the length.
EARLIER = 16


@final
@dataclass(frozen=True)
class Summary:
    """Estimate (k,), standard error (k,), drift between halves in standard errors (k,), variance ratio (k,)."""

    estimate: Float64[np.ndarray, " k"]
    error: Float64[np.ndarray, " k"]
    drift: Float64[np.ndarray, " k"]
    ratio: Float64[np.ndarray, " k"]

    def failures(self, tolerance: float, visits: float) -> list[str]:
        """The tests not passed, in words."""
        verdicts = {
            f"the standard error {self.error.max():.2g} is above the tolerance {tolerance:g}": (
                self.error.max() > tolerance
            ),
            f"the halves of the run differ by {self.drift.max():.1f} standard errors": self.drift.max() > LARGEST_DRIFT,
            f"chains mix slowly (variance ratio {self.ratio.max():.1f})": self.ratio.max() > LARGEST_RATIO,
            f"the rarest matrix was met {visits:.1f} times a chain, fewer than {LEAST_VISITS:g}": visits < LEAST_VISITS,
        }
        return [reason for reason, failed in verdicts.items() if failed]


def summarise(rates: Float64[np.ndarray, "w k C"]) -> Summary:
    """Statistics of the growth rates of w windows, k exponents and C independent chains; a quarter is burn-in.

    The standard error is that of independent chain means, raised to half the difference between the halves where that
    is larger, and by a bias that shrinks like 1/sqrt(w), if the windows show one.
    """
    kept = rates[len(rates) // 4 :]
    middle = len(kept) // 2
    means = kept.mean(axis=0)
    difference = kept[middle:].mean(axis=0) - kept[:middle].mean(axis=0)
    estimate = means.mean(axis=1)
    floor = 1e-14 * (1 + np.abs(estimate))
    error = np.maximum(_standard_error(means), floor)
    drift = np.abs(difference.mean(axis=1)) / np.maximum(_standard_error(difference), 10 * floor)
    within = kept.var(axis=0, ddof=1).mean(axis=1)
    between = means.var(axis=1, ddof=1)
    ratio = len(kept) * between / np.maximum(within, (10 * floor) ** 2)
    error = np.maximum(error, np.abs(difference.mean(axis=1)) / 2)
    return Summary(estimate, np.hypot(error, _slow_bias(rates, estimate, error)), drift, ratio)


def _slow_bias(
    rates: Float64[np.ndarray, "w k C"], estimate: Float64[np.ndarray, " k"], error: Float64[np.ndarray, " k"]
) -> Float64[np.ndarray, " k"]:
    """A bias like 1/sqrt(w): a third of what the estimate moved since a sixteenth of w, beyond one standard error."""
    early = rates[len(rates) // (4 * EARLIER) : len(rates) // EARLIER]
    if len(rates) < 4 * EARLIER:
        return np.zeros_like(estimate)
    means = early.mean(axis=0)
    moved = np.abs(estimate - means.mean(axis=1)) - np.hypot(error, _standard_error(means))
    return np.asarray(np.maximum(moved, 0.0) / (EARLIER**0.5 - 1))


def agree(before: Summary, after: Summary) -> bool:
    """Whether two consecutive estimates differ by at most three of their standard errors."""
    return bool((np.abs(after.estimate - before.estimate) <= 3 * np.hypot(before.error, after.error)).all())


def _standard_error(values: np.ndarray) -> np.ndarray:
    """Of the mean over chains of (k, C) independent values."""
    return values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
