"""The problem of a periodic orbit: a vector field, and the equations of an orbit that returns to a section."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.flow.integrate import ValidatedTrajectory, repeated
from certify.flow.series import working
from certify.flow.statement import LARGEST_DIMENSION, checked_steps
from certify.flow.taylor import identity
from certify.flow.validated_step import a_priori, row_sum_norm
from certify.flow.vector_field import VectorField, analytic_obstacle, checked_field
from certify.program import Program
from certify.program.arb import to_arb, to_ball
from foundation import CertificateError, InputError


@final
@dataclass(frozen=True, eq=False)
class Section:
    """Points x + E y of a plane through x, and times T: the unknowns u = (y, T) of a periodic orbit, R^n in all.

    point (n,), basis E (n, n - 1) and period: exact floats.
    """

    point: np.ndarray
    basis: np.ndarray
    period: float

    @property
    def unknowns(self) -> np.ndarray:
        """u of the section's own point: (0, ..., 0, T)."""
        return np.append(np.zeros(self.basis.shape[1]), self.period)

    def states(self, radii: np.ndarray) -> list[flint.arb]:
        """Arb balls around the points x + E y with |y_k| <= radii_k; their midpoint is x."""
        deviation = [flint.arb(0, float(radius)) for radius in radii]
        return [
            sum((float(e) * y for e, y in zip(row, deviation, strict=True)), flint.arb(float(x)))
            for x, row in zip(self.point, self.basis, strict=True)
        ]


@final
@dataclass(frozen=True, eq=False)
class Return:
    """What is proved of F(y, T) = Phi_T(x + E y) - (x + E y) over the box |u_k| <= radii_k around (0, period).

    value (n,): F at the centre. derivative (n, n): DF over the box. start (n,): the points x + E y. velocity (n,): f
    over `start`. monodromy (n, n): DPhi_T over the box. passage: the steps, with a box for each. around: a box that
    holds the solutions while the time varies.
    """

    value: Ball
    derivative: Ball
    start: Ball
    velocity: Ball
    monodromy: Ball
    passage: ValidatedTrajectory
    around: list[flint.arb]


def orbit_field(problem: Mapping[str, Any]) -> Program:
    """The field of a certificate's problem; raises `CertificateError` when it is no analytic field with n >= 2."""
    program = problem.get("field")
    if not isinstance(program, Program):
        raise CertificateError("the problem of the periodic orbit has no field")
    try:
        checked_field(program)
    except InputError as error:
        raise CertificateError(f"the problem of the periodic orbit is malformed: {error}") from None
    if not 2 <= program.inputs[0].size <= LARGEST_DIMENSION:
        raise CertificateError("the problem of the periodic orbit has a field of dimension one, or of too many")
    return program


def returned(program: Program, section: Section, radii: np.ndarray, witness: Mapping[str, Any]) -> Return | str:
    """The return of the section's box with the steps of the witness; a reason where it is not proved."""
    steps, order, precision = checked_steps(witness)
    if sum(steps, Fraction(0)) != Fraction(section.period):
        raise CertificateError("the steps of the witness do not add up to its period")
    with working(precision, order + 3):
        field = VectorField(program, precision)
        start = section.states(radii[:-1])
        passage = repeated(field, start, steps, order)
        if passage.reason:
            return passage.reason
        try:
            return _around_the_time(field, section, start, passage, float(radii[-1]))
        except InputError as error:
            return str(error)


def _around_the_time(
    field: VectorField, section: Section, start: list[flint.arb], passage: ValidatedTrajectory, spread: float
) -> Return:
    """Lets the time vary by at most `spread`: Phi_(T + s) = Phi_s o Phi_T, with |s| small."""
    states = passage.states
    arrived = states.box()
    tube = _both_ways(field, arrived, spread)
    obstacle = analytic_obstacle(field.program, [start, *passage.tube, tube])
    if obstacle:
        raise InputError(obstacle)
    n = len(start)
    growth = (row_sum_norm(flint.arb_mat(n, n, field.jacobian(tube))) * flint.arb(spread)).expm1().upper()
    spread_matrix = flint.arb_mat(n, n, [flint.arb(0, 1) * growth] * (n * n))
    monodromy = (identity(n) + spread_matrix) * states.derivative()
    basis = flint.arb_mat(n, n - 1, section.basis.reshape(-1).tolist())
    along = monodromy * basis - basis
    velocity = field.values(tube)
    derivative = [[*row, v] for row, v in zip(along.tolist(), velocity, strict=True)]
    # the centre's own orbit: no deviation of the initial point
    middle = (states.center + states.frame * states.error).entries()
    value = [m - flint.arb(float(x)) for m, x in zip(middle, section.point, strict=True)]
    return Return(
        _ball(value),
        to_ball(np.array(derivative, dtype=object)),
        _ball(start),
        _ball(field.values(start)),
        to_ball(np.array(monodromy.tolist(), dtype=object)),
        passage,
        tube,
    )


def _both_ways(field: VectorField, box: list[flint.arb], spread: float) -> list[flint.arb]:
    """A box that no solution from `box` leaves in the times [-spread, spread]."""
    if spread == 0:
        return box
    forward = a_priori(field, box, flint.arb(spread))
    backward = a_priori(field, box, flint.arb(-spread))
    if forward is None or backward is None:
        raise InputError("existence around the period is not proved")
    return [x.union(y) for x, y in zip(forward, backward, strict=True)]


def stays_away(program: Program, found: Return, latest: float, precision: int) -> bool:
    """Whether no orbit from the box comes back to its own initial point at a time in (0, latest].

    At first it moves away, the velocity along the section's normal being positive; then the tube excludes the box.
    """
    with working(precision, 2):
        field = VectorField(program, precision)
        begin = to_arb(found.start)
        direction = [flint.arb(float(v)) for v in found.velocity.mid]
        leaving, reached = True, Fraction(0)
        for duration, tube in zip(found.passage.steps, found.passage.tube, strict=True):
            leaving = leaving and _advances(field, tube, direction)
            if not leaving and all(x.overlaps(y) for x, y in zip(tube, begin, strict=True)):
                return False
            reached += duration
            if reached > Fraction(latest):
                return True
    return False


def _advances(field: VectorField, tube: list[flint.arb], direction: list[flint.arb]) -> bool:
    return bool(sum((v * d for v, d in zip(field.values(tube), direction, strict=True)), flint.arb(0)) > 0)


def _ball(entries: list[flint.arb]) -> Ball:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return to_ball(array)
