"""What the theorems on equilibria require: smoothness, an invariant subspace, a symmetry."""

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Status
from certify.equilibrium.identities import subspace_is_invariant, translations_are_symmetries
from certify.equilibrium.rational_vectors import annihilator, vectors_ball
from certify.equilibrium.statement import EquilibriumStatement
from certify.linear_algebra import solve
from foundation import InputError

_SMOOTH = "The field is continuously differentiable near the equilibrium."


def not_smooth() -> tuple[Hypothesis, ...]:
    """Smoothness where it could not be proved."""
    return (Hypothesis("smooth", _SMOOTH, Status.UNDECIDED, "A kink or a jump is not excluded."),)


def required(statement: EquilibriumStatement, box: Ball) -> tuple[Hypothesis, ...]:
    """The hypotheses with their status; `box` (n,) holds the equilibrium. Raises `InputError` where one is refuted."""
    smooth = Hypothesis("smooth", _SMOOTH, Status.PROVED, "Its program is smooth on a neighbourhood of the enclosure.")
    if statement.restriction == "subspace":
        return smooth, _invariance(statement, box)
    if statement.restriction == "symmetry":
        return smooth, _symmetry(statement, box)
    return (smooth,)


def velocities(statement: EquilibriumStatement, box: Ball) -> tuple[Claim, ...]:
    """The constant velocity (map: step) of a relative equilibrium along each symmetry: (U^T U)^-1 U^T f."""
    if statement.restriction != "symmetry":
        return ()
    directions = vectors_ball(statement.vectors)
    speed = solve(directions.T @ directions, directions.T @ statement.displacement(box))
    unit = "per step" if statement.is_map else "per unit of time"
    text = "Velocity of the relative equilibrium along the symmetry direction"
    return tuple(Claim(f"velocity_{k + 1}", f"{text} {k + 1}.", speed[k].enclosure(), unit) for k in range(len(speed)))


def _invariance(statement: EquilibriumStatement, box: Ball) -> Hypothesis:
    text = "The affine subspace is invariant under the dynamics."
    if subspace_is_invariant(statement.field, statement.base, statement.vectors, statement.is_map):
        reason = "The field's component across the subspace vanishes on it, by exact rational-function arithmetic."
        return Hypothesis("invariant", text, Status.PROVED, reason)
    _refuse_variant(statement, box)
    return Hypothesis("invariant", text, Status.ASSUMED, "It could not be derived from the field's program.")


def _refuse_variant(statement: EquilibriumStatement, box: Ball) -> None:
    """Across an invariant subspace the field and its derivative along the subspace are zero."""
    forms = annihilator(statement.vectors)
    if not forms:
        return
    across = vectors_ball(forms)
    along = across @ (statement.jacobian(box) @ vectors_ball(statement.vectors))
    for what, value in (("the field is", across @ statement.displacement(box)), ("its derivative is", along)):
        if not value.contains(np.zeros(value.shape)).all():
            raise InputError(
                f"the subspace is not invariant: across it {what} at least {float(value.mignitude.max()):.3g} near the "
                "equilibrium; pass columns that span the tangent space and a point of the invariant subspace"
            )


def _symmetry(statement: EquilibriumStatement, box: Ball) -> Hypothesis:
    text = "f(x + U c) = f(x)" + (" + U c" if statement.is_map else "") + " for all x and c: U spans the symmetries."
    if translations_are_symmetries(statement.field, statement.vectors, statement.is_map):
        return Hypothesis("symmetry", text, Status.PROVED, "An identity of exact rational-function arithmetic.")
    directions = vectors_ball(statement.vectors)
    image = statement.jacobian(box) @ directions
    defect = image - directions if statement.is_map else image
    if not defect.contains(np.zeros(defect.shape)).all():
        raise InputError(
            f"the field changes along the symmetry directions: its derivative there is at least "
            f"{float(defect.mignitude.max()):.3g}; pass directions u with f(x + c u) = f(x)"
        )
    return Hypothesis("symmetry", text, Status.ASSUMED, "It could not be derived from the field's program.")
