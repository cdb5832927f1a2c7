"""Bifurcation points as regular zeros of extended systems, written as programs."""

from collections.abc import Callable
from typing import final

import numpy as np

from certify.branch.problem import BranchProblem
from certify.program import Program, Signature, pullback
from certify.program.builder import Builder

# kind of a branch -> the bifurcation points of codimension one that occur on it
POINTS = {"flow": ("fold", "hopf"), "map": ("fold", "flip", "neimark-sacker")}
# on a branch inside of an invariant subspace, where others leave it
CROSSINGS = ("pitchfork", "transcritical")
_EXTRA = {"fold": 0, "flip": 0, "hopf": 1, "neimark-sacker": 2}


def unknowns(problem: BranchProblem, point: str) -> int:
    """How many unknowns the extended system of such a point has."""
    n = problem.dimension
    if point in CROSSINGS:
        assert problem.invariant is not None
        return n + 1 + problem.invariant.across
    vectors = 1 if point in ("fold", "flip") else 2
    return n + 1 + vectors * n + _EXTRA[point]


def extended_system(problem: BranchProblem, point: str, normal: np.ndarray) -> Program:
    """The program u -> G(u) of m unknowns whose regular zeros are bifurcation points; A = f_x(x, p), c `normal` (n,).

    fold, u = (x, p, v): F = 0, (A or A - I) v = 0, c v = 1 [G. Moore, A. Spence, SIAM J. Numer. Anal. 17 (1980)].
    flip, u = (x, p, v): F = 0, (A + I) v = 0, c v = 1. hopf, u = (x, p, q, r, w): F = 0, A q = -w r, A r = w q,
    c q = 1, c r = 0. neimark-sacker, u = (x, p, q, r, a, b): F = 0, A (q + i r) = (a + i b) (q + i r), c q = 1,
    c r = 0, a^2 + b^2 = 1. pitchfork and transcritical, u = (a, p, v): F = 0, D_b g_b(a, 0, p) v = 0 (map: g_b - b),
    c v = 1. [Yu. Kuznetsov, Elements of Applied Bifurcation Theory, ch. 10.2]
    """
    if point in CROSSINGS:
        return _crossing_system(problem, normal)
    system = _System(problem, unknowns(problem, point), normal)
    return system.builder.program([system.joined(_ROWS[point](system))])


def _crossing_system(problem: BranchProblem, normal: np.ndarray) -> Program:
    """(a, p, v) -> (F(a, p), D_b F_b(a, 0, p) v, c v - 1)."""
    found, builder, n = problem.invariant, Builder(), problem.dimension
    assert found is not None
    m, size = found.across, n + 1 + found.across
    whole = builder.input(Signature((size,)))
    z, v = (
        builder.emit("slice", whole, starts=(low,), limits=(high,), strides=(1,))
        for low, high in ((0, n + 1), (n + 1, size))
    )
    value = builder.inline(problem.residual, [z])[problem.residual.outputs[0]]
    forward = pullback(pullback(found.residual, [0]), [1])
    before = [builder.number(0.0, (found.along,))] if found.along else []
    direction = builder.emit("concatenate", *before, v, builder.number(0.0, (1,)), axis=0)
    operands = [found.embedded(builder, z), builder.number(0.0, (len(found.frame),)), direction]
    moved = builder.inline(forward, operands)[forward.outputs[0]]
    across = builder.emit("slice", moved, starts=(found.along,), limits=(found.along + m,), strides=(1,))
    length = builder.emit("reduce_sum", builder.emit("mul", builder.constant(normal), v), axes=(0,))
    one = builder.emit("sub", builder.emit("reshape", length, shape=(1,)), builder.number(1.0, (1,)))
    return builder.program([builder.emit("concatenate", value, across, one, axis=0)])


@final
class _System:
    """The values from which the equations are put together."""

    def __init__(self, problem: BranchProblem, size: int, normal: np.ndarray) -> None:
        n, self.builder = problem.dimension, Builder()
        self.n = n
        self.whole = self.builder.input(Signature((size,)))
        z = self.part(0, n + 1)
        self.z = z
        self.value = self.builder.inline(problem.residual, [z])[problem.residual.outputs[0]]
        # c -> DF^T c is linear: its own pullback is w -> DF w, whatever c
        self.forward = pullback(pullback(problem.residual, [0]), [1])
        self.normal = self.builder.constant(normal)
        self.is_map = problem.is_map

    def part(self, start: int, stop: int) -> int:
        return self.builder.emit("slice", self.whole, starts=(start,), limits=(stop,), strides=(1,))

    def vector(self, k: int) -> int:
        return self.part((k + 1) * self.n + 1, (k + 2) * self.n + 1)

    def scalar(self, k: int) -> int:
        start = 3 * self.n + 1 + k
        return self.builder.emit("reshape", self.part(start, start + 1), shape=())

    def slopes(self, vector: int, shift: float) -> int:
        """(D_x F + shift) v."""
        direction = self.builder.emit("concatenate", vector, self.builder.number(0.0, (1,)), axis=0)
        operands = [self.z, self.builder.number(0.0, (self.n,)), direction]
        product = self.builder.inline(self.forward, operands)[self.forward.outputs[0]]
        return self.add(product, self.times(self.builder.number(shift), vector)) if shift else product

    def along(self, vector: int) -> int:
        product = self.builder.emit("reduce_sum", self.times(self.normal, vector), axes=(0,))
        return self.builder.emit("reshape", product, shape=(1,))

    def one(self) -> int:
        return self.builder.number(1.0, (1,))

    def add(self, x: int, y: int) -> int:
        return self.builder.emit("add", x, y)

    def sub(self, x: int, y: int) -> int:
        return self.builder.emit("sub", x, y)

    def times(self, x: int, y: int) -> int:
        return self.builder.emit("mul", x, y)

    def joined(self, rows: list[int]) -> int:
        return self.builder.emit("concatenate", self.value, *rows, axis=0)


def _real(shift: float) -> Callable[[_System], list[int]]:
    def rows(s: _System) -> list[int]:
        v = s.vector(0)
        return [s.slopes(v, shift), s.sub(s.along(v), s.one())]

    return rows


def _hopf(s: _System) -> list[int]:
    q, r, w = s.vector(0), s.vector(1), s.scalar(0)
    first = s.add(s.slopes(q, 0.0), s.times(w, r))
    second = s.sub(s.slopes(r, 0.0), s.times(w, q))
    return [first, second, s.sub(s.along(q), s.one()), s.along(r)]


def _neimark_sacker(s: _System) -> list[int]:
    q, r, a, b = s.vector(0), s.vector(1), s.scalar(0), s.scalar(1)
    first = s.add(s.sub(s.slopes(q, 1.0), s.times(a, q)), s.times(b, r))
    second = s.sub(s.sub(s.slopes(r, 1.0), s.times(b, q)), s.times(a, r))
    circle = s.builder.emit("reshape", s.add(s.times(a, a), s.times(b, b)), shape=(1,))
    return [first, second, s.sub(s.along(q), s.one()), s.along(r), s.sub(circle, s.one())]


# of a map D_x F = A - I: a fold has (A - I) v = 0 and a flip (A - I + 2 I) v = 0
_ROWS: dict[str, Callable[[_System], list[int]]] = {
    "fold": _real(0.0),
    "flip": _real(2.0),
    "hopf": _hopf,
    "neimark-sacker": _neimark_sacker,
}
