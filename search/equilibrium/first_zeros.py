"""Newton's method from points spread over a box, before anything is subdivided: estimates that are then proved."""

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import KnownZero, SearchSpace
from certify.equilibrium.boxes import guessed_inverses
from certify.equilibrium.many_zeros import find_zeros

# Points per unknown, and their largest number: a fraction of a second for small fields.
_STARTS, _MOST_STARTS, _STEPS = 32, 256, 30
_CLOSE = 2.0**-20


def first_zeros(space: SearchSpace) -> list[KnownZero]:
    """Different proved zeros in the unknowns of the space, those in its box first; perhaps not all of them."""
    from scipy.stats import qmc  # a second to load

    lower, upper = space.box
    k = space.dimension
    count = min(_STARTS * k, _MOST_STARTS)
    # Halton's points, without their first one, 0
    unit = qmc.Halton(k, scramble=False).random(count + 1)[1:]
    starts = lower + unit * (upper - lower)
    points = _limits(space, starts, upper - lower)
    found: list[KnownZero] = []
    for zero in find_zeros(space.field, points):
        apart = all(bool(((z.upper < zero.lower) | (zero.upper < z.lower)).any()) for z in found)
        if apart and space.position(zero) != "outside":
            found.append(zero)
    return found


def _limits(space: SearchSpace, starts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Where Newton's method ends, each limit once; only those near the box."""
    field, points = space.field, starts
    lower, upper = space.box
    steps = np.full(points.shape, np.inf)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            inverses = guessed_inverses(field.jacobians(Ball.exact(points))).mid
            steps = np.matmul(inverses, field.values(Ball.exact(points)).mid[..., None])[..., 0]
            points = points - steps
            near = (np.abs(points - (lower / 2 + upper / 2)) <= 2 * widths).all(axis=1)
            kept = near & np.isfinite(steps).all(axis=1)
            points, steps = points[kept], steps[kept]
            if not len(points) or (np.abs(steps) <= 2.0**-40 * widths).all():
                break
    settled = points[(np.abs(steps) <= _CLOSE * widths).all(axis=1)] if len(points) else points
    different: list[np.ndarray] = []
    for point in settled:
        if all((np.abs(point - other) > _CLOSE * widths).any() for other in different):
            different.append(point)
    return np.array(different).reshape(len(different), len(lower))
