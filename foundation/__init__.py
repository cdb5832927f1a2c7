"""What every floor stands on: the errors, the checks of input, and files that are written whole.

What needs NumPy is imported when it is first used: the command's help and suites that prove nothing do without.
"""

from foundation.errors import CertificateError, InputError
from foundation.files import write_atomically
from foundation.late import __getattr__  # noqa: F401
from foundation.packages import load

__all__ = [
    "CertificateError",
    "InputError",
    "Shown",
    "Summary",
    "exact_bounds",
    "exact_number",
    "exact_number_in",
    "exact_positive_number",
    "finite_array",
    "load",
    "more",
    "number_in",
    "plain_array",
    "positive_integer",
    "positive_number",
    "real_array",
    "square_matrix",
    "write_atomically",
]
