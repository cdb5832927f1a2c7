"""Similar matrices that are nearly (block) diagonal: X^-1 A X = B + N with a proved bound of |N|."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, inflate
from certify.linear_algebra.complex_ball import ComplexBall, complex_matmul
from certify.linear_algebra.inverse import Preconditioned, approximate_inverse
from certify.linear_algebra.perron import perron_vector, upper_product, upper_quotient
from certify.linear_algebra.residual import exact, residual

_SPLITTER = 2.0**27 + 1


@final
@dataclass(frozen=True, eq=False)
class NearlyDiagonal:
    """Every matrix of the ball is similar to some diag(centers) + N with |N| <= bound entrywise."""

    centers: np.ndarray
    bound: np.ndarray


def diagonalised(a: ComplexBall, values: np.ndarray, vectors: np.ndarray, real_matrix: bool) -> NearlyDiagonal | None:
    """From approximate eigenvalues (n,) and eigenvectors (n, n); None when the vectors are too dependent.

    With Y ~ X^-1, E = I - Y X and S = Y (A X - X D): X^-1 A X = D + (I - E)^-1 S [S. Miyajima, J. Comput. Appl. Math.
    233 (2010)]. The residual A X - X D is computed to about twice the working precision, and the midpoint
    of the diagonal of S corrects the eigenvalues.
    """
    proof = _independent(vectors)
    if proof is None:
        return None
    error = _residual(a, vectors, values, real_matrix)
    step = complex_matmul(ComplexBall.exact(proof.approximate_inverse), error)
    return _nearly_diagonal(np.zeros(a.shape), step, proof, np.asarray(values, np.complex128), real_matrix)


def block_diagonalised(
    a: ComplexBall, blocks: np.ndarray, vectors: np.ndarray, centers: np.ndarray
) -> NearlyDiagonal | None:
    """Like `diagonalised` with an approximate block diagonal matrix (n, n) in place of D; centers (n,)."""
    proof = _independent(vectors)
    if proof is None:
        return None
    n = len(vectors)
    left = ComplexBall(np.concatenate([vectors, a.mid], axis=1), np.concatenate([np.zeros((n, n)), a.rad], axis=1))
    real_left, right = _real_form(left, np.concatenate([blocks, -vectors], axis=0))
    error = residual(exact(np.zeros((n, 2 * n))), real_left, right)
    step = complex_matmul(ComplexBall.exact(proof.approximate_inverse), _complex(error))
    exact_blocks = ComplexBall.exact(blocks) - ComplexBall.exact(np.diag(centers))
    return _nearly_diagonal(exact_blocks.magnitude, step, proof, centers, False, corrected=False)


def _nearly_diagonal(
    blocks: np.ndarray,
    step: ComplexBall,
    proof: Preconditioned,
    centers: np.ndarray,
    real_matrix: bool,
    corrected: bool = True,
) -> NearlyDiagonal:
    """Centers moved by the diagonal of `step` (kept real for a real eigenvalue of a real matrix), and the bound."""
    bound = step.magnitude
    correction = proof.correction(bound)
    if corrected:
        shift = step.mid.diagonal().copy()
        if real_matrix:
            shift = np.where(centers.imag == 0, shift.real, shift)
        moved = centers + shift
        offset = (
            ComplexBall.exact(centers) - ComplexBall.exact(moved) + step[np.arange(len(shift)), np.arange(len(shift))]
        )
        np.fill_diagonal(bound, offset.magnitude)
        centers = moved
    return NearlyDiagonal(centers, np.asarray(inflate(blocks + bound + correction, 2)))


def _independent(vectors: np.ndarray) -> Preconditioned | None:
    """The proof that the columns are independent: |I - Y X| x <= theta x, theta < 1."""
    guess = approximate_inverse(vectors)
    if guess is None:
        return None
    x, y = ComplexBall.exact(vectors), ComplexBall.exact(guess)
    defect = (ComplexBall.exact(np.eye(len(guess))) - complex_matmul(y, x)).magnitude
    weight = perron_vector(defect)
    image = upper_product(defect, weight)
    theta = float(upper_quotient(image, weight).max())
    return Preconditioned(guess, defect, weight, image, theta) if theta < 1 else None


def _residual(a: ComplexBall, vectors: np.ndarray, values: np.ndarray, real_matrix: bool) -> ComplexBall:
    """Enclosure of A X - X D."""
    high, low = _scaled_columns(vectors, np.asarray(values, np.complex128))
    if real_matrix:
        left, right = a.real, np.concatenate([vectors.real, vectors.imag], axis=1)
    else:
        left, right = _real_form(a, vectors)
    return _complex(-(residual(exact(high), left, right) + low))


def _real_form(a: ComplexBall, x: np.ndarray) -> tuple[Ball, np.ndarray]:
    """Real matrices whose product is [Re(A x), Im(A x)]."""
    left = Ball(np.concatenate([a.mid.real, -a.mid.imag], axis=1), np.concatenate([a.rad, a.rad], axis=1))
    top = np.concatenate([x.real, x.imag], axis=1)
    bottom = np.concatenate([x.imag, -x.real], axis=1)
    return left, np.concatenate([top, bottom], axis=0)


def _complex(parts: Ball) -> ComplexBall:
    half = parts.shape[1] // 2
    return ComplexBall.from_parts(parts[:, :half], parts[:, half:])


def _scaled_columns(x: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, Ball]:
    """[Re(X D), Im(X D)] as exact floats plus a small ball."""
    real, real_low = _sum_of_products(x.real, d.real, x.imag, -d.imag)
    imag, imag_low = _sum_of_products(x.real, d.imag, x.imag, d.real)
    low = Ball(np.concatenate([real_low.mid, imag_low.mid], 1), np.concatenate([real_low.rad, imag_low.rad], 1))
    return np.concatenate([real, imag], 1), low


def _sum_of_products(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, Ball]:
    """a b + c d = s + low with a float s; TwoProduct and TwoSum [Ogita, Rump, Oishi, SISC 26 (2005)]."""
    p, p_error = _two_product(a, b)
    q, q_error = _two_product(c, d)
    s = p + q
    part = s - p
    s_error = (p - (s - part)) + (q - part)
    low = exact(s_error) + (exact(p_error) + exact(q_error))
    # the error of each product is exact but for underflow, which costs at most 5 eta
    return s, low.widened(16 * SMALLEST_SUBNORMAL)


def _two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low)
    return product, error


def _split(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high
