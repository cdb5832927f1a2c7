"""Flocking: two agents align unless they separate too fast; the threshold is a certified integral."""

from fractions import Fraction
from typing import Any

from cases.common.parameters import exact_rational, whole_number
from cases.common.readers import bounded_rational
from cases.cucker_smale.derivation import symbolic_view
from cases.cucker_smale.estimates import numeric_view
from cases.cucker_smale.proofs import certified_view
from cases.cucker_smale.system import DISTANCE, FLOCKS, THRESHOLD
from cases.model import Known, case_of
from foundation import InputError


def _exponent(value: Any, name: str) -> Fraction:
    number = bounded_rational(0, 20, open_below=True)(value, name)
    if number.denominator > 20:
        raise InputError(f"{name} must be a fraction with a denominator of at most 20, but is {value!r}; write '3/2'")
    return number


def _bounded(value: Any, name: str) -> Fraction:
    number = exact_rational(value, name)
    if abs(number) > 1000:
        raise InputError(f"{name} must lie between -1000 and 1000, but is {value!r}")
    return number


CASE = case_of(
    "cucker-smale",
    readers={
        "alpha": _exponent,
        "coupling": bounded_rational(Fraction(1, 1000), 1000),
        "position": _bounded,
        "velocity": _bounded,
        "agents": whole_number(2, 1000),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(THRESHOLD, "1.5707963267948966", "pi/2"),
        Known(DISTANCE, "1.5574077246549023", "tan 1"),
        Known(FLOCKS, "PROVED", "1 < pi/2"),
    ),
)
