"""Rational points that satisfy the assumptions of symbols: where false statements are looked for."""

import itertools
from collections.abc import Iterable, Iterator

import sympy

_FRACTIONS = ((1, 1), (2, 1), (1, 3), (5, 2), (1, 10), (7, 1), (9, 10), (31, 1), (1, 50))
_VALUES = [sympy.Rational(p, q) for p, q in _FRACTIONS]
_REALS = [value for size in _VALUES for value in (size, -size)]


def sample_points(symbols: Iterable[sympy.Symbol], count: int = 60) -> Iterator[dict[sympy.Symbol, sympy.Rational]]:
    """At most `count` assignments of rationals that respect each symbol's sign and integer assumptions.

    Symbols without assumptions get real values too: a statement for all complex numbers must hold there.
    """
    names = sorted(set(symbols), key=lambda symbol: symbol.sort_key())
    choices = [_values(symbol) for symbol in names]
    if any(not values for values in choices):
        return
    for step in itertools.islice(itertools.count(), count):
        yield {
            symbol: values[(step * (2 * place + 1) + place + step // len(values) * place) % len(values)]
            for place, (symbol, values) in enumerate(zip(names, choices, strict=True))
        }


def _values(symbol: sympy.Symbol) -> list[sympy.Rational]:
    if symbol.is_real is False:
        return []
    pool = [sympy.Integer(k) for k in (1, 2, 3, 5, 0, -1, -2, 4)] if symbol.is_integer else [*_REALS, sympy.Integer(0)]
    return [value for value in pool if _allowed(symbol, value)]


def _allowed(symbol: sympy.Symbol, value: sympy.Rational) -> bool:
    return all(
        getattr(value, name) is wanted
        for name in ("is_positive", "is_negative", "is_zero", "is_nonnegative", "is_nonpositive", "is_even")
        if (wanted := getattr(symbol, name)) is not None
    )
