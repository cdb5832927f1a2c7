"""Rational numbers as balls."""

from typing import Any

import numpy as np

from certify.arithmetic.ball import Ball
from certify.arithmetic.ball_parts import parts_around


def rational_ball(values: Any) -> Ball:
    """Balls around a `Fraction` or an array (object dtype) of them; exact where the number is a float.

    Raises `InputError` for numbers beyond the range of float64.
    """
    return Ball._unchecked(*parts_around(np.asarray(values, dtype=object), "the number"))
