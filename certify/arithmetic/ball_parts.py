"""What a ball is made of: midpoints and radii, those that a user hands over checked and never rounded."""

import functools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from foundation import InputError, finite_array, plain_array
from foundation.exact_numbers import nearest_float

_RADIUS = "the radius of a ball"


def checked_parts(mid: Any, rad: Any) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints and radii as float64 arrays of one shape that keep the invariants of `Ball`; `InputError` otherwise."""
    middle, radius = finite_array(mid, "the midpoint of a ball"), _radii(rad)
    if radius.shape != middle.shape:
        radius = _spread(radius, middle.shape)
    return middle, radius


def parts_around(array: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints and radii of balls around rational numbers, or pairs (lower, upper) of them, in an array of objects.

    A midpoint is a nearest float (`Fraction.__float__` rounds correctly), the radius the exact distance from it,
    rounded up. Raises `InputError` for numbers beyond the range of float64.
    """
    mid, rad = np.empty(array.shape), np.empty(array.shape)
    for index, entry in np.ndenumerate(array):
        lower, upper = entry if isinstance(entry, tuple) else (entry, entry)
        middle = nearest_float(Fraction(lower + upper) / 2)
        if not math.isfinite(middle):
            raise InputError(f"{name} at index {index} is beyond the range of float64; rescale it")
        distance = max(upper - Fraction(middle), Fraction(middle) - lower)
        mid[index], rad[index] = middle, 0.0 if distance == 0 else math.nextafter(nearest_float(distance), math.inf)
    return mid, rad


def _radii(value: Any) -> np.ndarray:
    """Radii >= 0 or infinite, exactly."""
    array = np.asarray(value) if isinstance(value, np.ndarray | np.floating | float) else None
    if array is None or array.dtype != np.float64 or isinstance(value, np.ma.MaskedArray):
        array = _converted(value)
    if not (array >= 0).all():
        worst = array[~(array >= 0)].flat[0]
        raise InputError(f"{_RADIUS} must be at least 0, but is {float(worst)}; inf says that nothing is known")
    return array


def _converted(value: Any) -> np.ndarray:
    """What is not float64 yet, exactly; infinities pass."""
    given = plain_array(value, _RADIUS)
    if given.dtype.kind != "f" or not np.isposinf(given).any():
        return finite_array(value, _RADIUS)
    infinite = np.isposinf(given)
    return np.where(infinite, np.inf, finite_array(np.where(infinite, given.dtype.type(0), given), _RADIUS))


def _spread(radius: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    try:
        return np.broadcast_to(radius, shape)
    except ValueError:
        raise InputError(
            "a ball needs one radius for all entries or one for each, but midpoints have shape "
            f"{shape} and radii {radius.shape}"
        ) from None


@functools.lru_cache(maxsize=4096)
def no_radii(shape: tuple[int, ...]) -> np.ndarray:
    """The radii of exact numbers: one zero that is read in every entry, and that nobody can write to."""
    return np.broadcast_to(np.float64(0.0), shape)


def are_zero(rad: np.ndarray) -> bool:
    """Whether all radii are 0; of one number that is read in every entry one is looked at."""
    if rad.size and not any(rad.strides):
        return bool(rad.flat[0] == 0)
    return not rad.any()
