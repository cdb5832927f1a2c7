"""Newton's method for an equilibrium near a given point, and the witness of its proof."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import EquilibriumStatement
from certify.linear_algebra import eigenvalues
from certify.program import UndecidedBranch
from certify.zeros import Undecided, prove_zero
from foundation import InputError
from search.equilibrium.discs import proposed_discs
from search.equilibrium.velocities import first_unknowns
from search.newton import inverse_or_identity, newton

_NEWTON_STEPS = 80
# Newton may move the point this far, relative to its size: beyond, the user meant another equilibrium.
_LARGEST_STEP = 0.1


def equilibrium_parts(
    statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Problem and witness of the certificate of the equilibrium near these coordinates.

    `inverse` of the derivative is an estimate; `radius`, of the cube in which the equilibrium is alone, a proposal.
    """
    return statement.as_tree(), equilibrium_witness(statement, coordinates, inverse, radius)


def equilibrium_witness(
    statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float | None
) -> dict[str, Any]:
    """What the proof at these coordinates needs: estimates throughout."""
    point = statement.point(Ball.exact(coordinates)).mid
    witness: dict[str, Any] = {"coordinates": coordinates, "point": np.array(point), "inverse": inverse}
    if radius is not None:
        witness["uniqueness_radius"] = radius
    discs = _discs(statement, coordinates, inverse)
    return witness | ({"discs": discs} if discs else {})


def _discs(statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray) -> dict[str, np.ndarray]:
    """Discs of the eigenvalues over the enclosure that the proof will find."""
    try:
        proof = prove_zero(statement.residual(coordinates), statement.derivative, coordinates, right_inverse=inverse)
        if isinstance(proof, Undecided):
            return {}
        return proposed_discs(eigenvalues(statement.linearisation(Ball(coordinates, proof.box))))
    except InputError:
        return {}


def refined_point(statement: EquilibriumStatement, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the equilibrium and an approximate inverse of the derivative there, by Newton's method."""
    first = first_unknowns(statement, start) if statement.group else statement.chart.coordinates(start)
    reach, places = _LARGEST_STEP * (1.0 + float(np.linalg.norm(start))), statement.places

    def near(coordinates: np.ndarray) -> bool:
        return bool(np.linalg.norm((coordinates - first)[:places]) <= reach)

    def derivative(coordinates: np.ndarray) -> np.ndarray:
        return np.asarray(statement.derivative(Ball.exact(coordinates)).mid)

    found = newton(first, lambda y: _residual(statement, y), derivative, steps=_NEWTON_STEPS, near=near)
    _refuse_far(statement, start, found.point, found.first, found.size)
    return found.point, inverse_or_identity(derivative(found.point))


def _refuse_far(
    statement: EquilibriumStatement, start: np.ndarray, best: np.ndarray, before: float, smallest: float
) -> None:
    slope = float(np.abs(statement.derivative(Ball.exact(best)).mid).max())
    scale = max(slope, 1e-3) * max(1.0, float(np.abs(start).max()))
    if smallest <= 1e-10 * scale:
        return
    what = "|f(x)|" if not statement.is_map else "|f(x) - x|"
    name = "symmetry" if statement.group else statement.restriction
    where = "" if name == "none" else f", {name} taken into account,"
    raise InputError(
        f"no equilibrium was found near x: {what}{where} is {before:.3g} there, and Newton's method within a tenth of "
        f"its size leaves {smallest:.3g}; start closer to the equilibrium"
    )


def _residual(statement: EquilibriumStatement, y: np.ndarray) -> np.ndarray:
    """The residual (an estimate); infinite outside of the field's domain."""
    try:
        value = statement.residual(y)
    except UndecidedBranch:
        raise
    except InputError as error:
        raise InputError(f"the field has no value at x or near it: {error}") from None
    return np.where(np.isfinite(value.rad), value.mid, np.inf)
