"""flow: the validated time map of an ordinary differential equation, with its derivative."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.certificate import Certificate, issue
from certify.enclosure import Enclosure
from certify.flow.statement import ADVICE, LARGEST_DIMENSION, MappedPoint, TimeMapStatement, mapped_by
from certify.flow.vector_field import checked_field
from certify.program import Program
from certify.program.arb import as_fraction
from certify.verdict import Verdict
from foundation import InputError, Shown, Summary, more, number_in, positive_number
from foundation.computing_time import computing_time
from search.flow.time_map import time_map
from stabproof.fields import field_program, start_point
from stabproof.timed_fields import timed_field_program


@final
@dataclass(frozen=True, eq=False, repr=False)
class TimeMap(Shown):
    """What is proved of the time map Phi_T over a box of initial points; the solution exists on [0, T] for all of them.

    verdict: PROVED or UNDECIDED (then `reason` and `next_step` say why, and there are no bounds). reached: up to this
    time the solutions are proved to exist. times (k,), tube_lower and tube_upper (k, n): bounds of the solutions during
    the step that ends at each time.
    """

    statement: TimeMapStatement
    found: MappedPoint
    bounds: Ball
    has_derivative: bool

    def _summary(self) -> Summary:
        rows = [("proved until", f"t = {self.reached:.6g}")]
        if not self.reason:
            shown = (str(Enclosure(*ends)) for ends in zip(self.lower.tolist(), self.upper.tolist(), strict=True))
            rows.append(("end point", more(shown, 6, len(self.lower))))
        rows += [("reason", self.reason), ("what to try next", self.next_step)] if self.reason else []
        return Summary("The time map of a differential equation", self.verdict.name, tuple(rows))

    @property
    def verdict(self) -> Verdict:
        return Verdict.UNDECIDED if self.found.reason else Verdict.PROVED

    @property
    def lower(self) -> np.ndarray:
        """Lower bounds (n,) of Phi_T(x) over the box; raises `InputError` when undecided."""
        return np.asarray(self._image.lower)

    @property
    def upper(self) -> np.ndarray:
        """Upper bounds (n,) of Phi_T(x) over the box; raises `InputError` when undecided."""
        return np.asarray(self._image.upper)

    @property
    def derivative(self) -> Ball:
        """DPhi_T(x) for all x in the box, Ball (n, n); raises `InputError` when undecided or not asked for."""
        if not self.has_derivative:
            raise InputError("the derivative was not asked for; call flow(..., derivative=True)")
        self._require()
        return self.found.derivative

    @property
    def reason(self) -> str:
        return self.found.reason

    @property
    def next_step(self) -> str:
        return ADVICE if self.found.reason else ""

    @property
    def reached(self) -> float:
        return float(self.found.reached)

    @property
    def times(self) -> np.ndarray:
        return self.found.times

    @property
    def tube_lower(self) -> np.ndarray:
        return self.found.lower

    @property
    def tube_upper(self) -> np.ndarray:
        return self.found.upper

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate, which `stabproof.check` repeats without the field: the same steps once more."""
        return issue("time-map", self.statement.as_tree(), self.found.witness)

    def save(self, path: Any) -> None:
        """Write the certificate as JSON."""
        self.certificate.save(path)

    @property
    def _image(self) -> Ball:
        self._require()
        return self.bounds

    def _require(self) -> None:
        if self.found.reason:
            raise InputError(f"nothing is proved about the time map: {self.found.reason}; try {ADVICE}")


def flow(
    field: Any,
    x: Any,
    time: Any,
    *,
    derivative: bool = True,
    tolerance: float = 1e-16,
    budget: float = 60.0,
    start_time: Any = None,
    variables: Any = None,
) -> TimeMap:
    """Enclose the time map Phi_T of x' = f(x), its value and its derivative, at a point or over a box.

    field: a real-analytic JAX function R^n -> R^n, or SymPy expressions in `variables` (as for `certify_equilibrium`);
    with `start_time` t_0 the field is f(t, x), and its SymPy variables are (t, x_1, ..., x_n). x: n numbers, or a
    `Ball` (n,) of initial points; n <= 64, meant for n up to about 20. time: T > 0, a number or exact rational.
    tolerance: aim for the remainders of Taylor's formula together, relative, in [1e-60, 1e-2]; the result's
    bounds are proved whatever it is. budget: seconds.

    The result has `.verdict`; when PROVED, every solution from x exists on [0, T], `.lower` and `.upper` (n,) bound
    Phi_T(x), and `.derivative` is a `Ball` (n, n) that holds DPhi_T (the solution at time T of the variational equation
    V' = Df(x(t)) V, V(0) = I). When UNDECIDED (a blow-up before T, a domain that is left, a box too wide, a budget too
    small) there are no bounds, and `.reached`, `.reason`, `.next_step` say how far the proof went. Source: Lohner's
    method, see `certify.flow`. For T < 0 flow along -f.

    Raises `InputError` on a field that is not square or not analytic, a bad x, time, tolerance or budget.
    """
    box = _box(x)
    span, start = _exact(time, "time"), None if start_time is None else _exact(start_time, "start_time")
    if span <= 0:
        raise InputError(f"time must be above 0, but is {time!r}; for negative times flow along -f")
    aim = number_in(tolerance, "tolerance", 1e-60, 1e-2)
    seconds = positive_number(budget, "budget")
    program = _program(field, box.mid, start, variables)
    statement = TimeMapStatement(program, box, span, start)
    found = time_map(statement, aim, computing_time() + seconds, bool(derivative))
    return TimeMap(statement, found, _ordered(statement, found), bool(derivative))


def _ordered(statement: TimeMapStatement, found: MappedPoint) -> Ball:
    """In dimension one solutions keep their order: those from the ends bound the others."""
    if found.reason or statement.box.size != 1 or statement.box.is_exact:
        return found.image
    ends = []
    for end in (statement.box.lower, statement.box.upper):
        single = TimeMapStatement(statement.field, Ball.exact(end), statement.time, statement.start_time)
        image = mapped_by(single, found.witness)
        if image.reason:
            return found.image
        ends.append(image.image)
    lower = np.maximum(ends[0].lower, found.image.lower)
    return Ball.from_bounds(lower, np.minimum(ends[1].upper, found.image.upper))


def _program(field: Any, start: np.ndarray, start_time: Fraction | None, variables: Any) -> Program:
    if start_time is not None:
        return timed_field_program(field, start, variables)
    return checked_field(field_program(field, start, variables))


def _box(x: Any) -> Ball:
    if isinstance(x, Ball):
        box = x.reshape(1) if x.ndim == 0 else x
    else:
        start = start_point(x)
        box = rational_ball(np.array([_exact(v, "x") for v in _entries(x, start)], dtype=object))
    if box.ndim != 1 or not 0 < box.size <= LARGEST_DIMENSION:
        raise InputError(f"x must hold 1 to {LARGEST_DIMENSION} numbers, but has shape {box.shape}")
    if not np.isfinite(box.rad).all():
        raise InputError("x holds balls of infinite radius; pass bounded ones")
    return box


def _entries(x: Any, start: np.ndarray) -> list[Any]:
    """The entries as they were given: rationals stay exact."""
    given = list(np.array(list(np.atleast_1d(np.array(x, dtype=object))), dtype=object).flat)
    return given if len(given) == start.size else list(start)


def _exact(value: Any, name: str) -> Fraction:
    try:
        if isinstance(value, bool):
            raise InputError
        return as_fraction(value)
    except (InputError, TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a finite number, but is {value!r}") from None
