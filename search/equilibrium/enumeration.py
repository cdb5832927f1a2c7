"""The witness of a list of all equilibria in a box."""

from typing import Any

import numpy as np

from certify.equilibrium import KnownZero, Search
from certify.equilibrium.prove_all import MOST_BOXES

_MOST_UNDECIDED = 2048
_LARGEST = float(np.finfo(np.float64).max)


def enumeration_witness(listed: list[KnownZero], found: Search, lower: np.ndarray, upper: np.ndarray) -> dict[str, Any]:
    """The search leaves the checker room for other roundings: more boxes, and wider undecided ones."""
    n = len(lower)
    low, high = _gathered(*found.undecided)
    margin = 2.0**-43 * (upper / 2 - lower / 2)
    with np.errstate(over="ignore"):
        wider = np.maximum(low - margin, -_LARGEST), np.minimum(high + margin, _LARGEST)
    return {
        "undecided": np.stack(wider, axis=-1),
        "points": np.array([zero.point for zero in listed]).reshape(len(listed), n),
        "inverses": np.array([zero.inverse for zero in listed]).reshape(len(listed), n, n),
        "radii": np.array([zero.radius for zero in listed], dtype=np.float64),
        "exhausted": found.exhausted,
        "boxes": min(2 * found.boxes + 1000, MOST_BOXES),
    }


def _gathered(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The boxes; where there are too many, hulls of neighbours: halved at the median of the longest side in turn."""
    if len(low) <= _MOST_UNDECIDED:
        return low, high
    groups = [np.arange(len(low))]
    while 2 * len(groups) <= _MOST_UNDECIDED:
        groups = [part for group in groups for part in _halves(low, high, group)]
    return np.array([low[g].min(axis=0) for g in groups]), np.array([high[g].max(axis=0) for g in groups])


def _halves(low: np.ndarray, high: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    axis = int(np.argmax(high[group].max(axis=0) / 2 - low[group].min(axis=0) / 2))
    order = group[np.argsort(low[group, axis], kind="stable")]
    return order[: len(order) // 2], order[len(order) // 2 :]
