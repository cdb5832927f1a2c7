"""The search for a point with more digits than a float has, cheapest arithmetic first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from certify.effort import COSTS
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.minimum import single_examples
from certify.minimum.extended import Extended
from certify.minimum.statement import MinimumStatement
from certify.program.program import Program
from foundation import InputError

# (terms, bits, Jacobian in Arb): the residual alone costs little; two terms leave a residual of about 1e-40, whose cube
# stands 20 orders of magnitude of depth; four of about 1e-70.
_STEPS = ((0, 128, False), (2, 192, True), (4, 384, True))
# The cube is wider than the slice needs by this factor: it contains what the prover asks for, whatever it rounds.
_ROOM = 4.0
_SMALLEST_REACH = 2.0**-490
# A Jacobian in Arb that is estimated to take longer than so many seconds is not tried.
_MOST_SECONDS = 90.0
# A derivative reads and makes about this many times the entries of its function.
_OF_A_DERIVATIVE = 3.0
_EXTREMA = frozenset(("reduce_max", "reduce_min", "max", "min"))


def extensions(problem: Mapping[str, Any], witness: Mapping[str, Any], rows: np.ndarray) -> Iterator[dict[str, Any]]:
    """Parts `extended` for the witness of an interpolating minimum, the cheapest first; none proves anything yet.

    rows: the Jacobian of the residual at the witness's point, (N q, D) for distinct examples, from whatever computes
    it well in floats. (The middle of a ball matrix is no such thing: of wide balls it is far from the value.)
    """
    statement = MinimumStatement.from_tree(problem).at(witness["point"])
    single, weights = single_examples(statement), np.ones(len(rows))
    if single is not None:
        kept, weights = single.kept, single.weights(statement.targets.shape[1]).mid
        statement = replace(statement, inputs=statement.inputs[kept], targets=statement.targets[kept])
    with np.errstate(all="ignore"):
        right = (rows.T * weights) @ witness["inverse_gram"] * weights
    if not np.isfinite(right).all():
        return
    merge = any(equation.primitive in _EXTREMA for equation in statement.predict.equations)
    for terms, bits, in_arb in _STEPS:
        if in_arb and seconds(statement.predict, statement.residuals, bits) > _MOST_SECONDS:
            return
        found = _refined(statement, right, terms, bits, in_arb, merge and in_arb)
        if found is not None:
            yield {"extended": found}


def seconds(program: Program, rows: int, bits: int) -> float:
    """What the Jacobian of so many rows takes in Arb, as the work is counted; an estimate."""
    return _OF_A_DERIVATIVE * program.work * rows * (4 + bits / 64) * COSTS["words"] * 1e-6


def _refined(
    statement: MinimumStatement, right: np.ndarray, terms: int, bits: int, in_arb: bool, merge: bool
) -> dict[str, Any] | None:
    """Newton's steps with the residual in Arb and one inverse in floats: each gains about ten digits."""
    stored: dict[str, Any] = {"terms": np.zeros((0, statement.dimension)), "bits": bits, "reach": _SMALLEST_REACH}
    stored |= {"jacobian_in_arb": in_arb, "merge": False}
    for _ in range(terms + 1):
        try:
            residual = Extended.from_tree(statement, stored).residual()
        except InputError:
            return None
        size = frobenius_norm_bound(residual.reshape(1, -1))
        if not np.isfinite(size):
            return None
        if len(stored["terms"]) < terms:
            step = -(right @ residual.mid)
            stored["terms"] = np.concatenate([stored["terms"], step[None]])
    farthest = float(np.sqrt((right**2).sum(axis=1)).max())
    return stored | {"merge": merge, "reach": max(_ROOM * size * farthest, _SMALLEST_REACH)}
