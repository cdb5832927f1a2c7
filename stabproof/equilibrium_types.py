"""What an equilibrium is called by its proved eigenvalues: node, focus, saddle, centre-like."""

import numpy as np

from certify.certificate import Certificate


def equilibrium_type(certificate: Certificate) -> str:
    """The name of the equilibrium, or fixed point, of a certificate, by the eigenvalues that it proves.

    "stable node" and "unstable node": all eigenvalues real; "stable focus" and "unstable focus": a pair that is not
    real; "stable node or focus": reality is not decided (as for equal eigenvalues). "saddle": directions of both kinds,
    "saddle-focus" with a pair that is not real. "centre-like": all undecided eigenvalues are pairs off the real axis
    that are imaginary (maps: of modulus 1) to rounding, the others stable; "undecided" otherwise. For one dimension the
    names are those of nodes. Maps: moduli against 1; "node" and "focus" then mean real and other multipliers.
    """
    counts, found = certificate.directions, certificate.eigenvalues
    if counts is None:
        return "undecided"
    stable, unstable, neither = counts
    spiral, real = _reality(found)
    if neither:
        pairs = found is not None and _undecided_are_pairs(certificate)
        return "centre-like" if pairs and not unstable else "undecided"
    if stable and unstable:
        return "saddle-focus" if spiral else "saddle"
    side = "unstable" if unstable else "stable"
    if spiral:
        return f"{side} focus"
    return f"{side} node" if real else f"{side} node or focus"


def _reality(found: object) -> tuple[bool, bool]:
    """Whether an eigenvalue is proved not to be real, and whether all are proved real."""
    if found is None:
        return False, False
    imaginary, radii = np.abs(found.centers.imag), np.asarray(found.radii)  # type: ignore[attr-defined]
    return bool((imaginary > radii).any()), bool(np.asarray(found.is_real).all())  # type: ignore[attr-defined]


def _undecided_are_pairs(certificate: Certificate) -> bool:
    found, is_map = certificate.eigenvalues, certificate.problem.get("kind") == "map"
    assert found is not None
    bounds, threshold = (found.moduli, 1.0) if is_map else (found.real_parts, 0.0)
    undecided = (bounds[:, 0] <= threshold) & (bounds[:, 1] >= threshold)
    return bool((np.abs(found.centers.imag) > found.radii)[undecided].all())
