"""The problem of a branch: equilibria of a field, or fixed points of a map, that depend on one parameter."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.branch.counting import UNDECIDED, unstable_counts
from certify.branch.descent import descent_map, unstable_in_descent
from certify.branch.invariant import Invariant, invariant_of
from certify.program import Program, evaluate, jacobian, jacobian_program, piecewise_obstacle
from certify.program.builder import Builder
from foundation import CertificateError, InputError

KINDS = ("flow", "map", "descent")
# With more rows a Jacobian is computed row by row, as one batch.
_FEW_ROWS = 16


@final
@dataclass(frozen=True, eq=False)
class BranchProblem:
    """field: program z = (x, p) (n + 1,) -> f(x, p) (n,). kind: "flow" (f = 0) or "map" (f = x). lower, upper: the
    range of the parameter p. invariant: the subspace in which the branch is followed, where it is given; then `field`
    is the one inside of it. gradient: program g (n,) -> (n,) where the map is x - p g(x), 0 < lower.
    """

    field: Program
    kind: str
    lower: float
    upper: float
    invariant: Invariant | None = None
    gradient: Program | None = None

    @staticmethod
    def from_tree(tree: Mapping[str, Any]) -> "BranchProblem":
        """The problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        field, kind = tree.get("field"), tree.get("kind")
        lower, upper = tree.get("lower"), tree.get("upper")
        _demand(isinstance(field, Program), "no program")
        assert isinstance(field, Program)
        _demand(len(field.inputs) == 1 == len(field.outputs), "a field of several arrays")
        source, target = field.inputs[0], field.output_signatures[0]
        _demand(source.is_real and target.is_real, "a field of other than real numbers")
        _demand(len(source.shape) == 1 == len(target.shape), "a field that maps no vector to a vector")
        _demand(not piecewise_obstacle(field), "a field with kinks or jumps")
        _demand(kind in KINDS, f"the kind {kind!r:.40}")
        ends = isinstance(lower, float) and isinstance(upper, float) and -np.inf < lower < upper < np.inf
        _demand(ends, "no range of the parameter")
        ends_of = float(lower or 0.0), float(upper or 0.0)
        if kind == "descent":
            _demand(source.size == target.size > 0 and ends_of[0] > 0, "no gradient, or no range of learning rates")
            _demand(tree.keys() == {"field", "kind", "lower", "upper"}, "a subspace beside a gradient")
            return BranchProblem(descent_map(field), "map", *ends_of, gradient=field)
        _demand(source.size == target.size + 1 > 1, "a field that does not depend on one parameter")
        invariant = invariant_of(tree, field, kind == "map")
        return BranchProblem(field if invariant is None else invariant.reduced, str(kind), *ends_of, invariant)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        tree = {"field": self.field, "kind": self.kind, "lower": self.lower, "upper": self.upper}
        if self.gradient is not None:
            return tree | {"field": self.gradient, "kind": "descent"}
        return tree if self.invariant is None else tree | {"field": self.invariant.whole} | dict(self.invariant.given)

    @property
    def dimension(self) -> int:
        """n."""
        return self.field.output_signatures[0].size

    @property
    def is_map(self) -> bool:
        return self.kind == "map"

    @cached_property
    def residual(self) -> Program:
        """F(z) = f(x, p), or f(x, p) - x for a map."""
        if not self.is_map:
            return self.field
        builder = Builder()
        z = builder.input(self.field.inputs[0])
        value = builder.inline(self.field, [z])[self.field.outputs[0]]
        x = builder.emit("slice", z, starts=(0,), limits=(self.dimension,), strides=(1,))
        return builder.program([builder.emit("sub", value, x)])

    @cached_property
    def derivative(self) -> Program:
        """DF(z), (n, n + 1)."""
        return jacobian_program(self.residual)

    def values(self, points: Ball) -> Ball:
        """F over balls (N, n + 1): (N, n)."""
        return _evaluated(self.residual, points, (self.dimension,))

    def derivatives(self, points: Ball) -> Ball:
        """DF over balls (N, n + 1): (N, n, n + 1)."""
        shape = (self.dimension, self.dimension + 1)
        if self.dimension <= _FEW_ROWS:
            return _evaluated(self.derivative, points, shape)
        return _jacobians(self.residual, points)

    def unstable_counts(self, boxes: Ball) -> np.ndarray:
        """How many eigenvalues are proved unstable, all others stable, over each box (N, n + 1); -1 where not: (N,)."""
        if self.gradient is not None:
            return unstable_in_descent(_jacobians(self.gradient, boxes[:, :-1]), boxes[:, -1])
        counts = np.stack([unstable_counts(block, self.is_map) for block in self.blocks(boxes)])
        return np.where((counts == UNDECIDED).any(axis=0), UNDECIDED, counts.sum(axis=0))

    def linearisations(self, points: Ball) -> Ball:
        """The matrices whose eigenvalues decide the stability over balls (N, n + 1): f_x, (N, n, n); with an invariant
        subspace the blocks inside of it and across it, one below the other.
        """
        inside, *rest = self.blocks(points)
        if not rest:
            return inside
        (across,) = rest
        n, m = inside.shape[-1], across.shape[-1]
        mid, rad = np.zeros((2, len(points), n + m, n + m))
        for whole, first, second in ((mid, inside.mid, across.mid), (rad, inside.rad, across.rad)):
            whole[:, :n, :n], whole[:, n:, n:] = first, second
        return Ball(mid, rad)

    def blocks(self, points: Ball) -> list[Ball]:
        """The blocks of `linearisations`: those of which something is left."""
        if self.invariant is None:
            return [self.inside(points)]
        inside = [self.inside(points)] if self.invariant.along else []
        return [*inside, self.across(points)]

    def inside(self, points: Ball) -> Ball:
        """f_x inside of the invariant subspace, (N, n, n)."""
        slopes = self.derivatives(points)[:, :, : self.dimension]
        return slopes + np.eye(self.dimension) if self.is_map else slopes

    def across(self, points: Ball) -> Ball:
        """The block D_b g_b across the invariant subspace, (N, m, m)."""
        assert self.invariant is not None
        found = self.invariant
        n, s = len(found.frame), found.along
        slopes = _evaluated(found.derivative, found.states(points), (n, n + 1))[:, s:, s:n]
        return slopes + np.eye(n - s) if self.is_map else slopes


def _jacobians(program: Program, points: Ball) -> Ball:
    """The derivatives (N, n, m) over balls (N, m), unbounded where the program has none."""
    shape = len(points), program.output_signatures[0].size, points.shape[1]
    try:
        return jacobian(program, [points], batch=[True]).reshape(shape)
    except InputError:
        return Ball(np.zeros(shape), np.full(shape, np.inf))


def _evaluated(program: Program, points: Ball, shape: tuple[int, ...]) -> Ball:
    """The program over balls (N, m); unbounded where it has no value."""
    try:
        (value,) = evaluate(program, [points], batch=[True])
        return value.reshape((len(points), *shape))
    except InputError:
        if len(points) == 1:
            return Ball(np.zeros((1, *shape)), np.full((1, *shape), np.inf))
        half = len(points) // 2
        parts = [_evaluated(program, part, shape) for part in (points[:half], points[half:])]
        return Ball(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("mid", "rad")))


def _demand(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the branch certificate has {what}")
