"""The longest stretch of a series that neither rests nor repeats a short cycle."""

from typing import Any

import numpy as np

from foundation import InputError, finite_array, positive_integer

_PERIODS = (1, 2, 3, 4, 6)


def irregular_section(series: Any, *, block: int = 100, least_range: float = 0.1, share: float = 0.25) -> range:
    """Indices of the longest run of irregular blocks of a vector; empty when there is none.

    A block of `block` samples is irregular when its values span more than `least_range` and, for each period p of 1, 2,
    3, 4 and 6, the samples p apart span more than `share` of that: it is no fixed point and no short cycle.
    """
    values, size = finite_array(series, "series"), positive_integer(block, "block")
    if values.ndim != 1:
        raise InputError(f"series must be a vector, but has shape {values.shape}")
    best = first = 0
    length = 0
    for number in range(len(values) // size + 1):
        part = values[number * size : (number + 1) * size]
        if len(part) == size and _is_irregular(part, least_range, share):
            continue
        if number - first > length:
            best, length = first, number - first
        first = number + 1
    return range(best * size, (best + length) * size)


def _is_irregular(part: np.ndarray, least_range: float, share: float) -> bool:
    span = float(np.ptp(part))
    spreads = [max(float(np.ptp(part[k::p])) for k in range(p)) for p in _PERIODS if p < len(part)]
    return span > least_range and min(spreads) > share * span
