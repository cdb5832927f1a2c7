"""Newton's method for a point and the period of a periodic orbit, and the witness of its proof."""

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.flow.series import working
from certify.flow.vector_field import VectorField
from certify.linear_algebra import eigenvalues
from certify.periodic.family import in_units
from certify.periodic.orbit import Section, returned
from certify.periodic.prove_orbit import multiplier_matrix
from certify.program import Program, evaluate
from foundation import InputError
from search.equilibrium.discs import proposed_discs
from search.flow.adaptive import adaptive, settings_for
from search.flow.estimate import estimated_time_map
from search.newton import inverse_or_identity

_NEWTON_STEPS = 12
# Newton may move point and period this far, relative to their size: beyond, the user meant another orbit.
_LARGEST_STEP = 0.3
_SMALL = 1e-13
# Orbits in a family leave the derivative singular: directions in which it is small are not followed far.
_CUTS = (1e-16, 1e-7, 1e-3)
# A singular value below this part of the largest is 0 but for rounding: the estimates have some ten digits.
_DOUBLE = 1e-8
_MARGIN = 4.0
_ENLARGEMENTS = 3


def refined_orbit(
    program: Program, start: np.ndarray, period: float, level: Program | None = None
) -> tuple[Section, np.ndarray, np.ndarray]:
    """(section, F, DF) at the float point and period that are nearest to what Newton's method finds; estimates.

    level: the gradient of a first integral of the first n components; then the last row of F and DF is that of
    staying on its level.
    """
    velocity = _velocity(program, start)
    section, speed = Section(start, _across(velocity), period), float(np.abs(velocity).max())
    states = start.size - (level is not None)  # the last unknown of an orbit on a level is no state
    best: tuple[Section, np.ndarray, np.ndarray] | None = None
    for _ in range(_NEWTON_STEPS):
        try:
            residual, derivative = _equations(program, section, level)
        except InputError:
            if best is None:
                raise
            break
        size = float(np.abs(residual).max())
        if best is None or size < np.abs(best[1]).max():
            best = section, residual, derivative
        candidates = (_moved(section, derivative, residual, cut, level) for cut in _CUTS)
        moved = next((c for c in candidates if _is_near(c, start, speed, period, states)), None)
        if moved is None or size <= 4 * UNIT_ROUNDOFF * float(np.abs(section.point).max()):
            break
        section = moved
    assert best is not None
    # |DPhi - I| times the size of the point, and the velocity times the period: in the unit of the variables
    slopes = np.abs(best[2]).max(axis=0)
    size = max(1.0, slopes[: start.size - 1].max()) * np.abs(start).max() + slopes[-1] * period
    if not np.abs(best[1]).max() <= _SMALL * size:
        raise InputError(
            f"no periodic orbit was found near x: Newton's method leaves |Phi_T(x) - x| = {np.abs(best[1]).max():.3g}; "
            "start closer to the orbit, and with a period closer to its own"
        )
    return best


def is_degenerate(section: Section, derivative: np.ndarray, level: Program | None = None) -> bool:
    """Whether the orbit seems to be one of a family: the derivative of its equations is singular up to rounding."""
    columns, rows = _units(section, derivative, level)
    values = np.linalg.svd(derivative * columns / rows[:, None], compute_uv=False)
    return bool(values[-1] <= _DOUBLE * values[0])


def _units(section: Section, derivative: np.ndarray, level: Program | None) -> tuple[np.ndarray, np.ndarray]:
    """(of the unknowns, of the equations): the size of the point, the period, and with a level those of a and of H."""
    size = float(np.abs(section.point).max())
    if level is None:
        return np.append(np.full(len(derivative) - 1, size), section.period), np.full(len(derivative), size)
    slope = float(np.abs(evaluate(level, [Ball.exact(section.point[:-1])])[0].mid).max()) or 1.0
    state = np.append(np.full(len(derivative) - 1, size), size / (section.period * slope))
    columns = np.abs(section.basis).T @ state
    return np.append(columns, section.period), np.full(len(derivative), size)


def _equations(program: Program, section: Section, level: Program | None) -> tuple[np.ndarray, np.ndarray]:
    """(F, DF) at the section's point: estimates; F in more digits than floats have."""
    start = [flint.arb(float(v)) for v in section.point]
    end, matrix = estimated_time_map(program, start, Fraction(section.period))
    with working(110, 2):
        residual = np.array([float((e - s).mid()) for e, s in zip(end, start, strict=True)])
        velocity = np.array([float(v.mid()) for v in VectorField(program, 110).values(end)])
    monodromy = np.array([[float(v.mid()) for v in row] for row in matrix.tolist()])
    derivative = np.column_stack([monodromy @ section.basis - section.basis, velocity])
    if level is not None:
        slope = evaluate(level, [Ball.exact(section.point[:-1])])[0]
        derivative[-1] = np.append(in_units(slope).mid @ section.basis[:-1], 0.0)
    return residual, derivative


def _velocity(program: Program, point: np.ndarray) -> np.ndarray:
    with working(64, 2):
        try:
            values = VectorField(program, 64).values([flint.arb(float(v)) for v in point])
        except InputError as error:
            raise InputError(f"the field has no value at x: {error}") from None
    velocity = np.array([float(v.mid()) for v in values])
    if not np.isfinite(velocity).all() or not velocity.any():
        raise InputError("the field vanishes at x, or has no value there: start on the orbit, away from equilibria")
    return velocity


def _across(velocity: np.ndarray) -> np.ndarray:
    """Columns (n, n - 1) that span the plane across the velocity."""
    q, _ = np.linalg.qr(np.column_stack([velocity, np.eye(velocity.size)]))
    return np.ascontiguousarray(q[:, 1 : velocity.size])


def _moved(
    section: Section, derivative: np.ndarray, residual: np.ndarray, cut: float, level: Program | None
) -> Section:
    """The section after a Newton step in the directions whose singular values exceed this part of the largest."""
    columns, rows = _units(section, derivative, level)
    step = np.linalg.lstsq(derivative * columns / rows[:, None], -residual / rows, rcond=cut)[0] * columns
    return Section(section.point + section.basis @ step[:-1], section.basis, section.period + float(step[-1]))


def _is_near(section: Section, start: np.ndarray, speed: float, period: float, states: int) -> bool:
    # the orbit's own size: that of its point, or of the circle that its speed would go round in the period
    reach = 2 * _LARGEST_STEP * max(float(np.abs(start).max()), speed * period / (2 * np.pi))
    near = np.isfinite(section.point).all() and np.abs(section.point - start)[:states].max() <= reach
    return bool(near and abs(section.period - period) <= _LARGEST_STEP * period)


def orbit_witness(
    program: Program,
    section: Section,
    residual: np.ndarray,
    derivative: np.ndarray,
    tolerance: float,
    deadline: float,
    level: Program | None = None,
) -> dict[str, Any]:
    """The witness of the proof; level: the gradient of a first integral, as for `refined_orbit`."""
    units = _units(section, derivative, level)[0]
    inverse = inverse_or_identity(derivative)
    scale = float(np.abs(section.point).max())
    radii = _radii(inverse, float(np.linalg.norm(residual)) + (2.0**-60 + tolerance) * scale, units)
    with working(64, 2):
        settings = settings_for(tolerance, section.states(radii[:-1]))
    with working(settings.precision, settings.order + 3):
        field = VectorField(program, settings.precision)
        passage = adaptive(field, section.states(radii[:-1]), Fraction(section.period), settings, deadline)
    if passage.reason:
        raise InputError(f"the orbit could not be followed over its period: {passage.reason}")
    witness: dict[str, Any] = {
        "point": section.point,
        "basis": section.basis,
        "period": section.period,
        "radii": radii,
        "inverse": inverse,
        "steps": list(passage.steps),
        "order": settings.order,
        "precision": settings.precision,
    }
    return _with_discs(program, section, witness, units)


def _with_discs(program: Program, section: Section, witness: dict[str, Any], units: np.ndarray) -> dict[str, Any]:
    """The box of unknowns made large enough for the residual that was found, and discs of the multipliers."""
    found = returned(program, section, witness["radii"], witness)
    for _ in range(_ENLARGEMENTS):
        if isinstance(found, str):
            return witness
        needed = _radii(witness["inverse"], float(np.linalg.norm(found.value.magnitude)), units)
        if not np.isfinite(needed).all() or (needed <= witness["radii"]).all():
            break
        witness["radii"] = _MARGIN * needed
        found = returned(program, section, witness["radii"], witness)
    if isinstance(found, str):
        return witness
    discs = proposed_discs(eigenvalues(multiplier_matrix(section, found)))
    return witness | ({"discs": discs} if discs else {})


def _radii(inverse: np.ndarray, residual: float, units: np.ndarray) -> np.ndarray:
    """What Newton's step may be, and of no unknown less than a thousandth of the others, each in its unit."""
    rows = np.linalg.norm(inverse, axis=1) / units
    return np.asarray(_MARGIN * residual * np.maximum(rows, 1e-3 * rows.max()) * units)
