"""Newton's method for a cycle of a map, and the cubes around its points in which it is proved to be alone."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra import eigenvalues
from certify.linear_algebra.inverse import approximate_inverse
from certify.periodic.cycle import Cycle
from certify.periodic.prove_cycle import is_injective_around, prove_cycle
from certify.program import UndecidedBranch
from certify.zeros import Undecided
from foundation import InputError
from search.equilibrium.discs import proposed_discs
from search.newton import newton, newton_step

_NEWTON_STEPS = 60
_SMALL = 1e-9  # of a residual, against the size of the points
# Newton may move each coordinate this far, relative to the cycle's size, or where its first step already leads up to a
# quarter of the way, as with a coordinate that decays to 0: beyond, the user meant another cycle.
_LARGEST_STEP, _STRAIGHT = 0.3, 0.25

_GROWTH, _MOST_DOUBLINGS = 2.0, 60


def largest_cycle_radius(cycle: Cycle, points: np.ndarray) -> float | None:
    """A radius of cubes around the points in which the cycle is proved to be the only one, within a factor of two of
    the largest; None when there is none.
    """
    inverse = approximate_inverse(cycle.derivative(Ball.exact(points)).mid)
    if inverse is None:
        return None
    radius, found = 2.0**-40 * (float(np.abs(points).max()) or 1.0), None
    for _ in range(_MOST_DOUBLINGS):
        if not is_injective_around(cycle, points, inverse, radius):
            return found
        radius, found = _GROWTH * radius, 0.9 * radius
    return found


def orbit_of(cycle: Cycle, start: np.ndarray) -> np.ndarray:
    """m points: those given, or the orbit of the one given."""
    if len(start) == cycle.period:
        return start
    points = [start[0]]
    for _ in range(cycle.period - 1):
        image = _value(cycle, points[-1][None]) + points[-1]
        if not np.isfinite(image).all():
            raise InputError("the orbit of x leaves the floats; pass all points of the cycle, as an array (period, n)")
        points.append(image)
    return np.array(points)


def _value(cycle: Cycle, point: np.ndarray) -> np.ndarray:
    """f(x) - x at one point (1, n): estimate."""
    return _residual(Cycle(cycle.map, 1), point)


def _residual(cycle: Cycle, points: np.ndarray) -> np.ndarray:
    """Estimates; NaN where nothing is known."""
    try:
        value = cycle.residual(Ball.exact(points))
        return np.where(np.isfinite(value.rad), value.mid, np.nan)
    except UndecidedBranch:
        raise
    except InputError as error:
        raise InputError(f"the map has no value at x or near it: {error}") from None


def refined_cycle(cycle: Cycle, points: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Newton's method on all points together; the given ones stay near where they were."""
    # each coordinate in the unit of the cycle's own size in it
    sizes = np.abs(given).max(axis=0)
    sizes = np.where(sizes > 0, sizes, np.abs(points).max() or 1.0)
    reach = 2 * _LARGEST_STEP * sizes

    def derivative(moved: np.ndarray) -> np.ndarray:
        return np.asarray(cycle.derivative(Ball.exact(moved)).mid)

    aimed = newton_step(derivative(points), _residual(cycle, points)).reshape(points.shape)[: len(given)]

    def near(moved: np.ndarray) -> bool:
        way = moved[: len(given)] - given
        return bool(((np.abs(way) <= reach) | (np.abs(way - aimed) <= _STRAIGHT * np.abs(aimed))).all())

    best, *_ = newton(points, lambda x: _residual(cycle, x), derivative, steps=_NEWTON_STEPS, near=near, still=2.0**-54)
    smallest = float((np.abs(_residual(cycle, best)).reshape(best.shape) / sizes).max())
    if not smallest <= _SMALL:
        raise InputError(
            f"no cycle of length {cycle.period} was found near x: Newton's method leaves |f(x_k) - x_(k+1)| = "
            f"{smallest:.3g} of the size of the points; start closer, or pass all points of the cycle as an array "
            "(period, n)"
        )
    return np.array(best)


def cycle_witness(cycle: Cycle, points: np.ndarray) -> dict[str, Any]:
    witness: dict[str, Any] = {"points": points, "point": points[0].copy()}
    proof = prove_cycle(cycle, points)
    if isinstance(proof, Undecided):
        return witness
    radius = largest_cycle_radius(cycle, points)
    if radius is not None:
        witness["uniqueness_radius"] = radius
    discs = proposed_discs(eigenvalues(cycle.multiplier_matrix(Ball(points, proof.box.reshape(points.shape)))))
    return witness | ({"discs": discs} if discs else {})
