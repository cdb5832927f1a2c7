"""A box of Arb balls that a continuous map takes into itself: it holds a fixed point [L. Brouwer, 1911]."""

from collections.abc import Callable

import numpy as np

# How often a box is widened to one that is mapped into itself, and how often it is mapped afterwards, to narrow it.
_WIDENINGS, _NARROWINGS = 12, 3

_HULL = np.frompyfunc(lambda x, y: x.union(y), 2, 1)
_MEET = np.frompyfunc(lambda x, y: x.intersection(y), 2, 1)


def box_of_fixed_point(
    image: Callable[[np.ndarray], np.ndarray], start: np.ndarray, wider: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray | None:
    """A narrowed box with a fixed point of every map that `image` stands for; None where none is found.

    image: box -> enclosure of its image, an object array of Arb balls; not finite where the map is not continuous.
    wider: box -> a box around it.
    """
    box = start
    for _ in range(_WIDENINGS):
        wide = np.asarray(wider(box), dtype=object)
        inner = image(wide)
        if not all(entry.is_finite() for entry in inner.flat):
            return None
        if all(outer.contains(x) for outer, x in zip(wide.flat, inner.flat, strict=True)):
            for _ in range(_NARROWINGS):
                inner = np.asarray(_MEET(inner, image(inner)), dtype=object)
            return inner
        box = np.asarray(_HULL(box, inner), dtype=object)
    return None
