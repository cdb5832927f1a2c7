"""What every floor stands on: the errors, the checks of input, and files that are written whole.

What needs NumPy is imported when it is first used: the command's help and suites that prove nothing do without.
"""

import importlib
from typing import TYPE_CHECKING, Any

from foundation.errors import CertificateError, InputError
from foundation.files import write_whole
from foundation.packages import load

if TYPE_CHECKING:
    from foundation.exact_numbers import exact_bounds, exact_number
    from foundation.inputs import (
        exact_number_in,
        exact_positive_number,
        finite_array,
        number_in,
        positive_integer,
        positive_number,
        square_matrix,
    )
    from foundation.real_arrays import plain_array, real_array

__all__ = [
    "CertificateError",
    "InputError",
    "exact_bounds",
    "exact_number",
    "exact_number_in",
    "exact_positive_number",
    "finite_array",
    "load",
    "number_in",
    "plain_array",
    "positive_integer",
    "positive_number",
    "real_array",
    "square_matrix",
    "write_whole",
]

_HOMES = {
    **dict.fromkeys(("exact_bounds", "exact_number"), "exact_numbers"),
    **dict.fromkeys(("plain_array", "real_array"), "real_arrays"),
    **dict.fromkeys(("exact_number_in", "exact_positive_number", "finite_array", "number_in"), "inputs"),
    **dict.fromkeys(("positive_integer", "positive_number", "square_matrix"), "inputs"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
