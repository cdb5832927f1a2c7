"""Newton's method for a point and the period of a periodic orbit, and the witness of its proof."""

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.flow.series import working
from certify.flow.vector_field import VectorField
from certify.linear_algebra import eigenvalues
from certify.periodic.orbit import Section, returned
from certify.periodic.prove_orbit import multiplier_matrix
from certify.program import Program
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
_MARGIN = 4.0
_ENLARGEMENTS = 3


def refined_orbit(program: Program, start: np.ndarray, period: float) -> tuple[Section, np.ndarray, np.ndarray]:
    """(section, F, DF) at the float point and period that are nearest to what Newton's method finds; estimates."""
    section = Section(start, _across(_velocity(program, start)), period)
    best: tuple[Section, np.ndarray, np.ndarray] | None = None
    for _ in range(_NEWTON_STEPS):
        residual, derivative = _equations(program, section)
        size = float(np.abs(residual).max())
        if best is None or size < np.abs(best[1]).max():
            best = section, residual, derivative
        candidates = (_moved(section, derivative, residual, cut) for cut in _CUTS)
        moved = next((c for c in candidates if _is_near(c, start, period)), None)
        if moved is None or size <= 4 * UNIT_ROUNDOFF * float(np.abs(section.point).max()):
            break
        section = moved
    assert best is not None
    if not np.abs(best[1]).max() <= _SMALL * max(1.0, np.abs(best[2]).max()) * (1.0 + np.abs(start).max()):
        raise InputError(
            f"no periodic orbit was found near x: Newton's method leaves |Phi_T(x) - x| = {np.abs(best[1]).max():.3g}; "
            "start closer to the orbit, and with a period closer to its own"
        )
    return best


def _equations(program: Program, section: Section) -> tuple[np.ndarray, np.ndarray]:
    """(F, DF) at the section's point: estimates; F in more digits than floats have."""
    start = [flint.arb(float(v)) for v in section.point]
    end, matrix = estimated_time_map(program, start, Fraction(section.period))
    with working(110, 2):
        residual = np.array([float((e - s).mid()) for e, s in zip(end, start, strict=True)])
        velocity = np.array([float(v.mid()) for v in VectorField(program, 110).values(end)])
    monodromy = np.array([[float(v.mid()) for v in row] for row in matrix.tolist()])
    return residual, np.column_stack([monodromy @ section.basis - section.basis, velocity])


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


def _moved(section: Section, derivative: np.ndarray, residual: np.ndarray, cut: float) -> Section:
    """The section after a Newton step in the directions whose singular values exceed this part of the largest."""
    step = np.linalg.lstsq(derivative, -residual, rcond=cut)[0]
    return Section(section.point + section.basis @ step[:-1], section.basis, section.period + float(step[-1]))


def _is_near(section: Section, start: np.ndarray, period: float) -> bool:
    reach = _LARGEST_STEP * (1.0 + float(np.abs(start).max()))
    near = np.isfinite(section.point).all() and np.abs(section.point - start).max() <= reach
    return bool(near and abs(section.period - period) <= _LARGEST_STEP * period)


def orbit_witness(
    program: Program, section: Section, residual: np.ndarray, derivative: np.ndarray, tolerance: float, deadline: float
) -> dict[str, Any]:
    inverse = inverse_or_identity(derivative)
    scale = 1.0 + float(np.abs(section.point).max())
    radii = _radii(inverse, float(np.linalg.norm(residual)) + (2.0**-60 + tolerance) * scale)
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
    return _with_discs(program, section, witness)


def _with_discs(program: Program, section: Section, witness: dict[str, Any]) -> dict[str, Any]:
    """The box of unknowns made large enough for the residual that was found, and discs of the multipliers."""
    found = returned(program, section, witness["radii"], witness)
    for _ in range(_ENLARGEMENTS):
        if isinstance(found, str):
            return witness
        needed = _radii(witness["inverse"], float(np.linalg.norm(found.value.magnitude)))
        if not np.isfinite(needed).all() or (needed <= witness["radii"]).all():
            break
        witness["radii"] = _MARGIN * needed
        found = returned(program, section, witness["radii"], witness)
    if isinstance(found, str):
        return witness
    discs = proposed_discs(eigenvalues(multiplier_matrix(section, found)))
    return witness | ({"discs": discs} if discs else {})


def _radii(inverse: np.ndarray, residual: float) -> np.ndarray:
    rows = np.linalg.norm(inverse, axis=1)
    return np.asarray(_MARGIN * residual * np.maximum(rows, 1e-3 * rows.max()))
