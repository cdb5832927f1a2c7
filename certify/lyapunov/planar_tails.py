"""How seldom the stationary direction of a random product of plane matrices is nearly orthogonal to a given one.

Let nu be a stationary distribution of the direction of b under b -> B^T b and m(u, t) = nu{|b . u| <= t} for unit
vectors.
Theorem. Some nu satisfies m(u, t) <= E m(Bu/|Bu|, t a), a = (|det B|/|Bu|^2)/(1 - t|B|/|Bu|) where this is positive
(else m <= 1), and every bound below, which are derived from this inequality and from m <= 1 alone.
Proof. Stationarity: m(u, t) = E nu{|b . Bu| <= t|B^T b|}. Let w = Bu/|Bu| and s = |b . w|; B^T maps the direction
orthogonal to w to a vector of length |det B|/|Bu|, so |B^T b| <= |det B|/|Bu| + s|B|, and s|Bu| <= t|B^T b| gives s <=
t a. The bounds hold for laws nu_n of B_1^T .. B_n^T b_0, b_0 uniform, in the limit n -> infinity, and pass to weak
limits of their means over n, which are stationary, as {|b . u| < t} is open (and m is bounded for all larger t). QED
In the maximum norm, v = u/|u|_oo, r = |v|_2, let m^(v, tau) = m(u, tau/r^2): then m^(v, tau) <= E m^(Bv/|Bv|_oo, tau
a^), a^ = (|det B|/|Bv|_oo^2)/(1 - tau sqrt(2)|B|_F/|Bv|_oo). If E a^^p h(Bv) <= rho h(v), rho < 1, for tau = tau_0
(hence for smaller tau), h >= 1 constant on the cells of the directions, 0 < p < 1, then m^ <= h(v) (tau/tau_0)^p: true
for tau >= tau_0; and if m^ <= K h(v) (tau/tau_0)^p with some K > 1, then also with rho K (the laws nu_n have some
finite K). From the smaller of this and 1 the recursion is iterated on the cells and the levels tau_l = e^(-l step),
always rounded up; every iterate bounds m^. If it is at most C h(v) (tau/tau_L)^p at every level and between
them, and tau_L <= tau_0, then m^ <= C h(v) (tau/tau_L)^p for tau below the last level tau_L too, by the same argument:
there the inequality E a^^p h(Bv) <= rho h(v) holds, as it does for tau_0 and hence for smaller tau.
[Y. Guivarc'h, E. Le Page on the regularity of stationary measures; P. Bougerol, J. Lacroix, Products of Random
Matrices (1985), VI.4. The recursion by cells and levels is our own.]
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, exp
from certify.lyapunov.face_bounds import cell_logarithms
from certify.lyapunov.face_search import uniform_tree
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.moment_function import Met, moment_bound
from certify.lyapunov.point_logarithm import log_bounds
from certify.lyapunov.time_limit import check_time
from certify.lyapunov.witness_fields import array_field, integer_field, number_field
from foundation import CertificateError

_DEEPEST = 13
_STEEPEST = 0.9
_LARGEST_LOG = 300.0
_UP = 1 + 2.0**-40
# Bounds of probabilities below this are raised to it: their logarithms stay finite.
_LEAST = 1e-300


@final
@dataclass(frozen=True)
class Tails:
    """Bounds of sup_u m(u, t): `table[l]` for t <= e^(-l step)/2, and e^logarithm (2 t e^last)^power for all t."""

    step: float
    table: np.ndarray
    last: float
    logarithm: float
    power: float

    def bound(self, t: np.ndarray) -> np.ndarray:
        """Upper bounds of sup_u nu{|b . u| <= t} for t > 0."""
        size = log_bounds(Ball.exact(2 * t))[1]
        level = np.floor(-size / self.step - 1e-6)
        value = self.table[np.clip(level, 0, len(self.table) - 1).astype(int)]
        exponent = self.logarithm + self.power * (size + self.last)
        # an exponent that is not below 0 bounds nothing; the roundings of its terms are paid for with 2^-40 of each
        paid = exponent + 2.0**-40 * (abs(self.logarithm) + self.power * (np.abs(size) + self.last))
        far = np.where(paid < 0, exp(Ball.exact(np.clip(paid, -600.0, 0.0))).upper * _UP, 1.0)
        return np.asarray(np.where(level >= 0, np.minimum(1.0, np.minimum(value, far)), 1.0))


def prove_tails(planar: Family, witness: Witness) -> Tails:
    """The bounds of the theorem; raises `CertificateError` when the witness is malformed or its power does not do.

    Checked: 0 < p < 1, one finite weight for each cell, tau_0 small enough for every denominator to be positive, the
    inequality E a^^p h(Bv) <= rho h(v) with rho < 1 at tau_0 (which fails for singular letters), at least two levels,
    and that the last level is at most tau_0.
    """
    depth, levels = integer_field(witness, "depth", 1, _DEEPEST), integer_field(witness, "levels", 2, 10**5)
    step, rounds = number_field(witness, "step", 1e-4, 1.0), integer_field(witness, "rounds", 0, 10**5)
    power, weights = number_field(witness, "power", 1e-6, 0.9), array_field(witness, "weights", 1)
    scale, tree = number_field(witness, "scale", 1e-12, 1.0), uniform_tree(2, depth)
    if weights.shape != (len(tree.leaves),) or np.ptp(weights) > _LARGEST_LOG:
        raise CertificateError(f"the witness has no moderate weights for {len(tree.leaves)} cells")
    low, _, met = cell_logarithms(planar, tree)
    last = step * (levels - 1)
    if not -last * (1 - 2.0**-40) <= log_bounds(Ball.exact(scale))[0]:
        raise CertificateError("the witness's levels end above its scale, below which alone directions contract")
    logs, steep = contractions(planar, low), steepness(planar, low) * _UP
    if not (steep * scale).max() < _STEEPEST:
        raise CertificateError("the witness's scale is too large for the factor")
    raised = logs - log_bounds(Ball.exact(1 - steep * scale))[0] + 1e-12
    if not moment_bound(planar.probabilities, raised, met, power, weights) < 0.0:
        raise CertificateError("the witness's weights do not prove that directions contract")
    relative = np.asarray(weights - weights.min())
    first = _power_law(relative, power, scale, step, levels)
    table = _iterated(planar, logs, steep, met, step, first, rounds)
    # one level more, as the table holds between the levels
    logarithms = log_bounds(Ball.exact(np.maximum(table, _LEAST)))[1]
    terms = logarithms - relative[:, None] - (last - step * (np.arange(levels) + 1)) * power
    size = np.abs(logarithms).max() + relative.max() + last * power + 1.0
    logarithm = float(terms.max() + relative.max() + size * 2.0**-40)
    return Tails(step, table.max(axis=0), last, logarithm, power)


def _power_law(relative: np.ndarray, power: float, scale: float, step: float, levels: int) -> np.ndarray:
    """min(1, h (tau_l/tau_0)^p), rounded up, for log h = `relative`: (N, levels)."""
    exponent = relative[:, None] - power * (step * np.arange(levels)[None, :] + log_bounds(Ball.exact(scale))[0])
    return np.asarray(np.minimum(1.0, exp(Ball.exact(np.minimum(exponent, 1.0) + 1e-9)).upper))


def contractions(planar: Family, low: np.ndarray) -> np.ndarray:
    """Upper bounds (k, N) of log(|det B|/|Bv|_oo^2) over the cells."""
    b = planar.matrices
    determinant = b[:, 0, 0] * b[:, 1, 1] - b[:, 0, 1] * b[:, 1, 0]
    size = log_bounds(abs(determinant))[1]
    return np.asarray(size[:, None] - 2 * low + np.abs(size[:, None] - 2 * low) * 2.0**-50)


def steepness(planar: Family, low: np.ndarray) -> np.ndarray:
    """Upper bounds (k, N) of sqrt(2)|B|_F/|Bv|_oo over the cells."""
    size = np.sqrt((planar.matrices.magnitude**2).sum(axis=(1, 2)))
    return np.asarray(1.4143 * size[:, None] / np.maximum(exp(Ball.exact(np.maximum(low, -600.0))).lower, 1e-270))


def _iterated(
    planar: Family, logs: np.ndarray, steep: np.ndarray, met: Met, step: float, table: np.ndarray, rounds: int
) -> np.ndarray:
    """Bounds (N, levels) of m^ at tau_l on the cells: iterates of the recursion from `table`, rounded up."""
    levels = table.shape[1]
    level = exp(Ball.exact(-step * np.arange(levels))).upper * _UP
    targets = []
    for log, slope in zip(logs, steep, strict=True):
        denominator = 1 - slope[:, None] * level[None, :] * _UP
        growth = log[:, None] - log_bounds(Ball.exact(np.maximum(denominator, 1e-9)))[0] + 1e-9
        shifted = np.floor(np.arange(levels) - growth / step - 1e-6)
        # place 0 is for tau > 1
        targets.append(np.where(denominator > 1e-6, np.clip(shifted, -1, levels - 1), -1).astype(np.int64) + 1)
    for _ in range(rounds):
        check_time()
        padded = np.ones((len(table) + 1, levels + 1))
        padded[:-1, 1:] = table
        # "anywhere"
        padded[-1, 1:] = table.max(axis=0)
        total = np.zeros_like(table)
        for weight, target, (leaves, starts) in zip(planar.probabilities.upper, targets, met, strict=True):
            reached = np.maximum.reduceat(padded[leaves], starts, axis=0)
            total += weight * np.take_along_axis(reached, target, axis=1)
        table = np.minimum(table, total * (1 + 2.0**-44))
    return table
