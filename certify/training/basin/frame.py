"""The norm in which the linearised iteration contracts, with what it costs to change to the Euclidean one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.linear_algebra import extreme_eigenvalues, is_positive_definite
from certify.verdict import Verdict
from foundation import CertificateError

PLAIN, HEAVY_BALL, NESTEROV = "gradient-descent", "heavy-ball", "nesterov"
ITERATIONS = (PLAIN, HEAVY_BALL, NESTEROV)


@final
@dataclass(frozen=True, eq=False)
class Iteration:
    """p' = b p - step grad(theta) (heavy ball), or - step grad(theta + b p) (Nesterov), theta' = theta + p'.

    step, momentum: balls (); the momentum of gradient descent is 0.
    """

    name: str
    step: Ball
    momentum: Ball

    @property
    def reach(self) -> Ball:
        """|(1 + b) y - b y_before| is at most this many times |(y, y_before)|; 1 where the step looks at y itself."""
        return 1.0 + 2.0 * self.momentum if self.name == NESTEROV else Ball.exact(1.0)


@final
@dataclass(frozen=True)
class Frame:
    """A norm nu on pairs (y, y_before), or on y for gradient descent, in which the linear iteration contracts.

    contraction: nu(M Y) <= contraction nu(Y). inner: |y|, |y_before| <= inner nu(Y). outer: nu((e, 0)) <= outer |e|.
    start: nu((y, y)) <= start |y|.
    """

    contraction: float
    inner: float
    outer: float
    start: float


def linear_map(iteration: Iteration, stiffness: Ball) -> Ball:
    """M with Y' = M Y for y' = y + b (y - y_before) - S y, or - S (y + b (y - y_before)): (2 m, 2 m)."""
    identity = Ball.exact(np.eye(len(stiffness)))
    b = iteration.momentum
    if iteration.name == NESTEROV:
        moved = identity - stiffness
        first, second = moved * (1.0 + b), moved * (-b)
    else:
        first, second = identity * (1.0 + b) - stiffness, identity * (-b)
    zero = np.zeros(stiffness.shape)
    mid = np.block([[first.mid, second.mid], [identity.mid, zero]])
    return Ball(mid, np.block([[first.rad, second.rad], [zero, zero]]))


def frame(iteration: Iteration, stiffness: Ball, witness: Mapping[str, Any]) -> Frame | None:
    """The norm that the witness describes, verified; None where nothing is proved.

    stiffness: symmetric S (m, m). Gradient descent: the Euclidean norm and max |1 - lambda(S)|. Otherwise
    nu(Y)^2 = Y^T P Y with P > 0 and q^2 P - M^T P M > 0, one verified Cholesky factor each.
    """
    if iteration.name == PLAIN:
        low, high = extreme_eigenvalues(stiffness)
        ends = [abs(1.0 - Ball.exact(end)).upper for end in (low.lower, high.upper)]
        return Frame(float(max(ends)), 1.0, 1.0, 1.0) if np.isfinite(ends).all() else None
    form, q = _form(witness, 2 * len(stiffness)), _contraction(witness)
    smallest, largest = (Ball.exact(x) for x in _extremes(form))
    if not smallest.lower > 0:
        return None
    p, m = Ball.exact(form), linear_map(iteration, stiffness)
    difference = p * Ball.exact(q).square() - matmul(m.T, matmul(p, m))
    if is_positive_definite(symmetric_members(difference)) is not Verdict.PROVED:
        return None
    inner, outer, start = (1.0 / smallest).sqrt(), largest.sqrt(), (2.0 * largest).sqrt()
    return Frame(q, float(inner.upper), float(outer.upper), float(start.upper))


def _extremes(form: np.ndarray) -> tuple[float, float]:
    """A lower bound of the smallest and an upper bound of the largest eigenvalue."""
    smallest, largest = extreme_eigenvalues(Ball.exact(form))
    return float(smallest.lower), float(largest.upper)


def symmetric_members(matrix: Ball) -> Ball:
    """A ball matrix with a symmetric midpoint that holds the symmetric members of `matrix`."""
    mid = np.tril(matrix.mid) + np.tril(matrix.mid, -1).T
    return Ball(mid, np.tril(matrix.rad) + np.tril(matrix.rad, -1).T)


def _form(witness: Mapping[str, Any], size: int) -> np.ndarray:
    form = witness.get("form")
    if not isinstance(form, np.ndarray) or form.dtype != np.float64 or form.shape != (size, size):
        raise CertificateError(f"the witness of a basin has no matrix of size {size}")
    if not np.isfinite(form).all() or not np.array_equal(form, form.T):
        raise CertificateError("the witness of a basin has a matrix that is not symmetric")
    return form


def _contraction(witness: Mapping[str, Any]) -> float:
    q = witness.get("contraction")
    if not isinstance(q, float) or not 0 < q < 1:
        raise CertificateError("the witness of a basin has no contraction between 0 and 1")
    return q
