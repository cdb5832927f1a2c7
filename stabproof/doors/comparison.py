"""A converted model against the library that it comes from: both run in double precision, on the same numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from foundation import InputError

# Both sides compute in double precision, some 1e-16 a step; a converted model that differs by more is another function.
_RELATIVE = 1e-10


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two outputs are the same up to rounding; NaN agrees with nothing."""
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        return False
    scale = 1.0 + float(np.max(np.abs(theirs), initial=0.0))
    return bool(np.all(np.abs(ours - theirs) <= _RELATIVE * scale))


def demand_agreement(
    name: str, ours: Callable[..., Any], theirs: Callable[..., Any], points: Sequence[tuple[Any, ...]]
) -> str:
    """Compares two functions at points; raises `InputError` with the two values where they differ. Returns a note."""
    largest = 0.0
    for number, point in enumerate(points):
        mine, yours = np.asarray(ours(*point)), np.asarray(theirs(*point))
        if mine.shape != yours.shape or not agree(mine, yours):
            gap = "shapes differ" if mine.shape != yours.shape else f"by {float(np.max(np.abs(mine - yours))):.3g}"
            where = "the example" if number == 0 else f"random point {number}"
            raise InputError(
                f"the converted model differs from {name}'s own output at {where} ({gap}: {_short(mine)} against "
                f"{_short(yours)}), so it is another function and nothing about it would be proved"
            )
        largest = max(largest, float(np.max(np.abs(mine - yours), initial=0.0)))
    return f"compared with {name}'s own output in double precision at {len(points)} points: largest gap {largest:.1e}"


def _short(values: np.ndarray) -> str:
    return np.array2string(values.reshape(-1)[:3], precision=12)
