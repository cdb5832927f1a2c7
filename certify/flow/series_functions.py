"""The elementary functions of truncated power series with Arb coefficients."""

from collections.abc import Callable
from typing import TypeAlias

import flint

from certify.program.arb_functions import FUNCTIONS, power
from foundation import InputError

Series: TypeAlias = flint.arb_series
Number: TypeAlias = flint.arb | Series


def apply(name: str, *operands: Number) -> Number:
    """The elementary function `name` of balls or series; a ball stands for a constant series.

    Encloses every coefficient of the exact composition, whenever the operands enclose theirs; coefficients are not
    finite where the constant terms leave the function's domain, or `InputError` is raised.
    """
    constant = not any(isinstance(x, Series) for x in operands)
    if name not in (FUNCTIONS if constant else _SERIES):
        raise InputError(f"`{name}` has no Taylor series here: the field must be real-analytic")
    if constant:
        return FUNCTIONS[name](*operands)
    try:
        return _SERIES[name](*operands)
    except (ValueError, ZeroDivisionError) as error:
        raise InputError(f"`{name}` of a series whose first coefficient leaves its domain ({error})") from None


def series_power(x: Number, exponent: int) -> Number:
    """x^exponent by repeated squaring; the constant term by the rule of balls, which is sharper."""
    if not isinstance(x, Series):
        return power(x, exponent)
    if exponent < 0:
        return apply("div", flint.arb(1), series_power(x, -exponent))
    if exponent == 0:
        return flint.arb(1)
    return with_constant(_repeated(x, exponent), power(x[0], exponent))


def with_constant(x: Series, constant: flint.arb) -> Series:
    """The series with another constant term: a sharper enclosure of the same number."""
    return Series([constant, *x.coeffs()[1:]], x.prec)


def _repeated(x: Series, exponent: int) -> Series:
    if exponent == 1:
        return x
    half = _repeated(x, exponent // 2)
    return half * half * x if exponent % 2 else half * half


def _as_series(x: Number, length: int) -> Series:
    return x if isinstance(x, Series) else Series([x], length)


def _length(*operands: Number) -> int:
    return min(x.prec for x in operands if isinstance(x, Series))


def _integrated(slope: Series, constant: flint.arb, precision: int) -> Series:
    """The antiderivative with this constant term, of `precision` coefficients."""
    return Series([constant, *(c / (k + 1) for k, c in enumerate(slope.coeffs()))], precision)


def _from_derivative(name: str, derivative: Callable[[Series], Series]) -> Callable[[Series], Series]:
    """g(x) = g(x_0) + integral of g'(x) x'."""

    def function(x: Series) -> Series:
        return _integrated(derivative(x) * x.derivative(), FUNCTIONS[name](x[0]), x.prec)

    return function


def _riccati(name: str, c0: int, c1: int, c2: int) -> Callable[[Series], Series]:
    """y = g(x) with y' = (c0 + c1 y + c2 y^2) x': k y_k = sum_j j x_j s_(k - j), s the coefficients of the bracket."""

    def function(x: Series) -> Series:
        given = [x[k] for k in range(x.prec)]
        weighted = [k * c for k, c in enumerate(given)]
        y = [FUNCTIONS[name](given[0])]
        slopes = [c0 + c1 * y[0] + c2 * _square(y[0])]
        for k in range(1, x.prec):
            y.append(_dot(weighted[1 : k + 1], slopes) / k)
            slopes.append(c1 * y[k] + c2 * _dot(y, y))
        return Series(y, x.prec)

    return function


def _dot(x: list[flint.arb], y: list[flint.arb]) -> flint.arb:
    """sum x_i y_(last - i)."""
    total = flint.arb(0)
    for a, b in zip(x, reversed(y), strict=True):
        total += a * b
    return total


def _square(x: flint.arb) -> flint.arb:
    magnitude = abs(x)
    return magnitude * magnitude


def _sinh(x: Series) -> Series:
    return with_constant((x.exp() - (-x).exp()) / 2, x[0].sinh())


def _cosh(x: Series) -> Series:
    return with_constant((x.exp() + (-x).exp()) / 2, x[0].cosh())


def _cbrt(x: Series) -> Series:
    sign = 1 if x[0] > 0 else -1
    return sign * (((sign * x).log()) / 3).exp()


def _pow(x: Number, y: Number) -> Series:
    logarithm = _as_series(x, _length(x, y)).log()
    return with_constant((y * logarithm).exp(), FUNCTIONS["pow"](_first(x), _first(y)))


def _atan2(y: Number, x: Number) -> Series:
    """theta' = (x y' - y x') / (x^2 + y^2)."""
    length = _length(x, y)
    a, b = _as_series(y, length), _as_series(x, length)
    if not (b[0] > 0 or a[0] > 0 or a[0] < 0):
        raise InputError("atan2 of a ball that meets its jump, x <= 0 = y")
    slope = (b * a.derivative() - a * b.derivative()) / (a * a + b * b)
    return _integrated(slope, FUNCTIONS["atan2"](a[0], b[0]), length)


def _logaddexp(x: Number, y: Number) -> Series:
    """Its derivative is y' + logistic(x - y) (x' - y')."""
    length = _length(x, y)
    a, b = _as_series(x, length), _as_series(y, length)
    slope = b.derivative() + apply("logistic", a - b) * (a - b).derivative()
    return _integrated(slope, FUNCTIONS["logaddexp"](a[0], b[0]), length)


def _first(x: Number) -> flint.arb:
    return x[0] if isinstance(x, Series) else x


def _constant_of(name: str, function: Callable[[Series], Series]) -> Callable[[Series], Series]:
    """The constant term from the ball's own function, which checks the domain."""
    return lambda x: with_constant(function(x), FUNCTIONS[name](x[0]))


def _ordered(name: str) -> Callable[..., Series]:
    """g(x) = sum_k g^(k)(x_0) (x - x_0)^k / k!, where g^(k) is the function of order k more."""

    def function(order: Number, x: Series) -> Series:
        first, away = x[0], Series([flint.arb(0), *x.coeffs()[1:]], x.prec)
        total = Series([flint.arb(0)], x.prec)
        for k in reversed(range(x.prec)):
            total = total * away + FUNCTIONS[name](order + k, first) / flint.arb(k + 1).gamma()
        return total

    return function


_SERIES: dict[str, Callable[..., Series]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "square": lambda x: with_constant(x * x, _square(x[0])),
    "exp": lambda x: x.exp(),
    "expm1": _constant_of("expm1", lambda x: x.exp()),
    "log": _constant_of("log", lambda x: x.log()),
    "log1p": _constant_of("log1p", lambda x: (1 + x).log()),
    "sqrt": _constant_of("sqrt", lambda x: x.sqrt()),
    "rsqrt": _constant_of("rsqrt", lambda x: x.rsqrt()),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": _riccati("tan", 1, 0, 1),
    "tanh": _riccati("tanh", 1, 0, -1),
    "logistic": _riccati("logistic", 0, 1, -1),
    "atan": _from_derivative("atan", lambda x: 1 / (1 + x * x)),
    "asin": _from_derivative("asin", lambda x: (1 - x * x).rsqrt()),
    "acos": _from_derivative("acos", lambda x: -(1 - x * x).rsqrt()),
    "asinh": _from_derivative("asinh", lambda x: (1 + x * x).rsqrt()),
    "acosh": _from_derivative("acosh", lambda x: (x * x - 1).rsqrt()),
    "atanh": _from_derivative("atanh", lambda x: 1 / (1 - x * x)),
    "sinh": _sinh,
    "cosh": _cosh,
    "erf": _constant_of("erf", lambda x: x.erf()),
    "erfc": _constant_of("erfc", lambda x: x.erfc()),
    "cbrt": _cbrt,
    "pow": _pow,
    "atan2": _atan2,
    "logaddexp": _logaddexp,
    **{name: _ordered(name) for name in ("sinc", "expm1_over", "log1p_over", "sine_over")},
}
