"""Where a function falls along the solutions of a field: the problem of a Lyapunov function and the test of a part."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import EquilibriumStatement
from certify.inequality.bounds import ScalarBounds
from certify.inequality.problem import real_program
from certify.program import Program, analytic_on, gradient_program
from certify.program.builder import Builder
from foundation import CertificateError


@final
@dataclass(frozen=True, eq=False)
class DescentProblem:
    """function: program (n,) -> scalar, V. field: program (n,) -> (n,), f. centre (n,), radius: a closed ball."""

    function: Program
    field: Program
    centre: np.ndarray
    radius: float

    @staticmethod
    def from_tree(tree: Mapping[str, Any]) -> "DescentProblem":
        """The problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        function, field = real_program(tree.get("function"), "function"), real_program(tree.get("field"), "field")
        n = field.inputs[0].size
        shapes = field.output_signatures[0].shape, function.inputs[0].shape, function.output_signatures[0].shape
        centre, radius = tree.get("centre"), tree.get("radius")
        good = isinstance(centre, np.ndarray) and centre.dtype == np.float64 and centre.shape == (n,)
        if shapes != ((n,), (n,), ()) or not good or not np.isfinite(np.asarray(centre)).all():
            raise CertificateError("the problem of the certificate has a function, field and centre that do not fit")
        if not isinstance(radius, float) or not 0 < radius < np.inf:
            raise CertificateError("the problem of the certificate has no radius > 0")
        return DescentProblem(function, field, np.asarray(centre), radius)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {"function": self.function, "field": self.field, "centre": self.centre, "radius": self.radius}

    @cached_property
    def rest(self) -> EquilibriumStatement:
        """The field as that of an equilibrium."""
        return EquilibriumStatement(self.field, "flow")

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """A box around the ball, (n,) and (n,)."""
        around = Ball.exact(self.centre).widened(self.radius)
        return around.lower, around.upper

    @cached_property
    def change(self) -> Program:
        """V' = sum_i (d_i V) f_i, the change of V along solutions."""
        builder = Builder()
        point = builder.input(self.field.inputs[0])
        parts = [builder.inline(p, [point])[p.outputs[0]] for p in (gradient_program(self.function), self.field)]
        return builder.program([builder.emit("reduce_sum", builder.emit("mul", *parts), axes=(0,))])

    @cached_property
    def values(self) -> ScalarBounds:
        """V over boxes."""
        return ScalarBounds(self.function)

    @cached_property
    def fall(self) -> ScalarBounds:
        """-V' over boxes."""
        builder = Builder()
        value = builder.inline(self.change, [builder.input(self.field.inputs[0])])[self.change.outputs[0]]
        return ScalarBounds(builder.program([builder.emit("neg", value)]))


@final
class DescentTest:
    """The test of a part: it misses the ball, or lies in the core box [low, high], or V > level on it, or it lies in
    the open ball and V' < 0 on it, V and f being analytic around it.
    """

    def __init__(self, statement: DescentProblem, level: float, low: np.ndarray, high: np.ndarray) -> None:
        self._statement, self._level = statement, level
        # rounded inward: the core is the box of these half widths around the point
        self.low, self.high = np.nextafter(low, np.inf), np.nextafter(high, -np.inf)
        self.influence = np.zeros((0, len(low)))

    def __call__(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        passed, inner = self._placed(lower, upper)
        self.influence = np.ones(lower.shape)
        rest = np.flatnonzero(~passed)
        values = self._statement.values.lower(lower[rest], upper[rest], wanted=self._level)
        high = values.values > self._level
        passed[rest[high]] = True
        self.influence[rest] = values.influence
        rest = rest[~high & inner[rest]]
        found = self._statement.fall.lower(lower[rest], upper[rest], wanted=0.0)
        self.influence[rest] = found.influence
        falls = rest[found.values > 0]
        passed[falls] = self._smooth(lower[falls], upper[falls])
        return passed

    def _placed(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(misses the ball or lies in the core (N,), lies in the open ball (N,))."""
        away = Ball.from_bounds(lower, upper) - self._statement.centre
        nearest, farthest = (Ball.exact(x).square().sum(axis=1) for x in (away.mignitude, away.magnitude))
        bound = Ball.exact(self._statement.radius).square()
        outside = nearest.lower > bound.upper
        core = ((self.low <= lower) & (upper <= self.high)).all(axis=1)
        return outside | core, farthest.upper < bound.lower

    def _smooth(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        boxes = Ball.from_bounds(lower, upper)
        programs = self._statement.function, self._statement.field
        return np.logical_and(*(analytic_on(p, [boxes], batch=[True]).holds for p in programs))
