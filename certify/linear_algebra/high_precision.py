"""Linear systems by Arb at rising precision: for small, very ill-conditioned matrices."""

from typing import Any

import numpy as np
from flint import arb, arb_mat

from certify.arithmetic import Ball, unbounded
from certify.arithmetic.elementary.arb import float_bounds
from certify.linear_algebra.matrix_input import is_bounded
from foundation.arb_precision import arb_precision

_LARGEST_ORDER = 48
_PRECISIONS = (192, 768, 3072)


def solution_by_arb(a: Ball, b: Ball) -> Ball:
    """Enclosure (n, p) of A^-1 b for A (n, n), b (n, p); unbounded when Arb finds no inverse or n is large."""
    if len(a) > _LARGEST_ORDER or not (is_bounded(a) and is_bounded(b)):
        return unbounded(b.shape)
    for precision in _PRECISIONS:
        with arb_precision(precision):
            try:
                solution = _arb_matrix(a).solve(_arb_matrix(b))
            except ZeroDivisionError:
                continue
            lower, upper = np.array([float_bounds(x) for x in solution.entries()]).T
        result = Ball.from_bounds(lower.reshape(b.shape), upper.reshape(b.shape))
        if is_bounded(result):
            return result
    return unbounded(b.shape)


def _arb_matrix(a: Ball) -> Any:
    rad = np.broadcast_to(a.rad, a.shape)
    return arb_mat(
        [[arb(m, r) for m, r in zip(*rows, strict=True)] for rows in zip(a.mid.tolist(), rad.tolist(), strict=True)]
    )
