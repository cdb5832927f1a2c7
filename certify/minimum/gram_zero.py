"""A zero of an underdetermined system and the spectrum of J J^T there, by norms: two large products in all.

The residual F: R^D -> R^m is restricted to the slice x + B y with B = fl(M^T C), M the midpoints of J at x and
C ~ (M M^T)^-1. `certify.zeros` bounds every entry of J B and of J J^T over balls, at the price of six large products.
Only norms of these are used, and they follow from G = fl(M M^T): with J = M + Delta, |Delta| <= R entrywise,
M M^T = G + E and B = M^T C + E_B,

    I - J B = (I - G C) - E C - M E_B - Delta B,

    ||E|| <= gamma_k ||M||_F^2 + m (D + 2) eta,    ||E_B||_F <= gamma_m ||M||_F ||C||_F + (m + 2) eta (m D)^(1/2)

with k additions on any path of a sum that is taken in chunks [N. Higham, Accuracy and Stability, (3.13), section 4.2;
|| |X| |Y| ||_F <= ||X||_F ||Y||_F]. The singular values of J differ from those of M by at most ||Delta|| [Weyl], so the
extreme eigenvalues of J J^T follow from those of G. For badly conditioned problems these bounds are too coarse; then
nothing is answered, and the bounds by entries remain.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.products import vector_norms
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, gamma, inflate, inflate_products
from certify.effort import charge
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import extremes_of_floats, rayleigh_quotient
from certify.linear_algebra.norms import (
    frobenius_norm_bound,
    frobenius_of_floats,
    perron_square,
    two_norm_bound,
    upward,
)
from certify.linear_algebra.perron import upper_product
from certify.zeros import ZeroProof

# The radius of the slice exceeds the residual by this part, and no contraction beyond it is accepted: the box in which
# the Jacobian is enclosed is then that of the zero, up to this part, and need not be evaluated once more.
_ROOM = 2.0**-10
_SMALLEST_RADIUS = 2.0**-500
# Steps of the power method for the norm of the radii: they are nearly of rank one.
_POWER_STEPS = 2
# Columns of M that are multiplied at once: a short sum has a small error bound.
_CHUNK = 256
# Up to so many multiplications the entries of J J^T are enclosed, too.
_FEW_PRODUCTS = 2**24


@final
@dataclass(frozen=True, eq=False)
class GramZero:
    """proof: the zero. jacobian: Ball (m, D) of DF over `proof.box`. smallest, largest: of J J^T for every J in it."""

    proof: ZeroProof
    jacobian: Ball
    smallest: Enclosure
    largest: Enclosure


def prove_gram_zero(
    residual: Ball, jacobian: Callable[[Ball], Ball], point: np.ndarray, inverse_gram: np.ndarray
) -> GramZero | None:
    """A zero of F near `point` (D,) with DF onto there, and the extreme eigenvalues of J J^T; None: not proved.

    residual: Ball (m,), encloses F(point). jacobian: encloses DF, Ball (m, D), over a ball (D,). inverse_gram (m, m):
    any floats, ideally (J J^T)^-1. T(y) = y - F(x + B y) maps |y| <= R to itself and contracts it when Y + Z R <= R and
    Z < 1, Y >= ||F(x)||, Z >= ||I - DF(x + B y) B|| [Cohn, Kumar, Minton, Geom. Topol. 20 (2016), section 3].
    """
    y = frobenius_norm_bound(residual.reshape(1, -1))
    size, inner = residual.size, point.size
    charge("products", 2 * size * size * inner)
    with np.errstate(over="ignore", invalid="ignore"):
        middle = jacobian(Ball._unchecked(point, np.broadcast_to(0.0, point.shape))).mid
        right = inverse_gram.T @ middle  # B^T
        reach = vector_norms(right, 0)
        radius = max(upward(y * (1 + _ROOM), 1), _SMALLEST_RADIUS)
        box = np.asarray(inflate_products(reach * radius, 1))
        if not (np.isfinite(box).all() and np.isfinite(right).all()):
            return None
        over = _centred(jacobian(Ball._unchecked(point, box)), middle)
        moved = min(frobenius_of_floats(over.rad), upward(math.sqrt(perron_square(over.rad, _POWER_STEPS)), 2))
        gram, error = _gram(middle)
        return _decide(
            _Norms(y, radius, box, reach, moved, error, frobenius_of_floats(middle)), over, gram, inverse_gram
        )


@final
@dataclass(frozen=True, eq=False)
class _Norms:
    """y >= ||F(x)||; radius R of the slice; box (D,) of its points; reach (D,) of the rows of B; moved >= ||Delta||_F;
    error >= ||G - M M^T||; middle >= ||M||_F.
    """

    y: float
    radius: float
    box: np.ndarray
    reach: np.ndarray
    moved: float
    error: float
    middle: float


def _decide(norms: _Norms, over: Ball, gram: np.ndarray, inverse: np.ndarray) -> GramZero | None:
    size, dimension = over.shape
    c, b = frobenius_of_floats(inverse), frobenius_of_floats(norms.reach)
    slip = upward(gamma(size) * norms.middle * c + (size + 2) * SMALLEST_SUBNORMAL * math.sqrt(size * dimension), 8)
    defect = frobenius_norm_bound(Ball.exact(np.eye(size)) - Ball.exact(gram) @ Ball.exact(inverse))
    at_point = upward(defect + norms.error * c, 4)
    z = upward(at_point + norms.middle * slip + norms.moved * b, 8)
    if not (z < _ROOM / 2 and upward(norms.y + upward(z * norms.radius, 1), 1) <= norms.radius):
        return None
    (smallest, low), (largest, high) = extremes_of_floats(gram, inverse)
    least = _root(math.nextafter(smallest.lower - norms.error, -math.inf), -math.inf)
    if not least > norms.moved:
        return None
    # M^T C = M^+ M M^T C = M^+ (I - Q) with ||Q|| <= at_point, and ||M^+|| = 1 / sigma_min(M)
    inverse_norm = min(b, upward((1.0 + at_point) / least + slip, 8))
    existence = 0.0 if norms.y == 0 else min(norms.radius, upward(norms.y / math.nextafter(1 - z, 0.0), 2))
    box = np.zeros(dimension) if existence == 0 else norms.box
    distance = 0.0 if existence == 0 else min(upward(inverse_norm * existence, 2), frobenius_of_floats(box))
    proof = ZeroProof(norms.y, z, norms.radius, existence, distance, box, inverse_norm)
    ends = _squared(smallest, norms), _squared(largest, norms)
    if size * over.size <= _FEW_PRODUCTS:
        ends = _by_entries(Ball._unchecked(gram, _reach(over)), (smallest, low), (largest, high), ends)
    return GramZero(proof, over, *ends)


def _squared(of_gram: Enclosure, norms: _Norms) -> Enclosure:
    """An eigenvalue of J J^T from the enclosure of that of G: the square of a singular value, moved by ||Delta||."""
    low = math.nextafter(
        _root(math.nextafter(of_gram.lower - norms.error, -math.inf), -math.inf) - norms.moved, -math.inf
    )
    high = upward(_root(upward(of_gram.upper + norms.error, 2), math.inf) + norms.moved, 2)
    square = max(low, 0.0) ** 2
    return Enclosure(max(math.nextafter(square, 0.0), 0.0), upward(high * high, 1))


def _reach(over: Ball) -> np.ndarray:
    """Bounds of the entries of |J J^T - G|."""
    middle, size = np.abs(over.mid), vector_norms(over.mid, -1)
    cross = upper_product(middle, over.rad.T)
    moved = inflate(cross + cross.T + upper_product(over.rad, over.rad.T), 2)
    rounding = gamma(_longest(over.shape[1])) * (size[:, None] * size) + (over.shape[1] + 2) * SMALLEST_SUBNORMAL
    return np.asarray(inflate(moved + inflate(rounding, 3), 1))


def _by_entries(
    gram: Ball,
    smallest: tuple[Enclosure, np.ndarray],
    largest: tuple[Enclosure, np.ndarray],
    known: tuple[Enclosure, Enclosure],
) -> tuple[Enclosure, Enclosure]:
    """The enclosures of the extreme eigenvalues of J J^T in the ball matrix `gram`, and what was known of them."""
    radius = two_norm_bound(gram.rad)
    low = math.nextafter(smallest[0].lower - radius, -math.inf)
    high = math.nextafter(largest[0].upper + radius, math.inf)
    inner = [rayleigh_quotient(gram, vector).enclosure() for _, vector in (smallest, largest)]
    return (
        Enclosure(max(known[0].lower, low), min(known[0].upper, inner[0].upper)),
        Enclosure(max(known[1].lower, inner[1].lower), min(known[1].upper, high)),
    )


def _root(value: float, side: float) -> float:
    """A square root, rounded to the side; 0 of negative numbers."""
    return math.nextafter(math.sqrt(value), side) if value > 0 else 0.0


def _centred(over: Ball, middle: np.ndarray) -> Ball:
    """The ball around `middle` that contains the ball `over`."""
    if np.array_equal(over.mid, middle):
        return over
    return Ball._unchecked(middle, np.asarray(inflate(np.abs(over.mid - middle) + over.rad, 4)))


def _gram(middle: np.ndarray) -> tuple[np.ndarray, float]:
    """(G, e): symmetric floats and a bound of ||G - M M^T||, from either triangle of the computed product."""
    size, inner = middle.shape
    chunk = _columns(inner)
    gram = np.zeros((size, size))
    for start in range(0, inner, chunk):
        part = middle[:, start : start + chunk]
        gram += part @ part.T
    if not np.array_equal(gram, gram.T):
        gram = np.tril(gram) + np.tril(gram, -1).T
    square = frobenius_of_floats(middle) ** 2
    return gram, upward(gamma(_longest(inner)) * square + size * (inner + 2) * SMALLEST_SUBNORMAL, 8)


def _columns(inner: int) -> int:
    """How many columns are multiplied at once."""
    return max(_CHUNK, math.isqrt(inner))


def _longest(inner: int) -> int:
    """The additions on any path of such a sum of products."""
    return min(_columns(inner), inner) + -(-inner // _columns(inner))
