"""The problem of a time map, what is proved of it, and the prover that repeats the proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.flow.integrate import ValidatedTrajectory, arb, repeated
from certify.flow.series import working
from certify.flow.stiff import StiffPassage, followed, read_proposals, series_length
from certify.flow.vector_field import VectorField, analytic_field, analytic_obstacle, checked_field, with_time
from certify.program import Program
from certify.program.arb import to_arb, to_ball
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

LARGEST_DIMENSION = 64
_MOST_STEPS, _HIGHEST_ORDER = 10**6, 200
# Below the least precision the floats of a problem would be rounded, and a set's centre would not be the point given.
_LEAST_BITS, _MOST_BITS = 64, 10**4
ADVICE = say("time-map.shorter")


@final
@dataclass(frozen=True, eq=False)
class TimeMapStatement:
    """x' = f(x), or x' = f(t, x) from `start_time` (a field of two arguments): the solutions from `box` after `time`.

    field: Program of one array (n,), or of t and an array (n,). box: Ball (n,) of initial points. time > 0.
    """

    field: Program
    box: Ball
    time: Fraction
    start_time: Fraction | None = None

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "TimeMapStatement":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        field, box, time = (problem.get(name) for name in ("field", "box", "time"))
        start = problem.get("start_time")
        require(isinstance(field, Program), "no field")
        require(isinstance(box, Ball) and box.ndim == 1 and 0 < box.size <= LARGEST_DIMENSION, "no box of states")
        require(isinstance(time, Fraction) and time > 0, "a time that is not positive")
        require(start is None or isinstance(start, Fraction), "a malformed start time")
        statement = TimeMapStatement(field, box, time, start)  # type: ignore[arg-type]
        require(len(field.inputs) == (1 if start is None else 2), "a field of other arguments")  # type: ignore[union-attr]
        require(statement.autonomous.inputs[0].size == len(statement.states()), "a box of another dimension")
        return statement

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        tree = {"field": self.field, "box": self.box, "time": self.time}
        return tree if self.start_time is None else tree | {"start_time": self.start_time}

    @property
    def autonomous(self) -> Program:
        """The field of the states: of x, or of (t, x)."""
        return checked_field(self.field if self.start_time is None else with_time(self.field))

    def states(self) -> list[Any]:
        """The initial states as Arb balls."""
        entries = list(to_arb(self.box))
        return entries if self.start_time is None else [arb(self.start_time), *entries]


@final
@dataclass(frozen=True, eq=False)
class MappedPoint:
    """Proved: solutions from every point of the box exist on [0, time] and end in `image`, Ball (n,); the derivative of
    the time map over the box lies in `derivative`, Ball (n, n). witness repeats the proof. When `reason` is not empty,
    nothing is proved beyond the time `reached`. times (k,), lower and upper (k, n): what encloses the solutions during
    the step that ends at each time.
    """

    image: Ball
    derivative: Ball
    witness: dict[str, Any]
    reached: Fraction
    reason: str
    times: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def prove_time_map(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Repeat the steps of the witness: steps (exact durations), order, precision; or polynomials instead of an order.

    Wrong ones prove less or nothing.
    """
    statement = TimeMapStatement.from_tree(problem)
    found = mapped_by(statement, witness)
    if found.reason or found.reached != statement.time:
        reason = (
            say("time-map.stopped", detail=found.reason)
            if found.reason
            else say("time-map.ended", time=float(found.reached))
        )
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, ADVICE)
    theorem = say("time-map.logarithmic-norm" if "chebyshev" in witness else "time-map.lohner")
    return ProofResult(Verdict.PROVED, theorem, tuple(_claims(found)), (analytic_field(),))


def mapped_by(statement: TimeMapStatement, witness: Mapping[str, Any]) -> MappedPoint:
    """The time map with the steps of a witness."""
    if "chebyshev" in witness:
        return _mapped_by_polynomials(statement, witness)
    steps, order, precision = checked_steps(witness)
    with working(precision, order + 3):
        field = VectorField(statement.autonomous, precision)
        passage = repeated(field, statement.states(), steps, order)
        return mapped_point(statement, passage, order, precision)


def _mapped_by_polynomials(statement: TimeMapStatement, witness: Mapping[str, Any]) -> MappedPoint:
    steps, _, precision = checked_steps({**witness, "order": 1})
    proposals = read_proposals(witness, len(statement.states()))
    with working(precision, series_length(proposals[0].chebyshev.shape[1] - 1)):
        field = VectorField(statement.autonomous, precision)
        return stiffly_mapped(statement, followed(field, statement.states(), steps, proposals), witness)


def checked_steps(witness: Mapping[str, Any]) -> tuple[list[Fraction], int, int]:
    """(steps, order, precision) of an untrusted witness; raises `CertificateError` where they are malformed."""
    steps, order, precision = (witness.get(name) for name in ("steps", "order", "precision"))
    whole = all(isinstance(v, int) and not isinstance(v, bool) for v in (order, precision))
    if not whole or not 1 <= order <= _HIGHEST_ORDER or not _LEAST_BITS <= precision <= _MOST_BITS:  # type: ignore[operator]
        raise CertificateError("the witness of the flow has a malformed order or precision")
    listed = isinstance(steps, list) and len(steps) <= _MOST_STEPS
    if not listed or not all(isinstance(h, Fraction) and h > 0 for h in steps):  # type: ignore[union-attr]
        raise CertificateError("the witness of the flow has malformed steps")
    return steps, order, precision  # type: ignore[return-value]


def mapped_point(statement: TimeMapStatement, passage: ValidatedTrajectory, order: int, precision: int) -> MappedPoint:
    first = 0 if statement.start_time is None else 1
    image = to_ball(_array(passage.states.box()))[first:]
    full = to_ball(np.array(passage.states.derivative().tolist(), dtype=object))
    tubes = [to_ball(_array(tube))[first:] for tube in passage.tube]
    ends = np.cumsum([0.0, *map(float, passage.steps)])[1:]
    shape = (len(tubes), len(image.mid))
    return MappedPoint(
        image,
        full[first:, first:],
        {"steps": list(passage.steps), "order": order, "precision": precision},
        passage.reached,
        passage.reason or analytic_obstacle(statement.autonomous, passage.tube),
        ends,
        np.array([tube.lower for tube in tubes]).reshape(shape),
        np.array([tube.upper for tube in tubes]).reshape(shape),
    )


def stiffly_mapped(statement: TimeMapStatement, passage: StiffPassage, witness: Mapping[str, Any]) -> MappedPoint:
    """What a passage by polynomials proves: nothing of the derivative."""
    first = 0 if statement.start_time is None else 1
    image = to_ball(_array(passage.states.box()))[first:]
    n, count = len(image.mid), len(passage.tube)
    tubes = [to_ball(_array(tube))[first:] for tube in passage.tube]
    return MappedPoint(
        image,
        Ball(np.zeros((n, n)), np.full((n, n), np.inf)),
        dict(witness),
        passage.reached,
        passage.reason or analytic_obstacle(statement.autonomous, passage.tube),
        np.cumsum([0.0, *map(float, witness["steps"][:count])])[1:],
        np.array([tube.lower for tube in tubes]).reshape(count, n),
        np.array([tube.upper for tube in tubes]).reshape(count, n),
    )


def _array(entries: list[Any]) -> np.ndarray:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


def _claims(found: MappedPoint) -> list[Claim]:
    n = len(found.image.mid)
    image = [claim("time-map.coordinate", _bounds(found.image[i]), index=i + 1) for i in range(n)]
    if not np.isfinite(found.derivative.rad).all():
        return image
    slopes = [
        claim("time-map.derivative", _bounds(found.derivative[i, j]), row=i + 1, column=j + 1)
        for i in range(n)
        for j in range(n)
    ]
    return image + slopes


def _bounds(x: Ball) -> Enclosure:
    return x.enclosure()


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the flow has {what}")
