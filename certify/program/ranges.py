"""The number system of ranges: intervals whose ends may be infinite, for statements about the whole space.

A range knows bounds, rounded outward, whether they are strict (tanh stays below 1), and whether 0 is excluded. What is
not known is the whole line: functions are enclosed by what holds for all arguments.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from foundation import InputError

_Bounds = tuple[np.ndarray, np.ndarray]


@final
@dataclass(frozen=True, eq=False)
class Range:
    """lower, upper: arrays of floats or infinities; below, above: where they are never attained. nonzero: where the
    entry is proved to be other than 0.
    """

    lower: np.ndarray
    upper: np.ndarray
    nonzero: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @staticmethod
    def of(lower: Any, upper: Any, nonzero: Any = False, below: Any = False, above: Any = False) -> "Range":
        """With one shape; what is no number knows nothing."""
        ends = np.asarray(lower, float), np.asarray(upper, float)
        low, high, free, under, over = np.broadcast_arrays(*ends, nonzero, below, above)
        low = np.where(np.isnan(low), -np.inf, low)
        high = np.where(np.isnan(high), np.inf, high)
        apart = (low > 0) | (high < 0) | ((low >= 0) & under) | ((high <= 0) & over)
        return Range(low, high, np.asarray(free | apart, bool), np.asarray(under, bool), np.asarray(over, bool))

    @staticmethod
    def whole(shape: tuple[int, ...]) -> "Range":
        """Any real numbers."""
        return Range.of(np.full(shape, -np.inf), np.full(shape, np.inf))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.lower.shape

    @property
    def ndim(self) -> int:
        return self.lower.ndim

    def map(self, structural: Callable[[np.ndarray], np.ndarray]) -> "Range":
        """A rearrangement of entries; new entries are zeros."""
        return Range(*(structural(getattr(self, name)) for name in _FIELDS))

    def at_least_zero(self) -> "Range":
        """The same for what is known to be never negative."""
        return Range.of(np.maximum(self.lower, 0.0), self.upper, self.nonzero, False, self.above)


_FIELDS = ("lower", "upper", "nonzero", "below", "above")


@final
@dataclass(frozen=True)
class Ranges:
    """Implements `NumberSystem` with `Range`s; undecided selections take the hull."""

    split: bool = True

    def constant(self, array: np.ndarray) -> Range:
        values = np.asarray(array, np.float64)
        if not np.isfinite(values).all():
            raise InputError("a constant of the program is not finite")
        return Range.of(values, values)

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> Range:
        return Range.of(lower, upper)

    def bounds(self, x: Range) -> _Bounds:
        return x.lower, x.upper

    def ends(self, x: Range) -> tuple[Range, Range]:
        return Range.of(x.lower, x.lower), Range.of(x.upper, x.upper)

    def map(self, x: Range, structural: Callable[[np.ndarray], np.ndarray]) -> Range:
        return x.map(structural)

    def concatenate(self, parts: Sequence[Range], axis: int) -> Range:
        return Range(*(np.concatenate([getattr(part, name) for part in parts], axis) for name in _FIELDS))

    def where(self, condition: np.ndarray, x: Range, y: Range) -> Range:
        return Range(*(np.where(condition, getattr(x, name), getattr(y, name)) for name in _FIELDS))

    def hull(self, x: Range, y: Range) -> Range:
        return Range.of(np.minimum(x.lower, y.lower), np.maximum(x.upper, y.upper), x.nonzero & y.nonzero)

    def function(self, name: str, *operands: Range) -> Range:
        with np.errstate(all="ignore"):
            rule = _FUNCTIONS.get(name)
            if rule is not None:
                return rule(*operands)
            if name in _IMAGES:
                low, high = (np.full(operands[0].shape, end) for end in _IMAGES[name])
                return Range.of(low, high, False, name in _STRICT, name in _STRICT)
            return Range.whole(np.broadcast_shapes(*(x.shape for x in operands)))

    def power(self, x: Range, exponent: int) -> Range:
        if exponent == 0:
            return Range.of(np.ones(x.shape), np.ones(x.shape))
        low = np.full(x.shape, 0.0 if exponent % 2 == 0 else -np.inf)
        return Range.of(np.where(x.lower >= 0, 0.0, low), np.full(x.shape, np.inf), x.nonzero)

    def matmul(self, x: Range, y: Range) -> Range:
        """Sums of products are never negative where all factors are so, else unknown."""
        shape = (*np.broadcast_shapes(x.shape[:-2], y.shape[:-2]), x.shape[-2], y.shape[-1])
        factors = (np.all(x.lower >= 0, axis=-1)[..., :, None], np.all(y.lower >= 0, axis=-2)[..., None, :])
        return Range.of(np.where(np.broadcast_to(factors[0] & factors[1], shape), 0.0, -np.inf), np.full(shape, np.inf))

    def sum(self, x: Range, axes: tuple[int, ...]) -> Range:
        """Never 0 where all terms have one sign and one of them is not 0."""
        axes = tuple(axes)
        if 0 in x.shape or not axes:
            shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)
            return x if not axes else Range.of(np.zeros(shape), np.zeros(shape))
        some = np.any(x.nonzero, axis=axes)
        low, high = _least_sum(x.lower, axes), -_least_sum(-x.upper, axes)
        return Range.of(low, high, some & (np.all(x.lower >= 0, axis=axes) | np.all(x.upper <= 0, axis=axes)))

    def cumulative_sum(self, x: Range, axis: int) -> Range:
        signs = np.cumsum(x.lower < 0, axis) == 0
        return Range.of(
            np.where(signs, 0.0, -np.inf), np.full(x.shape, np.inf), signs & (np.cumsum(x.nonzero, axis) > 0)
        )

    def segment_sum(self, x: Range, order: np.ndarray, starts: np.ndarray) -> Range:
        negative = np.add.reduceat((x.lower < 0)[:, order].astype(int), starts, axis=1)
        return Range.of(np.where(negative == 0, 0.0, -np.inf), np.full(negative.shape, np.inf))

    def extremum(self, x: Range, axes: tuple[int, ...], largest: bool) -> Range:
        reduce = np.max if largest else np.min
        return Range.of(reduce(x.lower, axis=axes), reduce(x.upper, axis=axes), np.all(x.nonzero, axis=axes))


def _down(x: np.ndarray) -> np.ndarray:
    return np.nextafter(x, -np.inf)


def _least_sum(terms: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """A lower bound of sums: 0 where no term is negative, exact where all but zeros are infinite, else rounded down."""
    total = np.sum(terms, axis=axes)
    count = int(np.prod([terms.shape[axis] for axis in axes]))
    # any order of summation errs by at most 2 n u sum |x| [Higham, (4.4)]
    error = np.sum(np.abs(terms), axis=axes) * (2.0**-51 * count) + 2.0**-1000
    lowered = np.where(np.isfinite(total), total - error, -np.inf)
    return np.where(
        np.all(terms >= 0, axis=axes), np.maximum(np.where(np.isfinite(lowered), lowered, 0.0), 0.0), lowered
    )


def _add(x: Range, y: Range) -> Range:
    same = ((x.lower >= 0) & (y.lower >= 0)) | ((x.upper <= 0) & (y.upper <= 0))
    low, high = _rounded_down(x.lower, y.lower), -_rounded_down(-x.upper, -y.upper)
    return Range.of(low, high, same & (x.nonzero | y.nonzero), x.below | y.below, x.above | y.above)


def _rounded_down(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A lower bound of x + y, the sum itself where it is not above the exact one [Knuth's two-sum]."""
    total = x + y
    part = total - x
    error = (x - (total - part)) + (y - part)
    return np.where(error >= 0, total, _down(total))


def _neg(x: Range) -> Range:
    return Range(-x.upper, -x.lower, x.nonzero, x.above, x.below)


def _mul(x: Range, y: Range) -> Range:
    """Bounds from the four products of ends; 0 times an infinite end is 0, since every number is finite."""
    ends = [a * b for a in (x.lower, x.upper) for b in (y.lower, y.upper)]
    ends = [np.where(np.isnan(end), 0.0, end) for end in ends]
    exact = _simple(x) & _simple(y)
    low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
    low, high = np.where(exact, low, _down(low)), np.where(exact, high, -_down(-high))
    # signs are those of the factors: a product that underflows is not 0
    same = ((x.lower >= 0) & (y.lower >= 0)) | ((x.upper <= 0) & (y.upper <= 0))
    opposite = ((x.lower >= 0) & (y.upper <= 0)) | ((x.upper <= 0) & (y.lower >= 0))
    low = np.where(same, np.maximum(low, 0.0), low)
    high = np.where(opposite, np.minimum(high, 0.0), high)
    # |x| < a or |y| < b, and so |x y| < a b, for ends that are not 0
    inside = _is_inside(x, y) | _is_inside(y, x)
    return Range.of(low, high, x.nonzero & y.nonzero, inside & (low < 0), inside & (high > 0))


def _simple(x: Range) -> np.ndarray:
    """Ends among -1, 0, 1 and infinities: their products are not rounded."""
    return np.asarray(np.isin(x.lower, _ENDS) & np.isin(x.upper, _ENDS))


_ENDS = (-np.inf, -1.0, 0.0, 1.0, np.inf)


def _is_inside(x: Range, y: Range) -> np.ndarray:
    """No end of x other than 0 is attained, and the other factor's ends are finite."""
    low, high = x.below | (x.lower == 0), x.above | (x.upper == 0)
    return np.asarray(low & high & np.isfinite(y.lower) & np.isfinite(y.upper))


def _div(x: Range, y: Range) -> Range:
    """By signs, and x (1/y) where y keeps away from 0."""
    away = (y.lower > 0) | (y.upper < 0)
    inverse_low = np.where(away, _down(1.0 / np.where(y.upper == 0, 1.0, y.upper)), -np.inf)
    inverse_high = np.where(away, -_down(-1.0 / np.where(y.lower == 0, 1.0, y.lower)), np.inf)
    positive, negative = (y.lower >= 0) & (y.upper > 0), (y.upper <= 0) & (y.lower < 0)
    inverse_low = np.where(positive, np.maximum(inverse_low, 0.0), inverse_low)
    inverse_high = np.where(negative, np.minimum(inverse_high, 0.0), inverse_high)
    return _mul(x, Range.of(inverse_low, inverse_high, np.ones(y.shape, bool)))


def _abs(x: Range) -> Range:
    low = np.where((x.lower <= 0) & (x.upper >= 0), 0.0, np.minimum(np.abs(x.lower), np.abs(x.upper)))
    return Range.of(low, np.maximum(np.abs(x.lower), np.abs(x.upper)), x.nonzero, False, x.below & x.above)


def _square(x: Range) -> Range:
    size = _abs(x)
    return _mul(size, size)


def _sqrt(x: Range) -> Range:
    """Of what may lie above 0."""
    low, high = np.sqrt(np.maximum(x.lower, 0.0)), np.sqrt(np.maximum(x.upper, 0.0))
    return Range.of(np.maximum(_down(low), 0.0), -_down(-high), x.nonzero)


def _odd(x: Range) -> Range:
    """An increasing function through the origin: the signs stay."""
    return Range.of(np.where(x.lower >= 0, 0.0, -np.inf), np.where(x.upper <= 0, 0.0, np.inf), x.nonzero)


def _bounded_odd(bound: float) -> Callable[[Range], Range]:
    """The same, with values strictly between -bound and bound."""

    def rule(x: Range) -> Range:
        low, high = np.where(x.lower >= 0, 0.0, -bound), np.where(x.upper <= 0, 0.0, bound)
        return Range.of(low, high, x.nonzero, low < 0, high > 0)

    return rule


def _maximum(x: Range, y: Range) -> Range:
    free = (x.nonzero & y.nonzero) | (x.lower > 0) | (y.lower > 0)
    return Range.of(np.maximum(x.lower, y.lower), np.maximum(x.upper, y.upper), free)


def _minimum(x: Range, y: Range) -> Range:
    return _neg(_maximum(_neg(x), _neg(y)))


def _power(x: Range, y: Range) -> Range:
    """Powers of what is never negative are never negative; fixed whole exponents admit any base."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    known = np.broadcast_to(x.lower >= 0, shape)
    return Range.of(np.where(known, 0.0, -np.inf), np.full(shape, np.inf), np.broadcast_to(x.nonzero, shape))


_IMAGES: dict[str, tuple[float, float]] = {
    "exp": (0.0, np.inf),
    "logistic": (0.0, 1.0),
    "erfc": (0.0, 2.0),
    "rsqrt": (0.0, np.inf),
    "sin": (-1.0, 1.0),
    "cos": (-1.0, 1.0),
    "expm1": (-1.0, np.inf),
    "cosh": (1.0, np.inf),
    "acos": (0.0, 3.2),
    "asin": (-1.6, 1.6),
    "acosh": (0.0, np.inf),
}
_STRICT = frozenset(("exp", "logistic", "erfc", "rsqrt", "expm1"))

_FUNCTIONS: dict[str, Callable[..., Range]] = {
    "add": _add,
    "sub": lambda x, y: _add(x, _neg(y)),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "abs": _abs,
    "square": _square,
    "sqrt": _sqrt,
    "maximum": _maximum,
    "minimum": _minimum,
    **dict.fromkeys(("sinh", "asinh", "cbrt", "atanh"), _odd),
    **dict.fromkeys(("tanh", "erf"), _bounded_odd(1.0)),
    "atan": _bounded_odd(1.6),
    "pow": lambda x, y: _power(x, y),
}
