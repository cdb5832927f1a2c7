"""Which boxes hold no critical point: the linear part of the gradient beats its remainder."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic.rounding import gamma
from certify.morse.forms import Forms

# Covers the roundings of the sums and products below, up to 8 coordinates.
_GROWTH = 1.0 + 2.0**-44
_UNDERFLOW = 2.0**-1050


@final
@dataclass(frozen=True, eq=False)
class Exclusion:
    """excluded (N,): proved that the gradient has no zero in the box.

    Estimates: root (N, d), where the linear part vanishes, in units of the box (|root| <= 1 inside); defect (N,), how
    far the remainder can move it; influence (N, d), how much each direction contributes to what is left undecided.
    """

    excluded: np.ndarray
    root: np.ndarray
    defect: np.ndarray
    influence: np.ndarray


def exclude(gradients: Forms) -> Exclusion:
    """The test of each box, for the gradient as forms (N, d).

    With gradient c + A e + w, |e_k| <= 1, |w| <= r: a zero needs |c_i| <= sum_k |A_ik| + r_i for every i, and, for
    every matrix C, also |(C c)_j| <= sum_k |(C A)_jk| + (|C| r)_j for every j; C is taken near A^-1
    [A. Neumaier, Interval Methods for Systems of Equations, 4.1 and 5.1].
    """
    c, r = gradients.centre, gradients.radius
    matrix = np.ascontiguousarray(np.moveaxis(gradients.slopes, 0, -1))
    size = np.abs(matrix)
    excluded = (np.abs(c) > (size.sum(axis=2) + r) * _GROWTH).any(axis=1)
    inverse = _guessed_inverses(matrix, r)
    allowance = 4 * gamma(c.shape[1] + 4)
    with np.errstate(over="ignore", invalid="ignore"):
        weight = np.abs(inverse)
        root = -_times(inverse, c)
        product = np.matmul(inverse, matrix)
        spread = np.abs(product).sum(axis=2) + _times(weight, r)
        error = allowance * _times(weight, np.abs(c) + size.sum(axis=2)) + _UNDERFLOW
        excluded |= (np.abs(root) > (spread + error) * _GROWTH).any(axis=1)
        defect = _times(weight, r).max(axis=1)
        regular = np.abs(product - np.eye(c.shape[1])).max(axis=(1, 2)) < 0.5
    share = size / np.maximum(size.sum(axis=2, keepdims=True) + np.minimum(r, 1e300)[..., None], 1e-300)
    return Exclusion(excluded, root, np.where(regular, defect, np.inf), share.sum(axis=1))


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return np.asarray(np.matmul(matrix, vector[..., None])[..., 0])


def _guessed_inverses(matrix: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Approximate inverses, zero where there is none (an estimate)."""
    identity = np.eye(matrix.shape[-1])
    bounded = np.isfinite(radius).all(axis=1)
    with np.errstate(all="ignore"):
        # rows and columns of very different sizes make no matrix singular
        rows = np.abs(matrix).max(axis=2, keepdims=True)
        columns = np.abs(matrix / rows).max(axis=1, keepdims=True)
        scaled = matrix / rows / columns
        plain = np.where((bounded & np.isfinite(scaled).all(axis=(1, 2)))[:, None, None], scaled, identity)
        regular = np.abs(np.linalg.det(plain)) > 1e-13
        inverse = np.linalg.inv(np.where(regular[:, None, None], plain, identity))
        inverse = inverse / np.swapaxes(columns, 1, 2) / np.swapaxes(rows, 1, 2)
    usable = regular & bounded & np.isfinite(inverse).all(axis=(1, 2))
    return np.where(usable[:, None, None], inverse, 0.0)
