"""Two-sided bounds on the circle of directions when every image is moved by an adversary and blurred at random.

For a function phi on the directions, theta = 2 phi_v of period 2 pi, let phi_R(theta) be its supremum over [theta - R,
theta + R] and osc_R(theta) its oscillation there. A `Blur` is a radius R_0 and radii R_j with weights w_j, j = 1..J.
`blurred_bounds` proves numbers [a, b] for which some bounded phi has, for all directions v,
   E[log|Bv|_2 + Psi(B v)] - phi(v) <= b, Psi = phi_(R_0) + sum_j w_j osc_(R_j), and the like for -phi and -log from
below. Here phi = f + kappa + h, kappa = log(|v|_1/|v|_2), f piecewise linear, h constant on the cells of f and found by
value iteration as for the projective line (one h for either side). Suprema and oscillations are subadditive; kappa has
the slope 1/2 at most in theta and the oscillation log(2)/2; f and h are bounded cell by cell: osc_R at a point of a
cell is at most the oscillation over all cells that come within R of the cell. The coordinate t of the circle of length
2 satisfies |dt/dtheta| <= 1/2. (Elementary; own derivation.)
Statement and proof: docs/theory/smoothed-test-functions.md.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.lyapunov.directions.line_pieces import LineFunction, PieceBounds, piece_bounds
from certify.lyapunov.directions.projective_line import line_spread
from certify.lyapunov.families.family import Family
from certify.lyapunov.structure.interval_markov_chain import averaged_supremum, chain_error

_UP = 1 + 2.0**-48
_WHOLE = 0.3466


@final
@dataclass(frozen=True)
class Blur:
    """Images move by at most `radius` in theta; at the price `weights[j]` times the oscillation within `radii[j]`."""

    radius: float
    radii: tuple[float, ...]
    weights: tuple[float, ...]


def blurred_bounds(
    family: Family, function: LineFunction, offset: float, blur: Blur, rounds: int
) -> tuple[float, float]:
    """Bounds below and above (a, b) - offset of the module's inequality, for every family inside the balls (d = 2)."""
    pieces = piece_bounds(family, function, offset, widening=blur.radius / 2 * _UP)
    anywhere = max(int(cells.max()) for cells in (pieces.inside, pieces.at_start, pieces.at_end))
    if anywhere == len(function.nodes) or not np.isfinite(np.concatenate([pieces.lower, pieces.upper])).all():
        return -np.inf, np.inf
    starts = np.searchsorted(pieces.owner, np.arange(len(function.nodes)))
    cost = _Cost(function, blur)
    extra = _price(family, pieces, cost)
    plain = line_spread(pieces, starts, family.probabilities)
    slack = chain_error(family.probabilities)

    def spread(values: np.ndarray) -> np.ndarray:
        priced = cost.priced(values)
        return plain(priced) + slack * float(np.abs(priced).max())

    sides = []
    for bound in (pieces.upper, -pieces.lower):
        raised = np.maximum.reduceat((bound + extra) + np.abs(bound + extra) * 2.0**-50, starts)
        sides.append(averaged_supremum(raised, spread, family.probabilities, rounds))
    return -sides[1], sides[0]


def _price(family: Family, pieces: PieceBounds, cost: "_Cost") -> np.ndarray:
    """Upper bounds (P,) of sum_i p_i (moved kappa + priced oscillations of f + kappa) over the pieces."""
    reached = cost.of_function[pieces.inside]
    for cells in (pieces.at_start, pieces.at_end):
        reached = np.maximum(reached, cost.of_function[cells])
    return np.asarray(family.probabilities.upper @ (reached + cost.constant) * (1 + 2.0**-40))


class _Cost:
    """Prices on the cells: what R_j reaches from the cell itself and from the two cells on either side of it."""

    def __init__(self, function: LineFunction, blur: Blur) -> None:
        self.weights = blur.weights
        nodes, count = function.nodes, len(function.nodes)
        around = np.concatenate([nodes - 2.0, nodes, nodes + 2.0])
        self.windows = []
        for radius in blur.radii:
            half = radius / 2 * _UP + 2.0**-40
            low = np.searchsorted(around, np.roll(nodes, 2) - 2.0 * (np.arange(count) < 2) - half, side="right") - 1
            ends = np.roll(function.ends, -2) + 2.0 * (np.arange(count) >= count - 2)
            high = np.searchsorted(around, ends + half, side="right")
            low = np.maximum(low, 0)
            self.windows.append(((low - count) % count, np.minimum(high - low, count)))
        jumps = [weight * min(radius, _WHOLE) for weight, radius in zip(blur.weights, blur.radii, strict=True)]
        self.constant = (blur.radius / 2 + sum(jumps)) * (1 + 2.0**-40)
        after = np.roll(function.values, -1)
        self.of_function = self._sum(np.maximum(function.values, after), np.minimum(function.values, after))

    def priced(self, values: np.ndarray) -> np.ndarray:
        """values + sum_j w_j osc_(R_j), rounded up."""
        result = values + self._sum(values, values)
        return np.asarray(result + np.abs(result) * 2.0**-51)

    def _sum(self, high: np.ndarray, low: np.ndarray) -> np.ndarray:
        total = np.zeros(len(high))
        tops, bottoms = _tables(high), _tables(-low)
        for weight, (first, length) in zip(self.weights, self.windows, strict=True):
            total += weight * (_windowed(tops, first, length) + _windowed(bottoms, first, length))
        return np.asarray(total * (1 + (8 + 2 * len(self.weights)) * 2.0**-53) + 2.0**-1000)


def _tables(values: np.ndarray) -> np.ndarray:
    """Row k holds the maxima over the 2^k places from each place on, around the circle."""
    rows = [values]
    while 2 ** len(rows) <= len(values):
        rows.append(np.maximum(rows[-1], np.roll(rows[-1], -(2 ** (len(rows) - 1)))))
    return np.stack(rows)


def _windowed(tables: np.ndarray, first: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The maximum over the `length` places from `first` on."""
    level = np.frexp(length.astype(float))[1] - 1
    return np.maximum(tables[level, first], tables[level, (first + length - 2**level) % tables.shape[1]])
