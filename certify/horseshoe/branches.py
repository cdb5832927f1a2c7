"""Inverse branches of an iterate: a continuous g on a cube N with f^k(g(x)) = x, and where its values lie."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.horseshoe.statement import HorseshoeStatement
from certify.linear_algebra.inverse import approximate_inverse
from certify.zeros import Undecided
from foundation import InputError

_WIDENINGS = 12
_FIRST_MARGIN, _GROWTH = 1e-3, 2.0


@final
@dataclass(frozen=True, eq=False)
class InverseBranch:
    """`image` (n,): contains g(N). steps: the k of f^k o g = identity on N."""

    image: Ball
    steps: int


def inverse_branch(
    statement: HorseshoeStatement, orbit: np.ndarray, centre: np.ndarray, radius: float
) -> InverseBranch | Undecided:
    """Prove that f^k has a continuous right inverse on the cube N of this centre (n,) and radius.

    orbit: (k, n), k approximate preimages of the centre, the earliest first. Proved backwards, step by step: the
    parallelepiped X_j = m_j + A_j [-r_j, r_j], A_j ~ Df(m_j)^-1 A_{j+1}, is found such that for every target in
    X_{j+1} Krawczyk's operator maps X_j into its interior. The only preimage of the target in X_j then depends
    continuously on it [R. Krawczyk, Computing 4 (1969); A. Neumaier, Interval Methods for Systems of Equations, 5.1].
    """
    slopes = statement.slopes(Ball.exact(orbit))
    target, frame = centre, radius * np.eye(len(centre))
    reach = np.ones(len(centre))
    for j in range(len(orbit) - 1, -1, -1):
        inverse, preconditioner = approximate_inverse(slopes[j].mid), approximate_inverse(frame)
        if inverse is None or preconditioner is None:
            return Undecided(f"the derivative is numerically singular at step {j} of the branch", "another branch")
        earlier = inverse @ frame
        try:
            goal = _goal(statement, orbit[j], preconditioner, target, frame, reach)
            found = _radii(statement, orbit[j], earlier, preconditioner, goal)
        except InputError as error:
            return Undecided(f"the map at step {j} of the branch: {error}", "a branch away from the map's jumps")
        if found is None:
            reason = f"Krawczyk's operator does not map the box of preimages at step {j} of the branch into itself"
            return Undecided(reason, "a smaller cube, or a branch that stays away from the map's folds")
        target, frame, reach = orbit[j], earlier, found
    return InverseBranch(_parallelepiped(target, frame, reach), len(orbit))


def _goal(
    statement: HorseshoeStatement,
    middle: np.ndarray,
    preconditioner: np.ndarray,
    target: np.ndarray,
    frame: np.ndarray,
    reach: np.ndarray,
) -> Ball:
    """B (target + frame y' - f(middle)) over all |y'| <= reach."""
    inverse = Ball.exact(preconditioner)
    gap = Ball.exact(target) - statement.values(Ball.exact(middle[None]))[0]
    return inverse @ gap + matmul(inverse, Ball.exact(frame)) @ Ball(np.zeros(reach.shape), reach)


def _radii(
    statement: HorseshoeStatement, middle: np.ndarray, earlier: np.ndarray, preconditioner: np.ndarray, goal: Ball
) -> np.ndarray | None:
    """Radii r such that each target has exactly one preimage x = middle + earlier y, |y| <= r; None: not proved.

    Krawczyk's operator in y: goal + (I - B Df(X) earlier) y.
    """
    inverse, margin = Ball.exact(preconditioner), _FIRST_MARGIN
    for _ in range(_WIDENINGS):
        radii = goal.magnitude * (1.0 + margin)
        box = _parallelepiped(middle, earlier, radii)
        matrix = matmul(inverse, matmul(statement.slopes(box.reshape((1, -1)))[0], Ball.exact(earlier)))
        image = goal + (Ball.exact(np.eye(len(radii))) - matrix) @ Ball(np.zeros(radii.shape), radii)
        if not np.isfinite(image.rad).all():
            return None
        if (image.magnitude < radii).all():
            return radii
        margin *= _GROWTH
    return None


def _parallelepiped(middle: np.ndarray, frame: np.ndarray, radii: np.ndarray) -> Ball:
    """Contains middle + frame y for all |y| <= radii."""
    return Ball.exact(middle) + Ball.exact(frame) @ Ball(np.zeros(radii.shape), radii)
