"""Delay differential equations with one constant delay, by the method of steps with Runge and Kutta's scheme."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy.optimize

from foundation import InputError

DelayField: TypeAlias = Callable[[float, np.ndarray, np.ndarray], np.ndarray]


class Phase(NamedTuple):
    """h'(t) = field(t, h(t), h(t - delay)) from the end of the phase before it until the time `end`."""

    end: float
    field: DelayField


class DelayPath(NamedTuple):
    """Times (steps + 1,), and states (steps + 1, *shape) at them."""

    times: np.ndarray
    states: np.ndarray


def delay_path(phases: Sequence[Phase], start: np.ndarray, delay: float, steps_per_delay: int = 50) -> DelayPath:
    """Solve h'(t) = F(t, h(t), h(t - delay)), h = `start` (any shape) on [-delay, 0], phase after phase. An estimate.

    The classical scheme of order four on a mesh that contains the ends of the phases and every later time to which the
    delay carries a kink; delayed values between mesh points come from the cubic Hermite polynomial of their step, so
    that the error is of order (delay / steps_per_delay)^4 [A. Bellen, M. Zennaro, Numerical Methods for Delay
    Differential Equations, 2003, section 3.4]. A phase that is no longer than the delay needs no earlier step than its
    own. Raises `InputError` on a delay or ends that are not positive and increasing.
    """
    ends = [0.0, *(float(phase.end) for phase in phases)]
    if not (math.isfinite(delay) and delay > 0) or not all(a < b < math.inf for a, b in pairwise(ends)):
        raise InputError(f"the delay {delay} must be above 0 and the ends of the phases {ends[1:]} must increase")
    if len(ends) == 1 or steps_per_delay < 1:
        raise InputError("a delay equation needs at least one phase and one step for each delay")
    history = _History(np.asarray(start, float), delay)
    for low, high, number in _mesh(ends, delay, steps_per_delay):
        history.advance(low, high, phases[number].field)
    return DelayPath(np.array(history.times), np.array(history.states))


def _mesh(ends: list[float], delay: float, steps_per_delay: int) -> list[tuple[float, float, int]]:
    """Steps (from, to, number of the phase)."""
    marks = sorted({end + k * delay for end in ends for k in range(int((ends[-1] - end) / delay) + 1)} | set(ends))
    kept = [mark for k, mark in enumerate(marks) if k == 0 or mark - marks[k - 1] > 1e-12 * ends[-1] or mark in ends]
    steps = []
    for low, high in pairwise(kept):
        if high > ends[-1] or high <= low:
            continue
        count = max(1, math.ceil((high - low) / delay * steps_per_delay))
        points = [low + (high - low) * k / count for k in range(count)] + [high]
        number = max(k for k, end in enumerate(ends[:-1]) if end <= (low + high) / 2)
        steps += [(a, b, number) for a, b in pairwise(points)]
    return steps


class _History:
    """What was computed so far: mesh points, states, and the slopes at both ends of each step."""

    def __init__(self, start: np.ndarray, delay: float) -> None:
        self.delay = delay
        self.times, self.states = [0.0], [start]
        self._slopes: list[tuple[np.ndarray, np.ndarray]] = []
        self._place = 0

    def advance(self, low: float, high: float, field: DelayField) -> None:
        """One step of the scheme; the place in the past only moves forward."""
        h, middle, size = self.states[-1], (low + high) / 2, high - low
        while self._place + 1 < len(self.times) and self.times[self._place + 1] <= middle - self.delay:
            self._place += 1
        past = [self._before(t - self.delay) for t in (low, middle, high)]
        first = field(low, h, past[0])
        second = field(middle, h + size / 2 * first, past[1])
        third = field(middle, h + size / 2 * second, past[1])
        fourth = field(high, h + size * third, past[2])
        after = h + size / 6 * (first + 2 * second + 2 * third + fourth)
        self.times.append(high)
        self.states.append(after)
        self._slopes.append((first, field(high, after, past[2])))

    def _before(self, time: float) -> np.ndarray:
        """The state at an earlier time, by the polynomial of the step around the present place."""
        if time <= 0 or not self._slopes:
            return self.states[0]
        place = self._place
        if self.times[min(place + 1, len(self.times) - 1)] < time and place + 1 < len(self._slopes):
            place += 1
        elif self.times[place] > time and place:
            place -= 1
        low, high = self.times[place], self.times[place + 1]
        (a, b), (p, q) = self.states[place : place + 2], self._slopes[place]
        size = high - low
        s = (time - low) / size
        return (1 + 2 * s) * (1 - s) ** 2 * a + s**2 * (3 - 2 * s) * b + size * s * (1 - s) * ((1 - s) * p - s * q)


def estimated_first_zero(time: float, steps_per_delay: int = 40) -> tuple[float, float]:
    """The smallest kappa for which h' = -kappa h(t - 1), h = 1 before 0, vanishes at `time` > 0, and its error.

    Both are estimates: bracketed on a grid of 400 values that are solved together, then by Brent's method, with two
    step sizes.
    """

    def final(kappa: np.ndarray, steps: int) -> np.ndarray:
        path = delay_path([Phase(time, lambda t, h, past: -kappa * past)], np.ones_like(kappa), 1.0, steps)
        return path.states[-1]

    grid = np.linspace(0, 1.01 * max(1.0, 1 / time), 400)
    place = int(np.argmax(final(grid, steps_per_delay) <= 0))
    bracket = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]

    def root(steps: int) -> float:
        found = scipy.optimize.brentq(lambda k: float(final(np.asarray(k), steps)), *bracket, xtol=1e-14, rtol=1e-14)
        return float(found)

    coarse, fine = root(steps_per_delay), root(2 * steps_per_delay)
    return fine, abs(fine - coarse) + 1e-12
