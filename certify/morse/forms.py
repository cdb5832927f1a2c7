"""Affine forms: values over many boxes at once, linear in the coordinates of each box up to a proved remainder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF, gamma
from certify.morse.tangents import Tangents, tangents
from certify.program.values import Value

# More than the roundings on any path through one operation, and more than its losses to underflow.
_ROUNDINGS = 64 * UNIT_ROUNDOFF
_UNDERFLOW = 2.0**-1060
_GROWTH = 1.0 + 2 * _ROUNDINGS


@final
@dataclass(frozen=True, eq=False)
class Forms:
    """The set of functions v(e) on the cube |e_k| <= 1 with |v - centre - sum_k e_k slopes_k| <= radius, entrywise.

    centre, radius: (N, *shape), one row a box; slopes: (d, N, *shape). Where nothing is known the radius is infinite
    and the rest zero. origin: how the value came about, (name, argument), for the functions whose derivatives
    are recognised. [L. de Figueiredo, J. Stolfi, Affine arithmetic, Numer. Algorithms 37 (2004), with one common error
    term]
    """

    centre: np.ndarray
    slopes: np.ndarray
    radius: np.ndarray
    origin: "tuple[str, Forms] | None" = field(default=None)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.centre.shape

    @property
    def ndim(self) -> int:
        return self.centre.ndim

    @property
    def reach(self) -> np.ndarray:
        """sum_k |slopes_k|, to rounding (bounded by what `rounded` adds)."""
        return np.asarray(np.abs(self.slopes).sum(axis=0))

    @property
    def deviation(self) -> np.ndarray:
        """Upper bounds of |v - centre| over the cube."""
        return np.asarray((self.reach + self.radius) * _GROWTH)

    def range(self) -> Ball:
        """The values over the whole cube."""
        return Ball(self.centre, self.deviation)

    @cached_property
    def tangents(self) -> Tangents:
        """tanh and its derivative over the whole cube; a layer needs them for its value and for its slope."""
        return tangents(self.centre, self.deviation)

    def map(self, structural: Callable[[np.ndarray], np.ndarray]) -> "Forms":
        """A rearrangement of entries; new entries are zeros."""
        slopes = np.stack([structural(part) for part in self.slopes])
        return Forms(structural(self.centre), slopes, structural(self.radius))

    def named(self, name: str, argument: "Forms") -> "Forms":
        """The same values with the note that they are `name` of the argument."""
        return Forms(self.centre, self.slopes, self.radius, (name, argument))


def coordinates(lower: np.ndarray, upper: np.ndarray) -> Forms:
    """The points of the boxes [lower, upper], (N, d): coordinate k is its midpoint plus e_k times its half width."""
    middle = np.minimum(np.maximum(lower / 2 + upper / 2, lower), upper)
    half = np.nextafter(np.maximum(upper - middle, middle - lower), np.inf)
    size = lower.shape[1]
    slopes = np.zeros((size, *lower.shape))
    for k in range(size):
        slopes[k, :, k] = half[:, k]
    return Forms(middle, slopes, np.zeros(lower.shape))


def of_ball(x: Ball, dimension: int) -> Forms:
    """Numbers that are only known to lie in balls."""
    return Forms(x.mid, np.zeros((dimension, *x.shape)), np.array(x.rad))


def rounded(centre: np.ndarray, slopes: np.ndarray, radius: np.ndarray, mass: Any = None) -> Forms:
    """The forms with the errors of one operation added to the radius.

    mass: a bound of the sum of the magnitudes of all terms that were added up to centre and slopes, to rounding
    (by default their own magnitudes, right for results of one rounding each).
    """
    if mass is None:
        mass = np.abs(centre) + np.abs(slopes).sum(axis=0)
    error = (radius + _ROUNDINGS * mass) * _GROWTH + _UNDERFLOW
    return bounded(centre, slopes, error)


def bounded(centre: np.ndarray, slopes: np.ndarray, radius: np.ndarray) -> Forms:
    """Forms whose overflows are replaced by what knows nothing."""
    # a sum is finite only if all its terms are
    sound = np.isfinite(centre + slopes.sum(axis=0)) & (radius < np.inf)
    if sound.all():
        return Forms(centre, slopes, radius)
    return Forms(np.where(sound, centre, 0.0), np.where(sound, slopes, 0.0), np.where(sound, radius, np.inf))


def add(x: Forms, y: Forms) -> Forms:
    """x + y."""
    return rounded(x.centre + y.centre, x.slopes + y.slopes, x.radius + y.radius)


def negative(x: Forms) -> Forms:
    """-x."""
    return Forms(-x.centre, -x.slopes, x.radius)


def shifted(x: Forms, y: Ball) -> Forms:
    """x + y for numbers y that do not depend on the coordinates."""
    centre = x.centre + y.mid
    slopes = np.broadcast_to(x.slopes, (len(x.slopes), *centre.shape))
    return rounded(centre, slopes, x.radius + y.rad, np.abs(centre))


def scaled(x: Forms, y: Ball) -> Forms:
    """x y for numbers y that do not depend on the coordinates."""
    centre, slopes = x.centre * y.mid, x.slopes * y.mid
    radius = x.radius * (np.abs(y.mid) + y.rad) + (np.abs(x.centre) + x.reach) * y.rad
    return rounded(centre, slopes, radius)


def multiply(x: Forms, y: Forms) -> Forms:
    """x y: with x = c + u and y = b + v the product is c b + c v + b u + u v, and |u v| goes to the radius."""
    centre = x.centre * y.centre
    slopes = x.centre * y.slopes + y.centre * x.slopes
    a, b = np.abs(x.centre), np.abs(y.centre)
    first, second = x.reach, y.reach
    radius = a * y.radius + b * x.radius + (first + x.radius) * (second + y.radius)
    return rounded(centre, slopes, radius, np.abs(centre) + a * second + b * first)


def sum_over(x: Forms, axes: tuple[int, ...]) -> Forms:
    """Sums along axes (the batch axis is 0) [Higham, Accuracy and Stability of Numerical Algorithms, (4.4)]."""
    count = int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))
    mass = (np.abs(x.centre) + x.reach).sum(axis=axes)
    radius = x.radius.sum(axis=axes) + gamma(count + 4) * mass
    slopes = x.slopes.sum(axis=tuple(axis + 1 for axis in axes))
    return rounded(x.centre.sum(axis=axes), slopes, radius * (1.0 + 4 * gamma(count + 4)))


def times_matrix(x: Forms, y: Ball) -> Forms:
    """Stacks of matrices x (N, ..., m, k) times y (1 or N, ..., k, n), y independent of the coordinates."""
    count = x.shape[-1]
    allowance = 2 * gamma(count + 4)
    size = np.abs(y.mid)
    own = np.abs(x.centre) + x.reach
    # |x y - computed| <= radius |y| + mass (rad + gamma_k |y|), one product of non-negative matrices
    left = np.concatenate([x.radius, own], axis=-1)
    right = np.concatenate([size + y.rad, y.rad + allowance * size], axis=-2)
    radius = _product(left, right) * (1.0 + 4 * gamma(2 * count + 8)) + 2 * count * _UNDERFLOW
    slopes = np.stack([_product(part, y.mid) for part in x.slopes])
    return rounded(_product(x.centre, y.mid), slopes, radius)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Stacks of matrices; a right factor that is the same for all is one large product."""
    if b.size == b.shape[-1] * b.shape[-2] and a.flags.c_contiguous:
        flat = a.reshape(-1, a.shape[-1]) @ b.reshape(b.shape[-2:])
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        return flat.reshape(*batch, a.shape[-2], b.shape[-1])
    return np.matmul(a, b)


def turned(x: Value) -> Value:
    """The last two axes exchanged."""
    return x.map(lambda a: np.ascontiguousarray(np.swapaxes(a, -1, -2)))


def choose(condition: np.ndarray, x: Forms, y: Forms) -> Forms:
    """x where the condition holds, else y."""
    return Forms(
        np.where(condition, x.centre, y.centre),
        np.where(condition, x.slopes, y.slopes),
        np.where(condition, x.radius, y.radius),
    )
