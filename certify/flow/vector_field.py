"""A vector field as a program: its values and Jacobians over balls, and along power series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias, final

import flint
import numpy as np

from certify.certificate.model import Hypothesis, Status, hypothesis
from certify.flow import recurrences
from certify.flow.series import SeriesSystem
from certify.flow.series_functions import Series
from certify.flow.straight_line import StraightLine, straight_line
from certify.program import Program, analytic_on, jacobian_program, piecewise_obstacle
from certify.program.arb import to_ball
from certify.program.builder import Builder
from certify.program.evaluate import charge_program
from certify.program.primitives.registry import PRIMITIVES
from certify.program.signature import Signature
from certify.statements import say
from foundation import InputError

Entries: TypeAlias = list[Any]


@final
@dataclass(frozen=True, eq=False)
class VectorField:
    """x' = f(x) on R^n, f real-analytic: the program maps one array of n entries to n entries.

    All methods are to be used inside `certify.flow.series.working`, at its precision.
    """

    program: Program
    precision: int

    @property
    def dimension(self) -> int:
        return self.program.inputs[0].size

    @cached_property
    def _jacobian(self) -> Program:
        return jacobian_program(self.program, (0,))

    def values(self, point: Sequence[Any]) -> Entries:
        """f over balls, or along series: n entries. Raises `InputError` outside of its domain."""
        if self.line is not None and all(type(x) is flint.arb for x in point):
            return recurrences.value(self.line, point, self.precision)
        return self._run(self.program, self._constants, point)

    def jacobian(self, point: Sequence[Any]) -> Entries:
        """Df over balls, or along series: n n entries, row by row."""
        return self._run(self._jacobian, self._jacobian_constants, point)

    @cached_property
    def line(self) -> StraightLine | None:
        """f as a straight line, where it is one."""
        return straight_line(self.program, self.precision)

    @cached_property
    def jacobian_line(self) -> StraightLine | None:
        """Df likewise."""
        return straight_line(self._jacobian, self.precision)

    @cached_property
    def _constants(self) -> list[Any]:
        return _constants(self.program, SeriesSystem(self.precision))

    @cached_property
    def _jacobian_constants(self) -> list[Any]:
        return _constants(self._jacobian, SeriesSystem(self.precision))

    def _run(self, program: Program, constants: list[Any], point: Sequence[Any]) -> Entries:
        charge_program(program, self.precision, 1, flint.ctx.cap)
        system = SeriesSystem(self.precision)
        array = np.empty(len(point), dtype=object)
        array[:] = point
        values: list[Any] = [array.reshape(1, *program.inputs[0].shape), *constants]
        for equation in program.equations:
            operands = [values[ref] for ref in equation.operands]
            values.append(_evaluated(system, equation.primitive, operands, equation.parameters))
        return list(values[program.outputs[0]].flat)


def checked_field(program: Program) -> Program:
    """The program, when it is a square real-analytic field; raises `InputError` otherwise."""
    shapes = [signature.shape for signature in program.output_signatures]
    square = len(program.inputs) == 1 and len(shapes) == 1 and program.output_signatures[0].is_real
    if not square or not program.inputs[0].is_real or program.inputs[0].size != program.output_signatures[0].size > 0:
        raise InputError(f"the field maps {program.inputs} to {shapes}; a flow needs a square field of real numbers")
    reason = piecewise_obstacle(program)
    if reason:
        raise InputError(f"the field must be real-analytic for Taylor's method, but {reason}; smooth it")
    return program


def analytic_obstacle(program: Program, boxes: Sequence[Entries]) -> str:
    """The reason why the field is not proved real-analytic around each of the boxes, Arb balls; or ""."""
    if not boxes:
        return ""
    states = np.empty((len(boxes), len(boxes[0])), dtype=object)
    for row, box in zip(states, boxes, strict=True):
        row[:] = box
    arguments = [to_ball(states).reshape((len(boxes), *program.inputs[0].shape))]
    obstacle = analytic_on(program, arguments, batch=[True]).obstacle
    return f"the field is not proved to be analytic on the enclosure of the solutions: {obstacle}" if obstacle else ""


def analytic_field() -> Hypothesis:
    """Where `analytic_obstacle` found none: the field is analytic on all that encloses the solutions."""
    return hypothesis("flow.analytic", Status.PROVED, say("flow.composition"))


def with_time(program: Program) -> Program:
    """The autonomous field of (t, x): t' = 1, x' = f(t, x), from a program of the two arguments t and x."""
    builder = Builder()
    n = program.inputs[1].size
    state = builder.input(Signature((n + 1,)))
    time, rest = (
        builder.emit("slice", state, starts=(low,), limits=(high,), strides=(1,)) for low, high in ((0, 1), (1, n + 1))
    )
    arguments = [
        builder.emit("reshape", part, shape=signature.shape)
        for part, signature in zip((time, rest), program.inputs, strict=True)
    ]
    values = builder.inline(program, arguments)
    flat = builder.emit("reshape", values[program.outputs[0]], shape=(n,))
    return builder.program([builder.emit("concatenate", builder.number(1.0, (1,)), flat, axis=0)])


def _evaluated(system: SeriesSystem, name: str, operands: list[Any], parameters: Mapping[str, Any]) -> Any:
    if name in ("softmax", "logsumexp"):
        return getattr(system, name)(operands[0], parameters)
    return PRIMITIVES[name].evaluate(system, operands, parameters)


def _constants(program: Program, system: SeriesSystem) -> list[Any]:
    return [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in program.constants]


def is_bounded(entries: Sequence[Any]) -> bool:
    """Whether all balls and all coefficients of series are finite."""
    return all(
        all(c.is_finite() for c in entry.coeffs()) if isinstance(entry, Series) else entry.is_finite()
        for entry in entries
    )


def as_ball(value: Any) -> flint.arb:
    """The constant term of an entry."""
    return value[0] if isinstance(value, Series) else value
