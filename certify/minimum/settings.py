"""An optimiser's settings as exact numbers."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from foundation import CertificateError


def setting(optimizer: Mapping[str, Any], name: str) -> Ball:
    """The number `name` of an optimiser: a float taken exactly, a rational as the ball of its neighbours."""
    value = optimizer.get(name)
    if isinstance(value, Ball):
        return value
    if isinstance(value, Fraction):
        return rational_ball(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CertificateError(f"the optimiser's setting {name!r} is {value!r}, not a number")
    return Ball.exact(value, name)
