"""The number system of Arb balls at any precision: NumPy object arrays of `flint.arb`.

The working precision is an argument; `flint.ctx` is changed inside this module alone, and restored.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from foundation import InputError


@final
@dataclass(frozen=True)
class Arbs:
    """Implements `NumberSystem` with object arrays of `flint.arb` at `precision` bits."""

    precision: int
    split: bool = False

    def constant(self, array: np.ndarray) -> np.ndarray:
        return to_arb(Ball.exact(array, "a constant of the program"))

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        return to_arb(Ball.from_bounds(lower, upper))

    def bounds(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with flint.ctx.workprec(self.precision):
            return _LOWER(x), _UPPER(x)

    def ends(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.bounds(x)

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        result = np.asarray(structural(x), dtype=object)
        return _FILL(result) if result.size > x.size or _has_gaps(result) else result

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def where(self, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(condition, x, y)

    def hull(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return _HULL(x, y)

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return np.asarray(np.frompyfunc(_FUNCTIONS[name], len(operands), 1)(*operands), dtype=object)

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return np.asarray(np.frompyfunc(lambda a: _power(a, exponent), 1, 1)(x), dtype=object)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        left = np.broadcast_to(x, batch + x.shape[-2:])
        right = np.broadcast_to(y, batch + y.shape[-2:])
        result = np.empty((*batch, x.shape[-2], y.shape[-1]), dtype=object)
        with flint.ctx.workprec(self.precision):
            for index in np.ndindex(*batch):
                result[index] = _product(left[index], right[index])
        return result

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return _FILL(np.asarray(np.sum(x, axis=axes), dtype=object))

    def cumulative_sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return np.asarray(np.add.accumulate(x, axis), dtype=object)

    def segment_sum(self, x: np.ndarray, order: np.ndarray, starts: np.ndarray) -> np.ndarray:
        with flint.ctx.workprec(self.precision):
            return np.add.reduceat(x[:, order], starts, axis=1)

    def extremum(self, x: np.ndarray, axes: tuple[int, ...], largest: bool) -> np.ndarray:
        pick = flint.arb.max if largest else flint.arb.min
        kept = [axis for axis in range(x.ndim) if axis not in axes]
        rows = np.transpose(x, [*kept, *axes]).reshape(*(x.shape[axis] for axis in kept), -1)
        result = np.empty(rows.shape[:-1], dtype=object)
        with flint.ctx.workprec(self.precision):
            for index in np.ndindex(*result.shape):
                result[index] = functools.reduce(pick, rows[index])
        return result


def to_arb(x: Ball) -> np.ndarray:
    """The balls as Arb balls: midpoints exact, radii rounded up."""
    # the radius is rounded up to 30 bits; an infinite one makes the whole line
    return np.asarray(np.frompyfunc(flint.arb, 2, 1)(x.mid, x.rad), dtype=object)


def to_bounds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Float bounds (lower, upper), rounded outward; what is no finite ball becomes (-inf, inf)."""
    lower, upper = np.frompyfunc(_bounds, 1, 2)(x)
    return np.asarray(lower, np.float64), np.asarray(upper, np.float64)


def to_ball(x: np.ndarray) -> Ball:
    """The Arb balls as float64 balls, rounded outward."""
    return Ball.from_bounds(*to_bounds(x))


def exact_arb(value: Any, precision: int) -> flint.arb:
    """An exact number (float, int, `fractions.Fraction`, SymPy's rational, `flint.fmpq`) or an arb as an Arb ball."""
    if isinstance(value, flint.arb):
        return value
    exact = as_fraction(value)
    with flint.ctx.workprec(precision):
        return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def as_fraction(value: Any) -> Fraction:
    """The exact value of a float, int, `fractions.Fraction`, SymPy rational or `flint.fmpq`; else `InputError`."""
    if isinstance(value, int | float | Fraction | np.integer | np.floating):
        if not np.isfinite(float(value)) if isinstance(value, float | np.floating) else False:
            raise InputError(f"an argument holds {value}; every entry must be finite")
        return Fraction(value) if isinstance(value, int | float | Fraction) else Fraction(value.item())
    for numerator, denominator in (("p", "q"), ("numerator", "denominator")):
        if hasattr(value, numerator) and hasattr(value, denominator):
            parts = (getattr(value, name) for name in (numerator, denominator))
            return Fraction(*(int(part() if callable(part) else part) for part in parts))
    raise InputError(f"an argument holds {value!r}; pass floats, integers, balls or exact rational numbers")


def _bounds(x: flint.arb) -> tuple[float, float]:
    if not x.is_finite():
        return -math.inf, math.inf
    if x.is_exact() and float(x) == x and math.isfinite(float(x)):
        return float(x), float(x)
    with flint.ctx.workprec(64):
        lower, upper = float(x.lower()), float(x.upper())
    return math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf)


def _has_gaps(array: np.ndarray) -> bool:
    return any(not isinstance(entry, flint.arb) for entry in array.flat)


def _product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows, inner, columns = x.shape[0], x.shape[1], y.shape[1]
    if inner == 0:
        return _FILL(np.zeros((rows, columns), dtype=object))
    product = flint.arb_mat(x.tolist()) * flint.arb_mat(y.tolist())
    return np.array(product.entries(), dtype=object).reshape(rows, columns)


def _power(x: flint.arb, exponent: int) -> flint.arb:
    """By repeated squaring of |x| or x: `arb ** int` of a ball around zero returned nan in some versions."""
    if exponent < 0:
        return 1 / _power(x, -exponent)
    if exponent % 2 == 0:
        return _square(_power(x, exponent // 2)) if exponent else flint.arb(1)
    if not x.is_exact() and x.is_finite():
        return _monotone(lambda a: a * _power(a, exponent - 1), x)
    return x * _power(x, exponent - 1)


def _divide(x: flint.arb, y: flint.arb) -> flint.arb:
    return x / y


def _domain(name: str, lowest: float, strict: bool) -> Callable[[flint.arb], flint.arb]:
    """The method `name` of arb on its domain (lowest, inf), or [lowest, inf) when not strict."""

    def apply(x: flint.arb) -> flint.arb:
        if x.is_finite() and not (x > lowest if strict else x >= lowest):
            domain = f"{'(' if strict else '['}{lowest}, inf)"
            raise InputError(f"{name} of a ball that reaches down to {float(x.lower())}; it must lie in {domain}")
        return getattr(x, name)()

    return apply


def _unit(name: str) -> Callable[[flint.arb], flint.arb]:
    def apply(x: flint.arb) -> flint.arb:
        if x.is_finite() and not (x >= -1 and x <= 1):
            raise InputError(f"{name} of a ball that leaves [-1, 1]: {x}")
        return getattr(x, name)()

    return apply


def _square(x: flint.arb) -> flint.arb:
    magnitude = abs(x)
    return magnitude * magnitude


def _logistic(x: flint.arb) -> flint.arb:
    return _monotone(lambda a: 1 / (1 + (-a).exp()), x)


def _cbrt(x: flint.arb) -> flint.arb:
    return _monotone(_cbrt_point, x)


def _cbrt_point(x: flint.arb) -> flint.arb:
    if x.contains(0) and not x.is_zero():
        bound = abs(x).upper().root(3)
        return bound.union(-bound)
    return x.root(3) if x >= 0 else -((-x).root(3))


def _monotone(function: Callable[[flint.arb], flint.arb], x: flint.arb) -> flint.arb:
    """The hull of an increasing function's values at both ends."""
    if x.is_exact() or not x.is_finite():
        return function(x)
    return function(x.lower()).union(function(x.upper()))


def _logaddexp(x: flint.arb, y: flint.arb) -> flint.arb:
    """log(e^x + e^y), increasing in both."""
    if x.is_exact() and y.is_exact():
        return _logaddexp_point(x, y)
    if not (x.is_finite() and y.is_finite()):
        return flint.arb(0, math.inf)
    return _logaddexp_point(x.lower(), y.lower()).union(_logaddexp_point(x.upper(), y.upper()))


def _logaddexp_point(x: flint.arb, y: flint.arb) -> flint.arb:
    return x.max(y) + (-abs(x - y)).exp().log1p()


def _pow(x: flint.arb, y: flint.arb) -> flint.arb:
    if x.is_finite() and not x > 0:
        raise InputError(f"pow of a base that reaches down to {float(x.lower())}; it must be above 0")
    return (y * x.log()).exp()


def _sign(x: flint.arb) -> flint.arb:
    if x.is_zero():
        return flint.arb(0)
    return flint.arb(1) if x > 0 else (flint.arb(-1) if x < 0 else flint.arb(0, 1))


def _method(name: str) -> Callable[[flint.arb], flint.arb]:
    return lambda x: getattr(x, name)()


_METHODS = ("exp", "expm1", "tanh", "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh", "erf", "erfc")

_FUNCTIONS: dict[str, Callable[..., flint.arb]] = {
    **{name: _method(name) for name in (*_METHODS, "floor", "ceil")},
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": _divide,
    "neg": lambda x: -x,
    "abs": abs,
    "square": _square,
    "log": _domain("log", 0, True),
    "log1p": _domain("log1p", -1, True),
    "sqrt": _domain("sqrt", 0, False),
    "rsqrt": _domain("rsqrt", 0, True),
    "acosh": _domain("acosh", 1, False),
    "asin": _unit("asin"),
    "acos": _unit("acos"),
    "atanh": _unit("atanh"),
    "logistic": _logistic,
    "cbrt": _cbrt,
    "pow": _pow,
    "sign": _sign,
    "maximum": flint.arb.max,
    "minimum": flint.arb.min,
    "logaddexp": _logaddexp,
    "atan2": lambda y, x: flint.arb.atan2(y, x),
}

# What is no finite ball may be anything, also an undefined value: it must never win or lose a comparison.
_LOWER = np.frompyfunc(lambda x: x.lower() if x.is_finite() else flint.arb("-inf"), 1, 1)
_UPPER = np.frompyfunc(lambda x: x.upper() if x.is_finite() else flint.arb("inf"), 1, 1)
_HULL = np.frompyfunc(lambda x, y: x.union(y), 2, 1)
_FILL = np.frompyfunc(lambda x: x if isinstance(x, flint.arb) else flint.arb(x), 1, 1)
