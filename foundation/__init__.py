"""What every floor stands on: the errors, the checks of input, and files that are written whole."""

from foundation.errors import CertificateError, InputError
from foundation.exact_numbers import exact_bounds, exact_number
from foundation.files import write_whole
from foundation.inputs import (
    exact_number_in,
    exact_positive_number,
    finite_array,
    number_in,
    positive_integer,
    positive_number,
    square_matrix,
)
from foundation.packages import load
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
