"""Actions on what puts entries elsewhere."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.training.symmetry.action import Action, Pending, Shift, action, constant_shift, is_diagonal
from certify.training.symmetry.entrywise import Found, Rule
from certify.training.symmetry.operand import Operand, long_axes, renumbered


def _reshape(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    places = long_axes(x.shape, shape)
    assert isinstance(x.action, Action)
    if places is not None:
        return renumbered(x.action, places)
    return x.action if not x.action.axes and (x.action.shift is None or not x.action.shift.axes) else None


def _transpose(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    assert isinstance(x.action, Action)
    places = {old: new for new, old in enumerate(parameters["permutation"])}
    shift = x.action.shift
    if shift is None or shift.array is None:
        return renumbered(x.action, places)
    whole: Any = shift.expanded(x.shape)
    moved = constant_shift(np.transpose(whole, parameters["permutation"]))
    without = renumbered(Action(x.action.weight, x.action.axes), places)
    return None if without is None else Action(without.weight, without.axes, moved)


def _broadcast(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    assert isinstance(x.action, Action)
    return renumbered(x.action, dict(enumerate(parameters["axes"])))


def _slice(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    """Diagonal matrices are cut; others pass where their axis is whole."""
    (x,) = operands
    given = x.action
    assert isinstance(given, Action)
    cuts = tuple(slice(*b) for b in zip(*(parameters[k] for k in ("starts", "limits", "strides")), strict=True))
    axes = {}
    for k, matrix in given.axes.items():
        if not is_diagonal(matrix) and shape[k] != x.shape[k]:
            return None
        axes[k] = matrix[cuts[k], cuts[k]]
    return _shifted(given.weight, axes, given.shift, lambda whole: whole[cuts], x.shape)


def _shifted(weight: int, axes: Any, shift: Shift | None, move: Any, shape: tuple[int, ...]) -> Found:
    if shift is None:
        return action(weight, axes)
    whole = shift.expanded(shape)
    if whole is None:
        return None
    return action(weight, axes, constant_shift(np.ascontiguousarray(move(whole))))


def _take(operands: Sequence[Operand], _: Any, shape: tuple[int, ...]) -> Found:
    """Entries at constant positions: a matrix passes where one axis of the value runs through its whole axis."""
    x, positions = operands
    given, where = x.action, positions.array
    assert isinstance(given, Action)
    if where is None or not where.size or (where < 0).any():
        return None
    indices = np.unravel_index(where, x.shape)
    axes: dict[int, np.ndarray] = {}
    for k, matrix in given.axes.items():
        place = next((b for b in range(where.ndim) if _runs_along(indices, k, b, x.shape[k])), None)
        if place is None or place in axes:
            return None
        axes[place] = matrix
    return _shifted(given.weight, axes, given.shift, lambda whole: whole.reshape(-1)[where], x.shape)


def _runs_along(indices: Sequence[np.ndarray], axis: int, place: int, length: int) -> bool:
    """Whether along the value's axis `place` the index of `axis` is 0, 1, ..., and no other index changes."""
    own = np.moveaxis(indices[axis], place, -1)
    if own.shape[-1] != length or (own != np.arange(length)).any():
        return False
    others = (np.moveaxis(index, place, -1) for k, index in enumerate(indices) if k != axis)
    return all((index == index[..., :1]).all() for index in others)


def _concatenate(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    """Parts that move alike along other axes, each scaled by its own numbers along the joined one."""
    joined, weights, axes = parameters["axis"], [], None
    for x in operands:
        given = x.action
        if isinstance(given, Pending) or given.shift is not None:
            return None
        own = given.axes.get(joined)
        if own is not None and not is_diagonal(own):
            return None
        diagonal = np.zeros(x.shape[joined], dtype=np.int64) if own is None else np.diagonal(own)
        weights.append(diagonal + given.weight)
        rest = {k: m for k, m in given.axes.items() if k != joined}
        if axes is not None and not Action(0, rest).moves_like(Action(0, axes)):
            return None
        axes = rest
    return action(0, {**(axes or {}), joined: np.diag(np.concatenate(weights))})


REARRANGING: dict[str, Rule] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_in_dim": _broadcast,
    "slice": _slice,
    "take": _take,
    "concatenate": _concatenate,
}
