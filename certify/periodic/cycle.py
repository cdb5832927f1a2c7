"""The problem of a periodic point: a map as a program, and the equations of its m-cycles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.program import Program, evaluate, jacobian
from foundation import CertificateError

LONGEST_PERIOD = 2000
LARGEST_SYSTEM = 4000


@final
@dataclass(frozen=True)
class Cycle:
    """The m-cycles of a map f: R^n -> R^n as zeros of one system in R^(m n), by multiple shooting.

    G(x_1, ..., x_m) = (f(x_1) - x_2, f(x_2) - x_3, ..., f(x_m) - x_1). Unlike f^m(x) - x it stays well conditioned
    where the cycle is unstable [P. Deuflhard, F. Bornemann, Scientific Computing with Ordinary Differential Equations,
    8.4].
    """

    map: Program
    period: int

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "Cycle":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        program, period = problem.get("map"), problem.get("period")
        if not isinstance(program, Program) or not _is_square(program):
            raise CertificateError("the problem of the periodic point has an entry 'map' that is not a square program")
        if isinstance(period, bool) or not isinstance(period, int) or not 1 <= period <= LONGEST_PERIOD:
            raise CertificateError(f"the problem of the periodic point has the period {period!r}")
        if period * program.inputs[0].size > LARGEST_SYSTEM:
            raise CertificateError("the problem of the periodic point is larger than any that is issued")
        return Cycle(program, period)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {"map": self.map, "period": self.period}

    @property
    def dimension(self) -> int:
        """n."""
        return self.map.inputs[0].size

    def residual(self, points: Ball) -> Ball:
        """G over balls of points (m, n), flat (m n,)."""
        (images,) = evaluate(self.map, [self._shaped(points)], batch=[True])
        return (images.reshape(points.shape) - _following(points)).reshape(-1)

    def jacobians(self, points: Ball) -> Ball:
        """Df over each ball of points (m, n): (m, n, n)."""
        m, n = points.shape
        return jacobian(self.map, [self._shaped(points)], batch=[True]).reshape((m, n, n))

    def derivative(self, points: Ball) -> Ball:
        """DG over balls of points (m, n): (m n, m n), the Jacobians on the diagonal and -I beside them, cyclically."""
        jacobians = self.jacobians(points)
        m, n = points.shape
        mid, rad = np.zeros((m, n, m, n)), np.zeros((m, n, m, n))
        every = np.arange(m)
        mid[every, :, every, :], rad[every, :, every, :] = jacobians.mid, jacobians.rad
        full = Ball(mid.reshape(m * n, m * n), rad.reshape(m * n, m * n))
        shift = np.kron(np.roll(np.eye(m), 1, axis=1), np.eye(n))
        return full - shift

    def multiplier_matrix(self, points: Ball) -> Ball:
        """Df(x_m) ... Df(x_1), the derivative of the m-fold iterate at x_1: (n, n)."""
        jacobians = self.jacobians(points)
        product = jacobians[0]
        for k in range(1, self.period):
            product = jacobians[k] @ product
        return product

    def _shaped(self, points: Ball) -> Ball:
        return points.reshape((len(points.mid), *self.map.inputs[0].shape))


def _following(points: Ball) -> Ball:
    return points.map(lambda a: np.roll(a, -1, axis=0))


def _is_square(program: Program) -> bool:
    if len(program.inputs) != 1 or len(program.outputs) != 1:
        return False
    source, target = program.inputs[0], program.output_signatures[0]
    return source.is_real and target.is_real and source.size == target.size > 0
