"""One gate for numbers: what enters is the exact number that its type stands for, or is refused with a sentence.

Python's int, float, `Fraction` and `Decimal`; NumPy's scalars of every real type, long doubles and those of ml_dtypes
(bfloat16) included; SymPy's Integer, Rational and Float; FLINT's fmpz, fmpq, arf and arb; mpmath's mpf; scalars of
JAX. A float stands for itself: 0.1 is the binary number next to one tenth. No library is imported for it.
"""

import math
import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from foundation.errors import InputError

# Numbers beyond 2^(+-100,000) have no use here and would take memory without bound as exact rationals.
_LARGEST_EXPONENT = 100_000


def exact_number(value: Any, name: str) -> Fraction:
    """The real number that `value` is, exactly.

    Raises `InputError` for booleans, text, complex numbers, NaN and infinities, balls with a radius, SymPy's constants
    that are not rational, and everything that is no number.
    """
    lower, upper = exact_bounds(value, name)
    if lower != upper:
        raise InputError(f"{name} is the ball {value}, not one number; pass an exact number, such as a Fraction")
    return lower


def exact_bounds(value: Any, name: str) -> tuple[Fraction, Fraction]:
    """The exact ends of the number `value`: the same number twice, but for an Arb ball with a radius."""
    if isinstance(value, float):
        _refuse_infinite(value, name)
        number = Fraction(value)
        return number, number
    library = type(value).__module__.partition(".")[0]
    if library == "flint":
        return _of_flint(value, name)
    number = _number(value, library, name)
    return number, number


def nearest_float(number: Fraction) -> float:
    """The float next to a rational number; infinite where that is beyond the range of float64."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def digits_apart(first: float, second: float, digits: int = 3) -> tuple[str, str]:
    """Two numbers that a sentence compares, with at least so many digits, and with as many as tell them apart."""
    for count in range(digits, 18):
        texts = f"{first:.{count}g}", f"{second:.{count}g}"
        if texts[0] != texts[1]:
            return texts
    return texts


def _number(value: Any, library: str, name: str) -> Fraction:
    if isinstance(value, bool | np.bool_ | str | bytes | complex | np.complexfloating) or value is None:
        raise InputError(f"{name} must be a real number, but is {value!r:.80}; pass a float, an int or a Fraction")
    if isinstance(value, int | np.integer):
        return Fraction(int(value))
    if library == "sympy":
        return _of_sympy(value, name)
    if library == "mpmath":
        return _of_mpmath(value, name)
    if isinstance(value, numbers.Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal):
        return _of_decimal(value, name)
    if isinstance(value, np.floating) or library == "gmpy2":
        _refuse_infinite(value, name)
        return Fraction(*(int(part) for part in value.as_integer_ratio()))
    return _of_array(value, name)


def _of_array(value: Any, name: str) -> Fraction:
    """An array without axes (of NumPy, JAX, ...), or a scalar of ml_dtypes: at most 32 bits, so float64 holds it."""
    if getattr(value, "shape", None) != () or not hasattr(value, "dtype"):
        raise _no_number(value, name)
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        raise InputError(f"{name} is masked; fill the masked entries with numbers first")
    try:
        entry: Any = np.asarray(value)[()]
        if type(entry).__module__.startswith("ml_dtypes"):
            entry = float(entry)
    except (TypeError, ValueError, RuntimeError):
        raise _no_number(value, name) from None
    if type(entry) is type(value):
        raise _no_number(value, name)
    return exact_number(entry, name)


def _of_sympy(value: Any, name: str) -> Fraction:
    if getattr(value, "is_Rational", False):
        return Fraction(int(value.p), int(value.q))
    if getattr(value, "is_Float", False) and value.is_finite:
        sign, mantissa, exponent, _ = value._mpf_
        return _binary((-1) ** int(sign) * int(mantissa), int(exponent), name)
    raise InputError(
        f"{name} is the SymPy expression {value}, which is not a rational number; pass a Rational, or a ball around it "
        "(stabproof.Ball, flint.arb)"
    )


def _of_mpmath(value: Any, name: str) -> Fraction:
    """An mpf; mpmath's constants, such as pi, are rounded whenever they are used, and so are no numbers."""
    if type(value).__name__ != "mpf" or not hasattr(value, "_mpf_"):
        raise InputError(
            f"{name} is {value!r} of mpmath, which is not an exact real number; pass an mpf, or a Fraction"
        )
    sign, mantissa, exponent, count = value._mpf_
    if not mantissa and count:
        raise InputError(f"{name} is {value}, but must be finite")
    return _binary((-1) ** int(sign) * int(mantissa), int(exponent), name)


def _of_flint(value: Any, name: str) -> tuple[Fraction, Fraction]:
    kind = type(value).__name__
    if kind == "fmpz":
        number = Fraction(int(value))
    elif kind == "fmpq":
        number = Fraction(int(value.p), int(value.q))
    elif kind in ("arf", "arb") and value.is_finite():
        if kind == "arf" or value.is_exact():
            number = _of_binary_flint(value, name)
        else:
            middle, radius = _of_binary_flint(value.mid(), name), _of_binary_flint(value.rad(), name)
            return middle - radius, middle + radius
    else:
        raise InputError(f"{name} is {value!r} of FLINT, which is not a finite real number; pass an fmpq or an arb")
    return number, number


def _of_binary_flint(value: Any, name: str) -> Fraction:
    mantissa, exponent = value.man_exp()
    return _binary(int(mantissa), int(exponent), name)


def _of_decimal(value: Decimal, name: str) -> Fraction:
    _refuse_infinite(value, name)
    if value and abs(value.adjusted()) > _LARGEST_EXPONENT // 4:
        raise _beyond(name, value)
    return Fraction(*value.as_integer_ratio())


def _binary(mantissa: int, exponent: int, name: str) -> Fraction:
    if abs(exponent) > _LARGEST_EXPONENT:
        raise _beyond(name, f"{mantissa} * 2^{exponent}" if mantissa.bit_length() < 64 else f"about 2^{exponent}")
    return Fraction(mantissa) * Fraction(2) ** exponent


def _refuse_infinite(value: Any, name: str) -> None:
    if not math.isfinite(value) and not (isinstance(value, np.floating) and np.isfinite(value)):
        raise InputError(f"{name} is {value}, but must be finite")


def _beyond(name: str, value: Any) -> InputError:
    return InputError(f"{name} is {value}, whose size is beyond all use (2^-100000 to 2^100000); rescale it")


def _no_number(value: Any, name: str) -> InputError:
    kind = type(value).__name__
    return InputError(f"{name} must be a real number, but is {kind} {value!r:.80}; pass a float, an int or a Fraction")
