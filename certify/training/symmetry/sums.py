"""Actions on sums, contractions and maxima along axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from certify.training.symmetry.action import STILL, Action, Pending, Shift, action, constant_shift, is_diagonal
from certify.training.symmetry.entrywise import Found, Rule
from certify.training.symmetry.operand import Operand, kept_axes, renumbered


def _sum(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    places, reduced = kept_axes(len(x.shape), parameters["axes"]), parameters["axes"]
    if isinstance(x.action, Pending):
        return _contracted_product(x.action, reduced, places)
    given, weight = x.action, x.action.weight
    for k in reduced:
        matrix = given.axes.get(k)
        if matrix is not None:
            totals = matrix.sum(0)
            if (totals != totals[0]).any():
                return None
            weight += int(totals[0])
    rest = renumbered(Action(weight, {k: m for k, m in given.axes.items() if k not in reduced}), places)
    if given.shift is None or rest is None:
        return rest
    whole = given.shift.expanded(x.shape)
    total = None if whole is None else _exact_sum(whole, reduced)
    return None if total is None else Action(rest.weight, rest.axes, constant_shift(total))


def _exact_sum(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray | None:
    """The sum where it is exact in floats: of whole numbers, or of at most one number that is not zero."""
    whole = bool((array == np.round(array)).all() and (np.abs(array) < 2**20).all() and array.size < 2**20)
    single = bool((np.count_nonzero(array, axis=axes) <= 1).all())
    return np.asarray(array.sum(axis=axes)) if whole or single else None


def _contracted_product(pair: Pending, reduced: Any, places: dict[int, int]) -> Found:
    """Sums of x_k y_k: matrices along summed axes cancel against their duals; others must be diagonal."""
    weight, axes = pair.left.weight + pair.right.weight, {}
    for k in pair.left.axes.keys() | pair.right.axes.keys():
        a, b = pair.left.axes.get(k), pair.right.axes.get(k)
        if k in reduced:
            multiple = _cancelled(a, b)
            if multiple is None:
                return None
            weight += multiple
            continue
        both = [m for m in (a, b) if m is not None]
        if not all(is_diagonal(m) for m in both):
            return None
        axes[k] = sum(both[1:], start=both[0])
    return renumbered(action(weight, axes), places)


def _cancelled(a: np.ndarray | None, b: np.ndarray | None) -> int | None:
    """m where A^T + B = m 1, so that d(x . y) = m x . y."""
    total = (0 if a is None else a.T) + (np.int64(0) if b is None else b)
    if not isinstance(total, np.ndarray):
        return 0
    multiple = int(total[0, 0])
    return multiple if np.array_equal(total, multiple * np.eye(len(total), dtype=np.int64)) else None


def _contraction(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    x, y = operands
    left, right = x.action, y.action
    assert isinstance(left, Action)
    assert isinstance(right, Action)
    if left.shift is not None or right.shift is not None:
        return _shifted_contraction(x, y, parameters)
    weight, axes = left.weight + right.weight, {}
    for p, q in zip(parameters["left_contract"], parameters["right_contract"], strict=True):
        multiple = _cancelled(left.axes.get(p), right.axes.get(q))
        if multiple is None:
            return None
        weight += multiple
    for place, (p, q) in enumerate(zip(parameters["left_batch"], parameters["right_batch"], strict=True)):
        both = [m for m in (left.axes.get(p), right.axes.get(q)) if m is not None]
        if not all(is_diagonal(m) for m in both):
            return None
        if both:
            axes[place] = sum(both[1:], start=both[0])
    place = len(parameters["left_batch"])
    for side, given, rank in (("left", left, len(x.shape)), ("right", right, len(y.shape))):
        used = (*parameters[f"{side}_batch"], *parameters[f"{side}_contract"])
        for k in (k for k in range(rank) if k not in used):
            if k in given.axes:
                axes[place] = given.axes[k]
            place += 1
    return action(weight, axes)


def _shifted_contraction(x: Operand, y: Operand, parameters: Any) -> Found:
    """x still, y shifted by a constant with at most one term in each sum: the shift is that entry of x, spread."""
    if parameters["left_batch"] or len(parameters["left_contract"]) != 1:
        return None
    swapped = isinstance(x.action, Action) and x.action.shift is not None
    fixed, moved = (y, x) if swapped else (x, y)
    own = parameters["right_contract" if swapped else "left_contract"][0]
    other = parameters["left_contract" if swapped else "right_contract"][0]
    assert isinstance(fixed.action, Action)
    assert isinstance(moved.action, Action)
    shift = moved.action.shift
    if not fixed.action.is_zero or not moved.action.is_still or shift is None or shift.axes != (other,):
        return None
    places = np.flatnonzero(shift.array) if shift.array is not None else np.zeros(0, int)
    if places.size != 1 or shift.array is None or shift.array[places[0]] not in (1.0, -1.0):
        return None
    return _entry(fixed, own, int(places[0]), float(shift.array[places[0]]), swapped, len(moved.shape) - 1)


def _entry(fixed: Operand, axis: int, place: int, sign: float, swapped: bool, others: int) -> Found:
    """The shift sign x[.., place, ..], the same along the other operand's axes."""
    varying = [k for k in range(len(fixed.shape)) if k != axis]
    axes = tuple(position + (others if swapped else 0) for position in range(len(varying)))
    if fixed.array is not None:
        found = constant_shift(sign * np.take(fixed.array, place, axis))
        return (
            STILL if found is None else Action(0, {}, Shift(found.key, tuple(axes[k] for k in found.axes), found.array))
        )
    key = ("entry", id(fixed), axis, place)
    return Action(0, {}, Shift(key if sign > 0 else ("neg", key), axes))


def _extremum(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    """Positive factors and shifts that are the same along the reduced axes pass a maximum."""
    (x,) = operands
    given, reduced = x.action, parameters["axes"]
    assert isinstance(given, Action)
    passes = given.is_scaling or given.is_still
    return renumbered(given, kept_axes(len(x.shape), reduced)) if passes else None


def _logsumexp(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    given = x.action
    assert isinstance(given, Action)
    return renumbered(given, kept_axes(len(x.shape), parameters["axes"])) if given.is_still else None


def _softmax(operands: Sequence[Operand], parameters: Any, shape: tuple[int, ...]) -> Found:
    (x,) = operands
    given = x.action
    assert isinstance(given, Action)
    common = given.shift is None or not set(given.shift.axes) & set(parameters["axes"])
    return STILL if given.is_still and common else None


SUMS: dict[str, Rule] = {
    "reduce_sum": _sum,
    "dot_general": _contraction,
    "reduce_max": _extremum,
    "reduce_min": _extremum,
    "logsumexp": _logsumexp,
    "softmax": _softmax,
}
