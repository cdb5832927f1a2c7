"""Tables of function values as pairs of floats, computed once with Arb when a function is first used."""

from collections.abc import Callable, Iterable

import numpy as np
from flint import arb

from foundation.arb_precision import arb_precision

# |value - (high + low)| <= 2^-104 |value|: two roundings to 53 bits, and Arb's error far below them.
_PRECISION = 200


def value_pairs(values: Callable[[], Iterable[arb]]) -> tuple[np.ndarray, np.ndarray]:
    """Each value, computed at high precision, as high + low with high the float next to it."""
    with arb_precision(_PRECISION):
        exact = [value.mid() for value in values()]
        high = [float(value) for value in exact]
        low = [float(value - start) for value, start in zip(exact, high, strict=True)]
    return np.array(high), np.array(low)


def split_constant(value: Callable[[], arb], *bits: int) -> tuple[float, ...]:
    """A constant as a sum of floats: leading parts that are multiples of 2^-bits, then the float next to the rest."""
    parts = []
    with arb_precision(_PRECISION):
        rest = value().mid()
        for bit in bits:
            part = float((rest * arb(2) ** bit).floor()) * 2.0**-bit
            parts.append(part)
            rest = rest - part
        parts.append(float(rest.mid()))
    return tuple(parts)
