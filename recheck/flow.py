"""The flow of x' = f(x) and its derivative over a set of points, by Taylor series with enclosed remainders.

The set after k steps is c + A r: c a ball near the image of one point, A an enclosure of the derivative over the whole
set, r the first deviations. One step of length h: a box B with X + [0, h] f(B) inside B holds all solutions (Picard);
with L = |Df(B)| in the row sum norm the derivatives V differ from I by at most e^(Lh) - 1 in every entry. The Taylor
coefficients of order p + 1 over B and V enclose the remainders (Lagrange).
[R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, ch. 10; R. Lohner, 1992]
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, arb_poly, arb_series

from recheck.document import BallArray
from recheck.linear import highest, identity, row_norm, solve
from recheck.newton import distance, exact_zero
from recheck.outcome import BadInput, NotCovered, Undecided, Work
from recheck.program.elements import series_to
from recheck.program.machine import Machine
from recheck.program.reader import Program
from recheck.proof import Proof, Statement, entry, exact, floats, is_reach, number, rational
from recheck.spectra import decide

Entries = list[arb]
_ORDER = 24
_MOST_STEPS = 4000
_GROWTHS = 40
# The largest remainder of a step.
_SMALL = arb(2) ** -74
# Shorter steps, beside the whole time, are those before a pole.
_LEAST = arb(2) ** -16
# The remainder of a step that is aimed at, beside the size of the state.
_ACCURACY = -90


@dataclass(frozen=True)
class Passage:
    """point, derivative: at the final time. tubes: for each step a box of the solutions, f over it, and its length."""

    point: Entries
    derivative: arb_mat
    tubes: list[tuple[Entries, Entries, arb]]


class Flow:
    """x' = f(x) for a program of x, or of t and x: then t is the first entry of the state."""

    def __init__(self, program: Program, timed: bool, work: Work) -> None:
        inputs, outputs = program.inputs, program.output_signatures
        if len(inputs) != 1 + timed or len(outputs) != 1 or not all(s.is_real for s in (*inputs, *outputs)):
            raise BadInput("the field is not a function of a real array, or of a time and one")
        if inputs[-1].size != outputs[0].size or (timed and inputs[0].shape != ()) or not outputs[0].size:
            raise BadInput("the field does not map a space to itself")
        self.timed, self.work = timed, work
        self.size = outputs[0].size + timed
        self.machine = Machine(program, (True,) * len(inputs), work)

    def _arguments(self, state: list[Any]) -> list[list[Any]]:
        return [state[:1], state[1:]] if self.timed else [state]

    def value(self, state: list[Any]) -> list[Any]:
        """f at balls, or along power series."""
        return [*([arb(1)] if self.timed else []), *self.machine.outputs(self._arguments(state))]

    def jacobian(self, state: list[Any]) -> list[list[Any]]:
        """Df at balls, or along power series."""
        arguments = self._arguments(state)
        parts = [self.machine.jacobian(arguments, wrt)[1] for wrt in range(1 + self.timed)]
        rows = [[x for part in row for x in part] for row in zip(*parts, strict=True)]
        return [[arb(0)] * self.size, *rows] if self.timed else rows

    def series(self, start: Entries, order: int) -> list[arb_series]:
        """The Taylor coefficients of the solution to t^order."""
        self.work.spend(order * order * self.machine.cost)
        state = [arb_series([x], prec=1) for x in start]
        for k in range(1, order + 1):
            speed = [x if isinstance(x, arb_series) else arb_series([x], prec=k) for x in self.value(state)]
            state = [x + v.integral() for x, v in zip(start, speed, strict=True)]
        return _known_to(state, order + 1)

    def frames(self, state: list[arb_series], first: arb_mat, order: int) -> list[arb_mat]:
        """The Taylor coefficients of V' = Df(x) V, V(0) = first, along a solution to t^order."""
        rows, n = [_known_to(row, order) for row in self.jacobian(state)], self.size
        at = lambda x, k: x[k] if isinstance(x, arb_series) else x * int(k == 0)  # noqa: E731
        parts = [arb_mat([[at(x, k) for x in row] for row in rows]) for k in range(order)]
        result = [first]
        for k in range(order):
            total = sum((parts[j] * result[k - j] for j in range(k + 1)), arb_mat(n, n))
            result.append(total * (arb(1) / (k + 1)))
        return result

    def around(self, states: Entries, step: arb) -> Entries | None:
        """A box that holds the solutions from the states on [0, step]; None where none is found."""
        span, box = arb(0).union(step.upper()), states
        for _ in range(_GROWTHS):
            try:
                moved = [x + span * v for x, v in zip(states, self.value(box), strict=True)]
            except Undecided:
                return None
            if all(x.is_finite() and b.contains(x) for b, x in zip(box, moved, strict=True)):
                return box
            slack = arb(0, 2.0**-60) * step
            grown = [x + (x - s.mid()) * arb(0, 0.1) + slack for x, s in zip(moved, states, strict=True)]
            box = [b.union(x) for b, x in zip(grown, states, strict=True)]
        return None


def _known_to(entries: list[Any], length: int) -> list[Any]:
    """The entries, where all series have that many coefficients: what lies beyond would read as 0."""
    if any(isinstance(x, arb_series) and x.prec < length for x in entries):
        raise NotCovered("a function of the field shortens power series")
    return entries


def passage(flow: Flow, center: Entries, deviation: Entries, time: arb) -> Passage:
    """The time map over center + deviation, and its derivative there."""
    with series_to(_ORDER + 2):
        return _passage(flow, center, arb_mat(flow.size, 1, deviation), time)


def _passage(flow: Flow, center: Entries, deviation: arb_mat, time: arb) -> Passage:
    derivative, rest, tubes, most = identity(flow.size), time, [], float(time.upper())
    for _ in range(_MOST_STEPS):
        spread = (derivative * deviation).entries()
        states = [c + s for c, s in zip(center, spread, strict=True)]
        middle = [c.mid() for c in center]
        path = flow.series(middle, _ORDER)
        parts = flow.frames(flow.series(states, _ORDER), identity(flow.size), _ORDER)
        step = _length(path, parts, rest, most)
        for _ in range(_GROWTHS):
            box = flow.around(states, step)
            if box and (tail := _tail(flow, box, step))[0] < _SMALL:
                break
            step = (step / 2).mid()
        else:
            raise Undecided("no box is found that holds the solution over a step")
        Undecided.when(step is not rest and not step > time * _LEAST, "the steps shrink: a pole may be near")
        most, jump = 2.0 * float(step), tail[2]
        for part in reversed(parts):
            jump = jump * step + part
        shift = (jump * arb_mat(flow.size, 1, [c - m for c, m in zip(center, middle, strict=True)])).entries()
        ends = [arb_poly(x.coeffs())(step) + far * step ** (_ORDER + 1) for x, far in zip(path, tail[1], strict=True)]
        center = [x + s for x, s in zip(ends, shift, strict=True)]
        derivative = jump * derivative
        tubes.append((box, flow.value(box), step))
        if step is rest:
            spread = (derivative * deviation).entries()
            return Passage([c + s for c, s in zip(center, spread, strict=True)], derivative, tubes)
        rest = rest - step
    raise NotCovered("the flow needs more steps than are taken")


def _length(path: list[arb_series], parts: list[arb_mat], rest: arb, most: float) -> arb:
    """A step whose remainders are small, or all of the rest."""
    size = 1 + max(float(abs(x[0])) for x in path)
    last = max(float(abs(x.mid())) for x in (*(x[_ORDER] for x in path), *parts[-1].entries())) + 1e-300
    wanted = arb(min(most, (size / last * 2.0**_ACCURACY) ** (1 / _ORDER))).mid()
    return rest if not rest > wanted else wanted


def _tail(flow: Flow, box: Entries, step: arb) -> tuple[arb, Entries, arb_mat]:
    """The largest remainder of a step, and the coefficients of order p + 1 of solution and derivative over its box."""
    n, beyond = flow.size, flow.series(box, _ORDER + 1)
    growth = ((row_norm(arb_mat(flow.jacobian(box))) * step).exp() - 1).upper()
    near = identity(n) + arb_mat(n, n, [arb(0, growth)] * n**2)
    frame = flow.frames(beyond, near, _ORDER + 1)[-1]
    rest = [x[_ORDER + 1] for x in beyond]
    largest = highest(abs(x) for x in (*rest, *frame.entries()))
    return largest * step ** (_ORDER + 1), rest, frame


def prove_time_map(statement: Statement, work: Work) -> Proof:
    """The image of the box after the time, and the derivative of the time map over it."""
    NotCovered.when("chebyshev" in statement.witness, "stiff fields are not covered")
    problem = statement.problem
    start, time = problem.get("start_time"), entry(problem, "time", Fraction)
    flow = Flow(entry(problem, "field", Program), start is not None, work)
    box = entry(problem, "box", BallArray)
    if box.shape != (flow.size - flow.timed,) or not time > 0 or not isinstance(start, Fraction | None):
        raise BadInput("the time, the start time or the box of the flow is defective")
    first = [] if start is None else [rational(start)]
    center, deviation = [*first, *map(arb, box.mid.data)], [arb(0, r) for r in box.rad.data]
    found = passage(flow, center, [arb(0)] * len(first) + deviation, rational(time))
    proof = Proof(verdict="PROVED", proved={"analytic"}, needed={"analytic"})
    n, skip = flow.size - flow.timed, int(flow.timed)
    for i in range(n):
        proof.values[f"coordinate_{i + 1}"] = found.point[skip + i]
        for j in range(n):
            proof.values[f"derivative_{i + 1}_{j + 1}"] = found.derivative[skip + i, skip + j]
    proof.weak |= set(proof.values)
    return proof


def prove_periodic_orbit(statement: Statement, work: Work) -> Proof:
    """A zero of F(y, T) = Phi_T(x + E y) - (x + E y) near the witness's section; the spectrum of its return map.

    D Phi_T maps the velocity v to itself: in the basis (v, E) it is [[1, *], [0, N]] with that of the return map, N.
    """
    witness = statement.witness
    NotCovered.when("integral" in statement.problem or "point" not in witness, "such families are not covered")
    flow = Flow(entry(statement.problem, "field", Program), False, work)
    n = flow.size
    point = exact(floats(witness, "point", (n,)))
    basis = arb_mat(n, n - 1, exact(floats(witness, "basis", (n, n - 1))))
    period = number(witness.get("period"), "period")
    known: list[tuple[Entries, Entries, Passage]] = []

    def around(unknowns: Entries) -> tuple[Entries, Passage]:
        if not known or known[0][0] != unknowns:
            moved = (basis * arb_mat(n - 1, 1, unknowns[:-1])).entries()
            start = [x + m for x, m in zip(point, moved, strict=True)]
            middle = [x.mid() for x in start]
            rest = [x - m for x, m in zip(start, middle, strict=True)]
            known[:] = [(unknowns, start, passage(flow, middle, rest, unknowns[-1]))]
        return known[0][1:]

    def residual(unknowns: Entries) -> Entries:
        start, found = around(unknowns)
        return [a - b for a, b in zip(found.point, start, strict=True)]

    def derivative(unknowns: Entries) -> arb_mat:
        found = around(unknowns)[1]
        left = ((found.derivative - identity(n)) * basis).tolist()
        return arb_mat([[*row, v] for row, v in zip(left, flow.value(found.point), strict=True)])

    zero = exact_zero(residual, derivative, [*[arb(0)] * (n - 1), period])
    Undecided.when(not zero.box[-1] > 0, "the period is not proved to be positive")
    start, found = around(zero.box)
    proof = Proof(bounds={"radius": is_reach(distance(point, start))})
    proof.weak = {"radius", "period", "spectral_radius", "verdict"}
    least = any(claim.identifier == "periodic-orbit.least-period" for claim in statement.claims)
    if not least or _is_least(start, zero.box[-1], found):
        proof.values["period"] = zero.box[-1]
    frame = arb_mat([[v, *row] for v, row in zip(flow.value(start), basis.tolist(), strict=True)])
    returned = solve(frame, found.derivative * basis).tolist()[1:]
    decide(arb_mat(returned), True, proof, witness)
    proof.needed = {"analytic", "hyperbolic"}
    proof.proved.add("analytic")
    return proof


def _is_least(start: Entries, period: arb, found: Passage) -> bool:
    """Whether the orbit is proved not to meet its starting point in the first half of the period.

    An entry that has moved in one direction since the start has not come back.
    """
    leaving, elapsed = {(i, sign) for i in range(len(start)) for sign in (1, -1)}, arb(0)
    for box, speed, step in found.tubes:
        leaving = {(i, sign) for i, sign in leaving if sign * speed[i] > 0}
        if not leaving and all(b.overlaps(x) for b, x in zip(box, start, strict=True)):
            return False
        elapsed += step
        if elapsed > period / 2:
            return True
    return False
