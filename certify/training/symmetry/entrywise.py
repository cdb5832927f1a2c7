"""Actions on entrywise functions."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.training.symmetry.action import STILL, Action, Pending, Shift, action, is_diagonal
from certify.training.symmetry.operand import Operand, spread

Found: TypeAlias = Action | Pending | None
Rule: TypeAlias = Callable[[Sequence[Operand], Any, tuple[int, ...]], Found]


def _sum(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    x, y = operands
    left, right = spread(x, shape), spread(y, shape)
    if left is None or right is None:
        return None
    if x.is_zero or y.is_zero:
        return right if x.is_zero else left
    if not left.moves_like(right):
        return None
    return _with_shift(left, left.shift, right.shift)


def _difference(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    x, y = operands
    if isinstance(y.action, Pending):
        return None
    return _sum([x, Operand(y.shape, _negated(y.action), y.array, y.uniform)], parameters, shape)


def _with_shift(given: Action, left: Shift | None, right: Shift | None) -> Action | None:
    if left is None or right is None:
        return Action(given.weight, given.axes, left or right)
    if left == right.negative:
        return Action(given.weight, given.axes)
    return None


def _negated(given: Action) -> Action:
    return Action(given.weight, given.axes, None if given.shift is None else given.shift.negative)


def _negative(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    given = spread(operands[0], shape)
    return None if given is None else _negated(given)


def product(x: Operand, y: Operand, shape: tuple[int, ...]) -> Found:
    """x y: the actions add where their matrices are diagonal, or where the other factor is the same along the axis."""
    left, right = spread(x, shape), spread(y, shape)
    if left is None or right is None or left.shift is not None or right.shift is not None:
        return None
    axes = {}
    for k in left.axes.keys() | right.axes.keys():
        a, b = left.axes.get(k), right.axes.get(k)
        joined = _on_axis(a, b, x.is_uniform(k, len(shape)), y.is_uniform(k, len(shape)))
        if joined is None:
            return Pending(left, right) if x.shape == y.shape == shape else None
        axes[k] = joined
    return action(left.weight + right.weight, axes)


def _on_axis(a: np.ndarray | None, b: np.ndarray | None, x_uniform: bool, y_uniform: bool) -> np.ndarray | None:
    if a is None or b is None:
        alone, other_uniform = (b, x_uniform) if a is None else (a, y_uniform)
        assert alone is not None
        return alone if other_uniform or is_diagonal(alone) else None
    return a + b if is_diagonal(a) and is_diagonal(b) else None


def _product(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    x, y = operands
    return product(x, y, shape)


def _square(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    return product(operands[0], operands[0], shape)


def _quotient(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    x, y = operands
    below = spread(y, shape)
    if below is None or not below.is_scaling:
        return None
    inverse = action(-below.weight, {k: -m for k, m in below.axes.items()})
    found = product(x, Operand(y.shape, inverse, None, y.uniform), shape)
    return None if isinstance(found, Pending) else found


def _power(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    exponent, given = int(parameters["exponent"]), spread(operands[0], shape)
    if exponent == 2:
        return product(operands[0], operands[0], shape)
    if given is None or not given.is_scaling:
        return None
    return action(given.weight * exponent, {k: m * exponent for k, m in given.axes.items()})


def _homogeneous(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    """Functions f with f(c x) = c f(x) for c > 0, and f(x + s) = f(x) + s where there are two arguments."""
    moving = [x for x in operands if not x.is_zero]
    actions = [spread(x, shape) for x in moving]
    if not actions:
        return STILL
    first = actions[0]
    if first is None or any(a is None or not a.moves_like(first) or a.shift != first.shift for a in actions):
        return None
    if first.shift is not None:
        return first if first.is_still and len(operands) == len(moving) > 1 else None
    return first if first.is_scaling else None


def _invariant(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    """Signs and comparisons: scalings by positive numbers change neither, common shifts no comparison."""
    moving = [x for x in operands if not x.is_zero]
    actions = [spread(x, shape) for x in moving]
    if not actions:
        return STILL
    first = actions[0]
    if first is None or any(a is None or not a.moves_like(first) or a.shift != first.shift for a in actions):
        return None
    common = first.is_still and len(operands) == len(moving) == 2
    return STILL if first.is_scaling or common else None


def _selection(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    condition, *cases = operands
    if isinstance(condition.action, Pending) or not condition.action.is_zero:
        return None
    found = _homogeneous(cases, parameters, shape)
    return found if isinstance(found, Action) and found.shift is None else None


ENTRYWISE: dict[str, Rule] = {
    "add": _sum,
    "sub": _difference,
    "neg": _negative,
    "mul": _product,
    "square": _square,
    "div": _quotient,
    "integer_pow": _power,
    "abs": _homogeneous,
    "max": _homogeneous,
    "min": _homogeneous,
    "sign": _invariant,
    "select_n": _selection,
    **dict.fromkeys(("gt", "ge", "lt", "le", "eq", "ne"), _invariant),
}
