"""Averaging of cellwise bounds through an interval Markov chain.

Let r <= u on the directions, u constant on each cell, and let T u(cell) >= sum_i p_i u(cell of the image of v) for
every v in the cell. Then Q r <= T u, and by induction Q^n r <= T^n u, with (Q r)(v) = E r(A v/|A v|). In
E log|A_n .. A_1 v| = sum_k E r(v_k) + bounded terms, E r(v_(k+n)) = E (Q^n r)(v_k), and finitely many terms do not
matter: the suprema and infima of Q^n r bound the exponent as those of r do. Upper bounds are averaged over the images
before the supremum is taken, so that rare spikes of r near repelling or singular directions lose their weight. (Own
result; n = 0 is the bound by test functions of Furstenberg and Kifer, 1983.) Lower bounds are upper bounds of -r.
"""

from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF

_PROGRESS = 1e-3
_PATIENCE = 12

Spread = Callable[[np.ndarray], np.ndarray]
"""From a value per cell to the computed sum_i p_i (greatest value that matrix i can reach) of every cell."""


def averaged_supremum(values: np.ndarray, spread: Spread, probabilities: Ball, rounds: int) -> float:
    """An upper bound of sup Q^n r for the best n <= `rounds`, from cellwise upper bounds `values` of r (+inf allowed).

    `spread` sums the products of k probabilities' midpoints with numbers among its argument, in any order.
    -inf is replaced by the least finite value or 0, which is still an upper bound.
    """
    slack = chain_error(probabilities)
    finite = values[np.isfinite(values)]
    current = np.where(values == -np.inf, min(0.0, finite.min(initial=0.0)), values)
    best, stalled = float(current.max()), 0
    for _ in range(rounds):
        size = float(np.abs(current[np.isfinite(current)]).max(initial=0.0))
        with np.errstate(invalid="ignore"):
            following = spread(current) + slack * size
        current = np.where(np.isnan(following), np.inf, following)
        top = float(current.max())
        stalled = 0 if top < best - _PROGRESS * size or np.isinf(top) else stalled + 1
        best = min(best, top)
        if stalled >= _PATIENCE:
            break
    return best


def chain_error(probabilities: Ball) -> float:
    """A bound, relative to the greatest |value|, of the error of one computed step of the chain.

    k products and k - 1 sums lose at most gamma_k sum_i p_i |x_i|, the radii at most sum_i rad_i |x_i|, the addition of
    the slack itself one more rounding; the midpoints sum to at most 1 + sum_i rad_i.
    """
    count = probabilities.mid.size
    spread = float(probabilities.rad.sum())
    return (2 * (count + 4) * UNIT_ROUNDOFF * (1.0 + spread) + spread) * 1.0625
