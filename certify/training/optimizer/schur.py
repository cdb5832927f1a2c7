"""Roots of small polynomials with ball coefficients against the unit circle."""

from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball


def characteristic_polynomial(matrix: Ball) -> list[Ball]:
    """The coefficients of det(z I - A), constant term first, by the Faddeev-LeVerrier recursion.

    M_1 = I, c_(n-k) = -tr(A M_k) / k, M_(k+1) = A M_k + c_(n-k) I.
    """
    size = matrix.shape[0]
    identity = np.eye(size)
    coefficients = [Ball.exact(np.float64(1.0))]
    current = Ball.exact(identity)
    for k in range(1, size + 1):
        product = matrix @ current
        coefficient = -(product * identity).sum() / float(k)
        coefficients.append(coefficient)
        current = product + coefficient * identity
    return coefficients[::-1]


def is_schur_stable(coefficients: Sequence[Ball]) -> bool | None:
    """Whether all roots have modulus below one (True), some root above one (False), or the balls leave it open (None).

    coefficients: constant term first. Schur's reduction: with |p_0| < |p_n| the polynomial (p_n p - p_0 p*) / z has one
    root less inside the circle and as many outside; |p_0| > |p_n| makes the product of the roots' moduli exceed one.
    [I. Schur, J. reine angew. Math. 147 (1917); E. Jury, 1964.]
    """
    p = list(coefficients)
    while len(p) > 1:
        first, last = abs(p[0]), abs(p[-1])
        if bool(first.lower > last.upper):
            return False
        if not bool(first.upper < last.lower):
            return None
        n = len(p) - 1
        p = [p[-1] * p[k] - p[0] * p[n - k] for k in range(1, n + 1)]
        scale = 2.0 ** -np.round(np.log2(max(float(abs(p[-1]).upper), 1e-300)))
        p = [c * scale for c in p]
    return True
