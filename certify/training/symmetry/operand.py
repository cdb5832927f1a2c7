"""A value of a program on its way through a symmetry: its shape, its action, and what is known of its entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.program.program import Equation
from certify.training.symmetry.action import Action, Pending, Shift, action

_KEEPING_UNIFORM = frozenset(("reduce_sum", "reduce_max", "reduce_min", "logsumexp"))
# Each entry of the value is made of the same entries of the operands.
_NAMES = (
    "exp expm1 log log1p tanh logistic sin cos tan asin acos atan sinh cosh asinh acosh atanh erf erfc sqrt rsqrt cbrt "
    "neg square add sub mul div pow atan2 logaddexp integer_pow lt le gt ge eq ne abs max min slope_of_abs step "
    "slope_of_jump sign floor ceil round_to_even round_away select_n convert"
)
_ENTRYWISE = frozenset(_NAMES.split())


@final
@dataclass(frozen=True, eq=False)
class Operand:
    """array: the value where it is an exact constant. uniform: axes along which all entries are equal."""

    shape: tuple[int, ...]
    action: Action | Pending
    array: np.ndarray | None = None
    uniform: frozenset[int] = frozenset()

    @property
    def is_zero(self) -> bool:
        """Whether the value is the constant 0."""
        return self.array is not None and not self.array.any()

    def is_uniform(self, axis: int, rank: int) -> bool:
        """Whether the value, spread to `rank` axes, is the same along one."""
        return not self.shape or self.shape[axis] == 1 or axis in self.uniform


def uniform_axes(array: np.ndarray | None) -> frozenset[int]:
    """The axes along which a constant array does not vary; none where there is no constant."""
    if array is None or not array.size:
        return frozenset()
    return frozenset(k for k in range(array.ndim) if (array == array.take([0], axis=k)).all())


def uniform_of(equation: Equation, operands: Sequence[Operand]) -> frozenset[int]:
    """Axes along which the entries of an equation's value are proved equal."""
    shape, parameters, name = equation.signature.shape, equation.parameters, equation.primitive
    first = operands[0]
    if name == "broadcast_in_dim":
        axes = parameters["axes"]
        varying = {a for k, a in enumerate(axes) if not first.is_uniform(k, len(first.shape))}
        return frozenset(range(len(shape))) - varying
    if name in _KEEPING_UNIFORM:
        kept = kept_axes(len(first.shape), parameters["axes"])
        return frozenset(kept[k] for k in first.uniform if k in kept)
    if name == "reshape":
        places = long_axes(first.shape, shape)
        return frozenset() if places is None else frozenset(places[k] for k in first.uniform if k in places)
    if name not in _ENTRYWISE or any(x.shape not in (shape, ()) and len(x.shape) != len(shape) for x in operands):
        return frozenset()
    return frozenset(k for k in range(len(shape)) if all(x.is_uniform(k, len(shape)) for x in operands))


def kept_axes(rank: int, reduced: Any) -> dict[int, int]:
    """Where each axis that is not reduced goes."""
    return {k: place for place, k in enumerate(k for k in range(rank) if k not in reduced)}


def long_axes(before: tuple[int, ...], after: tuple[int, ...]) -> dict[int, int] | None:
    """Where the axes longer than one go in a reshape that adds or drops axes of length one; None for any other."""
    old, new = ([k for k, n in enumerate(shape) if n != 1] for shape in (before, after))
    return dict(zip(old, new, strict=True)) if [before[k] for k in old] == [after[k] for k in new] else None


def renumbered(given: Action, places: dict[int, int]) -> Action | None:
    """The action on a value whose axes went to other places; None where one that moves got lost."""
    if not all(k in places for k in given.axes):
        return None
    shift = given.shift
    if shift is not None:
        if not all(k in places for k in shift.axes):
            return None
        new = [places[k] for k in shift.axes]
        if sorted(new) != new:
            return None
        shift = Shift(shift.key, tuple(new), shift.array)
    return action(given.weight, {places[k]: m for k, m in given.axes.items()}, shift)


def spread(x: Operand, shape: tuple[int, ...]) -> Action | None:
    """The action of an operand of an entrywise function, on the shape of the value."""
    given = x.action
    if isinstance(given, Pending):
        return None
    # a scalar, or as many axes; those of length one have neither matrix nor shift along them
    return given if x.shape == () or len(x.shape) == len(shape) else None
