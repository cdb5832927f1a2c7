"""Opinions under bounded confidence in continuous time: piecewise linear, from event to event; estimates."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.integrate import solve_ivp

from foundation import InputError, finite_array, positive_number


@final
@dataclass(frozen=True)
class OpinionPath:
    """`opinions` (n, M) at `times` (n,), and the times of `events` at which the set of interacting pairs changed."""

    times: np.ndarray
    opinions: np.ndarray
    events: np.ndarray


def interactions(opinions: np.ndarray, below: np.ndarray, above: np.ndarray) -> np.ndarray:
    """The (M, M) Boolean matrix: i listens to j when -below_i <= x_j - x_i <= above_i."""
    gap = opinions[None, :] - opinions[:, None]
    listens = (gap >= -below[:, None]) & (gap <= above[:, None])
    np.fill_diagonal(listens, False)
    return listens


def opinion_path(
    start: Any, below: Any, above: Any, duration: float, *, coupling: float = 1.0, maximum_events: int = 10_000
) -> OpinionPath:
    """x_i' = (K/M) sum_j (x_j - x_i) 1{-c_i <= x_j - x_i <= d_i}, with K = `coupling`, c = `below`, d = `above`.

    Between two events the pairs are fixed and the equation is linear; an event ends the integration (DOP853, relative
    tolerance 1e-11) where a gap crosses a threshold. Source: Hegselmann and Krause, JASSS 5(3), 2002.
    """
    point = np.atleast_1d(finite_array(start, "start"))
    low, high = (np.broadcast_to(finite_array(x, n), point.shape) for x, n in ((below, "below"), (above, "above")))
    if np.any(low <= 0) or np.any(high <= 0):
        raise InputError("below and above must be above 0")
    end, rate = positive_number(duration, "duration"), positive_number(coupling, "coupling") / len(point)
    times, opinions = [0.0], [point]
    events: list[float] = []
    listens = interactions(point, low, high)
    while times[-1] < end and len(events) <= maximum_events:
        found = _segment(opinions[-1], listens, low, high, (times[-1], end), rate)
        times.extend(found.t[1:].tolist())
        opinions.extend(found.y.T[1:])
        if not found.t_events[0].size:
            break
        events.append(times[-1])
        listens = _after(opinions[-1], listens, low, high, rate)
    return OpinionPath(np.array(times), np.array(opinions), np.array(events))


def _segment(
    point: np.ndarray, listens: np.ndarray, low: np.ndarray, high: np.ndarray, span: tuple[float, float], rate: float
) -> Any:
    weights = listens.astype(np.float64)
    degrees = weights.sum(axis=1)

    def field(_: float, x: np.ndarray) -> np.ndarray:
        return np.asarray(rate * (weights @ x - degrees * x))

    def leaves(_: float, x: np.ndarray) -> float:
        return float(_margins(x, listens, low, high).min()) + 1e-12

    leaves.terminal = True  # type: ignore[attr-defined]
    leaves.direction = -1  # type: ignore[attr-defined]
    return solve_ivp(field, span, point, method="DOP853", rtol=1e-11, atol=1e-13, events=leaves)


def _margins(x: np.ndarray, listens: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How far each ordered pair is from changing: positive while listening pairs listen and the others do not."""
    gap = x[None, :] - x[:, None]
    inside = np.minimum(gap + low[:, None], high[:, None] - gap)
    margins = np.where(listens, inside, -inside)
    np.fill_diagonal(margins, np.inf)
    return margins


def _after(x: np.ndarray, listens: np.ndarray, low: np.ndarray, high: np.ndarray, rate: float) -> np.ndarray:
    """The pairs after an event: those at a threshold go where a small step under the old pairs takes them."""
    weights = listens.astype(np.float64)
    velocity = rate * (weights @ x - weights.sum(axis=1) * x)
    size = max(float(np.abs(velocity).max()), 1e-300)
    return interactions(x + velocity * (1e-9 / size), low, high)
