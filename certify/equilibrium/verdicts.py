"""The verdict of a linearisation, with its theorem, and why nothing is decided where nothing is."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.certificate.model import Claim, Hypothesis, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra.discs import Eigenvalues
from certify.statements import say
from certify.verdict import Verdict


@final
@dataclass(frozen=True)
class Decision:
    """verdict, theorem (empty when undecided), claims, hypothesis of hyperbolicity, reason and next step."""

    verdict: Verdict
    theorem: str
    claims: tuple[Claim, ...]
    hyperbolic: Hypothesis
    reason: str = ""
    next_step: str = ""


def decide(found: Eigenvalues, kind: str, restriction: str) -> Decision:
    """Count the stable, unstable and undecided directions and draw the conclusion.

    restriction: as in `EquilibriumStatement`, or "iterate" for a cycle's multipliers.
    """
    below, above, neither = found.count_by_modulus(1.0) if kind == "map" else found.count_by_real_part(0.0)
    claims = (_extreme(found, kind), *_directions(below, above, neither))
    hyperbolic = _hyperbolic(kind, neither)
    if above:
        saddle = "no" if neither else "yes"
        theorem = say(f"linearisation.{kind}-unstable", saddle=saddle, setting=restriction)
        return Decision(Verdict.UNSTABLE, theorem, claims, hyperbolic)
    if not neither:
        theorem = say(f"linearisation.{kind}-stable", saddle="no", setting=restriction)
        return Decision(Verdict.STABLE, theorem, claims, hyperbolic)
    reason = say("linearisation.undecided", detail=_reason(found, kind))
    return Decision(Verdict.UNDECIDED, "", claims, hyperbolic, reason, say("linearisation.boundary"))


def _extreme(found: Eigenvalues, kind: str) -> Claim:
    if kind == "map":
        return claim("linearisation.spectral-radius", found.spectral_radius)
    return claim("linearisation.spectral-abscissa", found.spectral_abscissa)


def _directions(below: int, above: int, neither: int) -> tuple[Claim, ...]:
    counts = (("stable", float(below)), ("unstable", float(above)), ("undecided", float(neither)))
    return tuple(claim("linearisation.directions", Enclosure(count, count), side=side) for side, count in counts)


def _hyperbolic(kind: str, neither: int) -> Hypothesis:
    if neither:
        reason = say("linearisation.not-separated", count=neither)
        return hypothesis("linearisation.hyperbolic", Status.UNDECIDED, reason, place=kind)
    return hypothesis("linearisation.hyperbolic", Status.PROVED, say("linearisation.separated"), place=kind)


def _reason(found: Eigenvalues, kind: str) -> str:
    if not np.isfinite(found.radii).all():
        return "the eigenvalues of the linearisation have no finite bound"
    bounds, threshold = (found.moduli, 1.0) if kind == "map" else (found.real_parts, 0.0)
    open_discs = np.flatnonzero((bounds[:, 0] <= threshold) & (bounds[:, 1] >= threshold))
    names = [_name(found, int(k), kind) for k in open_discs if found.centers[k].imag >= -found.radii[k]]
    place = "the unit circle" if kind == "map" else "the imaginary axis"
    return f"{' and '.join(names[:4])} cannot be separated from {place}"


def _name(found: Eigenvalues, k: int, kind: str) -> str:
    center, radius, count = complex(found.centers[k]), float(found.radii[k]), int(found.counts[k])
    where = f"within {radius:.2g} of "
    if abs(center.imag) > radius:
        imaginary = (
            f"{center.real:.6g} +- {abs(center.imag):.6g} i" if kind == "map" else f"+- {abs(center.imag):.6g} i"
        )
        pair = "a pair of eigenvalues" if count == 1 else f"{count} pairs of eigenvalues"
        return f"{pair} {where}{imaginary}" + ("" if kind == "map" else " (purely imaginary to rounding)")
    if count > 1:
        return f"{count} eigenvalues {where}{center.real:.6g}"
    return f"an eigenvalue {where}" + ("0" if kind == "flow" and abs(center) <= radius else f"{center.real:.6g}")
