"""`load_safetensors`: the arrays of a safetensors file, exactly."""

from pathlib import Path
from typing import Any

import numpy as np

from foundation import InputError
from foundation.optional_packages import needed
from stabproof.doors.arguments import file_path

# A file is read whole.
_LARGEST_BYTES = 4 * 2**30


def load_safetensors(path: str | Path) -> dict[str, np.ndarray]:
    """Name -> array: real numbers of every width as float64, exactly; integers and booleans as they are.

    The file is read by `safetensors.numpy` (through JAX without 64-bit mode 1e300 would become infinite and 2^40 zero).
    Raises `InputError` on files that cannot be read, narrow integer-coded floats (FP8), complex, NaN and infinities.
    """
    numpy = needed("safetensors.numpy", "safetensors")
    place = file_path(path, "a safetensors file")
    try:
        if place.stat().st_size > _LARGEST_BYTES:
            raise InputError(f"{place} has more than {_LARGEST_BYTES} bytes; split it")
        arrays = numpy.load_file(str(place))
    except InputError:
        raise
    except Exception as error:  # a damaged file raises errors of several kinds
        raise InputError(f"{place} cannot be read as safetensors: {type(error).__name__}: {error}") from error
    return {name: _exact(name, array) for name, array in arrays.items()}


def _exact(name: str, array: Any) -> np.ndarray:
    if array.dtype.kind in "iub":
        return np.ascontiguousarray(array)
    if array.dtype.name not in ("float64", "float32", "float16", "bfloat16"):
        raise InputError(f"the array {name} holds {array.dtype}, which is not modelled; convert it to floats first")
    exact = np.ascontiguousarray(array.astype(np.float64))
    if not np.isfinite(exact).all():
        raise InputError(f"the array {name} holds NaN or infinities")
    return exact
