"""Verified non-singularity and inverses of float and ball matrices, from an approximate inverse."""

import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse
from scipy.sparse.csgraph import structural_rank

from certify.arithmetic import Ball, matmul
from certify.arithmetic.rounding import inflate_products
from certify.linear_algebra.exact_matrix import exact_integers
from certify.linear_algebra.high_precision import solution_by_arb
from certify.linear_algebra.matrix_input import is_bounded, square_ball
from certify.linear_algebra.perron import perron_vector, upper_product, upper_quotient
from certify.linear_algebra.residual import exact, power_of_two, residual, scale_by_powers
from certify.verdict import Verdict


@final
@dataclass(frozen=True, eq=False)
class Preconditioned:
    """R, |I - R A| and x > 0 with |I - R A| x <= theta x: theta < 1 proves that A and R are non-singular.

    `approximate_inverse` R (n, n) is exact floats, `defect` (n, n) bounds |I - R A| entrywise over the ball A,
    `weight` x (n,) is positive, `image` bounds `defect @ x`, and `theta` (float) bounds max_i (|I - R A| x)_i / x_i.
    """

    approximate_inverse: np.ndarray
    defect: np.ndarray
    weight: np.ndarray
    image: np.ndarray
    theta: float

    def correction(self, bound: np.ndarray) -> np.ndarray:
        """Upper bounds of |(I - E)^-1 z - z| for every z (n, ...) with |z| <= `bound`, E = I - R A, theta < 1.

        With c = max_i bound_i / x_i: |(I - E)^-1 z - z| <= |E| (I - |E|)^-1 |z| <= c / (1 - theta) |E| x
        [S. Rump, Verification methods, Acta Numerica 19 (2010), in a weighted norm].
        """
        bound = np.atleast_1d(bound)
        weight, image = (v.reshape(-1, *(1,) * (bound.ndim - 1)) for v in (self.weight, self.image))
        largest = upper_quotient(bound, weight).max(axis=0)
        gap = np.nextafter(1.0 - self.theta, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            result = inflate_products(upper_quotient(largest, np.asarray(gap)) * image, 1)
        return np.asarray(np.where(np.isnan(result), np.inf, result))


def precondition(a: Ball) -> Preconditioned | None:
    """The proof that every matrix in the square ball matrix `a` is non-singular; None when it fails."""
    guess = approximate_inverse(a.mid) if is_bounded(a) else None
    if guess is None:
        return None
    defect = (exact(np.eye(len(guess))) - matmul(exact(guess), a)).magnitude
    weight = perron_vector(defect)
    image = upper_product(defect, weight)
    theta = float(upper_quotient(image, weight).max())
    return Preconditioned(guess, defect, weight, image, theta) if theta < 1 else None


def approximate_inverse(matrix: np.ndarray) -> np.ndarray | None:
    """A floating-point inverse, or None when LAPACK finds none (an estimate: nothing is proved)."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            guess = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return None
    return guess if np.isfinite(guess).all() else None


def equilibrated(a: Ball) -> tuple[Ball, np.ndarray, np.ndarray]:
    """(D A E, D, E): rows, then columns, scaled by powers of two to a largest midpoint in [1/2, 1)."""
    rows = 1.0 / power_of_two(np.abs(a.mid).max(axis=1))
    scaled = scale_by_powers(a, rows[:, None])
    columns = 1.0 / power_of_two(np.abs(scaled.mid).max(axis=0))
    return scale_by_powers(scaled, columns), rows, columns


def is_nonsingular(matrix: Any) -> Verdict:
    """Whether every matrix in the square ball matrix (n, n) is non-singular.

    PROVED: an approximate inverse R has || I - R A || < 1 in a weighted maximum norm, or exact elimination found
    full rank. REFUTED: every matrix in the ball is singular, by exact rational elimination (exact matrices up to
    order 100 and beyond) or because the positions of the exact zeros force it (any order). Else UNDECIDED: the ball
    holds, or may hold, singular matrices; use smaller radii. Raises `InputError` on malformed input.
    """
    a = square_ball(matrix)
    scaled, _, _ = equilibrated(a)
    if precondition(scaled) is not None:
        return Verdict.PROVED
    if _structurally_singular(a):
        return Verdict.REFUTED
    integers = exact_integers(matrix)
    if integers is None:
        return Verdict.UNDECIDED
    return Verdict.PROVED if int(integers[0].rank()) == len(a) else Verdict.REFUTED


def inverse(matrix: Any) -> Ball:
    """Enclosure (n, n) of the inverses of all matrices in the square ball matrix `matrix` (n, n).

    With an approximate inverse R and the residual I - A R computed to about twice the working precision, each
    entry of A^-1 = R + (I - E)^-1 R (I - A R), E = I - R A, is enclosed on its own [Rump 2010].
    Small matrices where that fails go through Arb. All radii are infinite when non-singularity is not proved
    (`is_nonsingular` says more). Raises `InputError` on malformed input.
    """
    a = square_ball(matrix)
    scaled, rows, columns = equilibrated(a)
    proof = precondition(scaled)
    if proof is None:
        return solution_by_arb(a, exact(np.eye(len(a))))
    solution = refined_solution(scaled, exact(np.eye(len(a))), proof.approximate_inverse, proof)
    return scale_by_powers(scale_by_powers(solution, columns[:, None]), rows)


def refined_solution(a: Ball, b: Ball, guess: np.ndarray, proof: Preconditioned) -> Ball:
    """Enclosure (n, p) of A^-1 b for b (n, p), near the float array `guess` (n, p).

    A^-1 b - guess = (I - E)^-1 w with w = R (b - A guess): |(I - E)^-1 w - w| is bounded by `proof.correction`.
    """
    step = matmul(exact(proof.approximate_inverse), residual(b, a, guess))
    return exact(guess) + step.widened(proof.correction(step.magnitude))


def _structurally_singular(a: Ball) -> bool:
    pattern = scipy.sparse.csr_matrix((a.mid != 0) | (a.rad != 0))
    return bool(structural_rank(pattern) < len(a))


def integer_matrix(matrix: np.ndarray) -> tuple[Any, list[int]]:
    """(M, exponents): integer matrix M with matrix_ij = M_ij 2^exponents_i exactly (python-flint's fmpz_mat)."""
    from flint import fmpz_mat

    rows, exponents = [], []
    for row in matrix.tolist():
        ratios = [value.as_integer_ratio() for value in row]
        denominator = max(ratio[1] for ratio in ratios)
        rows.append([top * (denominator // bottom) for top, bottom in ratios])
        exponents.append(1 - denominator.bit_length())
    return fmpz_mat(rows), exponents
