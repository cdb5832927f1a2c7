"""A reader of one exact number or of several."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from cases.common.parameters import rational_vector


def numbers_of(value: Any, name: str) -> tuple[Fraction, ...]:
    """ "1/2", 3, "1,-2" or a sequence of numbers -> exact numbers; `InputError` otherwise."""
    several = isinstance(value, str | Sequence) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return rational_vector()(value if several else [value], name)
