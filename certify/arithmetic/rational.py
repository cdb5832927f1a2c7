"""Rational numbers as balls."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic.ball import Ball
from foundation import InputError


def rational_ball(values: Any) -> Ball:
    """Balls around a `Fraction` or an array (object dtype) of them; exact where the number is a float.

    The midpoint is the nearest float (`Fraction.__float__` rounds correctly), the radius the exact distance,
    rounded up. Raises `InputError` for numbers beyond the range of float64.
    """
    array = np.asarray(values, dtype=object)
    mid, rad = np.empty(array.shape), np.empty(array.shape)
    for index, value in np.ndenumerate(array):
        try:
            mid[index] = float(value)
        except OverflowError:
            raise InputError(f"the number at index {index} is beyond the range of float64; rescale it") from None
        distance = abs(value - Fraction(float(mid[index])))
        rad[index] = 0.0 if distance == 0 else math.nextafter(float(distance), math.inf)
    return Ball(mid, rad)
