"""Checks of what a user hands in; every refusal is one sentence that names the value seen and the way out."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from foundation.errors import InputError
from foundation.exact_numbers import exact_number, nearest_float
from foundation.real_arrays import is_float, real_array


def finite_array(value: Any, name: str) -> np.ndarray:
    """`value` as a new float64 array, exactly: see `real_array` for what is understood.

    Raises `InputError` on NaN, infinities, complex, masked or non-numeric entries, and on numbers that float64 cannot
    hold (integers beyond 2^53, fractions such as 1/3, long doubles).
    """
    array = real_array(value, name)
    if array.dtype == object:
        raise _not_floats(value, array, name)
    return array


def square_matrix(value: Any, name: str) -> np.ndarray:
    """`value` as a finite float64 array of shape (n, n), n >= 1; raises `InputError` otherwise."""
    matrix = finite_array(value, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise InputError(f"{name} must be a square matrix with at least one row, but has shape {matrix.shape}")
    return matrix


def exact_positive_number(value: Any, name: str) -> float | Fraction:
    """A number above zero as a float, or as a `Fraction` when no float equals it; nothing is rounded."""
    infinite = isinstance(value, float | np.floating) and not np.isfinite(value)
    number = 0.0 if infinite else float_or_fraction(value, name)
    if not 0 < number < Fraction(2) ** 1023:
        raise InputError(f"{name} must be a finite number above 0, but is {value!r}")
    return number


def exact_number_in(value: Any, name: str, lower: float, upper: float) -> float | Fraction:
    """A number in [lower, upper) as a float, or as a `Fraction` when no float equals it; nothing is rounded."""
    number = float_or_fraction(value, name)
    if not lower <= number < upper:
        raise InputError(f"{name} must lie in [{lower}, {upper}), but is {value!r}")
    return number


def float_or_fraction(value: Any, name: str) -> float | Fraction:
    """The exact number `value` as a float, or as a `Fraction` when no float equals it."""
    exact = exact_number(value, name)
    near = nearest_float(exact)
    return near if math.isfinite(near) and Fraction(near) == exact else exact


def positive_number(value: Any, name: str) -> float:
    """`value` as the float next to it (for tolerances and the like); `InputError` unless finite and above zero."""
    number = nearest_float(exact_number(value, name))
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"{name} must be a finite number above 0, but is {value!r}")
    return number


def number_in(value: Any, name: str, lower: float, upper: float) -> float:
    """`value` as the float next to it (for levels and the like), in [lower, upper); raises `InputError` otherwise."""
    number = nearest_float(exact_number(value, name))
    if not lower <= number < upper:
        raise InputError(f"{name} must lie in [{lower}, {upper}), but is {value!r}")
    return number


def positive_integer(value: Any, name: str) -> int:
    """`value` as an int >= 1; raises `InputError` otherwise (also on True and 2.5)."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or int(value) < 1:
        raise InputError(f"{name} must be a whole number of at least 1, but is {value!r}")
    return int(value)


def _not_floats(value: Any, array: np.ndarray, name: str) -> InputError:
    """The refusal of an array with a number that is no float."""
    entry = next(x for x in array.flat if not is_float(x))
    if isinstance(entry, Fraction) and entry.denominator == 1:
        return InputError(f"{name} holds an integer beyond 2^53, which float64 cannot represent; rescale it")
    kind = getattr(value, "dtype", None) or np.asarray(value).dtype
    if kind.kind == "f":
        return InputError(f"{name} holds {kind} numbers that float64 cannot represent; round them yourself first")
    return InputError(
        f"{name} must hold real numbers that float64 represents, not {kind}s such as {entry}; pass floats"
    )
