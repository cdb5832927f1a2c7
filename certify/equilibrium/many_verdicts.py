"""The stability of many equilibria at once: Gershgorin's discs where they decide, the full spectrum elsewhere."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.equilibrium.verdicts import decide
from certify.linear_algebra import eigenvalues
from certify.linear_algebra.complex_ball import modulus_lower, modulus_upper
from certify.linear_algebra.perron import upper_sum
from certify.verdict import Verdict

_UP, _DOWN = 1.0 + 2.0**-40, 1.0 - 2.0**-40


def verdicts_of(matrices: Ball, kind: str) -> list[Verdict]:
    """The verdict of each linearisation, balls (N, n, n), as that of the full spectrum."""
    if not len(matrices):
        return []
    below, above = _sides(matrices, kind)
    n = matrices.shape[1]
    found = []
    for k in range(len(matrices)):
        if below[k] + above[k] == n:
            found.append(Verdict.UNSTABLE if above[k] else Verdict.STABLE)
        else:
            found.append(decide(eigenvalues(matrices[k]), kind, "none").verdict)
    return found


def _sides(matrices: Ball, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """How many discs are proved to lie on the stable side, and on the unstable one, (N,) each.

    With W ~ X^-1, E = W X - I, ||E|| <= e < 1 and D = W A X, the matrix A is similar to (I + E)^-1 D, whose rows differ
    from those of D by at most e ||D|| / (1 - e) in the sum norm; Gershgorin's discs of both sides do not meet, so each
    side holds as many eigenvalues as discs [S. Miyajima, Linear Algebra Appl. 432 (2010); R. Varga, Gershgorin and His
    Circles, theorem 1.6]. X is a guess.
    """
    below, above = np.zeros(len(matrices), int), np.zeros(len(matrices), int)
    usable = np.flatnonzero(np.isfinite(matrices.rad).all(axis=(1, 2)) & np.isfinite(matrices.mid).all(axis=(1, 2)))
    with np.errstate(all="ignore"):
        try:
            vectors = np.linalg.eig(matrices.mid[usable])[1].astype(complex)
            inverses = np.linalg.inv(vectors)
        except np.linalg.LinAlgError:
            return below, above
        real, imaginary, radii = _discs(matrices[usable], vectors, inverses)
        known = np.isfinite(radii)
        left, right = _modulus_sides(real, imaginary, radii) if kind == "map" else _real_sides(real, radii)
        below[usable], above[usable] = (left & known).sum(axis=1), (right & known).sum(axis=1)
    return below, above


def _discs(matrices: Ball, vectors: np.ndarray, inverses: np.ndarray) -> tuple[Ball, Ball, np.ndarray]:
    """Centres (real and imaginary parts) and radii of the discs, (N, n) each."""
    xr, xi, wr, wi = (Ball.exact(part.copy()) for x in (vectors, inverses) for part in (x.real, x.imag))
    ar, ai = matmul(matrices, xr), matmul(matrices, xi)
    real, imaginary = matmul(wr, ar) - matmul(wi, ai), matmul(wr, ai) + matmul(wi, ar)
    near = matmul(wr, xr) - matmul(wi, xi) - np.eye(matrices.shape[1])
    error = upper_sum(near.magnitude + (matmul(wr, xi) + matmul(wi, xr)).magnitude, 2).max(axis=1) * _UP
    sizes = (real.magnitude + imaginary.magnitude) * _UP
    away = np.where(error < 0.5, error / (1.0 - error) * upper_sum(sizes, 2).max(axis=1) * _UP**2, np.inf)
    others = np.where(np.eye(matrices.shape[1], dtype=bool), 0.0, sizes)
    radii = (upper_sum(others, 2) + away[:, None]) * _UP + 2.0**-1000  # products may have underflowed
    return _diagonal(real), _diagonal(imaginary), radii


def _real_sides(real: Ball, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    reach = (real.rad + radii) * _UP
    return real.mid + reach < 0, real.mid - reach > 0


def _modulus_sides(real: Ball, imaginary: Ball, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    most = (modulus_upper(real.magnitude, imaginary.magnitude) + radii) * _UP
    least = modulus_lower(real.mignitude, imaginary.mignitude) * _DOWN**2 - radii * _UP
    return most < 1, least > _UP


def _diagonal(x: Ball) -> Ball:
    return Ball(*(np.diagonal(part, axis1=1, axis2=2).copy() for part in (x.mid, x.rad)))
