"""One step of interval Newton on many boxes at once: exclude, contract, or prove that a box holds one zero."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.equilibrium.contraction import contracted
from certify.equilibrium.side_conditions import SideConditions
from certify.program import Program, evaluate, jacobian, jacobian_program, require_decided
from foundation import InputError

_FEW_ROWS = 16
# A box is tested a little larger than it is, so that a zero on a face common to two boxes lies inside one of them.
_INFLATION = 2.0**-4


@final
@dataclass(frozen=True)
class BoxField:
    """F(x) = f(x), or f(x) - x for a map, over many boxes (N, n); what cannot be evaluated is unbounded.

    conditions: which every zero that is looked for obeys.
    """

    program: Program
    is_map: bool
    conditions: SideConditions | None = None

    @property
    def dimension(self) -> int:
        return self.program.inputs[0].size

    def values(self, boxes: Ball) -> Ball:
        """Enclosures of F over each box, (N, n)."""
        result = _safely(self._values, boxes, (self.dimension,))
        return result - boxes if self.is_map else result

    def jacobians(self, boxes: Ball) -> Ball:
        """Enclosures of DF, or of Clarke's generalised Jacobian, over each box, (N, n, n)."""
        result = self.derivatives(boxes)
        return result - np.eye(self.dimension) if self.is_map else result

    def derivatives(self, boxes: Ball) -> Ball:
        """Enclosures of Df, or of Clarke's generalised Jacobian, over each box, (N, n, n)."""
        return _safely(self._jacobians, boxes, (self.dimension, self.dimension))

    def _values(self, boxes: Ball) -> Ball:
        (value,) = evaluate(self.program, [self._shaped(boxes)], batch=[True], undecided="split")
        return value.reshape(len(boxes), -1)

    def _jacobians(self, boxes: Ball) -> Ball:
        if self.dimension > _FEW_ROWS:
            return jacobian(self.program, [self._shaped(boxes)], batch=[True])
        require_decided(self.program, [self._shaped(boxes)], batch=[True])
        (value,) = evaluate(self._derived, [self._shaped(boxes)], batch=[True])
        return value.reshape(len(boxes), self.dimension, self.dimension)

    @cached_property
    def _derived(self) -> Program:
        return jacobian_program(self.program, (0,))

    def _shaped(self, boxes: Ball) -> Ball:
        return boxes.reshape(len(boxes), *self.program.inputs[0].shape)


@final
@dataclass(frozen=True)
class Step:
    """excluded (N,): no zero in the box. lower, upper (N, n): every zero of the box lies between them.

    single (N,): exactly one zero in the slightly larger box `wide`, and DF is non-singular there. smear (N, n): how
    much each direction contributes to the undecided values (an estimate, for splitting).
    """

    excluded: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    single: np.ndarray
    wide: Ball
    smear: np.ndarray


def newton_step(field: BoxField, lower: np.ndarray, upper: np.ndarray) -> Step:
    """Mean-value forms with and without a preconditioner, and Krawczyk's test, on boxes [lower, upper] (N, n).

    With m the midpoint of X and J enclosing DF over X' (X slightly enlarged), every zero x of X solves
    F(m) + A (x - m) = 0 for an A in J; each row that determines x_j contracts X [A. Neumaier, Interval Methods for
    Systems of Equations, 5.1]. Krawczyk's operator inside X' proves one zero in X' [R. Krawczyk, Computing 4 (1969)].
    """
    empty = np.zeros(len(lower), bool)
    if field.conditions is not None:
        lower, upper, empty = field.conditions.contract(lower, upper)
    boxes = Ball.from_bounds(lower, upper)
    excluded = empty | _excludes_zero(field.values(boxes))
    wide = boxes.widened(_INFLATION * boxes.rad + 2.0**-50 * boxes.magnitude + 2.0**-1000)
    slopes = field.jacobians(wide)
    middle = Ball(boxes.mid, np.zeros(boxes.shape))
    values = field.values(middle)
    low, high = contracted(slopes, values, boxes, lower, upper)
    guess = guessed_inverses(slopes)
    prepared, shifted = matmul(guess, slopes), matmul(guess, values[..., None])[..., 0]
    low, high = contracted(prepared, shifted, boxes, low, high)
    single = _maps_inside(prepared, shifted, middle, wide)
    return Step(excluded | (low > high).any(axis=1), low, high, single, wide, _smear(slopes, boxes.rad))


def _excludes_zero(values: Ball) -> np.ndarray:
    return np.asarray(((values.lower > 0) | (values.upper < 0)).any(axis=1))


def guessed_inverses(slopes: Ball) -> Ball:
    """Approximate inverses of the midpoints, zero where there is none (an estimate)."""
    bounded = np.isfinite(slopes.rad).all(axis=(1, 2))
    matrices = np.where(bounded[:, None, None], slopes.mid, np.eye(slopes.shape[-1]))
    with np.errstate(all="ignore"):
        # of rows of size 1: the determinant of a regular matrix in other units may be anything
        sizes = np.abs(matrices).max(axis=2, keepdims=True)
        rows = matrices / np.where(sizes > 0, sizes, 1.0)
        regular = np.abs(np.linalg.det(rows)) > 1e-250
        inverses = np.linalg.inv(np.where(regular[:, None, None], rows, np.eye(slopes.shape[-1])))
        inverses = inverses / np.swapaxes(np.where(sizes > 0, sizes, 1.0), 1, 2)
    usable = regular & bounded & np.isfinite(inverses).all(axis=(1, 2))
    return Ball.exact(np.where(usable[:, None, None], inverses, 0.0))


def _maps_inside(prepared: Ball, shifted: Ball, middle: Ball, wide: Ball) -> np.ndarray:
    """Whether m - R F(m) + (I - R J)(X' - m) lies in the interior of X'."""
    # the midpoint of the enlarged box may differ from m by rounding: its reach around m is taken
    reach = np.maximum((wide - middle).magnitude, wide.rad)
    defect = Ball.exact(np.eye(middle.shape[1])) - prepared
    image = middle - shifted + matmul(defect, Ball(np.zeros(reach.shape), reach)[..., None])[..., 0]
    inner_low, inner_high = np.nextafter(wide.mid - wide.rad, np.inf), np.nextafter(wide.mid + wide.rad, -np.inf)
    inside = (inner_low < image.lower) & (image.upper < inner_high) & np.isfinite(image.rad)
    return np.asarray(inside.all(axis=1))


def _smear(slopes: Ball, radii: np.ndarray) -> np.ndarray:
    """Sum over the rows of |J_ij| r_j / sum_k |J_ik| r_k: the smear rule in relative form (an estimate)."""
    with np.errstate(all="ignore"):
        reach = np.where(np.isfinite(slopes.magnitude), slopes.magnitude, 1.0) * radii[:, None, :]
        total = reach.sum(axis=2, keepdims=True)
        return np.asarray(np.where(total > 0, reach / total, 0.0).sum(axis=1))


def _safely(function: Callable[[Ball], Ball], boxes: Ball, shape: tuple[int, ...]) -> Ball:
    """The function over the boxes; boxes that leave its domain, or meet undecided branches, are unbounded."""
    try:
        return function(boxes)
    except InputError:
        if len(boxes) == 1:
            return Ball(np.zeros((1, *shape)), np.full((1, *shape), np.inf))
        half = len(boxes) // 2
        parts = [_safely(function, part, shape) for part in (boxes[:half], boxes[half:])]
        return Ball(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("mid", "rad")))
