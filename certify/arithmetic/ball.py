"""Arrays of float64 balls: every operation encloses the exact result."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic.ball_parts import are_zero, checked_parts, no_radii, parts_around
from certify.arithmetic.rounding import (
    SMALLEST_SUBNORMAL,
    UNIT_ROUNDOFF,
    add_down,
    add_up,
    gamma,
    inflate,
    inflate_products,
    product_error,
    rounding_error,
)
from certify.enclosure import Enclosure
from foundation import InputError, finite_array, real_array

_SQUARES_UNDERFLOW = 2.0**-480


@final
@dataclass(frozen=True, eq=False)
class Ball:
    """The set of real arrays x with |x - mid| <= rad in every entry.

    `Ball(mid, rad)`: midpoints as floats, or as numbers that float64 holds exactly; radii >= 0, one for all entries or
    one for each, possibly +inf (nothing is known of the entry). `InputError` otherwise: nothing is rounded.
    Operations are rigorous: the result contains every exact result of the operands' points [S. Rump, Verification
    methods, Acta Numerica 2010, section 5]. Arrays are not copied: treat them as read-only.

    Invariants: `mid` float64 and finite; `rad` float64 of the same shape, >= 0, possibly +inf, never NaN.
    """

    mid: np.ndarray
    rad: np.ndarray

    def __post_init__(self) -> None:
        self.__dict__["mid"], self.__dict__["rad"] = checked_parts(self.mid, self.rad)

    @staticmethod
    def _unchecked(mid: np.ndarray, rad: np.ndarray) -> "Ball":
        """The ball of arrays that keep the invariants by construction: for this package's own arithmetic."""
        self = object.__new__(Ball)
        self.__dict__["mid"], self.__dict__["rad"] = mid, rad
        return self

    __array_ufunc__ = None  # NumPy must hand `array * ball` over to the ball's reflected operators

    @staticmethod
    def exact(value: Any, name: str = "array") -> "Ball":
        """Floats taken as exact numbers; raises `InputError` on NaN and infinities."""
        return _exactly(finite_array(value, name))

    @staticmethod
    def from_bounds(lower: Any, upper: Any) -> "Ball":
        """The smallest convenient ball around [lower, upper]; infinite bounds give infinite radius."""
        low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
        if low.shape != high.shape:
            low, high = np.broadcast_arrays(low, high)
        if not (low <= high).all():
            raise InputError("a ball needs lower <= upper in every entry, and no NaN")
        bounded = np.isfinite(low) & np.isfinite(high)
        everywhere = bounded.all()
        if not everywhere:
            low, high = np.where(bounded, low, 0.0), np.where(bounded, high, 0.0)
        mid = np.where(low == high, low, low / 2 + high / 2)
        if not (low.all() and high.all()):
            # Halves of subnormals are rounded: a ball on one side of zero must not cross it.
            mid = np.where(low == 0, high - np.minimum(high / 2, high - high / 2), mid)
            mid = np.where(high == 0, low - np.maximum(low / 2, low - low / 2), mid)
        rad = np.maximum(add_up(high, -mid), add_up(mid, -low))
        return _checked(mid, rad if everywhere else np.where(bounded, rad, np.inf))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape

    @property
    def ndim(self) -> int:
        return self.mid.ndim

    @property
    def size(self) -> int:
        return self.mid.size

    @property
    def is_exact(self) -> bool:
        """Whether every radius is zero."""
        return are_zero(self.rad)

    @property
    def lower(self) -> np.ndarray:
        """Lower bounds, rounded down; a bound of zero without a sign, which prints as no negative number."""
        return self.mid if self.is_exact else add_down(self.mid, -self.rad) + 0.0

    @property
    def upper(self) -> np.ndarray:
        """Upper bounds, rounded up."""
        return self.mid if self.is_exact else add_up(self.mid, self.rad)

    @property
    def magnitude(self) -> np.ndarray:
        """Upper bounds of |x|."""
        mid = np.abs(self.mid)
        return mid if self.is_exact else add_up(mid, self.rad)

    @property
    def mignitude(self) -> np.ndarray:
        """Lower bounds of |x|."""
        mid = np.abs(self.mid)
        return mid if self.is_exact else np.maximum(add_down(mid, -self.rad), 0.0)

    def enclosure(self) -> Enclosure:
        """The bounds of a ball with a single entry."""
        if self.size != 1:
            raise InputError(f"only a ball with one entry has one enclosure, but the shape is {self.shape}; index it")
        return Enclosure(self.lower.item(), self.upper.item())

    def contains(self, value: Any) -> np.ndarray:
        """Entrywise: whether the float lies between the bounds `lower` and `upper`."""
        array = np.asarray(value, np.float64)
        return (self.lower <= array) & (array <= self.upper)

    def map(self, structural: Callable[[np.ndarray], np.ndarray]) -> "Ball":
        """Apply a rearrangement of entries (reshape, transpose, indexing, ...) to midpoints and radii."""
        return Ball._unchecked(np.asarray(structural(self.mid)), np.asarray(structural(self.rad)))

    def __getitem__(self, index: Any) -> "Ball":
        return Ball._unchecked(np.asarray(self.mid[index]), np.asarray(self.rad[index]))

    def __len__(self) -> int:
        return len(self.mid)

    @property
    def T(self) -> "Ball":
        return Ball._unchecked(self.mid.T, self.rad.T)

    def reshape(self, *shape: Any) -> "Ball":
        return Ball._unchecked(self.mid.reshape(*shape), self.rad.reshape(*shape))

    def widened(self, radius: Any) -> "Ball":
        """The ball with `radius` >= 0 (possibly infinite) added to every radius."""
        extra = np.asarray(radius, np.float64)
        if not np.all(extra >= 0):
            raise InputError(f"a ball is widened by a radius >= 0, not by {float(np.min(extra))}")
        rad = add_up(self.rad, extra)
        return _checked(np.broadcast_to(self.mid, np.broadcast_shapes(self.shape, rad.shape)), rad)

    def __neg__(self) -> "Ball":
        return Ball._unchecked(np.asarray(-self.mid), self.rad)

    def __abs__(self) -> "Ball":
        straddles = np.abs(self.mid) < self.rad
        plain = Ball._unchecked(np.asarray(np.abs(self.mid)), self.rad)
        if not np.any(straddles):
            return plain
        hull = Ball.from_bounds(np.zeros(self.shape), np.where(straddles, self.magnitude, 0.0))
        return where(straddles, hull, plain)

    def __add__(self, other: Any) -> "Ball":
        y = ball(other)
        with np.errstate(over="ignore", invalid="ignore"):
            mid = self.mid + y.mid
            return _checked(mid, inflate(self.rad + y.rad + rounding_error(mid), 2))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Ball":
        y = ball(other)
        with np.errstate(over="ignore", invalid="ignore"):
            mid = self.mid - y.mid
            return _checked(mid, inflate(self.rad + y.rad + rounding_error(mid), 2))

    def __rsub__(self, other: Any) -> "Ball":
        return ball(other) - self

    def __mul__(self, other: Any) -> "Ball":
        y = ball(other)
        with np.errstate(over="ignore", invalid="ignore"):
            mid, exact = self.mid * y.mid, (self.is_exact, y.is_exact)
            nonzero = mid.all()  # then no factor is
            error = product_error(mid)
            if not nonzero:
                error = np.where((self.mid == 0) | (y.mid == 0), 0.0, error)
            if all(exact):
                return _checked(mid, error)
            if exact[1]:
                spread = self.rad * np.abs(y.mid)
            elif exact[0]:
                spread = np.abs(self.mid) * y.rad
            else:
                spread = np.abs(self.mid) * y.rad + self.rad * (np.abs(y.mid) + y.rad)
            if nonzero:
                return _checked(mid, inflate_products(spread + error, 5))
            # 0 * x = 0 for every real x; an unbounded ball may stand for an undefined value, so it stays one.
            known_zero = (_exact_zero(self) & np.isfinite(y.rad)) | (_exact_zero(y) & np.isfinite(self.rad))
            rad = np.where(known_zero, 0.0, inflate_products(spread + error, 5))
            return _checked(mid, rad)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Ball":
        """Quotient; an entry whose divisor contains 0 gets an infinite radius."""
        y = ball(other)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            mid = self.mid / y.mid
            nonzero = self.mid.all()
            distance = y.mignitude
            error = product_error(mid) if nonzero else np.where(self.mid == 0, 0.0, product_error(mid))
            # |x/y - m/n| <= (rad_x + |m/n| rad_y) / |y| with |m/n| <= |mid| + error
            # the numerator gets 2 eta before the division, which could magnify a loss to underflow
            spread = (self.rad + (np.abs(mid) + error) * y.rad + 2 * SMALLEST_SUBNORMAL) / distance
            rad = error if nonzero else np.where(_exact_zero(self), 0.0, error)
            if not (self.is_exact and y.is_exact):
                inexact = (self.rad > 0) | ((y.rad > 0) & ~_exact_zero(self))
                rad = np.where(inexact, inflate_products(spread + error, 5), rad)
            apart = distance > 0
            return _checked(mid, rad if apart.all() else np.where(apart, rad, np.inf))

    def __rtruediv__(self, other: Any) -> "Ball":
        return ball(other) / self

    def __matmul__(self, other: Any) -> "Ball":
        from certify.arithmetic.products import matmul

        return matmul(self, ball(other))

    def __rmatmul__(self, other: Any) -> "Ball":
        return ball(other) @ self

    def square(self) -> "Ball":
        """x^2, nowhere below zero, and tighter than x * x on wide balls."""
        # Up to here (2|m| + r) r exceeds the exact reach by a part in 2^10 only, and m^2 stays clear of zero.
        size = np.abs(self.mid)
        wide = (self.rad > size * 2.0**-10) | ((size < _SQUARES_UNDERFLOW) & (size > 0))
        product = self * self
        if not np.any(wide):
            return product
        near, far = np.where(wide, self.mignitude, 0.0), np.where(wide, self.magnitude, 0.0)
        with np.errstate(over="ignore"):
            low = np.maximum(near * near * (1 - 4 * UNIT_ROUNDOFF) - SMALLEST_SUBNORMAL, 0.0)
            high = inflate_products(far * far, 1)
        hull = Ball.from_bounds(np.where(np.isfinite(low), low, 0.0), np.where(far == 0, 0.0, high))
        return where(wide, hull, product)

    def sqrt(self) -> "Ball":
        """Square root; raises `InputError` where a ball reaches below zero."""
        from certify.arithmetic.elementary import sqrt

        return sqrt(self)

    def sum(self, axis: int | tuple[int, ...] | None = None) -> "Ball":
        """Sum over one, several or all axes [Higham, (4.4): error <= gamma_(n-1) sum |x| in any order]."""
        axes = tuple(range(self.ndim)) if axis is None else axis
        with np.errstate(over="ignore", invalid="ignore"):
            mid = np.asarray(self.mid.sum(axis=axes))
            count = self.size // max(mid.size, 1) if self.size else 0
            error = gamma(max(count - 1, 0)) * np.abs(self.mid).sum(axis=axes)
            rad = inflate(np.asarray(error + self.rad.sum(axis=axes)), count + 2)
            return _checked(mid, np.where(rad == 0, 0.0, rad + SMALLEST_SUBNORMAL))


def ball(value: Any, name: str = "array") -> Ball:
    """`value` as a `Ball`: balls pass, numbers are taken exactly, those that are no floats in the ball around them.

    Understood is what `real_array` understands; `InputError` on everything else, NaN and infinities included.
    """
    if isinstance(value, Ball):
        return value
    if type(value) is float and math.isfinite(value):
        return _exactly(np.array(value))
    array = real_array(value, name)
    return Ball._unchecked(*parts_around(array, name)) if array.dtype == object else _exactly(array)


def _exactly(mid: np.ndarray) -> Ball:
    return Ball._unchecked(mid, no_radii(mid.shape))


def where(condition: np.ndarray, x: Ball, y: Ball) -> Ball:
    """Entrywise choice by a decided condition."""
    return Ball._unchecked(np.where(condition, x.mid, y.mid), np.where(condition, x.rad, y.rad))


def _checked(mid: np.ndarray, rad: np.ndarray) -> Ball:
    """Restores the invariants after an overflow: what is not a finite midpoint is an unbounded ball."""
    mid, rad = np.asarray(mid), np.asarray(rad)
    sound = np.isfinite(mid) & (rad < np.inf)
    if sound.all():
        return Ball._unchecked(mid, rad if rad.shape == mid.shape else np.broadcast_to(rad, mid.shape))
    return Ball._unchecked(np.where(sound, mid, 0.0), np.where(sound, rad, np.inf))


def _exact_zero(x: Ball) -> np.ndarray:
    return (x.mid == 0) & (x.rad == 0)
