"""The prover of lists of equilibria: every equilibrium of a field in a box."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Outcome, claim
from certify.enclosure import Enclosure
from certify.equilibrium.boxes import BoxField
from certify.equilibrium.hypotheses import mean_value_forms, smooth_where_decided
from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.many_verdicts import verdicts_of
from certify.equilibrium.many_zeros import prove_zeros
from certify.equilibrium.prove import floats
from certify.equilibrium.smoothness import are_smooth
from certify.equilibrium.statement import EquilibriumStatement
from certify.equilibrium.subdivision import EXHAUSTED, Search, search
from certify.equilibrium.zero_table import Boxes, ZeroTable
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

MOST_BOXES = 10**9  # what no search reaches
_SPENT, _DEGENERATE = "all-equilibria.more-budget", "all-equilibria.degenerate"
_NARROW = 2.0**-30  # parts that the search no longer splits are narrower than this, relative to the whole


def prove_all_equilibria(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """Prove that the witness's points are near all equilibria in the closed box, each near exactly one.

    problem: field and kind (see `EquilibriumStatement`), lower and upper (n,). witness: points (M, n), inverses
    (M, n, n), radii (M,) of the cubes in which each is the only one, boxes (how many may be tested), undecided
    (K, n, 2): lower and upper bounds of boxes that are left out, and exhausted: why. The subdivision is repeated with
    the zeros known from the start, so nothing has to be searched for.
    """
    statement, lower, upper = read_problem(problem)
    zeros = _zeros(statement, witness)
    most_boxes = witness.get("boxes")
    if isinstance(most_boxes, bool) or not isinstance(most_boxes, int) or not 0 <= most_boxes <= MOST_BOXES:
        raise CertificateError(f"the certificate's witness has no number of boxes up to {MOST_BOXES}")
    skipped_boxes = _excused(witness, statement.ambient)
    found = search(statement, lower, upper, zeros, skipped_boxes, most_boxes=most_boxes)
    outcome = _outcome(statement, zeros, found, skipped_boxes, lower, upper)
    spent = witness.get("exhausted")
    if spent not in EXHAUSTED:
        raise CertificateError(f"the certificate's witness was exhausted by {spent!r:.40}, and not by boxes or time")
    if outcome.claim("undecided_boxes") and spent:
        return replace(outcome, reason=_left(len(skipped_boxes[0]), spent), next_step=say(_SPENT))
    return outcome


def read_problem(problem: Mapping[str, Any]) -> tuple[EquilibriumStatement, np.ndarray, np.ndarray]:
    """The field and the box; raises `CertificateError` when they do not fit together."""
    statement = EquilibriumStatement.from_tree({**problem, "restriction": "none"})
    lower, upper = (floats(problem, name, (statement.ambient,)) for name in ("lower", "upper"))
    if not (lower < upper).all():
        raise CertificateError("the box of the certificate is empty")
    return statement, lower, upper


def position(zero: KnownZero, lower: np.ndarray, upper: np.ndarray) -> str:
    """Where the zero lies with respect to the closed box: "inside", "outside", or "boundary" (to rounding)."""
    if (zero.box.upper < lower).any() or (zero.box.lower > upper).any():
        return "outside"
    inside = (lower <= zero.box.lower).all() and (zero.box.upper <= upper).all()
    return "inside" if inside else "boundary"


def verdicts_at(statement: EquilibriumStatement, zeros: Sequence[KnownZero]) -> list[Verdict]:
    """The stability of each of the proved equilibria."""
    if not zeros:
        return []
    field = BoxField(statement.field, statement.is_map)
    boxes = Ball(*(np.stack([getattr(zero.box, name) for zero in zeros]) for name in ("mid", "rad")))
    smooth = are_smooth(statement.field, boxes)
    found = iter(verdicts_of(field.derivatives(boxes[smooth]), statement.kind))
    return [next(found) if is_smooth else Verdict.UNDECIDED for is_smooth in smooth]


def _outcome(
    statement: EquilibriumStatement,
    zeros: list[KnownZero],
    found: Search,
    skipped_boxes: Boxes,
    lower: np.ndarray,
    upper: np.ndarray,
) -> Outcome:
    places = [position(zero, lower, upper) for zero in zeros]
    if "outside" in places:
        raise CertificateError("a point of the certificate's witness lies outside the box")
    others = sum(position(zero, lower, upper) != "outside" for zero in found.zeros[len(zeros) :])
    searched, left = found.is_complete and not others, len(skipped_boxes[0])
    complete = searched and not left
    verdicts = verdicts_at(statement, zeros)
    each = (
        _claim(zero, place, verdict, k)
        for k, (zero, place, verdict) in enumerate(zip(zeros, places, verdicts, strict=True))
    )
    claims = (_number(places, complete), *each, *_stable(places, verdicts, complete))
    theorem, needed = say("all-equilibria.subdivision"), (mean_value_forms(), smooth_where_decided())
    if complete:
        return Outcome(Verdict.PROVED, theorem, claims, needed)
    if searched:
        claims += (claim("all-equilibria.undecided-boxes", Enclosure(float(left), float(left))),)
        return Outcome(Verdict.UNDECIDED, theorem, claims, needed, *_left_out(skipped_boxes, upper / 2 - lower / 2))
    reason, advice = _incomplete(found, others)
    return Outcome(Verdict.UNDECIDED, theorem, claims, needed, reason, advice)


def _number(places: list[str], complete: bool) -> Claim:
    inside, boundary = float(places.count("inside")), float(places.count("boundary"))
    if complete:
        return claim("all-equilibria.number", Enclosure(inside, inside + boundary))
    return claim("all-equilibria.number-at-least", Enclosure(inside, math.inf))


def _stable(places: list[str], verdicts: list[Verdict], complete: bool) -> tuple[Claim, ...]:
    """How many are proved asymptotically stable; above by those that are not proved unstable, in a whole list."""
    if not complete:
        return ()
    pairs = list(zip(places, verdicts, strict=True))
    least = sum(place == "inside" and verdict is Verdict.STABLE for place, verdict in pairs)
    most = sum(verdict is not Verdict.UNSTABLE for _, verdict in pairs)
    return (claim("all-equilibria.stable", Enclosure(float(least), float(most))),)


def _claim(zero: KnownZero, place: str, verdict: Verdict, k: int) -> Claim:
    radius = frobenius_norm_bound(zero.box.rad.reshape(1, -1))
    id, bound = "all-equilibria.equilibrium", Enclosure(0.0, radius)
    return claim(id, bound, point=k + 1, verdict=verdict.value, place=place)


def _left(count: int, why: str) -> str:
    return say("all-equilibria.undecided-parts" if count > 1 else "all-equilibria.undecided-part", count=count, why=why)


def _left_out(skipped_boxes: Boxes, half: np.ndarray) -> tuple[str, str]:
    count = len(skipped_boxes[0])
    # half widths: a width may be beyond the largest float
    narrow = bool(((skipped_boxes[1] / 2 - skipped_boxes[0] / 2) <= _NARROW * half).all())
    return _left(count, "narrow" if narrow else "budget"), say(_DEGENERATE if narrow else _SPENT)


def _incomplete(found: Search, others: int) -> tuple[str, str]:
    if others:
        return say("all-equilibria.further", count=others), say("all-equilibria.list-too")
    reason = _left(len(found.undecided[0]), found.exhausted or "narrow")
    return reason, say(_SPENT if found.exhausted else _DEGENERATE)


def _excused(witness: Mapping[str, Any], n: int) -> Boxes:
    given = witness.get("undecided", np.zeros((0, n, 2)))
    if not isinstance(given, np.ndarray) or given.dtype != np.float64 or given.ndim != 3 or given.shape[1:] != (n, 2):
        raise CertificateError("the certificate's witness has no usable undecided boxes")
    if not np.isfinite(given).all() or not (given[..., 0] <= given[..., 1]).all():
        raise CertificateError("the certificate's witness has malformed undecided boxes")
    return given[..., 0], given[..., 1]


def _zeros(statement: EquilibriumStatement, witness: Mapping[str, Any]) -> list[KnownZero]:
    radii = witness.get("radii")
    if not isinstance(radii, np.ndarray) or radii.ndim != 1 or radii.dtype != np.float64:
        raise CertificateError("the certificate's witness has no radii")
    count, n = len(radii), statement.ambient
    points, inverses = floats(witness, "points", (count, n)), floats(witness, "inverses", (count, n, n))
    zeros = ZeroTable(n)
    for zero in prove_zeros(BoxField(statement.field, statement.is_map), points, inverses, radii):
        if zero is None or not zeros.add(zero):
            raise CertificateError(f"the witness's point {len(zeros) + 1} is not proved to be near a new equilibrium")
    return zeros.zeros
