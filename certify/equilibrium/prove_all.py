"""The prover of lists of equilibria: every equilibrium of a field in a box."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.equilibrium.conserved import seems_to_conserve_totals
from certify.equilibrium.hypotheses import invariant_subspace, mean_value_forms, smooth_where_decided
from certify.equilibrium.identities import subspace_invariance
from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.many_verdicts import verdicts_of
from certify.equilibrium.many_zeros import prove_zeros
from certify.equilibrium.prove import floats
from certify.equilibrium.smoothness import are_smooth
from certify.equilibrium.space import SearchSpace, read_space
from certify.equilibrium.subdivision import EXHAUSTED, Search, search
from certify.equilibrium.zero_table import Boxes, ZeroTable
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

MOST_BOXES = 10**9  # what no search reaches
_SPENT, _DEGENERATE = "all-equilibria.more-budget", "all-equilibria.degenerate"
_CONSERVED = "all-equilibria.conserved"
_POLE, _POLE_OR_DEGENERATE = "all-equilibria.pole", "all-equilibria.pole-or-degenerate"
_NARROW = 2.0**-30  # parts that the search no longer splits are narrower than this, relative to the whole


def prove_all_equilibria(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove that the witness's points are near all equilibria in the closed box, each near exactly one.

    problem: field and kind (see `EquilibriumStatement`), lower and upper (n,), perhaps base and vectors of an invariant
    subspace. witness: points (M, n), on a subspace also coordinates (M, k), units (k,) perhaps, inverses (M, k, k) and
    radii (M,) of the cubes in which each is the only one, in these units, boxes (how many may be tested), undecided
    (K, k, 2): lower and upper bounds of boxes of coordinates that are left out, and exhausted: why. The subdivision is
    repeated with the zeros known from the start, so nothing has to be searched for.
    """
    space = read_space(problem, witness.get("units"))
    if space.is_restricted:
        s = space.statement
        if subspace_invariance(s.field, s.base, s.vectors, s.is_map) is not True:
            raise CertificateError("the subspace of the certificate is not proved to be invariant")
    zeros, points = _zeros(space, witness)
    most_boxes = witness.get("boxes")
    if isinstance(most_boxes, bool) or not isinstance(most_boxes, int) or not 0 <= most_boxes <= MOST_BOXES:
        raise CertificateError(f"the certificate's witness has no number of boxes up to {MOST_BOXES}")
    skipped_boxes = _excused(witness, space)
    found = search(space.field, *space.box, zeros, skipped_boxes, most_boxes=most_boxes)
    outcome = _outcome(space, zeros, points, found, skipped_boxes)
    spent = witness.get("exhausted")
    if spent not in EXHAUSTED:
        raise CertificateError(f"the certificate's witness was exhausted by {spent!r:.40}, and not by boxes or time")
    if outcome.claim("undecided_boxes") and spent:
        return replace(outcome, reason=_left(len(skipped_boxes[0]), spent), next_step=_more(space))
    return outcome


def position(zero: KnownZero, lower: np.ndarray, upper: np.ndarray) -> str:
    """Where the zero lies with respect to the closed box: "inside", "outside", or "boundary" (to rounding)."""
    if (zero.box.upper < lower).any() or (zero.box.lower > upper).any():
        return "outside"
    inside = (lower <= zero.box.lower).all() and (zero.box.upper <= upper).all()
    return "inside" if inside else "boundary"


def verdicts_at(space: SearchSpace, zeros: Sequence[KnownZero]) -> list[Verdict]:
    """The stability of each of the proved equilibria, on a subspace that of the restriction."""
    if not zeros:
        return []
    field = space.field
    boxes = Ball(*(np.stack([getattr(zero.box, name) for zero in zeros]) for name in ("mid", "rad")))
    smooth = are_smooth(field.program, boxes)
    found = iter(verdicts_of(field.derivatives(boxes[smooth]), "map" if field.is_map else "flow"))
    return [next(found) if is_smooth else Verdict.UNDECIDED for is_smooth in smooth]


def _outcome(
    space: SearchSpace, zeros: list[KnownZero], points: np.ndarray, found: Search, skipped_boxes: Boxes
) -> ProofResult:
    places = [space.position(zero) for zero in zeros]
    if "outside" in places:
        raise CertificateError("a point of the certificate's witness lies outside the box")
    others = sum(space.position(zero) != "outside" for zero in found.zeros[len(zeros) :])
    searched, left = found.is_complete and not others, len(skipped_boxes[0])
    complete = searched and not left
    where = "-in-subspace" if space.is_restricted else ""
    verdicts = verdicts_at(space, zeros)
    each = (
        _claim(space.point(zero) - point, place, verdict, k, where)
        for k, (zero, point, place, verdict) in enumerate(zip(zeros, points, places, verdicts, strict=True))
    )
    claims = (_number(places, complete, where), *each, *_stable(places, verdicts, complete, where))
    theorem = say("all-equilibria.subdivision")
    setting = (invariant_subspace(),) if space.is_restricted else ()
    needed = (mean_value_forms(), smooth_where_decided(), *setting)
    if complete:
        return ProofResult(Verdict.PROVED, theorem, claims, needed)
    if searched:
        claims += (claim("all-equilibria.undecided-boxes" + where, Enclosure(float(left), float(left))),)
        return ProofResult(Verdict.UNDECIDED, theorem, claims, needed, *_left_out(space, skipped_boxes))
    reason, advice = _incomplete(found, others)
    return ProofResult(Verdict.UNDECIDED, theorem, claims, needed, reason, advice)


def _number(places: list[str], complete: bool, where: str) -> Claim:
    inside, boundary = float(places.count("inside")), float(places.count("boundary"))
    if complete:
        return claim("all-equilibria.number" + where, Enclosure(inside, inside + boundary))
    return claim("all-equilibria.number-at-least" + where, Enclosure(inside, math.inf))


def _stable(places: list[str], verdicts: list[Verdict], complete: bool, where: str) -> tuple[Claim, ...]:
    """How many are proved asymptotically stable; above by those that are not proved unstable, in a whole list."""
    if not complete:
        return ()
    pairs = list(zip(places, verdicts, strict=True))
    least = sum(place == "inside" and verdict is Verdict.STABLE for place, verdict in pairs)
    most = sum(verdict is not Verdict.UNSTABLE for _, verdict in pairs)
    return (claim("all-equilibria.stable" + where, Enclosure(float(least), float(most))),)


def _claim(gap: Ball, place: str, verdict: Verdict, k: int, where: str) -> Claim:
    radius = frobenius_norm_bound(Ball(np.zeros(gap.shape), gap.magnitude).reshape(1, -1))
    id, bound = "all-equilibria.equilibrium" + where, Enclosure(0.0, radius)
    return claim(id, bound, point=k + 1, verdict=verdict.value, place=place)


def _left(count: int, why: str) -> str:
    return say("all-equilibria.undecided-parts" if count > 1 else "all-equilibria.undecided-part", count=count, why=why)


def _left_out(space: SearchSpace, skipped_boxes: Boxes) -> tuple[str, str]:
    count, (lower, upper) = len(skipped_boxes[0]), space.box
    # half widths: a width may be beyond the largest float
    narrow = bool(((skipped_boxes[1] / 2 - skipped_boxes[0] / 2) <= _NARROW * (upper / 2 - lower / 2)).all())
    if not narrow:
        return _left(count, "budget"), _more(space)
    boxes = Ball.from_bounds(*skipped_boxes)
    around = boxes.widened(2.0 * boxes.rad)  # the neighbours of a part with a pole are not split any further either
    poles = int((~np.isfinite(space.field.values(around).rad)).any(axis=1).sum())
    if not poles:
        return _left(count, "narrow"), say(_CONSERVED if seems_to_conserve_totals(space) else _DEGENERATE)
    why, advice = ("pole", _POLE) if poles == count else ("some-poles", _POLE_OR_DEGENERATE)
    return _left(count, why), say(advice)


def _more(space: SearchSpace) -> str:
    return say(_CONSERVED if seems_to_conserve_totals(space) else _SPENT)


def _incomplete(found: Search, others: int) -> tuple[str, str]:
    if others:
        return say("all-equilibria.further", count=others), say("all-equilibria.list-too")
    reason = _left(len(found.undecided[0]), found.exhausted or "narrow")
    return reason, say(_SPENT if found.exhausted else _DEGENERATE)


def _excused(witness: Mapping[str, Any], space: SearchSpace) -> Boxes:
    k = space.dimension
    given = witness.get("undecided", np.zeros((0, k, 2)))
    if not isinstance(given, np.ndarray) or given.dtype != np.float64 or given.ndim != 3 or given.shape[1:] != (k, 2):
        raise CertificateError("the certificate's witness has no usable undecided boxes")
    if not np.isfinite(given).all() or not (given[..., 0] <= given[..., 1]).all():
        raise CertificateError("the certificate's witness has malformed undecided boxes")
    return space.down(given[..., 0]), space.down(given[..., 1])


def _zeros(space: SearchSpace, witness: Mapping[str, Any]) -> tuple[list[KnownZero], np.ndarray]:
    """The proved zeros, and the points (M, n) about which the claims speak."""
    radii = witness.get("radii")
    if not isinstance(radii, np.ndarray) or radii.ndim != 1 or radii.dtype != np.float64:
        raise CertificateError("the certificate's witness has no radii")
    count, k = len(radii), space.dimension
    points, inverses = floats(witness, "points", (count, len(space.lower))), floats(witness, "inverses", (count, k, k))
    unknowns = space.down(floats(witness, "coordinates", (count, k)) if space.is_restricted else points)
    zeros = ZeroTable(k)
    for zero in prove_zeros(space.field, unknowns, inverses, radii):
        if zero is None or not zeros.add(zero):
            raise CertificateError(f"the witness's point {len(zeros) + 1} is not proved to be near a new equilibrium")
    return zeros.zeros, points
