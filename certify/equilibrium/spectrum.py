"""Discs that hold the eigenvalues of a linearisation, as a certificate states them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.certificate.model import Certificate, Claim, claim
from certify.enclosure import Enclosure
from certify.linear_algebra.complex_ball import modulus_upper
from certify.linear_algebra.discs import Eigenvalues, disc_bounds, meeting

_MOST_STATED = 1000


def stated_eigenvalues(found: Eigenvalues, discs: Mapping[str, Any]) -> Eigenvalues | None:
    """The discs of a witness, when the eigenvalues in `found` prove them: disjoint, with exactly these counts."""
    if not _well_formed(discs, found.dimension) or not are_disjoint(discs):
        return None
    centers = discs["real"] + 1j * discs["imaginary"]
    homes = _homes(found, centers, discs["radii"])
    if homes is None:
        return None
    counts = np.bincount(homes, found.counts, len(centers)).astype(np.int64)
    if not np.array_equal(counts, discs["counts"]):
        return None
    real = np.ones(len(centers), bool)
    np.logical_and.at(real, homes, found.is_real)
    moduli, real_parts = disc_bounds(centers, discs["radii"])
    return Eigenvalues(centers, discs["radii"], counts, real & (discs["imaginary"] == 0), moduli, real_parts)


def eigenvalue_claims(stated: Eigenvalues) -> tuple[Claim, ...]:
    """Real and imaginary part of the eigenvalues in each disc."""
    if len(stated) > _MOST_STATED:
        return ()
    claims = []
    for k in range(len(stated)):
        center, radius, count = complex(stated.centers[k]), float(stated.radii[k]), int(stated.counts[k])
        for part, value in (("real", center.real), ("imaginary", center.imag)):
            exact_zero = part == "imaginary" and bool(stated.is_real[k])
            bounds = (0.0, 0.0) if exact_zero else (_down(value, radius), _up(value, radius))
            claims.append(claim("linearisation.eigenvalue", Enclosure(*bounds), disc=k + 1, part=part, who=count))
    return tuple(claims)


def certified_eigenvalues(certificate: Certificate) -> Eigenvalues | None:
    """The discs that an equilibrium's certificate states; None when it states none."""
    discs = certificate.witness.get("discs")
    if not discs or certificate.number("eigenvalue_1_real") is None:
        return None
    centers = discs["real"] + 1j * discs["imaginary"]
    claims = (certificate.number(f"eigenvalue_{k + 1}_imaginary") for k in range(len(centers)))
    real = np.array([claim is not None and claim.lower == claim.upper == 0 for claim in claims])
    return Eigenvalues(centers, discs["radii"], discs["counts"], real, *disc_bounds(centers, discs["radii"]))


def _homes(found: Eigenvalues, centers: np.ndarray, radii: np.ndarray) -> np.ndarray | None:
    """The stated disc in which each found disc lies as a whole; None where there is none."""
    gap = found.centers[:, None] - centers[None, :]
    reach = modulus_upper(gap.real, gap.imag) * (1 + 8 * UNIT_ROUNDOFF) + found.radii[:, None]
    inside = reach * (1 + 8 * UNIT_ROUNDOFF) <= radii[None, :]
    # a disc of radius zero is its own centre
    inside |= (found.radii[:, None] == 0) & (radii[None, :] == 0) & (gap == 0)
    return np.argmax(inside, axis=1) if inside.any(axis=1).all() else None


def _well_formed(discs: Mapping[str, Any], dimension: int) -> bool:
    names = {"real", "imaginary", "radii"}
    if names | {"counts"} != set(discs):
        return False
    arrays = [discs[name] for name in (*sorted(names), "counts")]
    if not all(isinstance(a, np.ndarray) and a.ndim == 1 and len(a) == len(arrays[0]) for a in arrays):
        return False
    finite = all(discs[name].dtype == np.float64 and np.isfinite(discs[name]).all() for name in names)
    counts = discs["counts"]
    # a disc without eigenvalues would show one where there is none
    counted = counts.dtype == np.int64 and bool((counts >= 1).all()) and bool((counts <= dimension).all())
    return finite and counted and bool((discs["radii"] >= 0).all()) and int(counts.sum()) == dimension


def are_disjoint(discs: Mapping[str, Any]) -> bool:
    meets = meeting(discs["real"] + 1j * discs["imaginary"], discs["radii"])
    np.fill_diagonal(meets, False)
    return not bool(meets.any())


def _down(value: float, radius: float) -> float:
    return value if radius == 0 else float(np.nextafter(value - radius, -np.inf))


def _up(value: float, radius: float) -> float:
    return value if radius == 0 else float(np.nextafter(value + radius, np.inf))
