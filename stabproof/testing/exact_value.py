"""Exact real numbers of any library, compared with floats without rounding."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import sympy

from foundation import InputError, exact_number
from stabproof.testing.failures import rounded_down, rounded_up
from symbolic.prove_sign import number_sign

ExactReal: TypeAlias = Any
"""A `Fraction`, an infinite float, or a real SymPy constant that is not rational."""


def exact_real(value: Any, name: str) -> ExactReal:
    """`value` as an exact number: int, float, `Fraction`, `Decimal`, a real SymPy constant, FLINT's, mpmath's numbers,
    and scalars (arrays without axes) of NumPy, JAX and torch.

    A float stands for itself, so 0.1 is the binary number next to one tenth. Raises `InputError` for NaN and for what
    is not an exact real number.
    """
    if isinstance(value, bool | np.bool_ | str | bytes):
        raise InputError(f"{name} must be an exact real number, but is {value!r}")
    if isinstance(value, float | np.floating | Decimal):
        return _from_float(value, name)
    if isinstance(value, int | np.integer | Fraction):
        return Fraction(value if isinstance(value, Fraction) else int(value))
    if hasattr(value, "free_symbols"):
        return _from_sympy(value, name)
    if (hasattr(value, "numerator") and hasattr(value, "denominator")) or type(value).__module__ == "flint":
        return _from_flint(value, name)
    if hasattr(value, "detach"):  # a tensor of torch
        return exact_real(value.detach().cpu().numpy(), name)
    if getattr(value, "shape", None) == () and hasattr(value, "dtype"):
        return exact_real(np.asarray(value)[()], name)
    try:
        return exact_number(value, name)
    except InputError:
        pass
    raise InputError(f"{name} must be an exact real number (int, float, Fraction or SymPy), but is {value!r}")


def compare(exact: ExactReal, bound: ExactReal) -> int | None:
    """-1, 0 or 1 as `exact` is below, equal to or above `bound`, proved; None when undecided."""
    if _is_plain(exact) and _is_plain(bound):
        return int(exact > bound) - int(exact < bound)
    for number, sign in ((exact, 1), (bound, -1)):
        if isinstance(number, float):
            return sign if number > 0 else -sign
    return number_sign(_to_sympy(exact) - _to_sympy(bound))


def order(exact: ExactReal, bound: float) -> int | None:
    """`compare` with a float bound."""
    return compare(exact, exact_real(bound, "bound"))


def gap(bound: float, exact: ExactReal, *, down: bool = False) -> str:
    """|bound - exact| to six digits, rounded to the safe side (for irrational numbers up to 30 digits)."""
    if math.isinf(bound) or isinstance(exact, float):
        return "inf"
    rational = exact if isinstance(exact, Fraction) else Fraction(str(exact.evalf(30)))
    distance = abs(Fraction(bound) - rational)
    return rounded_down(distance) if down else rounded_up(distance)


def _is_plain(number: Any) -> bool:
    return isinstance(number, float | Fraction)


def _from_float(value: Any, name: str) -> Fraction | float:
    if value != value:
        raise InputError(f"{name} is NaN; pass a real number")
    return Fraction(value if isinstance(value, Decimal) else float(value)) if math.isfinite(value) else float(value)


def _from_sympy(value: Any, name: str) -> ExactReal:
    if value.is_Float:
        raise InputError(f"{name} is the rounded SymPy number {value}; pass an exact one, such as Rational or log(2)")
    if value.is_infinite and value.is_extended_real:
        return math.inf if value.is_extended_positive else -math.inf
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    if value.free_symbols or value.is_real is False or not value.is_number:
        raise InputError(f"{name} must be a real constant, but is {value}")
    return value


def _from_flint(value: Any, name: str) -> Fraction:
    numerator, denominator = getattr(value, "p", value), getattr(value, "q", 1)
    try:
        return Fraction(int(numerator), int(denominator))
    except (TypeError, ValueError):
        raise InputError(f"{name} must be an exact real number, but is {value!r}") from None


def _to_sympy(number: ExactReal) -> Any:
    return sympy.Rational(number.numerator, number.denominator) if isinstance(number, Fraction) else number
