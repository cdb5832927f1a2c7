"""The problem of a horseshoe certificate: a map as a program."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from certify.arithmetic import Ball
from certify.program import Program, evaluate, jacobian_program, require_decided
from foundation import CertificateError


@final
@dataclass(frozen=True)
class HorseshoeStatement:
    """map: a program (n,) -> (n,)."""

    map: Program

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "HorseshoeStatement":
        """Read the problem of a certificate; raises `CertificateError` when it holds no square map."""
        program = problem.get("map")
        if not isinstance(program, Program):
            raise CertificateError("the problem of the horseshoe certificate has an entry 'map' that is not a program")
        single = len(program.inputs) == 1 == len(program.outputs)
        real = single and program.inputs[0].is_real and program.output_signatures[0].is_real
        if not real or not program.inputs[0].size == program.output_signatures[0].size > 0:
            raise CertificateError("the problem of the horseshoe certificate has a map that is not square")
        return HorseshoeStatement(program)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {"map": self.map}

    @property
    def dimension(self) -> int:
        """n."""
        return self.map.inputs[0].size

    def values(self, points: Ball) -> Ball:
        """f over N balls of points, (N, n)."""
        (value,) = evaluate(self.map, [self._shaped(points)], batch=[True])
        return value.reshape(points.shape)

    def slopes(self, points: Ball) -> Ball:
        """Df over N balls of points, (N, n, n)."""
        require_decided(self.map, [self._shaped(points)], batch=[True])
        (value,) = evaluate(self._derived, [self._shaped(points)], batch=[True])
        return value.reshape((*points.shape, self.dimension))

    @cached_property
    def _derived(self) -> Program:
        return jacobian_program(self.map, (0,))

    def _shaped(self, points: Ball) -> Ball:
        return points.reshape((len(points), *self.map.inputs[0].shape))
