"""Gershgorin's discs with diagonal scaling: counted inclusions of the eigenvalues of nearly diagonal matrices."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, inflate_products
from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.discs import Eigenvalues, component_labels, distances, merged, unknown
from certify.linear_algebra.matrix_input import square_ball
from certify.linear_algebra.perron import upper_sum
from foundation import InputError, plain_array

_LARGEST_SCALING = 2.0**60


def gershgorin_discs(matrix: Any) -> Eigenvalues:
    """Counted discs of the eigenvalues of a ball matrix (n, n), real or `ComplexBall`, from its rows alone.

    Every eigenvalue lies in a disc |z - a_ii| <= sum_{j != i} |a_ij|, and a connected component of k discs holds
    exactly k of them [Gershgorin 1931; Horn and Johnson, Matrix Analysis, theorem 6.1.1]. Costs O(n^2); sharp only
    for nearly diagonal matrices: use `eigenvalues` otherwise. Raises `InputError` on malformed input.
    """
    a, real = complex_square(matrix)
    off = a.magnitude
    np.fill_diagonal(off, a.rad.diagonal())
    return counted_discs(a.mid.diagonal(), off, np.ones(len(off)), real)


def complex_square(matrix: Any) -> tuple[ComplexBall, bool]:
    """A square matrix of floats or balls as complex discs, and whether it is real; raises `InputError` otherwise."""
    if isinstance(matrix, ComplexBall):
        a, real = matrix, False
    elif not isinstance(matrix, Ball) and np.iscomplexobj(plain_array(matrix, "matrix")):
        a, real = ComplexBall.exact(matrix, "matrix"), False
    else:
        ball = square_ball(matrix)
        a, real = ComplexBall(ball.mid.astype(np.complex128), np.array(np.broadcast_to(ball.rad, ball.shape))), True
    if a.mid.ndim != 2 or a.shape[0] != a.shape[1] or a.mid.size == 0:
        raise InputError(f"matrix must be a square matrix with at least one row, but has shape {a.shape}")
    return a, real


def counted_discs(centers: np.ndarray, bound: np.ndarray, scaling: np.ndarray, real_matrix: bool) -> Eigenvalues:
    """Eigenvalues of every matrix diag(centers) + N with |N| <= bound entrywise, bound (n, n) >= 0.

    scaling: d (n,) > 0; the discs are those of D^-1 (diag(centers) + N) D. A disc that stands alone is shrunk by a
    scaling of its own; discs that meet are merged.
    """
    scaled = _scaled(bound, scaling)
    radii = upper_sum(scaled, 1)
    if not np.isfinite(radii).all():
        return unknown(len(centers))
    centers = np.asarray(centers, np.complex128)
    labels = component_labels(centers, radii)
    alone = np.flatnonzero(np.bincount(labels)[labels] == 1)
    radii = radii.copy()
    radii[alone] = np.minimum(radii[alone], _shrunk(centers, scaled, radii, alone))
    return merged(centers, radii, np.ones(len(centers), np.int64), real_matrix)


def _shrunk(centers: np.ndarray, bound: np.ndarray, radii: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Radii of the discs `alone`, row i divided and column i multiplied by t_i.

    Disc i shrinks to b_ii + (sum_{j != i} b_ij) / t and disc j grows by (t - 1) b_ji. While i stays disjoint from
    all others it still holds one eigenvalue. t - 1 is a quarter of what the gaps allow: roundings are far smaller.
    """
    position = np.arange(len(alone))
    gap = distances(centers[alone], centers) - inflate_products(radii[alone, None] + radii[None, :], 1)
    gap[position, alone] = np.inf
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        room = gap / bound.T[alone]
    room = np.where(np.isnan(room), _LARGEST_SCALING, room).min(axis=1, initial=np.inf)
    extra = np.clip(0.25 * room, 0.0, _LARGEST_SCALING)
    factor = np.where(extra > 16 * UNIT_ROUNDOFF, 1.0 + extra, 1.0)
    off = bound[alone]
    off[position, alone] = 0.0
    return np.asarray(inflate_products(bound[alone, alone] + upper_sum(off, 1) / factor, 3))


def _scaled(bound: np.ndarray, scaling: np.ndarray) -> np.ndarray:
    """Upper bounds of d_i^-1 b_ij d_j; the diagonal stays as it is."""
    if (scaling == scaling[0]).all():
        return bound
    with np.errstate(over="ignore", invalid="ignore"):
        # eta before the division, which could magnify what the product loses to underflow
        result = inflate_products((bound * scaling[None, :] + SMALLEST_SUBNORMAL) / scaling[:, None], 3)
    result = np.where(np.isnan(result), np.inf, result)
    np.fill_diagonal(result, bound.diagonal())
    return np.asarray(result)
