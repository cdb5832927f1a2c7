"""Neural ODEs: the time map of a vector field with its derivative, in closed form, estimated, and proved."""

import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from cases.neural_ode.derivation import TIME, derive_closed_flow, derive_liouville
from cases.neural_ode.dimensions import derive_no_critical_points
from cases.neural_ode.fields import FIELDS, NeuralField, neural_field
from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.flow.statement import MappedPoint, TimeMapStatement
from certify.linear_algebra import determinant
from certify.program import Program, trace
from certify.verdict import Verdict
from foundation.computing_time import computing_time
from numeric import double_precision
from numeric.limit_cycle import fundamental_matrix, solution
from search.flow.time_map import time_map
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (6)-(10)"
_DETERMINANT, _INCREASING = "determinant of the derivative", "the derivative is positive on the interval"
_EXISTS = "the solution exists up to T"
_TOLERANCE, _BUDGET, _MOST_PIECES, _MOST_STEPS = 1e-15, 20.0, 256, 4096


def _image(i: int) -> str:
    return f"Phi(x), component {i + 1}"


def _slope(i: int, j: int) -> str:
    return f"derivative of component {i + 1} by input {j + 1}"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    field, time = neural_field(values), as_sympy(values["time"])
    if field.closed is None:
        exact: dict[str, Any] = {_EXISTS: Verdict.PROVED}
        return SymbolicView(
            (derive_liouville(), derive_no_critical_points()), exact | _orientation(values, Verdict.PROVED)
        )
    closed = field.closed
    derivation = derive_closed_flow(closed.field, closed.states, closed.start, closed.flow)
    given = dict(zip(closed.start, map(as_sympy, values["start"]), strict=True))
    if not _exists(closed.pole, time, given):
        return SymbolicView((derivation,), {_EXISTS: Verdict.REFUTED})
    at = given | {TIME: time}
    slopes = sympy.ImmutableMatrix(closed.flow).jacobian(list(closed.start))
    exact = {_EXISTS: Verdict.PROVED, _DETERMINANT: sympy.simplify(slopes.det()).subs(at)}
    exact |= {_image(i): x.subs(at) for i, x in enumerate(closed.flow)}
    exact |= {_slope(i, j): slopes[i, j].subs(at) for i in range(slopes.rows) for j in range(slopes.cols)}
    whole = all(_exists(closed.pole, time, {closed.start[0]: end}) for end in _ends(values))
    return SymbolicView(
        (derivation, derive_no_critical_points()),
        exact | _orientation(values, Verdict.PROVED if whole else Verdict.UNDECIDED),
    )


def _exists(pole: sympy.Expr, time: sympy.Rational, given: Mapping[Any, Any]) -> bool:
    """The expression is monotone in t, and 1 at t = 0."""
    return number_sign(pole.subs({**given, TIME: time})) == 1


def _ends(values: Mapping[str, Any]) -> tuple[sympy.Rational, sympy.Rational]:
    first, radius = values["start"][0], values["radius"]
    return as_sympy(first - radius), as_sympy(first + radius)


def _orientation(values: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    return {_INCREASING: verdict} if len(values["start"]) == 1 else {}


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    field, time = neural_field(values), as_float(values["time"])
    start = np.array([as_float(v) for v in values["start"]])
    plots = (_orbits(field, start, as_float(values["radius"]), time),)
    with np.errstate(all="ignore"):
        end, matrix = fundamental_matrix(field.autonomous, _state(field, start), time, most_steps=_MOST_STEPS)
    skip = int(field.timed)
    end, matrix = end[skip:], matrix[skip:, skip:]
    if not (np.isfinite(end).all() and np.isfinite(matrix).all() and np.abs(end).max() < 1e6):
        return NumericView({}, plots, ("The estimate left the floats: the solution may not exist up to T.",))
    n = len(start)
    estimates = {_image(i): _estimate(end[i]) for i in range(n)}
    estimates |= {_slope(i, j): _estimate(matrix[i, j]) for i in range(n) for j in range(n)}
    estimates[_DETERMINANT] = _estimate(float(np.linalg.det(matrix)))
    return NumericView(estimates, plots)


def _estimate(value: float) -> Estimate:
    return Estimate(float(value), 1e-8 * (1.0 + abs(float(value))))


def _state(field: NeuralField, start: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], start]) if field.timed else start


def _orbits(field: NeuralField, start: np.ndarray, radius: float, time: float) -> Plot:
    """Solutions from nearby inputs, the first component over time."""
    times = np.linspace(0.0, time, 120)
    inputs = np.linspace(-1.0, 1.0, 9) * (radius or 0.1)
    n, skip = len(start), int(field.timed)

    def together(state: Any) -> Any:
        copies = state[skip:].reshape(len(inputs), n)
        parts = [field.function(state[0], h) if field.timed else field.function(h) for h in copies]
        flat = jnp.concatenate(parts)
        return jnp.concatenate([jnp.ones(1), flat]) if field.timed else flat

    shifted = np.tile(start, (len(inputs), 1))
    shifted[:, 0] += inputs
    with np.errstate(all="ignore"):
        orbit = solution(together, _state(field, shifted.reshape(-1)), times, most_steps=_MOST_STEPS)[:, skip::n]
    orbit = np.where(np.abs(orbit) < 50, orbit, np.nan)
    return Plot(
        f"The layers of the network: solutions of h' = f(h), {field.name}",
        "depth t",
        "h_1",
        tuple(Series("line", times, orbit[:, k], tone=0 if k != 4 else 1, emphasis=k == 4) for k in range(len(inputs))),
        f"Nine solutions from inputs within {radius or 0.1:g} of x over the depth {time:g}.",
    )


@double_precision
def _certified(values: Mapping[str, Any]) -> CertifiedView:
    field = neural_field(values)
    task = _time_map_task(field, values)
    if field.dimension > 1:
        return CertifiedView((task,))
    pieces = _pieces(_program(field), field, values)
    proved = _orientation(values, Verdict.PROVED if pieces else Verdict.UNDECIDED)
    return CertifiedView((task,), proved, _bands(pieces) if pieces else ())


def _time_map_task(field: NeuralField, values: Mapping[str, Any]) -> Task:
    n = field.dimension
    quantities = {_EXISTS: "verdict"} | {_image(i): f"coordinate_{i + 1}" for i in range(n)}
    quantities |= {_slope(i, j): f"derivative_{i + 1}_{j + 1}" for i in range(n) for j in range(n)}
    arguments = {
        "field": field.function,
        "x": values["start"],
        "time": values["time"],
        "start_time": Fraction(0) if field.timed else None,
        "tolerance": _TOLERANCE,
        "budget": _BUDGET,
    }
    return Task("time map at the input", "time-map", arguments, quantities, lambda found: _of_determinant(found, n))


def _of_determinant(certificate: Certificate, n: int) -> dict[str, Enclosure | Verdict]:
    bounds = [certificate.number(f"derivative_{i + 1}_{j + 1}") for i in range(n) for j in range(n)]
    slopes = Ball.from_bounds([b.lower for b in bounds if b is not None], [b.upper for b in bounds if b is not None])
    return {_DETERMINANT: determinant(slopes.reshape(n, n))}


def _program(field: NeuralField) -> Program:
    zero = np.zeros(field.dimension)
    return trace(field.function, 0.0, zero) if field.timed else trace(field.function, zero)


def _mapped(program: Program, field: NeuralField, box: Ball, time: Fraction, tolerance: float) -> MappedPoint:
    statement = TimeMapStatement(program, box, time, Fraction(0) if field.timed else None)
    return time_map(statement, tolerance, computing_time() + _BUDGET)


def _pieces(program: Program, field: NeuralField, values: Mapping[str, Any]) -> list[tuple[Ball, MappedPoint]] | None:
    """The interval in parts over each of which the derivative is proved to be positive; None where one is not."""
    first, radius, count = values["start"][0], values["radius"], 16 if values["radius"] else 1
    cuts = [first - radius + 2 * radius * Fraction(k, count) for k in range(count + 1)]
    waiting = [(a, b, 0) for a, b in itertools.pairwise(cuts)]
    done: list[tuple[Ball, MappedPoint]] = []
    while waiting:
        if len(done) + len(waiting) > _MOST_PIECES:
            return None
        low, high, depth = waiting.pop()
        ends = rational_ball(np.array([low, high], dtype=object))
        box = Ball.from_bounds(ends.lower[:1], ends.upper[1:])
        found = _mapped(program, field, box, values["time"], 1e-8)
        if not found.reason and found.derivative.lower[0, 0] > 0:
            done.append((box, found))
        else:
            middle = (low + high) / 2
            # where the solution from a single point is not followed up to T, no part of the interval is
            if depth > 8 or _mapped(program, field, rational_ball([middle]), values["time"], 1e-8).reason:
                return None
            waiting += [(low, middle, depth + 1), (middle, high, depth + 1)]
    return sorted(done, key=lambda pair: float(pair[0].mid[0]))


def _bands(pieces: list[tuple[Ball, MappedPoint]]) -> tuple[Plot, Plot]:
    """Proved bounds of the map and of its derivative over the parts."""
    x = np.array([[box.lower[0], box.upper[0]] for box, _ in pieces]).reshape(-1)
    lower, upper = (_twice([getattr(p.image, side)[0] for _, p in pieces]) for side in ("lower", "upper"))
    slope_low, slope_high = (
        _twice([getattr(p.derivative, side)[0, 0] for _, p in pieces]) for side in ("lower", "upper")
    )
    what = f"over {len(pieces)} parts of the interval [{x[0]:.4g}, {x[-1]:.4g}]"
    value = Plot(
        "Proved bounds of the time map",
        "input x",
        "Phi(x)",
        (Series("band", x, lower, "proved bounds", upper=upper, proved=True),),
        f"Proved bounds of Phi {what}, between {lower.min():.4g} and {upper.max():.4g}.",
    )
    slope = Plot(
        "Proved bounds of the derivative of the time map",
        "input x",
        "Phi'(x)",
        (Series("band", x, slope_low, "proved bounds", upper=slope_high, proved=True),),
        f"Proved bounds of the derivative {what}: at least {slope_low.min():.4g}, so that there is no critical point.",
    )
    return value, slope


def _twice(values: list[float]) -> np.ndarray:
    return np.repeat(np.array(values), 2)


CASE = case_of(
    "neural-ode",
    readers={
        "field": one_of(*FIELDS),
        "time": bounded_rational(0, 10, open_below=True),
        "start": bounded_vector(-10, 10, 4),
        "radius": bounded_rational(0, 2),
        "width": whole_number(1, 32),
        "seed": whole_number(0, 10**6),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_image(0), "0.5773502691896257", "1/sqrt 3, separation of variables"),
        Known(_slope(0, 0), "0.1924500897298753", "3^(-3/2), separation of variables"),
        Known(_INCREASING, "PROVED", "Liouville's formula"),
    ),
)
