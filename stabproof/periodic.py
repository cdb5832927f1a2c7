"""certify_periodic_point: iterate, polish the whole cycle, prove, verdict."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import EquilibriumCertificate, issue
from certify.equilibrium import proposed_discs, require_smooth
from certify.linear_algebra import eigenvalues
from certify.periodic import Cycle, largest_cycle_radius
from certify.periodic.cycle import LARGEST_SYSTEM, LONGEST_PERIOD
from certify.periodic.prove_cycle import prove_cycle
from certify.program import UndecidedBranch
from certify.zeros import Undecided
from foundation import InputError, finite_array, plain_array, positive_integer
from stabproof.fields import field_program, start_point

_NEWTON_STEPS = 60
# Newton may move each point this far, relative to the cycle's size: beyond, the user meant another cycle.
_LARGEST_STEP = 0.3


@np.errstate(over="ignore", invalid="ignore")  # of estimates: what overflows is refused with a sentence
def certify_periodic_point(map: Any, x: Any, period: int, *, variables: Any = None) -> EquilibriumCertificate:
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
    points = _polished(cycle, _orbit(cycle, start), start)
    for k in range(length):
        require_smooth(cycle.map, Ball.exact(points[k]))
    return issue("periodic-point", cycle.as_tree(), _witness(cycle, points))


def _start(x: Any, period: int) -> np.ndarray:
    """(1, n), or (m, n) where all points were given."""
    if not hasattr(x, "is_square") and plain_array(x, "x").ndim == 2:
        points = finite_array(x, "x")
        if points.shape[0] != period or points.shape[1] == 0:
            raise InputError(f"x must hold one point (n,) or {period} points ({period}, n), but has {points.shape}")
        return points
    return start_point(x)[None]


def _orbit(cycle: Cycle, start: np.ndarray) -> np.ndarray:
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


def _polished(cycle: Cycle, points: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Newton's method on all points together; the given ones stay near where they were."""
    reach = _LARGEST_STEP * (1.0 + np.abs(given).max(axis=1, keepdims=True))
    best, smallest = points, np.inf
    for _ in range(_NEWTON_STEPS):
        residual = _residual(cycle, points)
        size = float(np.abs(residual).max())
        if size < smallest:
            best, smallest = points, size
        step = _newton_step(cycle, points, residual)
        if not np.isfinite(step).all() or (np.abs((points + step)[: len(given)] - given) > reach).any():
            break
        points = points + step
        if np.abs(step).max() <= 2.0**-54 * np.abs(points).max():
            break
    if not smallest <= 1e-9 * (1.0 + float(np.abs(best).max())):
        raise InputError(
            f"no cycle of length {cycle.period} was found near x: Newton's method leaves |f(x_k) - x_(k+1)| = "
            f"{smallest:.3g}; start closer, or pass all points of the cycle as an array (period, n)"
        )
    return np.array(best)


def _newton_step(cycle: Cycle, points: np.ndarray, residual: np.ndarray) -> np.ndarray:
    matrix = cycle.derivative(Ball.exact(points)).mid
    with np.errstate(all="ignore"):
        try:
            step = -np.linalg.solve(matrix, residual)
        except np.linalg.LinAlgError:
            step = -np.asarray(np.linalg.lstsq(matrix, residual, rcond=None)[0])
    return np.asarray(step.reshape(points.shape))


def _witness(cycle: Cycle, points: np.ndarray) -> dict[str, Any]:
    witness: dict[str, Any] = {"points": points, "point": points[0].copy()}
    proof = prove_cycle(cycle, points)
    if isinstance(proof, Undecided):
        return witness
    radius = largest_cycle_radius(cycle, points)
    if radius is not None:
        witness["uniqueness_radius"] = radius
    discs = proposed_discs(eigenvalues(cycle.multiplier_matrix(Ball(points, proof.box.reshape(points.shape)))))
    return witness | ({"discs": discs} if discs else {})
