"""Points of rest where the gradient does not vanish: decoupled weight decay moves the minimum.

T(theta, s) = (theta + u(theta, G(theta), s), s'(theta, G(theta), s)), G the field, as one map of z = (theta, s). A zero
of T - 1 is enclosed by a contraction in coordinates scaled to the entries of z; the spectrum of DT there decides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.linear_algebra import spectral_radius
from certify.program import Program, UndecidedBranch, analytic_on, evaluate, jacobian
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import CLOCK, Leaf
from certify.zeros import Undecided, prove_zero
from foundation import CertificateError, InputError

BallFunction = Callable[[Ball], Ball]


@final
@dataclass(frozen=True, eq=False)
class MovedRest:
    """radius: encloses the spectral radius of DT at an exact point of rest. params: the box of its parameters."""

    radius: Enclosure
    params: Ball


@final
@dataclass(frozen=True, eq=False)
class WholeMap:
    """program: (params, gradient, memory...) -> (update, memory...). field, slope: G, DG over balls of parameters."""

    program: Program
    leaves: tuple[Leaf, ...]
    field: BallFunction
    slope: BallFunction
    dimension: int

    @staticmethod
    def size_of(leaves: Sequence[Leaf], dimension: int) -> int:
        """The length of z."""
        return dimension + sum(leaf.value.size for leaf in leaves if leaf.kind != "clock")

    @property
    def sizes(self) -> list[int]:
        """The lengths of the parameters and of the memory that moves."""
        return [self.dimension, *(self.leaves[k].value.size for k in self._places)]

    def _arguments(self, z: Ball) -> list[Ball]:
        cuts = np.cumsum(self.sizes)[:-1]
        parts = [Ball(m, r) for m, r in zip(np.split(z.mid, cuts), np.split(z.rad, cuts), strict=True)]
        memory, rest = [], iter(parts[1:])
        for leaf in self.leaves:
            shape = leaf.value.shape
            late = Ball.from_bounds(np.full(shape, CLOCK[0]), np.full(shape, CLOCK[1]))
            memory.append(late if leaf.kind == "clock" else next(rest).reshape(shape))
        return [parts[0], self.field(parts[0]), *memory]

    def moved(self, z: Ball) -> Ball:
        """T(z) - z, (n,)."""
        outputs = evaluate(self.program, self._arguments(z))
        if not self._places:
            return Ball(outputs[0].mid, outputs[0].rad)
        memory = _joined([outputs[1 + k].reshape(-1) for k in self._places]) - z[self.dimension :]
        return _joined([outputs[0], memory])

    def derivative(self, z: Ball) -> Ball:
        """DT(z) - 1, (n, n)."""
        arguments, d = self._arguments(z), self.dimension
        whole = jacobian(self.program, arguments, wrt=(0, 1, *(2 + k for k in self._places)))
        starts = np.concatenate([[0, d], d + np.cumsum([leaf.value.size for leaf in self.leaves])])
        rows = np.concatenate([np.arange(d), *(np.arange(starts[1 + k], starts[2 + k]) for k in self._places)])
        whole = whole[rows]
        theta = whole[:, :d] + matmul(whole[:, d : 2 * d], self.slope(arguments[0]))
        rest = whole[:, 2 * d :]
        identity = np.zeros((len(rows), rest.shape[1]))
        identity[d:] = np.eye(rest.shape[1])
        rest = rest - identity
        return Ball(np.concatenate([theta.mid, rest.mid], 1), np.concatenate([theta.rad, rest.rad], 1))

    def obstacle(self, z: Ball) -> str:
        """Why the step is not proved real-analytic over the box; empty where it is."""
        moving = (0, 1, *(2 + k for k in self._places))
        return str(analytic_on(self.program, self._arguments(z), moving).obstacle)

    @property
    def _places(self) -> list[int]:
        return [k for k, leaf in enumerate(self.leaves) if leaf.kind != "clock"]


def _joined(parts: Sequence[Ball]) -> Ball:
    return Ball(np.concatenate([p.mid for p in parts]), np.concatenate([p.rad for p in parts]))


def moved_rest(whole: WholeMap, point: np.ndarray, scale: np.ndarray) -> MovedRest:
    """The point of rest near `point` (n,), in coordinates z = point + scale y; raises `Refused` where it is not proved,
    or where the step is not smooth there."""
    try:
        inner = Ball.exact(point)
        value = whole.moved(inner) / scale

        def derivative(y: Ball) -> Ball:
            matrix = whole.derivative(inner + y * scale)
            return matrix / scale.reshape(-1, 1) * scale.reshape(1, -1)

        # rows of very different sizes meet in T - 1: multiplied by an approximate inverse they are alike
        inverse = Ball.exact(_inverse(derivative(Ball.exact(np.zeros(len(point)))).mid))
        found = prove_zero(
            matmul(inverse, value.reshape(-1, 1)).reshape(-1),
            lambda y: matmul(inverse, derivative(y)),
            np.zeros(len(point)),
            right_inverse=np.eye(len(point)),
        )
        if isinstance(found, Undecided):
            raise Refused(f"no point of rest is proved next to the parameters: {found.reason}")
        box = inner + Ball(np.zeros(len(point)), found.box) * scale
        rough = whole.obstacle(box)
        if rough:
            raise Refused(f"the step is not proved smooth at its point of rest: {rough}")
        inside = derivative(Ball(np.zeros(len(point)), found.box))
        radius = spectral_radius(inside + np.eye(len(point)))
    except (UndecidedBranch, InputError) as error:
        raise Refused(f"the step at its point of rest is not enclosed: {error}") from None
    params = box[: whole.dimension]
    return MovedRest(radius, params)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        raise Refused("the step has a neutral direction at its point of rest") from None
    if not np.isfinite(inverse).all():
        raise Refused("the step has a neutral direction at its point of rest")
    return inverse


def read_point(stored: object, size: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(point, scale) of a witness; None where there is none. Raises `CertificateError` where it is damaged."""
    if stored is None:
        return None
    point, scale = (stored.get(key) if isinstance(stored, dict) else None for key in ("point", "scale"))
    for array in (point, scale):
        whole = isinstance(array, np.ndarray) and array.dtype == np.float64 and array.shape == (size,)
        if not whole or not np.isfinite(np.asarray(array)).all():
            raise CertificateError(f"the witness has no point of rest of length {size}")
    assert isinstance(point, np.ndarray)
    assert isinstance(scale, np.ndarray)
    if not (scale > 0).all():
        raise CertificateError("the scale of the witness's point of rest must be positive")
    return point, scale
