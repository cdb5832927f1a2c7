"""Arrays of real numbers as they are handed over: nothing is rounded, masked entries are not numbers."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from foundation.errors import InputError
from foundation.exact_numbers import exact_bounds

# Floats of this size and above may be whole numbers that NumPy rounded when it made an array of a list.
_WHOLE = 2.0**53


def real_array(value: Any, name: str) -> np.ndarray:
    """`value` as a new float64 array where float64 holds every entry exactly, else as an array of objects.

    Understood: scalars, nested lists and arrays of the numbers of `exact_number`, arrays of JAX (bfloat16 and float16
    included), matrices of SymPy and FLINT; booleans in arrays are 0 and 1. The objects are `Fraction`s, or pairs of
    them, (lower, upper), where an entry is an Arb ball. Raises `InputError` on everything else: NaN, infinities,
    complex numbers, text, ragged lists, masked entries, sparse matrices.
    """
    array = plain_array(value, name)
    kind = array.dtype.kind
    if array.dtype.type.__module__.startswith("ml_dtypes"):
        kind, array = "f", array.astype(np.float64)
    if kind == "f":
        return _of_floats(array, name)
    if kind in "iu" and array.size and (int(array.max()) > _WHOLE or int(array.min()) < -_WHOLE):
        array = array.astype(object)
    elif kind in "iub":
        return array.astype(np.float64)
    if array.dtype != object:
        raise InputError(f"{name} must hold real numbers, not {array.dtype}; pass an array of floats")
    return _of_objects(array, name)


def is_float(entry: Any) -> bool:
    """Whether an entry of an array of objects is a number that float64 holds."""
    if not isinstance(entry, Fraction):
        return False
    try:
        near = float(entry)
    except OverflowError:
        return False
    return Fraction(near) == entry


def _of_floats(array: np.ndarray, name: str) -> np.ndarray:
    finite = np.isfinite(array)
    if not finite.all():
        position = tuple(int(i) for i in np.argwhere(~finite)[0])
        place = f" at index {position}" if position else ""
        raise InputError(f"{name} holds {array[position]}{place}; every entry must be finite")
    with np.errstate(over="ignore", under="ignore"):
        result = array.astype(np.float64)
    if array.dtype.itemsize > 8 and not np.array_equal(result.astype(array.dtype), array):
        return _of_objects(array.astype(object), name)
    return result


def _of_objects(array: np.ndarray, name: str) -> np.ndarray:
    """Each entry through the gate."""
    result, floats = np.empty(array.shape, dtype=object), True
    for index, entry in np.ndenumerate(array):
        if isinstance(entry, bool | np.bool_):
            entry = int(entry)
        place = f"{name} at index {index}" if index else name
        lower, upper = exact_bounds(entry, place)
        result[index] = lower if lower == upper else (lower, upper)
        floats = floats and is_float(result[index])
    return result.astype(np.float64) if floats else result


def plain_array(value: Any, name: str) -> np.ndarray:
    """`value` as NumPy's array, of objects where NumPy would round whole numbers; `InputError` where more is lost."""
    if type(value) is np.ndarray:
        return value
    _refuse_masked(value, name)
    if hasattr(value, "tocsr") or hasattr(value, "todense"):
        raise InputError(f"{name} is a sparse matrix ({type(value).__name__}), but must be an array; use .toarray()")
    if type(value).__module__.partition(".")[0] == "flint" and hasattr(value, "tolist"):
        value = value.tolist()
    try:
        return _rectangular(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise InputError(f"{name} is not an array of numbers ({error}); pass a rectangular array of floats") from None


def _rectangular(value: Any) -> np.ndarray:
    """NumPy's array, of objects where it would round whole numbers or cannot read the numbers of a list itself."""
    if not isinstance(value, list | tuple):
        return np.asarray(value)
    try:
        array = np.asarray(value)
    except TypeError:  # scalars of JAX in bfloat16, for example
        return np.asarray(value, dtype=object)
    rounded = array.dtype.kind in "fc" and array.size and float(np.abs(array).max()) >= _WHOLE
    return np.asarray(value, dtype=object) if rounded and np.isfinite(array).all() else array


def _refuse_masked(value: Any, name: str) -> None:
    """Raises `InputError` for masked arrays with masked entries, also inside lists: NumPy drops their masks."""
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.getmaskarray(value).any():
            raise InputError(f"{name} has masked entries, which are not numbers; fill them first (numpy.ma.filled)")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for entry in value:
            if isinstance(entry, np.ma.MaskedArray | list | tuple):
                _refuse_masked(entry, name)
