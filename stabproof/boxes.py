"""What a user calls a box: pairs (lower, upper)."""

from typing import Any

import numpy as np

from foundation import InputError, finite_array


def box_bounds(box: Any, largest: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """lower and upper (n,) of n >= 1 pairs, or of one pair alone; raises `InputError`, also above `largest` pairs."""
    pairs = finite_array(box, "box")
    if pairs.shape == (2,):
        pairs = pairs[None]
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise InputError(f"box must be n pairs (lower, upper), an array of shape (n, 2), but has shape {pairs.shape}")
    if largest is not None and len(pairs) > largest:
        raise InputError(f"box must be d pairs (lower, upper) with 1 <= d <= {largest}, but has shape {pairs.shape}")
    lower, upper = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    if not (lower < upper).all():
        k = int(np.argmin(lower < upper))
        raise InputError(f"box needs lower < upper in every pair, but pair {k} is ({lower[k]}, {upper[k]})")
    return lower, upper
