"""Convergence from here: the nonlinear iteration compared with its linearisation over a box (own derivation).

docs/convergence-from-here.md has the statement and the proof.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from certify.arithmetic import Ball, matmul
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.norms import frobenius_norm_bound, two_norm_bound
from certify.linear_algebra.spectral_norm import spectral_norm
from certify.training.basin.frame import NESTEROV, PLAIN, Frame, Iteration, frame, symmetric_members


@final
@dataclass(frozen=True)
class Basin:
    """Every start within `radius` of the point, with zero memory, converges to an exact minimum within `distance` of
    the point, and the errors fall at least like rate^k."""

    radius: float
    distance: float
    rate: float


@final
@dataclass(frozen=True, eq=False)
class Surroundings:
    """centre: the exact matrix A (m, D) near J at the point, or (D, D) near the Hessian there. size: a bound of |A|.

    there: a bound of |F| at the point. smallest: a number that no singular value of A falls below; 0 where unknown.
    """

    centre: Ball
    size: Ball
    there: Ball
    smallest: float = 0.0

    def spread(self, over_box: Ball) -> float:
        """delta >= |J(theta) - A| for every theta of a box over which J is enclosed."""
        return two_norm_bound(over_box - self.centre)


def surroundings(jacobian: Ball, residual: Ball) -> Surroundings:
    """A is the midpoint of J at the point; residual: F there."""
    there = frobenius_norm_bound(residual.reshape(1, -1))
    centre = Ball.exact(jacobian.mid)
    least = extreme_eigenvalues(symmetric_members(matmul(centre, centre.T)))[0].lower
    smallest = float(Ball.exact(least).sqrt().lower) if least > 0 else 0.0
    return Surroundings(centre, Ball.exact(spectral_norm(centre).upper), Ball.exact(there), smallest)


def interpolating_frame(iteration: Iteration, near: Surroundings, witness: Mapping[str, Any]) -> Frame | None:
    """The norm for the linear iteration with S = step A A^T."""
    gram = symmetric_members(matmul(near.centre, near.centre.T))
    return frame(iteration, gram * iteration.step, witness)


def interpolating_basin(
    iteration: Iteration, found: Frame, near: Surroundings, delta: float, reach: float
) -> Basin | None:
    """The basin of the zeros of F around a point, for steps along J^T F; None where nothing is proved.

    delta: |J(theta) - A| <= delta on the box of half-width `reach` about the point. See the theory page.
    """
    if not math.isfinite(delta):
        return None
    bound = Ball.exact(delta)
    table = _comparison(iteration, found, near.size, bound)
    c11, c12, c21, c22 = table
    gap = (1.0 - c11) * (1.0 - c22) - c12 * c21
    if not (c11.upper < 1 and c22.upper < 1 and gap.lower > 0):
        return None
    # the path is at most `travel` times |F| at the start, and a start within r has |F| <= |F(point)| + sigma r
    travel, slope = c21 / gap * found.start, near.size + bound
    ahead = 1.0 + iteration.momentum if iteration.name == NESTEROV else Ball.exact(1.0)
    radius = float(((reach - ahead * travel * near.there) / (1.0 + ahead * travel * slope)).lower)
    rate = _perron(table)
    if not rate < 1:
        return None
    distance = Ball.exact(radius) + travel * (near.there + slope * radius)
    along = Basin(radius, float(distance.upper), rate)
    return _wider(along, _displaced(iteration, near, bound, reach, c11) if iteration.name == PLAIN else None)


def _wider(first: Basin, second: Basin | None) -> Basin | None:
    """The wider of two; None where no start is within its radius, so that its distance says nothing."""
    best = first if second is None or first.radius >= second.radius else second
    return best if best.radius > 0 else None


def _displaced(iteration: Iteration, near: Surroundings, delta: Ball, reach: float, q: Ball) -> Basin | None:
    """Theorem 1' of the theory page: gradient descent by its displacement, not by the length of its path; q < 1 is the
    factor by which |F| falls. None where A is not proved to be onto."""
    if not near.smallest > 0:
        return None
    s, c, slope = Ball.exact(near.smallest), iteration.step, near.size + delta
    normal = delta + delta * slope / s
    # |theta_n - theta_0| <= twice * (first + nu |start|) + bent |F_0| with |F_0| <= |F(point)| + slope r
    first, per_start = near.there / s, 1.0 + delta / s
    drift, bent = c * (normal + delta) / (1.0 - q), c * (2.0 * normal + delta) / (1.0 - q)
    fixed = 2.0 * first + bent * near.there
    growth = 2.0 * per_start + bent * slope
    radius = float(((reach - fixed) / (1.0 + growth)).lower)
    if not radius > 0:
        return None
    start = Ball.exact(radius)
    distance = start + first + per_start * start + drift * (near.there + slope * start)
    return Basin(radius, float(distance.upper), float(q.upper))


def _comparison(iteration: Iteration, found: Frame, size: Ball, delta: Ball) -> tuple[Ball, Ball, Ball, Ball]:
    """The entries of C >= 0 with (nu(Y), |p|)' <= C (nu(Y), |p|)."""
    c, b, wide = iteration.step, iteration.momentum, iteration.reach
    inner, outer = Ball.exact(found.inner), Ball.exact(found.outer)
    bent = 2.0 * size * delta + delta.square()
    doubled = 2.0 * b * delta
    slope = size + delta
    first = found.contraction + outer * c * bent * wide * inner
    if iteration.name == NESTEROV:
        second = outer * doubled * (1.0 + c * (size.square() + bent))
        return first, second, c * slope * wide * inner, b + c * slope * doubled
    return first, outer * doubled, c * slope * inner, b


def _perron(table: tuple[Ball, Ball, Ball, Ball]) -> float:
    """An upper bound of the Perron root of C: max((C x)_i / x_i) for any x > 0 [Collatz, 1942]."""
    a, b, c, d = (float(entry.upper) for entry in table)
    root = (a + d + math.sqrt((a - d) ** 2 + 4 * b * c)) / 2
    weight = max((root - a) / b if b > 0 else c / max(root - d, 1e-300), 1e-300)
    first, second = table[0] + table[1] * weight, table[2] / weight + table[3]
    return float(max(first.upper, second.upper))


def strict_basin(iteration: Iteration, found: Frame, delta: float, reach: float, away: float) -> Basin | None:
    """The basin of the zero, within `away` of a point, of a gradient field whose derivative is within `delta` of A on
    the box of half-width `reach` about the point, for steps along the field; `found` for S = step A."""
    if not (away <= reach and math.isfinite(delta)):
        return None
    inner, wide = Ball.exact(found.inner), iteration.reach
    rate = found.contraction + found.outer * iteration.step * delta * wide * inner
    radius = float(((Ball.exact(reach) - away) / (wide * inner * found.start) - away).lower)
    if not (rate.upper < 1 and radius > 0):
        return None
    return Basin(radius, away, float(rate.upper))
