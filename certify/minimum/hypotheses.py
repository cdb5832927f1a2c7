"""The hypotheses of the stability theorems, each proved, assumed or not needed."""

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Hypothesis, Status
from certify.linear_algebra.inverse import is_nonsingular
from certify.minimum.hessian import hessian
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.program import is_real_analytic
from certify.verdict import Verdict
from foundation import InputError


def independent_gradients() -> Hypothesis:
    """H1, which the proof of existence has shown."""
    return Hypothesis(
        "H1",
        "The gradients of the residuals are linearly independent at the minimum, so that near it the minima form a "
        "manifold of dimension D - qN.",
        Status.PROVED,
        "The Jacobian of the residual is onto at the exact minimum: a right inverse was verified.",
    )


def strict_minimum() -> Hypothesis:
    """H1 for strict minima."""
    return Hypothesis(
        "H1",
        "The Hessian of the loss is positive definite at the minimum.",
        Status.PROVED,
        "The smallest eigenvalue of the Hessian is enclosed above zero.",
    )


def initial_density() -> Hypothesis:
    """H2, which only the user can know."""
    return Hypothesis(
        "H2",
        "The law of the initial parameters is equivalent to Lebesgue measure.",
        Status.ASSUMED,
        "A property of the initialisation, for example a normal law; it is not visible in the minimum.",
    )


def non_singular_update(statement: MinimumStatement, update_jacobian: Ball, update: str) -> Hypothesis:
    """H3: for a real-analytic update map it is enough that det of its Jacobian is non-zero at one point.

    The zeros of a real-analytic function that is not identically zero form a null set, and a C1 map whose
    Jacobian is invertible almost everywhere pulls null sets back to null sets. `update_jacobian` is the map's
    Jacobian on the normal space at the minimum (on the tangent space it is the identity).
    """
    text = f"The update map is non-singular: preimages of null sets are null sets ({update})."
    analytic, obstacle = is_real_analytic(statement.predict)
    if not analytic:
        return Hypothesis("H3", text, Status.ASSUMED, f"The network is not real-analytic: {obstacle}.")
    if is_nonsingular(update_jacobian) is Verdict.PROVED:
        reason = "The network is real-analytic and the Jacobian determinant is proved non-zero at the minimum."
        return Hypothesis("H3", text, Status.PROVED, reason)
    if _non_singular_elsewhere(statement):
        reason = (
            "The network is real-analytic and the Jacobian determinant is proved non-zero at a point near the minimum."
        )
        return Hypothesis("H3", text, Status.PROVED, reason)
    reason = "The Jacobian determinant at the minimum could not be separated from zero."
    return Hypothesis("H3", text, Status.ASSUMED, reason)


def _non_singular_elsewhere(statement: MinimumStatement) -> bool:
    """Whether det(I - eta Hess L) is proved non-zero at some point off the minimum; for gradient descent, small D."""
    if statement.optimizer.get("name") not in {"gradient-descent", "sgd"} or statement.dimension > _SMALL_DIMENSION:
        return False
    eta, identity = setting(statement.optimizer, "learning_rate"), Ball.exact(np.eye(statement.dimension))
    for shift in _SHIFTS:
        point = Ball.exact(statement.params * (1.0 + shift) + shift)
        try:
            derivative = identity - hessian(statement, point) * eta
        except InputError:
            continue
        if is_nonsingular(derivative) is Verdict.PROVED:
            return True
    return False


_SMALL_DIMENSION = 64
_SHIFTS = (2.0**-7, -(2.0**-5), 2.0**-3)
