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


@final
@dataclass(frozen=True, eq=False)
class _Symmetry:
    """Rows that determine all others: `half` (h,), and the partner (n,) of each row.

    For a real matrix with conjugate eigenpairs, entry (partner_i, partner_j) of every matrix below is the conjugate of
    entry (i, j): half of the rows is enough. Without that symmetry `half` holds all rows.
    """

    half: np.ndarray
    partner: np.ndarray

    @property
    def is_trivial(self) -> bool:
        return len(self.half) == len(self.partner)

    def whole_rows(self, rows: np.ndarray) -> np.ndarray:
        """Real bounds (n, n) from those of half of the rows, (h, n)."""
        if self.is_trivial:
            return rows
        whole = np.empty((len(self.partner), rows.shape[1]))
        whole[self.partner[self.half]] = rows[:, self.partner]
        whole[self.half] = rows
        return whole

    def whole_columns(self, columns: ComplexBall) -> ComplexBall:
        """All columns (n, n) from half of them, (n, h)."""
        if self.is_trivial:
            return columns
        mid, rad = np.empty((len(columns.mid), len(self.partner)), np.complex128), np.empty((len(columns.mid),) * 2)
        mid[:, self.partner[self.half]], rad[:, self.partner[self.half]] = columns.mid.conj(), columns.rad
        mid[:, self.half], rad[:, self.half] = columns.mid, columns.rad
        return ComplexBall(mid, rad)

    def symmetric_rows(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix with each row replaced by the conjugate of its partner's, exactly."""
        if self.is_trivial:
            return matrix
        rows = matrix[self.half]
        real = self.partner[self.half] == self.half
        rows[real] = rows[real].real
        result = np.empty_like(matrix)
        result[self.partner[self.half]] = rows.conj()
        result[self.half] = rows
        return result


def _no_symmetry(size: int) -> _Symmetry:
    return _Symmetry(np.arange(size), np.arange(size))


def _conjugate_pairs(values: np.ndarray, vectors: np.ndarray) -> _Symmetry:
    """The symmetry of LAPACK's eigenpairs of a real matrix, checked exactly: pairs stand side by side."""
    partner = np.arange(len(values))
    upper = np.flatnonzero(values.imag > 0)
    if not upper.size or upper[-1] + 1 >= len(values):
        return _no_symmetry(len(values))
    partner[upper], partner[upper + 1] = upper + 1, upper
    paired = np.array_equal(values[partner], values.conj()) and np.array_equal(vectors[:, partner], vectors.conj())
    return _Symmetry(np.flatnonzero(values.imag >= 0), partner) if paired else _no_symmetry(len(values))


def diagonalised(a: ComplexBall, values: np.ndarray, vectors: np.ndarray, real_matrix: bool) -> NearlyDiagonal | None:
    """From approximate eigenvalues (n,) and eigenvectors (n, n); None when the vectors are too dependent.

    With Y ~ X^-1, E = I - Y X and S = Y (A X - X D): X^-1 A X = D + (I - E)^-1 S [S. Miyajima, J. Comput. Appl. Math.
    233 (2010)]. The residual A X - X D is computed to about twice the working precision, and the midpoint
    of the diagonal of S corrects the eigenvalues. For a real matrix one of each conjugate pair is computed.
    """
    values = np.asarray(values, np.complex128)
    symmetry = _conjugate_pairs(values, vectors) if real_matrix else _no_symmetry(len(values))
    proof = _independent(vectors, symmetry)
    if proof is None:
        return None
    half = symmetry.half
    error = symmetry.whole_columns(_residual(a, vectors[:, half], values[half], real_matrix))
    step = complex_matmul(ComplexBall.exact(proof.approximate_inverse[half]), error)
    diagonal = step[np.arange(len(half)), half]
    bound = symmetry.whole_rows(step.magnitude)
    correction = proof.correction(bound)
    centers, offset = _corrected(values[half], diagonal, real_matrix)
    moved, radius = np.empty(len(values), np.complex128), np.empty(len(values))
    moved[symmetry.partner[half]], radius[symmetry.partner[half]] = centers.conj(), offset
    moved[half], radius[half] = centers, offset
    np.fill_diagonal(bound, radius)
    return NearlyDiagonal(moved, np.asarray(inflate(bound + correction, 1)))


def _corrected(centers: np.ndarray, diagonal: ComplexBall, real_matrix: bool) -> tuple[np.ndarray, np.ndarray]:
    """Centers moved by the midpoints of `diagonal`, real ones of a real matrix on the real axis; and the rest."""
    shift = diagonal.mid
    if real_matrix:
        shift = np.where(centers.imag == 0, shift.real, shift)
    moved = centers + shift
    return moved, (ComplexBall.exact(centers) - ComplexBall.exact(moved) + diagonal).magnitude


def block_diagonalised(
    a: ComplexBall, blocks: np.ndarray, vectors: np.ndarray, centers: np.ndarray
) -> NearlyDiagonal | None:
    """Like `diagonalised` with an approximate block diagonal matrix (n, n) in place of D; centers (n,)."""
    n = len(vectors)
    proof = _independent(vectors, _no_symmetry(n))
    if proof is None:
        return None
    left = ComplexBall(np.concatenate([vectors, a.mid], axis=1), np.concatenate([np.zeros((n, n)), a.rad], axis=1))
    real_left, right = _real_form(left, np.concatenate([blocks, -vectors], axis=0))
    error = residual(exact(np.zeros((n, 2 * n))), real_left, right)
    step = complex_matmul(ComplexBall.exact(proof.approximate_inverse), _complex(error)).magnitude
    rest = (ComplexBall.exact(blocks) - ComplexBall.exact(np.diag(centers))).magnitude
    return NearlyDiagonal(centers, np.asarray(inflate(rest + step + proof.correction(step), 2)))


def _independent(vectors: np.ndarray, symmetry: _Symmetry) -> Preconditioned | None:
    """The proof that the columns are independent: |I - Y X| x <= theta x, theta < 1."""
    guess = approximate_inverse(vectors)
    if guess is None:
        return None
    guess = symmetry.symmetric_rows(guess)
    x, y = ComplexBall.exact(vectors), ComplexBall.exact(guess[symmetry.half])
    identity = ComplexBall.exact(np.eye(len(guess))[symmetry.half])
    defect = symmetry.whole_rows((identity - complex_matmul(y, x)).magnitude)
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
    left = Ball._unchecked(np.concatenate([a.mid.real, -a.mid.imag], axis=1), np.concatenate([a.rad, a.rad], axis=1))
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
    low = Ball._unchecked(
        np.concatenate([real_low.mid, imag_low.mid], 1), np.concatenate([real_low.rad, imag_low.rad], 1)
    )
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
