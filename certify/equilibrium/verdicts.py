"""The verdict of a linearisation, with its theorem, and why nothing is decided where nothing is."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.certificate.model import Claim, Hypothesis, Status
from certify.enclosure import Enclosure
from certify.linear_algebra.discs import Eigenvalues
from certify.verdict import Verdict

_FLOW = {
    Verdict.STABLE: (
        "Lyapunov's indirect method: an equilibrium of a C1 vector field is asymptotically stable if all eigenvalues "
        "of its linearisation have negative real parts [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
    ),
    Verdict.UNSTABLE: (
        "Lyapunov's indirect method: an equilibrium of a C1 vector field is unstable if an eigenvalue of its "
        "linearisation has a positive real part [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
    ),
}
_MAP = {
    Verdict.STABLE: (
        "Linearised stability of maps: a fixed point of a C1 map is asymptotically stable if all eigenvalues of its "
        "linearisation have moduli below 1 [S. Elaydi, An Introduction to Difference Equations, 3rd ed., ch. 4]."
    ),
    Verdict.UNSTABLE: (
        "Linearised stability of maps: a fixed point of a C1 map is unstable if an eigenvalue of its linearisation "
        "has modulus above 1 [S. Elaydi, An Introduction to Difference Equations, 3rd ed., ch. 4]."
    ),
}
_SADDLE = {
    "flow": (
        " No eigenvalue lies on the imaginary axis: the Hartman-Grobman and stable manifold theorems give local stable "
        "and unstable manifolds of the dimensions counted [P. Hartman, Ordinary Differential Equations, ch. IX]."
    ),
    "map": (
        " No eigenvalue lies on the unit circle: the stable manifold theorem gives local stable and unstable manifolds "
        "of the dimensions counted [M. Hirsch, C. Pugh and M. Shub, Invariant Manifolds, Theorem 5.1]."
    ),
}
_SETTING = {
    "none": "",
    "subspace": " It is applied to the restriction of the system to the invariant affine subspace.",
    "symmetry": (
        " It is applied to the quotient by the translations, on which the system acts in the coordinates of the "
        "orthogonal complement: stability and instability are those of the whole orbit of translates."
    ),
    "group": (
        " It is applied to the system in the coordinates of a slice across the group orbit, on which the system acts "
        "modulo the symmetries exp(t S): stability and instability are those in these coordinates, of the whole group "
        "orbit."
    ),
}


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
    """Count the stable, unstable and undecided directions and draw the conclusion."""
    below, above, neither = found.count_by_modulus(1.0) if kind == "map" else found.count_by_real_part(0.0)
    claims = (_extreme(found, kind), *_directions(below, above, neither))
    hyperbolic = _hyperbolic(kind, neither)
    if above:
        theorem = _theorems(kind)[Verdict.UNSTABLE] + ("" if neither else _SADDLE[kind]) + _SETTING[restriction]
        return Decision(Verdict.UNSTABLE, theorem, claims, hyperbolic)
    if not neither:
        return Decision(Verdict.STABLE, _theorems(kind)[Verdict.STABLE] + _SETTING[restriction], claims, hyperbolic)
    return Decision(Verdict.UNDECIDED, "", claims, hyperbolic, _reason(found, kind), _ADVICE)


def _theorems(kind: str) -> dict[Verdict, str]:
    return _MAP if kind == "map" else _FLOW


def _extreme(found: Eigenvalues, kind: str) -> Claim:
    if kind == "map":
        return Claim("spectral_radius", "Largest modulus of an eigenvalue of the linearisation.", found.spectral_radius)
    text = "Largest real part of an eigenvalue of the linearisation."
    return Claim("spectral_abscissa", text, found.spectral_abscissa)


def _directions(below: int, above: int, neither: int) -> tuple[Claim, ...]:
    counts = (("stable", float(below)), ("unstable", float(above)), ("undecided", float(neither)))
    return tuple(
        Claim(f"{name}_directions", f"Number of {name} eigenvalues, with multiplicity.", Enclosure(count, count))
        for name, count in counts
    )


def _hyperbolic(kind: str, neither: int) -> Hypothesis:
    place = "unit circle" if kind == "map" else "imaginary axis"
    text = f"No eigenvalue of the linearisation lies on the {place}."
    if neither:
        reason = f"{neither} eigenvalue{'s' if neither > 1 else ''} could not be separated from it."
        return Hypothesis("hyperbolic", text, Status.UNDECIDED, reason)
    return Hypothesis("hyperbolic", text, Status.PROVED, "Every disc of eigenvalues lies on one side.")


_ADVICE = (
    "what lies exactly on the boundary can only be decided by a symbolic argument (conserved quantity, symmetry, "
    "centre manifold); where a symmetry or a conservation law makes the direction neutral, pass symmetry= or "
    "subspace=; otherwise change the parameters slightly"
)


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
