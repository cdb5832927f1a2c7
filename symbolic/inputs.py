"""Checks of what a user hands to the symbolic layer; text is never evaluated."""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy
from sympy.matrices.expressions.matexpr import MatrixElement

from foundation import InputError

_NOT_SMOOTH = (
    sympy.I,
    sympy.zoo,
    sympy.nan,
    sympy.oo,
    -sympy.oo,
    sympy.sign,
    sympy.DiracDelta,
    sympy.Heaviside,
    sympy.Derivative,
    sympy.Subs,
    sympy.Integral,
    sympy.Piecewise,
    sympy.Abs,
    sympy.Max,
    sympy.Min,
    sympy.floor,
    sympy.ceiling,
    sympy.conjugate,
    sympy.re,
    sympy.im,
)


def exact_number(value: Any, name: str) -> sympy.Expr:
    """`value` as an exact real number: int, Fraction, SymPy number, a float (taken bit for bit), or text like "1/2".

    Text is read by `fractions.Fraction`, never evaluated. Raises `InputError` for anything else, NaN and infinities.
    """
    if isinstance(value, bool) or value is None:
        raise InputError(f"{name} must be a real number, but is {value!r}; pass for instance Rational(1, 2)")
    if isinstance(value, str):
        try:
            return sympy.Rational(Fraction(value.strip()))
        except (ValueError, ZeroDivisionError):
            raise InputError(f"{name} must be a number such as '1/2' or '0.05', but is {value!r}") from None
    if isinstance(value, sympy.Expr):
        return _exact_expression(value, name)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} must be finite, but is {value!r}")
    try:
        return sympy.Rational(Fraction(value))
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a real number, but is {value!r}; pass for instance Rational(1, 2)") from None


def _exact_expression(value: sympy.Expr, name: str) -> sympy.Expr:
    if value.free_symbols or value.is_extended_real is not True or value.is_finite is not True:
        raise InputError(f"{name} must be a finite real number, but is {value}; substitute its symbols first")
    return without_floats(value)


def positive_exact_number(value: Any, name: str) -> sympy.Expr:
    """`value` as an exact number above zero; raises `InputError` otherwise."""
    number = exact_number(value, name)
    if number.is_positive is not True:
        raise InputError(f"{name} must be above 0, but is {number}; a step against the gradient has a positive size")
    return number


def learning_rate_of(value: Any) -> sympy.Expr:
    """None: the positive symbol eta; a positive symbol: itself; otherwise an exact positive number."""
    if value is None:
        return sympy.Symbol("eta", positive=True)
    if isinstance(value, sympy.Symbol):
        if value.is_positive is False:
            raise InputError(
                f"the learning rate {value} is declared not positive; use Symbol('{value}', positive=True)"
            )
        return value if value.is_positive else sympy.Symbol(value.name, positive=True)
    return positive_exact_number(value, "the learning rate")


def symbol_tuple(symbols: Any, name: str, least: int = 1) -> tuple[sympy.Symbol, ...]:
    """`symbols` as a tuple of distinct SymPy symbols that may be real; raises `InputError` otherwise."""
    if isinstance(symbols, sympy.Symbol):
        symbols = (symbols,)
    if isinstance(symbols, str) or not isinstance(symbols, Iterable):
        raise InputError(f"{name} must be SymPy symbols, but is {symbols!r}; create them with sympy.symbols")
    result = tuple(symbols)
    for symbol in result:
        if not isinstance(symbol, sympy.Symbol):
            raise InputError(f"{name} must hold SymPy symbols only, but holds {symbol!r}; create it with sympy.Symbol")
        if symbol.is_extended_real is False:
            raise InputError(f"{name} must be real, but {symbol} is declared not real; drop that assumption")
    if len({symbol.name for symbol in result}) != len(result):
        raise InputError(f"{name} holds a name twice: {[str(symbol) for symbol in result]}; list each one once")
    if len(result) < least:
        raise InputError(f"{name} must hold at least {least} symbol, but is empty")
    return result


def smooth_expression(
    expression: Any, parameters: Sequence[sympy.Symbol], constants: Sequence[sympy.Symbol], name: str
) -> sympy.Expr:
    """`expression` as an exact SymPy expression, twice differentiable in `parameters`; raises `InputError` otherwise.

    Its symbols must all be declared; floats become exact rationals; text is refused.
    """
    if isinstance(expression, int | float | Fraction) and not isinstance(expression, bool):
        expression = exact_number(expression, name)
    if not isinstance(expression, sympy.Expr) or expression.is_commutative is False:
        kind = type(expression).__name__
        raise InputError(f"{name} must be a scalar SymPy expression, but is a {kind}; build it from sympy.symbols")
    unknown = expression.free_symbols - set(parameters) - set(constants)
    if unknown:
        names = ", ".join(sorted(map(str, unknown)))
        raise InputError(
            f"{name} contains {names}, which is neither a parameter nor a constant; declare it in constants"
        )
    exact = without_floats(expression)
    derivatives = [sympy.diff(exact, symbol) for symbol in parameters]
    if exact.has(MatrixElement) or any(part.has(*_NOT_SMOOTH) for part in (exact, *derivatives)):
        raise InputError(f"{name} has no real, smooth gradient in {[str(p) for p in parameters]}: {exact}")
    return exact


def without_floats(expression: sympy.Expr) -> sympy.Expr:
    """The same expression with every float replaced by the rational number that it is."""
    return expression.xreplace({number: sympy.Rational(number) for number in expression.atoms(sympy.Float)})


def as_real(symbols: Iterable[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Symbol]:
    """For each symbol one of the same name that is declared real (itself when it already is)."""
    return {symbol: symbol if symbol.is_real else sympy.Symbol(symbol.name, real=True) for symbol in symbols}


def point_of(
    point: Any, parameters: Sequence[sympy.Symbol], constants: Sequence[sympy.Symbol]
) -> dict[sympy.Symbol, sympy.Expr]:
    """A point as {parameter: exact value}; values may use the constants and the parameters that are left free."""
    if not isinstance(point, Mapping):
        values = _sequence(point)
        if len(values) != len(parameters):
            raise InputError(f"the point has {len(values)} coordinates, but there are {len(parameters)} parameters")
        point = dict(zip(parameters, values, strict=True))
    unknown = [key for key in point if key not in parameters]
    if unknown:
        raise InputError(f"the point names {unknown[0]!r}, which is not one of the parameters {list(parameters)}")
    free = [symbol for symbol in parameters if symbol not in point]
    return {key: _coordinate(value, {*free, *constants}) for key, value in point.items()}


def _sequence(point: Any) -> list[Any]:
    if isinstance(point, str) or not isinstance(point, Iterable):
        raise InputError(f"the point must be a mapping or a sequence of exact numbers, but is {point!r}")
    return list(point)


def _coordinate(value: Any, allowed: set[sympy.Symbol]) -> sympy.Expr:
    if isinstance(value, sympy.Expr) and value.free_symbols:
        if not value.free_symbols <= allowed:
            raise InputError(
                f"the coordinate {value} uses symbols that are not free; allowed are {sorted(map(str, allowed))}"
            )
        return without_floats(value)
    return exact_number(value, "a coordinate of the point")


def fresh_symbol(letter: str, *expressions: Any, **assumptions: bool) -> sympy.Symbol:
    """A symbol called `letter`, or `letter`_0 and so on, whose name does not occur in the expressions."""
    used = {symbol.name for item in expressions for symbol in sympy.Tuple(item).free_symbols}
    while letter in used:
        letter += "_0"
    return sympy.Symbol(letter, **assumptions)
