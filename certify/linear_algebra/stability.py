"""Proof or refutation that a matrix is stable, for flows (Hurwitz) and for maps (Schur); exact where floats are not."""

from typing import Any

from flint import fmpz_poly

from certify.enclosure import Enclosure
from certify.linear_algebra.eigenvalues import eigenvalues
from certify.linear_algebra.exact_matrix import exact_integers, in_the_half_plane, is_exactly_hurwitz
from certify.verdict import Verdict


def is_hurwitz_stable(matrix: Any) -> Verdict:
    """PROVED when every eigenvalue of every matrix in `matrix` has a negative real part; REFUTED when no matrix is so.

    `matrix`: (n, n) exact numbers, or balls; real or complex; `InputError` otherwise. Counted discs decide first
    (`eigenvalues`). What they leave open is decided for a real exact matrix by its characteristic polynomial in
    integers, to order 100 and beyond: eigenvalues on the imaginary axis refute. UNDECIDED: balls that hold, or may
    hold, stable and unstable matrices; use smaller radii.
    """
    verdict = _compared(eigenvalues(matrix).spectral_abscissa, 0.0)
    if verdict is not Verdict.UNDECIDED:
        return verdict
    exact = exact_integers(matrix)
    return verdict if exact is None else _named(is_exactly_hurwitz(exact[0].charpoly()))


def is_schur_stable(matrix: Any) -> Verdict:
    """PROVED when every eigenvalue of every matrix in `matrix` has modulus below 1; REFUTED when no matrix is so.

    As `is_hurwitz_stable`, which decides what is open for the polynomial whose roots s belong to the eigenvalues
    (1 + s) / (1 - s): eigenvalues on the unit circle refute.
    """
    verdict = _compared(eigenvalues(matrix).spectral_radius, 1.0)
    if verdict is not Verdict.UNDECIDED:
        return verdict
    exact = exact_integers(matrix)
    if exact is None:
        return verdict
    integers, denominator = exact
    coefficients = integers.charpoly().coeffs()
    # the eigenvalues of the matrix are those of the integers over the denominator
    scaled = fmpz_poly([c * denominator**k for k, c in enumerate(coefficients)])
    moved = in_the_half_plane(scaled)
    return Verdict.REFUTED if moved is None else _named(is_exactly_hurwitz(moved))


def _compared(value: Enclosure, threshold: float) -> Verdict:
    if value.upper < threshold:
        return Verdict.PROVED
    return Verdict.REFUTED if value.lower >= threshold else Verdict.UNDECIDED


def _named(decided: bool | None) -> Verdict:
    if decided is None:
        return Verdict.UNDECIDED
    return Verdict.PROVED if decided else Verdict.REFUTED
