"""What every floor stands on: the errors, the checks of input, and files that are written whole."""

from foundation.errors import CertificateError, InputError
from foundation.files import write_whole
from foundation.inputs import (
    exact_positive_number,
    finite_array,
    number_in,
    positive_integer,
    positive_number,
    square_matrix,
)
from foundation.packages import load

__all__ = [
    "CertificateError",
    "InputError",
    "exact_positive_number",
    "finite_array",
    "load",
    "number_in",
    "positive_integer",
    "positive_number",
    "square_matrix",
    "write_whole",
]
