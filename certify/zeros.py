"""Proofs that a system of equations has a zero near a given point, also with more unknowns than equations."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np

from certify.arithmetic import Ball, ball, matmul
from certify.arithmetic.products import vector_norms
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, inflate_products
from certify.digits import digits_apart
from certify.linear_algebra.norms import frobenius_norm_bound, two_norm_bound, upward
from certify.linear_algebra.spectral_norm import spectral_norm
from foundation import InputError, finite_array, positive_number

BallFunction: TypeAlias = Callable[[Ball], Ball]

_ROUNDS = 6
# Columns of the Jacobian that are multiplied at once: bounds the memory beyond J and B themselves.
_CHUNK = 16384
_FEW_COLUMNS = 64
_SMALLEST_RADIUS = 2.0**-500


@final
@dataclass(frozen=True, eq=False)
class ZeroProof:
    """F: R^D -> R^m has an exact zero x + B y with |y| <= existence, and no other one with |y| <= radius.

    residual: Y >= ||F(x)||_2. contraction: Z >= sup ||I - DF(x + B y) B||_2 over |y| <= radius, Z < 1.
    radius: R with Y + Z R <= R, in the coordinates y of the slice. existence: Y / (1 - Z), rounded up.
    distance: Euclidean distance from the point x to the zero, at most ||B||_2 existence.
    box (D,): the zero differs from x by at most box_k in coordinate k. right_inverse_norm: upper bound of ||B||_2.
    onto: DF is onto at the zero (and at every point of the slice up to R), so the zero set is there a
    manifold of dimension D - m.
    """

    residual: float
    contraction: float
    radius: float
    existence: float
    distance: float
    box: np.ndarray
    right_inverse_norm: float
    onto: bool = True


@final
@dataclass(frozen=True)
class Undecided:
    """Nothing is proved: `reason` says which requirement failed, with its value; `next_step` what to try."""

    reason: str
    next_step: str
    residual: float = math.inf
    contraction: float = math.inf


def prove_zero(
    value: Any,
    jacobian: BallFunction,
    point: Any,
    right_inverse: Any = None,
    *,
    gram_inverse: Any = None,
    radius: float | None = None,
) -> ZeroProof | Undecided:
    """Prove that F: R^D -> R^m (m <= D) has a zero near `point` (D,), by a contraction in a slice of dimension m.

    value: Ball (m,) that encloses F(point). jacobian: encloses DF, Ball (m, D), over a ball (D,) of points, or every
    slope of F there where F is only Lipschitz (Clarke's generalised Jacobian).
    right_inverse: B (D, m), any floats, ideally DF(x) B ~ I; or gram_inverse: C (m, m) ~ (J J^T)^-1, and
    B = J^T C with J the midpoint of `jacobian(point)`; with neither, C (or J^-1 when D = m) is computed here.
    radius: R, in the coordinates y; chosen here when absent.

    With T(y) = y - F(x + B y), Y >= ||F(x)|| and Z >= sup ||I - DF(x + B y) B|| over |y| <= R, evaluated over the box
    |delta_k| <= ||B_k|| R: Y + Z R <= R and Z < 1 make T a contraction of that ball, so a zero exists, unique there,
    and DF B, hence DF, is onto [H. Cohn, A. Kumar, G. Minton, Geom. Topol. 20 (2016), section 3; S. Rump, Verification
    methods, Acta Numerica 19 (2010)]. Nothing is assumed of B. Raises `InputError` on malformed input.
    """
    x, residual = _point(point), _vector(ball(value), "value")
    if residual.size > x.size:
        raise InputError(
            f"{residual.size} equations in {x.size} unknowns; prove_zero needs no more equations than unknowns"
        )
    b = _right_inverse(jacobian, x, residual.size, right_inverse, gram_inverse)
    if b is None:
        return Undecided(
            "no approximate right inverse of the Jacobian was found: it is rank deficient or not finite",
            "check that the equations are independent at the point",
        )
    y = frobenius_norm_bound(residual.reshape(1, -1))
    if not math.isfinite(y):
        return Undecided("the residual F(x) has no finite bound", "evaluate F at the point with more precision")
    rows = _row_norms(b)
    start = max(2 * y, _SMALLEST_RADIUS) if radius is None else positive_number(radius, "radius")
    return _contract(jacobian, x, b, rows, y, start, 1 if radius is not None else _ROUNDS)


def _contract(
    jacobian: BallFunction, x: np.ndarray, b: np.ndarray, rows: np.ndarray, y: float, radius: float, rounds: int
) -> ZeroProof | Undecided:
    """Try radii: Z grows with R, and where Z(2Y) >= 1 a linear model of Z leaves no R with Y + Z R <= R."""
    z = math.inf
    for _ in range(rounds):
        z = _contraction(jacobian, x, b, _products(rows, radius))
        if z < 1 and upward(y + upward(z * radius, 1), 1) <= radius:
            return _proof(b, rows, y, z, radius)
        if z >= 1:
            break
        radius = 1.0625 * y / (1 - z)
    return _not_contracting(y, z, radius)


def _proof(b: np.ndarray, rows: np.ndarray, y: float, z: float, radius: float) -> ZeroProof:
    existence = 0.0 if y == 0 else min(radius, upward(y / math.nextafter(1 - z, 0.0), 2))
    norm = _right_inverse_norm(b)
    box = np.zeros(len(rows)) if existence == 0 else _products(rows, existence)
    distance = 0.0 if existence == 0 else min(upward(norm * existence, 2), frobenius_norm_bound(box[None]))
    return ZeroProof(y, z, radius, existence, distance, box, norm)


def _not_contracting(y: float, z: float, radius: float) -> Undecided:
    if not math.isfinite(z):
        reason = f"the Jacobian has no finite bound over the ball of slice radius {radius:.3g}"
        return Undecided(reason, "polish the point so that the ball gets smaller", y, z)
    if z >= 1:
        norm, _ = digits_apart(z, 1.0, 6)
        reason = f"contraction not proved: ||I - DF B|| <= {norm} over slice radius {radius:.3g}; < 1 is needed"
    else:
        reason = f"Y + Z R <= R failed for every radius tried: residual Y = {y:.3g}, contraction Z = {z:.6g}"
    return Undecided(
        reason,
        f"polish the point (its residual is {y:.3g}; if it stays there, the point is not a zero), pass a better "
        "right inverse, or evaluate with more precision",
        y,
        z,
    )


def _contraction(jacobian: BallFunction, x: np.ndarray, b: np.ndarray, box: np.ndarray) -> float:
    """Upper bound of ||I - DF B||_2 over the box."""
    if not np.isfinite(box).all():
        return math.inf
    over = _checked_jacobian(jacobian(Ball(x, box)), b.shape[::-1])
    defect = Ball.exact(np.eye(b.shape[1])) - _product(over, b)
    return two_norm_bound(defect)


def _product(a: Ball, b: np.ndarray) -> Ball:
    """a @ b for exact floats b (D, m), in chunks of the long inner dimension."""
    total: Ball | None = None
    for start in range(0, len(b), _CHUNK):
        part = matmul(a[:, start : start + _CHUNK], Ball.exact(b[start : start + _CHUNK]))
        total = part if total is None else total + part
    assert total is not None
    return total


def _right_inverse_norm(b: np.ndarray) -> float:
    """Upper bound of ||B||_2: ||B^T B||_2^(1/2) for few columns, ||B||_F where that would cost a tenth of the proof."""
    bound = frobenius_norm_bound(b)
    if b.shape[1] > _FEW_COLUMNS:
        return bound
    square = spectral_norm(_product(Ball.exact(b.T), b)).upper
    return min(bound, upward(math.sqrt(square), 2))


def _right_inverse(
    jacobian: BallFunction, x: np.ndarray, m: int, right_inverse: Any, gram_inverse: Any
) -> np.ndarray | None:
    """B as exact floats; None when it cannot be computed."""
    if right_inverse is not None:
        if gram_inverse is not None:
            raise InputError("right_inverse and gram_inverse were both given; pass one of them")
        return _matrix(right_inverse, "right_inverse", (x.size, m))
    middle = _checked_jacobian(jacobian(Ball(x, np.zeros(x.shape))), (m, x.size)).mid
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        try:
            if gram_inverse is not None:
                b = middle.T @ _matrix(gram_inverse, "gram_inverse", (m, m))
            else:
                b = np.linalg.inv(middle) if m == x.size else middle.T @ np.linalg.inv(middle @ middle.T)
        except np.linalg.LinAlgError:
            return None
    return b if np.isfinite(b).all() else None


def _row_norms(b: np.ndarray) -> np.ndarray:
    """Upper bounds of the Euclidean norms of the rows of B."""
    norms = [vector_norms(b[start : start + _CHUNK], -1) for start in range(0, len(b), _CHUNK)]
    return np.asarray(np.concatenate(norms) + SMALLEST_SUBNORMAL)


def _products(rows: np.ndarray, radius: float) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(inflate_products(rows * radius, 1))


def _point(point: Any) -> np.ndarray:
    array = finite_array(point, "point")
    if array.ndim != 1 or array.size == 0:
        raise InputError(f"point must be a vector (D,) with at least one entry, but has shape {array.shape}")
    return array


def _vector(value: Ball, name: str) -> Ball:
    if value.ndim != 1 or value.size == 0:
        raise InputError(f"{name} must be a vector (m,) with at least one entry, but has shape {value.shape}")
    return value


def _matrix(value: Any, name: str, shape: tuple[int, int]) -> np.ndarray:
    array = finite_array(value, name)
    if array.shape != shape:
        raise InputError(f"{name} must have shape {shape}, but has shape {array.shape}")
    return array


def _checked_jacobian(value: Any, shape: tuple[int, ...]) -> Ball:
    result = ball(value)
    if result.shape != shape:
        raise InputError(
            f"jacobian must return a ball of shape {shape} (equations, unknowns), but returned {result.shape}"
        )
    return result
