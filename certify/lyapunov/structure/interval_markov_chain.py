"""Averaging of cellwise bounds through an interval Markov chain.

Let r <= u on the directions, u constant on each cell, and for h constant on each cell let
(T h)(cell) >= sum_i p_i h(cell of the image of v under matrix i) for every v in the cell. With (Qh)(v) = E h(Av/|Av|),
the function r + Qh - h, which belongs to the test function f + h as r belongs to f, is at most u + T h - h; so
lambda <= max over cells of u + T h - h for every h. Value iteration h <- u + T h - constant tends to the least such
bound, the value of the game in which an adversary chooses among the cells that an image may meet [M. Puterman, Markov
Decision Processes, ch. 8]: rare spikes of r near repelling or singular directions lose their weight. Where u is
infinite it is replaced by T^n u, because r may be replaced by Q^n r <= T^n u: in
E log|A_n .. A_1 v| = sum_k E r(v_k) + bounded terms, E r(v_(k+n)) = E (Q^n r)(v_k), and finitely many terms do not
matter. (The use of interval chains is our own.) Lower bounds are upper bounds of -r.
Statement and proof: docs/theory/smoothed-test-functions.md.
"""

from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.lyapunov.time_limit import check_time

_PATIENCE = 12
_ESCAPE = 20
_RELAXATION = 0.9
# A round costs each cell and letter this part of an elementary function.
_ROUND_ENTRIES = 8

Spread = Callable[[np.ndarray], np.ndarray]
"""From a value per cell to the computed sum_i p_i (greatest value that matrix i can reach) of every cell."""


def averaged_supremum(values: np.ndarray, spread: Spread, probabilities: Ball, rounds: int) -> float:
    """An upper bound of lambda - offset, from upper bounds `values` of r - offset on the cells (+-inf allowed).

    `spread` sums the products of k probabilities' midpoints with entries of its argument, in any order. At most
    `rounds` value iterations; every iterate gives a bound, and the best one is returned.
    """
    current = _escaped(values, spread, probabilities, rounds)
    best = float(current.max())
    if not np.isfinite(best):
        return np.inf
    slack, reward = chain_error(probabilities), float(np.abs(current).max())
    h, stalled = np.zeros(len(current)), 0
    for _ in range(rounds):
        check_time(len(current) * len(probabilities.mid) / _ROUND_ENTRIES)
        gap = current + spread(h) - h
        top, bottom = float(gap.max()), float(gap.min())
        size = float(np.abs(h).max())
        bound = top + (slack + 8 * UNIT_ROUNDOFF) * (size + reward)
        if not np.isfinite(bound):
            break
        stalled = 0 if bound < best - 1e-3 * abs(best) else stalled + 1
        best = min(best, bound)
        if stalled >= _PATIENCE or not top - bottom > 1e-3 * abs(best):
            break
        h = h + _RELAXATION * (gap - (top + bottom) / 2)
    return best


def _escaped(values: np.ndarray, spread: Spread, probabilities: Ball, rounds: int) -> np.ndarray:
    """Finite upper bounds of Q^n r for a small n if there are any, else infinite ones; -inf becomes a finite bound."""
    finite = values[np.isfinite(values)]
    current = np.where(values == -np.inf, min(0.0, finite.min(initial=0.0)), np.where(np.isnan(values), np.inf, values))
    slack = chain_error(probabilities)
    for _ in range(min(rounds, _ESCAPE)):
        if not np.isposinf(current).any():
            break
        size = float(np.abs(current[np.isfinite(current)]).max(initial=0.0))
        with np.errstate(invalid="ignore"):
            following = spread(current) + slack * size
        current = np.where(np.isnan(following), np.inf, following)
    return current


def chain_error(probabilities: Ball) -> float:
    """A bound, relative to the greatest |value|, of the error of one computed step of the chain.

    k products and k - 1 sums lose at most gamma_k sum_i p_i |x_i|, the radii at most sum_i rad_i |x_i|, the addition of
    the slack itself one more rounding; the midpoints sum to at most 1 + sum_i rad_i.
    """
    count = probabilities.mid.size
    spread = float(probabilities.rad.sum())
    return (2 * (count + 4) * UNIT_ROUNDOFF * (1.0 + spread) + spread) * 1.0625
