"""Stein's inequality for a pencil: the spectral radius of E^-1 F from one symmetric matrix, without any inverse."""

import numpy as np
import scipy.linalg

from certify.arithmetic import Ball, matmul
from certify.linear_algebra import is_positive_definite
from certify.verdict import Verdict


def is_inside(left: Ball, right: Ball, form: np.ndarray, radius: float) -> bool:
    """Whether S > 0 and r^2 E^T S E - F^T S F > 0 are proved; then E is regular and rho(E^-1 F) < r.

    Proof. E v = 0 would give -(F v)^T S (F v) > 0. For F v = z E v with v != 0: |z|^2 v* E^T S E v = v* F^T S F v
    < r^2 v* E^T S E v. [R. Horn and C. Johnson, Topics in Matrix Analysis, 2.2, for E = I.]
    """
    if is_positive_definite(form) is not Verdict.PROVED:
        return False
    return is_positive_definite(stein_form(left, right, form, radius)) is Verdict.PROVED


def is_outside(left: Ball, right: Ball, form: np.ndarray, radius: float) -> bool:
    """Whether x^T S x < 0 for some x and r^2 E^T S E - F^T S F > 0 are proved, for regular E; then rho(E^-1 F) > r.

    Proof. With P = E^T S E and M = E^-1 F / r: P - M^T P M > 0 and P has a negative direction v. Along the orbit of v
    the form falls by at least c |M^k v|^2 >= c' > 0 a step, so the orbit is unbounded and rho(M) >= 1; an eigenvector
    with |z| = 1 would make the form v* (P - M^T P M) v zero. So rho(M) > 1 [A. Ostrowski and H. Schneider, 1962].
    """
    if is_positive_definite(stein_form(left, right, form, radius)) is not Verdict.PROVED:
        return False
    return _has_negative_direction(form)


def stein_form(left: Ball, right: Ball, form: np.ndarray, radius: float) -> Ball:
    """r^2 E^T S E - F^T S F, its symmetric members."""
    s = Ball.exact(form)
    square = Ball.exact(radius).square()
    difference = matmul(left.T, matmul(s, left)) * square - matmul(right.T, matmul(s, right))
    lower = np.tril(difference.mid) + np.tril(difference.mid, -1).T
    spread = np.tril(difference.rad) + np.tril(difference.rad, -1).T
    return Ball(lower, spread)


def _has_negative_direction(form: np.ndarray) -> bool:
    try:
        vector = scipy.linalg.eigh(form, subset_by_index=[0, 0])[1][:, 0]
    except (np.linalg.LinAlgError, ValueError):
        return False
    x = Ball.exact(vector)
    return bool((x @ (Ball.exact(form) @ x)).upper < 0)
