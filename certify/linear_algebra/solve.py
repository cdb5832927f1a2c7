"""Verified solutions of linear systems with float or ball matrices and right-hand sides."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball, ball, unbounded
from certify.linear_algebra.high_precision import solution_by_arb
from certify.linear_algebra.inverse import equilibrated, precondition, refined_solution
from certify.linear_algebra.matrix_input import square_ball
from certify.linear_algebra.residual import residual, scale_by_powers
from foundation import InputError


def solve(matrix: Any, right_hand_side: Any) -> Ball:
    """Enclosure of {A^-1 b} over all A in `matrix` (n, n) and b in `right_hand_side` (n,) or (n, p).

    An approximate inverse R proves non-singularity, || I - R A || < 1; the error of an approximate solution is then
    bounded componentwise through its residual, which is computed to about twice the working precision
    [S. Rump, Verification methods, Acta Numerica 19 (2010); Krawczyk 1969].
    Rows and columns are first scaled by powers of two. Small matrices where that fails go through Arb.
    All radii are infinite when non-singularity is not proved.
    Raises `InputError` on malformed input.
    """
    a, b = square_ball(matrix), ball(right_hand_side)
    if b.ndim not in (1, 2) or len(b) != len(a) or b.size == 0:
        raise InputError(f"the right-hand side must have shape ({len(a)},) or ({len(a)}, p), but has shape {b.shape}")
    scaled, rows, columns = equilibrated(a)
    proof = precondition(scaled)
    if proof is None:
        return solution_by_arb(a, b.reshape(len(b), -1)).reshape(b.shape)
    target = scale_by_powers(b.reshape(len(b), -1), rows[:, None])
    guess = _refined(scaled, target, proof.approximate_inverse)
    if guess is None:
        return unbounded(b.shape)
    solution = refined_solution(scaled, target, guess, proof)
    return scale_by_powers(solution, columns[:, None]).reshape(b.shape)


def _refined(a: Ball, b: Ball, approximate_inverse: np.ndarray, steps: int = 2) -> np.ndarray | None:
    """An approximate solution, improved by residuals of the midpoints (an estimate); None when it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        guess = approximate_inverse @ b.mid
        exact_a = Ball._unchecked(a.mid, np.zeros(a.shape))
        for _ in range(steps):
            if not np.isfinite(guess).all():
                return None
            guess = (
                guess + approximate_inverse @ residual(Ball._unchecked(b.mid, np.zeros(b.shape)), exact_a, guess).mid
            )
    return guess if np.isfinite(guess).all() else None
