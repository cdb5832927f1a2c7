"""Inequalities and contraction metrics on boxes, by subdivision.

A part of a box is settled by the natural enclosure of the values over it, or by their mean-value form: the value in
the middle and the enclosed derivatives times the distances. [A. Neumaier, Interval Methods for Systems of Equations,
ch. 2] What is not settled in small parts is not covered: nothing follows about the statement.
"""

from collections.abc import Callable
from contextlib import suppress

from flint import arb, arb_mat

from recheck.fields import Entries, Field, real_function
from recheck.linear import is_positive, symmetric
from recheck.newton import read_box, subdivide
from recheck.outcome import NotCovered, Undecided, Work
from recheck.program.machine import Machine
from recheck.proof import Proof, Statement, exact, floats, is_size


def settle(ends: list[tuple[arb, arb]], settled: Callable[[Entries], bool]) -> None:
    """Raises `NotCovered` unless the box between these ends is divided into parts that are settled."""

    def remaining(part: Entries) -> Entries | None:
        # radii are rounded up, so that parts at the edge of the box stick out by a part of its width
        part = [x.lower().max(a).union(x.upper().min(b)) for x, (a, b) in zip(part, ends, strict=True)]
        with suppress(Undecided):
            return None if settled(part) else part
        return part

    try:
        subdivide([a.union(b) for a, b in ends], remaining)
    except Undecided as reason:
        raise NotCovered(str(reason)) from None


class Scalar:
    """A scalar program: its values, also at kinks, and over boxes."""

    def __init__(self, statement: Statement, work: Work) -> None:
        program = real_function(statement.problem, "function", ())
        self.size = program.inputs[0].size
        self.smooth, self.plain = Machine(program, (True,), work), Machine(program, (False,), work)

    def over(self, part: Entries) -> arb:
        value = self.plain.outputs([part])[0]
        with suppress(Undecided):
            slopes = self.smooth.jacobian([part])[1][0]
            value = mean_value(value, self.plain.outputs([[x.mid() for x in part]])[0], slopes, part)
        return value


def mean_value(value: arb, middle: arb, slopes: Entries, part: Entries) -> arb:
    """The values over a part that lie both in their natural enclosure and in the mean-value form."""
    form = middle + sum((s * (x - x.mid()) for s, x in zip(slopes, part, strict=True)), arb(0))
    return value.intersection(form) if form.is_finite() else value


def prove_inequality(statement: Statement, work: Work) -> Proof:
    """f > 0 on the part of the box where all entries of another function are >= 0, or f <= 0 at a point of it."""
    problem, witness = statement.problem, statement.witness
    function, proof = Scalar(statement, work), Proof()
    ends = read_box(problem, function.size)
    where = Machine(real_function(problem, "where"), (False,), work) if "where" in problem else None

    def value_at(name: str) -> arb:
        point = exact(floats(witness, name, (function.size,)))
        held = all(a <= x <= b for x, (a, b) in zip(point, ends, strict=True))
        held = held and (where is None or all(w >= 0 for w in where.outputs([point])))
        Undecided.unless(held, "a point of the witness is not proved to lie in the set")
        return function.over(point)

    if "counterexample" in witness:
        proof.values["counterexample"] = value_at("counterexample")
        proof.verdict = "REFUTED" if proof.values["counterexample"] <= 0 else ""
        return proof
    NotCovered.when(statement.verdict == "UNDECIDED", "subdivisions with open parts are not covered")
    stated = statement.stated("infimum")
    least = arb("inf") if stated is None else arb(stated.lower)

    def settled(part: Entries) -> bool:
        outside = where is not None and any(w < 0 for w in where.outputs([part]))
        return outside or bool(function.over(part) > least)

    settle(ends, settled)
    if stated is None:
        proof.values["empty"] = arb(1)
    lowest = value_at("lowest").upper() if "lowest" in witness else arb("inf")
    proof.bounds["infimum"] = lambda s: bool(arb(s.lower) <= least and not lowest > arb(s.upper))
    proof.verdict = "PROVED" if least >= 0 else ""
    return proof


def prove_contraction(statement: Statement, work: Work) -> Proof:
    """M > 0 and M Df + Df^T M + M' < -2 rate M on the box; perhaps that the field points inwards on its faces."""
    problem, proof = statement.problem, Proof()
    field, stated = Field(real_function(problem, "field"), False, work), statement.stated("rate")
    n, ends = field.size, read_box(problem, field.size)
    metric = Machine(real_function(problem, "metric", (n, n)), (True,), work)
    NotCovered.when(stated is None, "a contraction without its rate is not covered")
    assert stated is not None
    moving: set[bool] = set()

    def settled(part: Entries) -> bool:
        entries, slopes = metric.jacobian([part])
        speed, given = field.value(part), arb_mat(n, n, entries)
        turned = arb_mat(n, n, [sum((s * v for s, v in zip(row, speed, strict=True)), arb(0)) for row in slopes])
        form = symmetric(given + given.transpose())
        moving.update(not s.is_zero() for row in slopes for s in row)
        product = form * field.derivative(part)
        total = product + product.transpose() + turned + turned.transpose() + form * (2 * arb(stated.upper))
        return is_positive(form) and is_positive(-symmetric(total))

    settle(ends, settled)
    if statement.witness.get("invariant") is True:
        for axis, side, end in ((k, side, end) for k in range(n) for side, end in zip((1, -1), ends[k], strict=True)):
            face = [*ends[:axis], (end, end), *ends[axis + 1 :]]
            settle(face, lambda part, k=axis, s=side: bool(s * field.value(part)[k] > 0))  # type: ignore[misc]
        proof.values["invariant"] = arb(1)
    proof.bounds["rate"] = is_size(lambda size: True)
    proof.said["rate"] = {"metric": "varying" if True in moving else "constant"}
    proof.verdict = "PROVED" if stated.lower > 0 else ""
    proof.proved, proof.needed = {"smooth"}, {"smooth"}
    return proof
