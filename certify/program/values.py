"""The values of a program, and the number systems that compute them.

Every value carries a leading axis of length 1 (the same for all examples) or N (one entry an example): the
hidden batch axis. Reals are arrays of a `NumberSystem`; integers and decided booleans are plain NumPy arrays;
comparisons that some entries leave open are `Ternary`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, final

import numpy as np

Value: TypeAlias = Any


@final
@dataclass(frozen=True, eq=False)
class Ternary:
    """Booleans that may be undecided: `true` and `false` mark the entries that are proved so."""

    true: np.ndarray
    false: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.true.shape

    @property
    def ndim(self) -> int:
        return self.true.ndim

    def map(self, structural: Callable[[np.ndarray], np.ndarray]) -> Value:
        return ternary(structural(self.true), structural(self.false))


def ternary(true: np.ndarray, false: np.ndarray) -> Value:
    """A plain boolean array when every entry is decided, else a `Ternary`."""
    return true if np.all(true | false) else Ternary(true, false)


def truth(value: Value) -> tuple[np.ndarray, np.ndarray]:
    """Where a boolean value is proved true, and where it is proved false."""
    if isinstance(value, Ternary):
        return value.true, value.false
    return value, ~value


def is_plain(value: Value) -> bool:
    """Whether the value is an array of integers or decided booleans."""
    return isinstance(value, np.ndarray) and value.dtype != object


class NumberSystem(Protocol):
    """Arrays of real enclosures. Each operation contains every exact result of points of its operands."""

    @property
    def split(self) -> bool:
        """What an undecided selection does: True takes the hull of the branches, False raises `UndecidedBranch`."""

    def constant(self, array: np.ndarray) -> Value:
        """Floats as exact numbers; raises `InputError` on NaN and infinities."""

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> Value:
        """Enclosures of [lower, upper]; infinite bounds know nothing."""

    def bounds(self, x: Value) -> tuple[np.ndarray, np.ndarray]:
        """Arrays (lower, upper) of numbers that compare exactly with each other and with floats."""

    def ends(self, x: Value) -> tuple[Value, Value]:
        """The bounds as exact values; they must be finite."""

    def map(self, x: Value, structural: Callable[[np.ndarray], np.ndarray]) -> Value:
        """A rearrangement of entries; new entries that `structural` makes must be zeros."""

    def concatenate(self, parts: Sequence[Value], axis: int) -> Value: ...

    def where(self, condition: np.ndarray, x: Value, y: Value) -> Value: ...

    def hull(self, x: Value, y: Value) -> Value: ...

    def function(self, name: str, *operands: Value) -> Value:
        """The elementwise function of that name."""

    def power(self, x: Value, exponent: int) -> Value:
        """x^exponent for an integer exponent."""

    def matmul(self, x: Value, y: Value) -> Value:
        """Products of stacks of matrices."""

    def sum(self, x: Value, axes: tuple[int, ...]) -> Value: ...

    def cumulative_sum(self, x: Value, axis: int) -> Value: ...

    def segment_sum(self, x: Value, order: np.ndarray, starts: np.ndarray) -> Value:
        """Sums along the last axis of `x[:, order]` over the segments that begin at `starts`."""

    def extremum(self, x: Value, axes: tuple[int, ...], largest: bool) -> Value: ...


def rearrange(system: NumberSystem, x: Value, structural: Callable[[np.ndarray], np.ndarray]) -> Value:
    """A rearrangement of entries of any kind of value."""
    if is_plain(x):
        return structural(x)
    return x.map(structural) if isinstance(x, Ternary) else system.map(x, structural)


def aligned(system: NumberSystem, operands: Sequence[Value]) -> list[Value]:
    """Operands of elementwise operations: scalars (batch axis alone) get the others' number of axes."""
    rank = max(x.ndim for x in operands)
    return [x if x.ndim == rank else rearrange(system, x, _expand(rank)) for x in operands]


def _expand(rank: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda a: a.reshape(a.shape + (1,) * (rank - a.ndim))
