"""Exponents from the growth of tangent vectors: means over a stretch of an orbit, with error bars from blocks."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from jaxtyping import Float64

from foundation import InputError, finite_array


@final
@dataclass(frozen=True)
class GrowthRate:
    """`rate` (n,) in nats per step over the stretch, with `error` (n,): one standard error from the blocks' means."""

    rate: Float64[np.ndarray, " n"]
    error: Float64[np.ndarray, " n"]


def growth_rate(logs: Any, first: int = 0, last: int | None = None, *, blocks: int = 10) -> GrowthRate:
    """(log|v_last| - log|v_first|) / (last - first) for each row of `logs` (n, T + 1), as `tangent_growth` gives.

    The error is the spread of `blocks` consecutive parts over the root of their number: right where parts are
    independent and the growth is stationary, an indication otherwise. The rate over a finite stretch is a finite-time
    exponent; it is a Lyapunov exponent only in the limit. Raises `InputError` on a stretch outside the series.
    """
    series = np.atleast_2d(finite_array(logs, "logs"))
    end = series.shape[1] - 1 if last is None else last
    if not 0 <= first < end < series.shape[1]:
        raise InputError(f"the stretch {first}..{end} does not lie in 0..{series.shape[1] - 1}")
    parts = min(blocks, end - first)
    if parts < 1:
        raise InputError(f"blocks must be at least 1, but is {blocks}")
    edges = np.linspace(first, end, parts + 1).round().astype(int)
    rates = np.diff(series[:, edges], axis=1) / np.diff(edges)
    error = rates.std(axis=1, ddof=1) / np.sqrt(parts) if parts > 1 else np.full(len(series), np.nan)
    return GrowthRate((series[:, end] - series[:, first]) / (end - first), error)
