"""How proved numbers are printed: one rule for terminals, pages, files and sentences.

`0.123975(2)` says that the number is proved to lie within 0.123975 +- 0.000002. The printed set contains the proved
one, and it decides every comparison that the bounds decide: with -1, 0 and 1 always, so that no sign and no "below one"
is lost, and with the numbers that matter where it stands. Where a digit of uncertainty would lose one, another is
printed; where two do, both ends are. All of it is computed in exact rational arithmetic.
"""

import math
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from foundation import exact_number
from foundation.exact_numbers import digits_apart

# An exact float has up to a thousand decimals; longer ones are shown like any other enclosure.
_LONGEST_EXACT = 24
# Every verdict about a sign, a modulus or a multiplier compares with one of these.
_ALWAYS = (Fraction(-1), Fraction(0), Fraction(1))
_MOST_UNCERTAIN_DIGITS = 2
_DIGITS_OF_AN_END, _DIGITS_OF_A_BOUND = 4, 7

__all__ = ["at_least", "at_most", "digits_apart", "proved_digits"]


def proved_digits(lower: float, upper: float, against: Iterable[object] = (), *, deciding: bool = True) -> str:
    """The number proved to lie in [lower, upper]; `against`: exact numbers with which its comparison matters.

    deciding=False: one digit of uncertainty, whatever that loses, as files of the certificate's format 1 show it.
    """
    thresholds = tuple(exact_number(value, "the number to compare with") for value in against)
    if math.isinf(lower) or math.isinf(upper):
        if lower == upper:
            return "-inf" if lower < 0 else "inf"
        return _both_ends(lower, upper, thresholds, _DIGITS_OF_A_BOUND)
    if lower == upper:
        text = _exact_decimal(lower)
        if len(text) <= _LONGEST_EXACT:
            return f"{text} exactly"
    middle = (Fraction(lower) + Fraction(upper)) / 2
    radius = (Fraction(upper) - Fraction(lower)) / 2 or abs(middle) / 2**52
    fewest = -math.floor(_log10(radius))
    for decimals in range(fewest, fewest + _MOST_UNCERTAIN_DIGITS):
        unit = Fraction(10) ** -decimals
        digits = round(middle / unit)
        spread = math.ceil((radius + abs(middle - digits * unit)) / unit)
        if not deciding or _decides_as_much(
            (digits - spread) * unit, (digits + spread) * unit, lower, upper, thresholds
        ):
            return _centred(digits, spread, decimals)
    return _both_ends(lower, upper, thresholds, _DIGITS_OF_AN_END)


def at_most(value: float, digits: int = 3) -> str:
    """An upper bound in so many significant digits, never below it."""
    return "inf" if math.isinf(value) else _short(_rounded(value, digits, ROUND_CEILING))


def at_least(value: float, digits: int = 3) -> str:
    """A lower bound in so many significant digits, never above it."""
    return "-inf" if math.isinf(value) else _short(_rounded(value, digits, ROUND_FLOOR))


def _decides_as_much(low: Fraction, high: Fraction, lower: float, upper: float, thresholds: Iterable[Fraction]) -> bool:
    """Whether [low, high], which contains [lower, upper], lies on the side of every threshold on which that lies.

    "At least 0" is kept as well as "above 0"; of other thresholds, which may have fifty decimals, the strict sides.
    """
    strict = all((low > t or lower <= t) and (high < t or upper >= t) for t in (*_ALWAYS, *thresholds))
    return strict and all((low >= t or lower < t) and (high <= t or upper > t) for t in _ALWAYS)


def _both_ends(lower: float, upper: float, thresholds: tuple[Fraction, ...], digits: int) -> str:
    """[lower, upper], rounded outward to the digits that every comparison needs; infinite ends are open."""
    while True:
        low = -math.inf if math.isinf(lower) else _rounded(lower, digits, ROUND_FLOOR)
        high = math.inf if math.isinf(upper) else _rounded(upper, digits, ROUND_CEILING)
        sides = (
            Fraction(low) if isinstance(low, Decimal) else low,
            Fraction(high) if isinstance(high, Decimal) else high,
        )
        if _decides_as_much(*sides, lower, upper, thresholds):  # type: ignore[arg-type]
            break
        digits += 1
    left = f"[{_short(low)}" if isinstance(low, Decimal) else "(-inf"
    right = f"{_short(high)}]" if isinstance(high, Decimal) else "inf)"
    return f"{left}, {right}"


def _rounded(value: float, digits: int, direction: str) -> Decimal:
    context = Context(prec=digits, rounding=direction, Emin=-999_999, Emax=999_999)
    return context.create_decimal(Decimal(value))


def _short(value: Decimal) -> str:
    """Without zeros at its end; with an exponent only where the plain number would be long."""
    if not value:
        return "0"
    plain = f"{value.normalize():f}"
    return plain if len(plain.lstrip("-")) <= max(9, len(value.as_tuple().digits) + 5) else f"{value.normalize():e}"


def _exact_decimal(value: float) -> str:
    """The shortest decimal where it is the float, else all its digits: 0.1 is not the float nearest to it."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if Fraction(repr(value)) == Fraction(value) else f"{Decimal(value)}"


def _log10(value: Fraction) -> float:
    return math.log10(value.numerator) - math.log10(value.denominator)


def _centred(digits: int, spread: int, decimals: int) -> str:
    sign, text = ("-" if digits < 0 else ""), str(abs(digits))
    if -3 <= decimals - len(text) + 1 <= 6 and decimals >= 0:
        text = text.rjust(decimals + 1, "0")
        body = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
        return f"{sign}{body}({spread})"
    exponent = len(text) - 1 - decimals
    body = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{sign}{body}({spread})e{exponent:+03d}"
