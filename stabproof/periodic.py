"""certify_periodic_point: iterate, polish the whole cycle, prove, verdict."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.equilibrium import require_smooth
from certify.periodic import Cycle
from certify.periodic.cycle import LARGEST_SYSTEM, LONGEST_PERIOD
from foundation import InputError, finite_array, plain_array, positive_integer
from search.periodic.cycle import cycle_witness, orbit_of, refined_cycle
from stabproof.fields import field_program, start_point


def certify_periodic_point(map: Any, x: Any, period: int, *, variables: Any = None) -> Certificate:
    """Prove that an exact periodic point of a map lies near x, with its least period, multipliers and stability.

    map: a JAX function R^n -> R^n, or SymPy expressions in `variables` (as for `certify_equilibrium`). x: n numbers
    near a point of the cycle, or (period, n) numbers near all its points in order; Newton's method polishes them.
    period: m >= 1, at most 2000.

    All m points are unknowns of one system (multiple shooting), so that unstable cycles stay well conditioned. The
    certificate's `.point` is a float array; an exact point x with f^m(x) = x lies within `.radius` (Euclidean) of it;
    `witness["points"]` (m, n) are all points. `number("least_period")` is m where the points are proved to differ;
    `.eigenvalues` are counted discs of the multipliers, the eigenvalues of the product of the Jacobians along the
    cycle; `number("spectral_radius")` bounds the largest modulus; `number("uniqueness_radius")` is the size of cubes
    around the points which hold no other cycle. STABLE: all multipliers are proved to lie inside of the unit circle;
    UNSTABLE: one lies outside; else UNDECIDED with the reason. `stabproof.check` repeats the proof without the map.

    Raises `InputError` on a map that is not square, a bad x or period, no cycle near x, and kinks on the cycle.
    """
    length = positive_integer(period, "period")
    start = _start(x, length)
    if length > LONGEST_PERIOD or length * start.shape[-1] > LARGEST_SYSTEM:
        raise InputError(f"period is {length} in dimension {start.shape[-1]}; at most {LARGEST_SYSTEM} unknowns go")
    cycle = Cycle(field_program(map, start[0], variables), length)
    points = refined_cycle(cycle, orbit_of(cycle, start), start)
    for k in range(length):
        require_smooth(cycle.map, Ball.exact(points[k]))
    return issue("periodic-point", cycle.as_tree(), cycle_witness(cycle, points))


def _start(x: Any, period: int) -> np.ndarray:
    """(1, n), or (m, n) where all points were given."""
    if not hasattr(x, "is_square") and plain_array(x, "x").ndim == 2:
        points = finite_array(x, "x")
        if points.shape[0] != period or points.shape[1] == 0:
            raise InputError(f"x must hold one point (n,) or {period} points ({period}, n), but has {points.shape}")
        return points
    return start_point(x)[None]
