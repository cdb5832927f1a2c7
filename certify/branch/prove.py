"""The prover of branches: a curve of equilibria, its stability, and the bifurcation points on it."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.branch.counting import UNDECIDED
from certify.branch.pieces import Pieces, belongs, goes_on, has_curve, point_at
from certify.branch.points import SpecialPoint, special_point
from certify.branch.problem import BranchProblem
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.effort import charge
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.program import analytic_on
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

MOST_PIECES = 100_000


def prove_branch(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove the curve that runs through the witness's pieces, and what happens on it, deterministically.

    problem: see `BranchProblem`. witness: centres, frames, scale, half, radii, inverses (see `Pieces`), ahead (N, n), y
    at the end of each piece, approximate, unstable (N,): how many directions are unstable there, -1 where nothing is
    claimed, points: see `special_point`, each with piece, the number of the piece on which it lies.
    """
    statement = BranchProblem.from_tree(problem)
    pieces = _pieces(statement, witness)
    charge("steps", len(pieces) * statement.dimension)
    if not _is_smooth(statement, pieces) or not has_curve(statement, pieces).all():
        raise CertificateError("a piece of the certificate's branch is not proved to hold one curve")
    ahead = floats(witness, "ahead", pieces.radii.shape)
    ends = point_at(statement, pieces, pieces.half, ahead)
    if not (belongs(pieces[1:], ends[:-1]) & goes_on(statement, pieces, ends)).all():
        raise CertificateError("a piece of the certificate's branch is not proved to continue the one before it")
    first = point_at(statement, pieces[:1], -pieces.half[:1], np.zeros((1, statement.dimension)))
    if not _meets_range(statement, first[0, -1], ends[:, -1]):
        raise CertificateError("the certificate's branch is not proved to meet the range of the parameter")
    unstable = _unstable(statement, pieces, witness)
    claims = (*_ends(first, ends), *_parts(pieces, unstable), *_points(statement, pieces, witness))
    outside = _outside(statement, first[0, -1]) and _outside(statement, ends[-1, -1])
    required = (_smooth(),) if statement.invariant is None else (_smooth(), _invariant(statement))
    if outside:
        return ProofResult(Verdict.PROVED, say("branch.theorem"), claims, required)
    reason, advice = say("branch.ends-inside"), say("branch.elsewhere")
    return ProofResult(Verdict.UNDECIDED, say("branch.theorem"), claims, required, reason, advice)


def _ends(first: Ball, ends: Ball) -> tuple[Claim, ...]:
    return (
        claim("branch.end", first[0, -1].enclosure(), side="first"),
        claim("branch.end", ends[-1, -1].enclosure(), side="last"),
    )


def _parts(pieces: Pieces, unstable: np.ndarray) -> tuple[Claim, ...]:
    """Maximal runs of pieces with the same number of unstable directions, and the parameters that they cover."""
    boxes, found = pieces.boxes(), []
    edges = [0, *(np.flatnonzero(np.diff(unstable)) + 1), len(unstable)]
    for k, (start, stop) in enumerate(pairwise(edges), 1):
        low, high = boxes.lower[start:stop, -1].min(), boxes.upper[start:stop, -1].max()
        part = claim(
            "branch.part",
            Enclosure(float(low), float(high)),
            part=k,
            first=int(start) + 1,
            last=int(stop),
            unstable=int(unstable[start]),
        )
        found.append(part)
    return tuple(found)


def _points(statement: BranchProblem, pieces: Pieces, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    entries, found = witness.get("points"), []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CertificateError("the certificate's witness has no list of points")
    for k, entry in enumerate(entries, 1):
        piece, point = entry.get("piece"), special_point(statement, entry)
        if type(piece) is not int or not 0 <= piece < len(pieces):
            raise CertificateError("a point of the certificate's branch lies on no piece")
        if not belongs(pieces[piece : piece + 1], point.place.reshape(1, -1))[0]:
            raise CertificateError("a point of the certificate's branch is not proved to lie on it")
        found += _point_claims(k, point)
    return tuple(found)


# What a crossing is called as long as its coefficient is not proved to differ from 0.
_UNNAMED = {"pitchfork": "symmetric", "transcritical": "absent"}


def _point_claims(k: int, point: SpecialPoint) -> list[Claim]:
    what = point.point
    stable, unstable = point.others
    shown = what
    if what in _UNNAMED and not (point.form is not None and bool(point.form.coefficient.mignitude > 0)):
        shown = _UNNAMED[what]
    found = [claim("branch.point", point.parameter.enclosure(), index=k, what=shown, stable=stable, unstable=unstable)]
    if point.angle is not None:
        found.append(claim(f"branch.angle-{what}", point.angle.enclosure(), index=k))
    if point.form is None or not bool(point.form.coefficient.mignitude > 0):
        return found
    negative = bool(point.form.coefficient.upper < 0)
    if what == "fold":
        side = "smaller" if negative else "larger"
        return [*found, claim("branch.fold", point.form.coefficient.enclosure(), index=k, side=side)]
    if not bool(point.form.crossing.mignitude > 0):
        return found
    gains = bool(point.form.crossing.lower > 0)
    soft = negative if what != "flip" else not negative
    found.append(
        claim("branch.crossing", point.form.crossing.enclosure(), index=k, direction="lost" if gains else "won")
    )
    if what == "transcritical":
        return [*found, claim("branch.coefficient-transcritical", point.form.coefficient.enclosure(), index=k)]
    return [
        *found,
        claim(
            f"branch.coefficient-{what}",
            point.form.coefficient.enclosure(),
            index=k,
            criticality="supercritical" if soft else "subcritical",
        ),
    ]


def _unstable(statement: BranchProblem, pieces: Pieces, witness: Mapping[str, Any]) -> np.ndarray:
    stated = witness.get("unstable")
    if not isinstance(stated, np.ndarray) or stated.dtype != np.int64 or stated.shape != (len(pieces),):
        raise CertificateError("the certificate's witness does not say how stable the pieces are")
    told = np.flatnonzero(stated != UNDECIDED)
    if len(told) and not (statement.unstable_counts(pieces.boxes()[told]) == stated[told]).all():
        raise CertificateError("a piece of the certificate's branch is not proved to be as stable as it says")
    return stated


def _outside(statement: BranchProblem, parameter: Ball) -> bool:
    return bool(parameter.upper <= statement.lower or parameter.lower >= statement.upper)


def _meets_range(statement: BranchProblem, first: Ball, ends: Ball) -> bool:
    """Whether a point of the curve has its parameter in the range, or the curve runs from one side to the other."""
    below = first.upper <= statement.lower or bool((ends.upper <= statement.lower).any())
    above = first.lower >= statement.upper or bool((ends.lower >= statement.upper).any())
    inside = (ends.lower >= statement.lower) & (ends.upper <= statement.upper)
    return bool((below and above) or inside.any() or statement.lower <= first.lower <= first.upper <= statement.upper)


def _pieces(statement: BranchProblem, witness: Mapping[str, Any]) -> Pieces:
    half, n = witness.get("half"), statement.dimension
    if not isinstance(half, np.ndarray) or half.dtype != np.float64 or half.ndim != 1 or not half.size > 0:
        raise CertificateError("the certificate's witness has no pieces")
    count = len(half)
    if count > MOST_PIECES or not np.isfinite(half).all():
        raise CertificateError("the certificate's witness has too many pieces, or malformed ones")
    scale, radii = floats(witness, "scale", (n + 1,)), floats(witness, "radii", (count, n))
    if not (scale > 0).all() or not (np.frexp(scale)[0] == 0.5).all() or not (radii > 0).all():
        raise CertificateError("the certificate's pieces have malformed scales or radii")
    centres, frames = floats(witness, "centres", (count, n + 1)), floats(witness, "frames", (count, n + 1, n + 1))
    return Pieces(centres, frames, scale, half, radii, floats(witness, "inverses", (count, n, n)))


def _is_smooth(statement: BranchProblem, pieces: Pieces) -> bool:
    """Whether the field is analytic around each piece: with an invariant subspace, around it in the whole space."""
    found, boxes = statement.invariant, pieces.boxes()
    if found is None:
        return bool(analytic_on(statement.field, [boxes], batch=[True]).everywhere)
    return bool(analytic_on(found.residual, [found.states(boxes)], batch=[True]).everywhere)


def _invariant(statement: BranchProblem) -> Hypothesis:
    found = statement.invariant
    what = "symmetry" if found is not None and found.is_symmetric else "absent"
    return hypothesis(f"branch.{what}", Status.PROVED, say("branch.expanded"))


def _smooth() -> Hypothesis:
    return hypothesis("branch.smooth", Status.PROVED, say("branch.analytic"))
