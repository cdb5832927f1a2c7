"""The witness of the proof of one equilibrium."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import EquilibriumStatement, Units
from certify.linear_algebra import eigenvalues
from certify.once import once
from certify.zeros import Undecided, prove_zero
from foundation import InputError
from search.equilibrium.discs import proposed_discs


def equilibrium_parts(
    statement: EquilibriumStatement, units: Units, scaled: np.ndarray, inverse: np.ndarray, radius: float | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Problem and witness of the certificate of the equilibrium near coordinates `scaled` (k,) in these units.

    `inverse` of the scaled statement's derivative is an estimate; `radius`, of the cube in which the equilibrium is
    alone in these units, a proposal.
    """
    return statement.as_tree(), _witness(statement, units, scaled, inverse, radius)


def _witness(
    statement: EquilibriumStatement, units: Units, scaled: np.ndarray, inverse: np.ndarray, radius: float | None
) -> dict[str, Any]:
    """What the proof at these coordinates needs: estimates throughout."""
    coordinates = units.up(scaled)
    point = statement.point(Ball.exact(coordinates)).mid
    witness: dict[str, Any] = {"coordinates": coordinates, "point": np.array(point), "inverse": inverse}
    if not units.are_one:
        witness["units"] = units.as_tree()
    if radius is not None:
        witness["uniqueness_radius"] = radius * units.smallest
    discs = _discs(units.applied(statement), scaled, inverse)
    return witness | ({"discs": discs} if discs else {})


def _discs(statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray) -> dict[str, np.ndarray]:
    """Discs of the eigenvalues over the enclosure that the proof will find."""
    try:
        proof = prove_zero(statement.residual(coordinates), statement.derivative, coordinates, right_inverse=inverse)
        if isinstance(proof, Undecided):
            return {}
        return proposed_discs(once(eigenvalues, statement.linearisation(Ball(coordinates, proof.box))))
    except InputError:
        return {}
