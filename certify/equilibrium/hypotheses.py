"""What the theorems on equilibria require: smoothness, an invariant subspace, a symmetry."""

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.rational_vectors import annihilator, vectors_ball
from certify.equilibrium.statement import EquilibriumStatement
from certify.linear_algebra import solve
from certify.statements import say
from foundation import InputError

_PROBES, _PROBE = 4, 2.0**-5


def smooth(proved: bool) -> Hypothesis:
    """Smoothness, proved or not, on a neighbourhood of the enclosure."""
    if proved:
        return hypothesis("equilibrium.smooth", Status.PROVED, say("equilibrium.analytic"))
    return hypothesis("equilibrium.smooth", Status.UNDECIDED, say("equilibrium.kink"))


def mean_value_forms() -> Hypothesis:
    """What excluding and counting equilibria by derivatives needs of the field."""
    return hypothesis("all-equilibria.lipschitz", Status.PROVED, say("all-equilibria.decided"))


def smooth_where_decided() -> Hypothesis:
    """What the verdicts of a list of equilibria need."""
    return hypothesis("all-equilibria.smooth", Status.PROVED, say("all-equilibria.analytic"))


def invariant_subspace() -> Hypothesis:
    """What a list of the equilibria on a subspace needs."""
    return hypothesis("all-equilibria.invariant", Status.PROVED, say("equilibrium.across-vanishes"))


def required(statement: EquilibriumStatement, box: Ball) -> tuple[Hypothesis, ...]:
    """What the restriction needs, with its status; `box` (n,) holds the equilibrium.

    Raises `InputError` where the balls refute it; what exact arithmetic alone refutes is REFUTED.
    """
    if statement.restriction == "subspace":
        return (_invariance(statement, box),)
    if statement.restriction == "symmetry":
        return (_symmetry(statement, box),)
    if statement.restriction == "group":
        return (_equivariance(statement, box),)
    return ()


def velocities(statement: EquilibriumStatement, unknowns: Ball, unmoved: bool) -> tuple[Claim, ...]:
    """The constant velocity (map: step) of a relative equilibrium along each symmetry: (U^T U)^-1 U^T f, or c."""
    if statement.restriction not in ("symmetry", "group"):
        return ()
    if statement.group:
        speed = unknowns[statement.places :]
    else:
        directions = vectors_ball(statement.vectors)
        speed = solve(directions.T @ directions, directions.T @ statement.displacement(statement.point(unknowns)))
    bounds = [Enclosure(0.0, 0.0) if unmoved else speed[k].enclosure() for k in range(len(speed))]
    id = f"equilibrium.velocity-{statement.restriction}-{statement.kind}"
    return tuple(claim(id, bound, index=k + 1) for k, bound in enumerate(bounds))


def unmoved(statement: EquilibriumStatement, unknowns: Ball) -> tuple[Hypothesis, ...]:
    """What proves that a relative equilibrium with these unknowns is an equilibrium; empty where it is not proved."""
    from certify.equilibrium.identities import is_across_orbits

    group = statement.group
    if group is None or not group.is_unmoved(unknowns):
        return ()
    if not all(is_across_orbits(statement.field, matrix) for matrix in group.generators):
        return ()
    return (hypothesis("equilibrium.unmoved", Status.PROVED, say("equilibrium.identity"), where=statement.kind),)


def _invariance(statement: EquilibriumStatement, box: Ball) -> Hypothesis:
    from certify.equilibrium.identities import subspace_invariance

    invariance = subspace_invariance(statement.field, statement.base, statement.vectors, statement.is_map)
    if invariance:
        return hypothesis("equilibrium.invariant", Status.PROVED, say("equilibrium.across-vanishes"))
    _refuse_variant(statement, box)
    if invariance is False:
        return hypothesis("equilibrium.invariant", Status.REFUTED, say("equilibrium.across-differs"))
    return hypothesis("equilibrium.invariant", Status.ASSUMED, say("equilibrium.not-derived"))


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
    from certify.equilibrium.identities import translation_symmetry

    id, shift = "equilibrium.translation", statement.kind
    identity = translation_symmetry(statement.field, statement.vectors, statement.is_map)
    if identity:
        return hypothesis(id, Status.PROVED, say("equilibrium.identity"), shift=shift)
    directions = vectors_ball(statement.vectors)
    image = statement.jacobian(box) @ directions
    defect = image - directions if statement.is_map else image
    if not defect.contains(np.zeros(defect.shape)).all():
        raise InputError(
            f"the field changes along the symmetry directions: its derivative there is at least "
            f"{float(defect.mignitude.max()):.3g}; pass directions u with f(x + c u) = f(x)"
        )
    if identity is False:
        return hypothesis(id, Status.REFUTED, say("equilibrium.translation-differs"), shift=shift)
    return hypothesis(id, Status.ASSUMED, say("equilibrium.not-derived"), shift=shift)


def _equivariance(statement: EquilibriumStatement, box: Ball) -> Hypothesis:
    from certify.equilibrium.identities import commutes

    id, orbits = "equilibrium.equivariant", statement.kind
    assert statement.group is not None
    found = commutes(statement.field, statement.group.generators)
    if all(found):
        return hypothesis(id, Status.PROVED, say("equilibrium.identity"), orbits=orbits)
    for k, (verdict, matrix) in enumerate(zip(found, statement.group.generators, strict=True), 1):
        if verdict is False:
            raise InputError(
                f"the field does not commute with the symmetry exp(t S_{k}): Df(x) S x - S f(x) is a rational function "
                "other than 0; pass a generator S with f(exp(t S) x) = exp(t S) f(x)"
            )
        if verdict is None:
            _refuse_asymmetric(statement, box, k, vectors_ball(matrix))
    return hypothesis(id, Status.ASSUMED, say("equilibrium.not-derived"), orbits=orbits)


def _refuse_asymmetric(statement: EquilibriumStatement, box: Ball, k: int, matrix: Ball) -> None:
    """Df(x) S x - S f(x) at the equilibrium and at points around it, where the field is defined."""
    reach = _PROBE * (1.0 + float(np.abs(box.mid).max()))
    directions = [np.cos((np.arange(len(box)) + 1.0) * j) for j in range(1, _PROBES + 1)]
    for point in (box, *(Ball.exact(box.mid + reach * d) for d in directions)):
        try:
            defect = statement.jacobian(point) @ (matrix @ point) - matrix @ statement.value(point)
        except InputError:
            continue
        if not defect.contains(np.zeros(defect.shape)).all():
            raise InputError(
                f"the field does not commute with the symmetry exp(t S_{k}): Df(x) S x - S f(x) is at least "
                f"{float(defect.mignitude.max()):.3g} near the equilibrium; pass a generator S with "
                "f(exp(t S) x) = exp(t S) f(x)"
            )
