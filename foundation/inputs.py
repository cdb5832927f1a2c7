"""Checks of what a user hands in; every refusal is one sentence that names the value seen and the way out."""

import math
import numbers
from fractions import Fraction
from typing import Any

import numpy as np

from foundation.errors import InputError


def finite_array(value: Any, name: str) -> np.ndarray:
    """`value` as a float64 array, exactly; float32 and integers up to 2^53 convert without rounding.

    Raises `InputError` on NaN, infinities, complex or non-numeric entries, and integers that float64 cannot hold.
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is not an array of numbers ({error}); pass a rectangular array of floats") from None
    if array.dtype == object or array.dtype.kind not in "fiub":
        raise InputError(f"{name} must hold real numbers, not {array.dtype}; pass an array of floats")
    if array.dtype.kind in "iu" and array.size and (int(array.max()) > 2**53 or int(array.min()) < -(2**53)):
        raise InputError(f"{name} holds an integer beyond 2^53, which float64 cannot represent; rescale it")
    result = array.astype(np.float64)
    if not np.isfinite(result).all():
        position = tuple(int(i) for i in np.argwhere(~np.isfinite(result))[0])
        place = f" at index {position}" if position else ""
        raise InputError(f"{name} holds {result[position]}{place}; every entry must be finite")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8 and not np.array_equal(result, array):
        raise InputError(f"{name} holds {array.dtype} numbers that float64 cannot represent; round them yourself first")
    return result


def square_matrix(value: Any, name: str) -> np.ndarray:
    """`value` as a finite float64 array of shape (n, n), n >= 1; raises `InputError` otherwise."""
    matrix = finite_array(value, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise InputError(f"{name} must be a square matrix with at least one row, but has shape {matrix.shape}")
    return matrix


def exact_positive_number(value: Any, name: str) -> float | Fraction:
    """A number above zero as a float, or as a `Fraction` when it is rational and no float equals it."""
    if isinstance(value, numbers.Rational) and not isinstance(value, bool):
        rational = Fraction(int(value.numerator), int(value.denominator))
        if rational <= 0 or rational >= Fraction(2) ** 1023:
            raise InputError(f"{name} must be a finite number above 0, but is {value!r}")
        return float(rational) if Fraction(float(rational)) == rational else rational
    return positive_number(value, name)


def positive_number(value: Any, name: str) -> float:
    """`value` as a float, exactly when it is one; raises `InputError` unless it is finite and above zero."""
    number = _number(value, name)
    if not (math.isfinite(number) and number > 0):
        raise InputError(f"{name} must be a finite number above 0, but is {value!r}")
    return number


def number_in(value: Any, name: str, lower: float, upper: float) -> float:
    """`value` as a float in [lower, upper); raises `InputError` otherwise."""
    number = _number(value, name)
    if not lower <= number < upper:
        raise InputError(f"{name} must lie in [{lower}, {upper}), but is {value!r}")
    return number


def positive_integer(value: Any, name: str) -> int:
    """`value` as an int >= 1; raises `InputError` otherwise (also on True and 2.5)."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or int(value) < 1:
        raise InputError(f"{name} must be a whole number of at least 1, but is {value!r}")
    return int(value)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool | np.bool_ | str | bytes):
        raise InputError(f"{name} must be a number, but is {value!r}")
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a number, but is {value!r}") from None
