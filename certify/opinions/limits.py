"""Proof of the limits of opinions under bounded confidence, in balls, from event to event."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import numpy as np
from scipy.sparse.csgraph import connected_components

from certify.arithmetic import Ball, matmul
from certify.arithmetic.rational import rational_ball
from certify.effort import charge
from certify.linear_algebra import matrix_exponential

_MOST_STEPS = 2000
_LONGEST, _SHORTEST = 64.0, 2.0**-200


@final
@dataclass(frozen=True)
class Limits:
    """Proved limits (M,) of the opinions; `exact` are rationals where means are conserved; `clusters` label agents."""

    limits: Ball
    exact: tuple[Fraction, ...] | None
    clusters: np.ndarray
    events: int


@final
@dataclass(frozen=True)
class Undecided:
    """Why the limits were not proved."""

    reason: str


def opinion_limits(
    start: tuple[Fraction, ...], below: tuple[Fraction, ...], above: tuple[Fraction, ...]
) -> Limits | Undecided:
    """Limits of x_i' = sum_j (x_j - x_i) 1{-c_i <= x_j - x_i <= d_i}, proved for every Caratheodory solution.

    While the pairs that listen are fixed, the equation is linear: x(h) = exp(-h L) x(0) in balls. Each x_i stays in the
    hull of its connected component, which bounds velocities and accelerations, hence how long no gap can reach its
    threshold. Where a gap is so close to its threshold that balls cannot tell, time advances by a short delta with
    the pair's weight anywhere in [0, 1]. It ends when every component is narrower than the thresholds of its agents
    and out of reach of all others: then it is complete for ever and converges to its mean.
    """
    settled = _settled_exactly(start, below, above)
    if settled is not None:
        labels = settled
        means = _means(start, labels)
        return Limits(rational_ball(np.array(means, dtype=object)), means, labels, 0)
    low, high = (rational_ball(np.array(bounds, dtype=object)) for bounds in (below, above))
    x = rational_ball(np.array(start, dtype=object))
    met, events, duration = np.zeros((len(start), len(start)), dtype=bool), 0, _LONGEST
    for _ in range(_MOST_STEPS):
        # the matrix exponential of a step and its tests of all pairs
        charge("steps", 200 + len(start) ** 2)
        inside, unclear = _pairs(x, low, high)
        met |= inside | unclear
        if unclear.any():
            crossed = _crossing(x, inside, unclear, low, high)
            if crossed is None:
                where = tuple(int(k) + 1 for k in np.argwhere(unclear)[0])
                return Undecided(f"the gap between the agents {where} is at a threshold and does not clearly cross it")
            x, events = crossed[0], events + 1
            met |= crossed[1]
            continue
        labels = connected_components(inside, directed=False)[1]
        if _settled(x, labels, low, high):
            return Limits(_mean_balls(x, labels), _conserved(start, below, above, labels, met), labels, events)
        x, duration = _advanced(x, inside, low, high, min(_LONGEST, 16 * duration))
    return Undecided(f"the opinions did not settle within {_MOST_STEPS} steps; agents may keep chasing each other")


def _settled_exactly(
    start: Sequence[Fraction], below: Sequence[Fraction], above: Sequence[Fraction]
) -> np.ndarray | None:
    """Labels of the components when the state at the start is already one of complete, separated components."""
    size = len(start)
    listens = np.array(
        [[i != j and -below[i] <= start[j] - start[i] <= above[i] for j in range(size)] for i in range(size)]
    )
    labels = connected_components(listens, directed=False)[1]
    for i in range(size):
        for j in range(size):
            if i != j and labels[i] == labels[j] and not _narrow(start, below, above, labels, i):
                return None
            if labels[i] != labels[j] and -below[i] <= _hull_gap(start, labels, i, j) <= above[i]:
                return None
    return np.asarray(labels)


def _narrow(
    start: Sequence[Fraction], below: Sequence[Fraction], above: Sequence[Fraction], labels: np.ndarray, i: int
) -> bool:
    members = [x for x, label in zip(start, labels, strict=True) if label == labels[i]]
    return max(members) - min(members) <= min(below[i], above[i])


def _hull_gap(start: Sequence[Fraction], labels: np.ndarray, i: int, j: int) -> Fraction:
    """The signed distance from the hull of i's component to that of j's; 0 when they meet."""
    mine, other = ([x for x, k in zip(start, labels, strict=True) if k == labels[m]] for m in (i, j))
    if min(other) > max(mine):
        return min(other) - max(mine)
    return max(other) - min(mine) if max(other) < min(mine) else Fraction(0)


def _means(start: Sequence[Fraction], labels: np.ndarray) -> tuple[Fraction, ...]:
    groups = {k: [x for x, label in zip(start, labels, strict=True) if label == k] for k in set(labels.tolist())}
    return tuple(sum(groups[k], Fraction(0)) / len(groups[k]) for k in labels.tolist())


def _conserved(
    start: Sequence[Fraction], below: Sequence[Fraction], above: Sequence[Fraction], labels: np.ndarray, met: np.ndarray
) -> tuple[Fraction, ...] | None:
    """Exact means: one threshold for all makes listening mutual, so a group that met nobody else keeps its mean."""
    if len({*below, *above}) != 1 or np.any(met & (labels[:, None] != labels[None, :])):
        return None
    return _means(start, labels)


def _gaps(x: Ball) -> Ball:
    return Ball(x.mid[None, :], x.rad[None, :]) - Ball(x.mid[:, None], x.rad[:, None])


def _margins(x: Ball, low: Ball, high: Ball) -> tuple[Ball, Ball]:
    """gap + c_i and d_i - gap: both >= 0 when i listens to j."""
    gap = _gaps(x)
    return gap + Ball(low.mid[:, None], low.rad[:, None]), Ball(high.mid[:, None], high.rad[:, None]) - gap


def _pairs(x: Ball, low: Ball, high: Ball) -> tuple[np.ndarray, np.ndarray]:
    """Pairs proved to listen, and pairs about which the balls cannot tell."""
    left, right = _margins(x, low, high)
    inside = (left.lower >= 0) & (right.lower >= 0)
    outside = (left.upper < 0) | (right.upper < 0)
    np.fill_diagonal(inside, False)
    np.fill_diagonal(outside, True)
    return inside, ~(inside | outside)


def _speeds(x: Ball, weights: np.ndarray) -> Ball:
    """Upper bounds (as exact balls) of |x_i'|: degree times the width of the hull of the component."""
    labels = connected_components(weights, directed=False)[1]
    top, bottom = np.full(labels.max() + 1, -np.inf), np.full(labels.max() + 1, np.inf)
    np.maximum.at(top, labels, x.upper)
    np.minimum.at(bottom, labels, x.lower)
    width = (Ball.exact(top) - Ball.exact(bottom)).upper
    return Ball.exact((Ball.exact(weights.sum(axis=1).astype(np.float64)) * Ball.exact(width[labels])).upper)


def _settled(x: Ball, labels: np.ndarray, low: Ball, high: Ball) -> bool:
    together = labels[:, None] == labels[None, :]
    reach = np.minimum(low.lower, high.lower)
    gap = _gaps(x)
    groups = range(int(labels.max()) + 1)
    for k in groups:
        mine = labels == k
        if gap.upper[np.ix_(mine, mine)].max() > reach[mine].min():
            return False
        for other in groups:
            theirs = labels == other
            if other == k:
                continue
            block = np.ix_(mine, theirs)
            above = gap.lower[block].min() > high.upper[mine].max()
            below = (-gap.upper[block]).min() > low.upper[mine].max()
            if not (above or below):
                return False
    return bool(together.any())


def _mean_balls(x: Ball, labels: np.ndarray) -> Ball:
    means = [x[labels == k].sum() / float(np.count_nonzero(labels == k)) for k in labels.tolist()]
    return Ball(np.array([float(m.mid) for m in means]), np.array([float(m.rad) for m in means]))


def _advanced(x: Ball, inside: np.ndarray, low: Ball, high: Ball, longest: float) -> tuple[Ball, float]:
    """(exp(-h L) x, h) for a proved h <= `longest` during which no pair changes."""
    weights = inside.astype(np.float64)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    duration = _quiet_time(x, inside, low, high, laplacian, longest)
    moved = matmul(matrix_exponential(-duration * laplacian), Ball(x.mid[:, None], x.rad[:, None]))[:, 0]
    return moved, max(duration, _SHORTEST)


def _quiet_time(x: Ball, inside: np.ndarray, low: Ball, high: Ball, laplacian: np.ndarray, longest: float) -> float:
    """`longest` or a power of two below it, h with margin > |gap'| h + |gap''| h^2 / 2 for every pair, in balls."""
    speed = _speeds(x, inside)
    push = inside.astype(np.float64) * (
        Ball(speed.mid[None, :], speed.rad[None, :]) + Ball(speed.mid[:, None], speed.rad[:, None])
    )
    accelerations = push.sum(axis=1)
    bend = Ball(accelerations.mid[None, :], accelerations.rad[None, :]) + Ball(
        accelerations.mid[:, None], accelerations.rad[:, None]
    )
    velocity = -1.0 * matmul(Ball.exact(laplacian), Ball(x.mid[:, None], x.rad[:, None]))[:, 0]
    drift = _gaps(velocity)
    left, right = _margins(x, low, high)
    duration = longest
    while duration > _SHORTEST:
        sway = 0.5 * duration * duration * bend
        ahead_left = Ball.exact(np.minimum((left + duration * drift - sway).lower, left.lower))
        ahead_right = Ball.exact(np.minimum((right - duration * drift - sway).lower, right.lower))
        away_left = np.maximum((left + duration * drift + sway).upper, left.upper)
        away_right = np.maximum((right - duration * drift + sway).upper, right.upper)
        stays_in = (ahead_left.lower > 0) & (ahead_right.lower > 0)
        stays_out = (away_left < 0) | (away_right < 0)
        if np.all(np.where(inside, stays_in, stays_out) | np.eye(len(inside), dtype=bool)):
            return duration
        duration *= 0.5
    return 0.0


def _crossing(
    x: Ball, inside: np.ndarray, unclear: np.ndarray, low: Ball, high: Ball
) -> tuple[Ball, np.ndarray] | None:
    """The state after a delta > 0 from which all pairs are clear again, and the pairs that may have changed in it.

    All pairs that are unclear at some time within delta have weights in [0, 1]; None when no delta is long enough.
    """
    for exponent in range(-50, -10, 2):
        delta, doubtful = 2.0**exponent, unclear
        for _ in range(4):
            weights = Ball(np.where(doubtful, 0.5, inside), 0.5 * doubtful)
            wide = x.widened((delta * _speeds(x, inside | doubtful)).upper)
            still_inside, still_unclear = _pairs(wide, low, high)
            more = (still_unclear | (still_inside != inside)) & ~doubtful
            if not more.any():
                break
            doubtful = doubtful | more
        else:
            continue
        moved = x + delta * (weights * _gaps(wide)).sum(axis=1)
        if not _pairs(moved, low, high)[1].any():
            return moved, doubtful
    return None
