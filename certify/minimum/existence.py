"""An exact minimum near the given point, and what is known about it: the Gram matrix or the Hessian."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.norms import frobenius_norm_bound, upward
from certify.minimum.extended import Extended
from certify.minimum.gram_zero import GramZero, prove_gram_zero
from certify.minimum.hessian import hessian
from certify.minimum.repeated import Distinct
from certify.minimum.statement import MinimumStatement
from certify.zeros import Undecided, ZeroProof, prove_zero

# Up to so many multiplications bounds by entries cost nothing, and they are a few units in the last place narrower.
_FEW_PRODUCTS = 2**12


@final
@dataclass(frozen=True)
class ExactMinimum:
    """proof: the zero and its neighbourhood. box: ball of parameters (D,) that contains the exact minimum.

    distance: Euclidean, from the point to the exact minimum. scale: what the eigenvalues of `curvature` are divided by.
    jacobian_at: the Jacobian of the residual over the box, of interpolating minima. extended: the point with more
    digits than floats have, where one was used. equations: the residuals of the distinct examples; copies: how many
    examples repeat another one. orbit: the dimension of the orbit of the loss's symmetries, whose points are minima.
    """

    proof: ZeroProof
    box: Ball
    scale: int
    interpolating: bool
    distance: float
    curvature_at: Callable[[], Ball]
    known_extremes: tuple[Enclosure, Enclosure] | None = None
    jacobian_at: Callable[[], Ball] | None = None
    extended: Extended | None = None
    equations: int = 0
    copies: int = 0
    orbit: int = 0

    @property
    def is_manifold(self) -> bool:
        """Whether the minima near by form a manifold: more parameters than distinct residuals, or an orbit."""
        return self.orbit > 0 or (self.interpolating and self.box.size > self.equations)

    @cached_property
    def curvature(self) -> Ball:
        """Symmetric ball matrix at the exact minimum whose eigenvalues, divided by `scale`, are those of the loss's
        Hessian on the normal space: the Gram matrix K = J J^T with scale N where the minimum interpolates, or the
        Hessian itself with scale 1.
        """
        return self.curvature_at()

    def roughness(self, statement: MinimumStatement) -> str:
        """What stands against the network being real-analytic around the exact minimum; or ""."""
        inside = self.extended is not None and bool((self.proof.box < self.extended.reach).all())
        return self.extended.roughness() if inside and self.extended is not None else statement.roughness(self.box)

    @cached_property
    def extremes(self) -> tuple[Enclosure, Enclosure]:
        """The smallest and the largest eigenvalue of `curvature`."""
        return self.known_extremes or extreme_eigenvalues(self.curvature)


def prove_interpolation(
    statement: MinimumStatement,
    inverse_gram: np.ndarray,
    extended: Extended | None = None,
    single: Distinct | None = None,
) -> ExactMinimum | Undecided:
    """A zero of the residual near `params`, with linearly independent gradients there.

    The residual F: R^D -> R^m is restricted to the slice params + J^T C y with C = `inverse_gram` ~ (J J^T)^-1;
    a contraction there gives the zero, and that DF is onto at it [Cohn, Kumar, Minton, Geom. Topol. 2016]. With
    `extended` the slice passes through its point, which is the origin of all boxes. With `single` the statement holds
    each distinct example once, and its residuals are weighted by how often it occurs.
    """
    start = statement.params
    jacobian: Callable[[Ball], Ball] = statement.jacobian
    residual = statement.residual(Ball.exact(start)) if extended is None else extended.residual()
    if extended is not None:
        start, jacobian = np.zeros(statement.dimension), extended.jacobian
    if single is not None:
        weights = single.weights(statement.targets.shape[1])
        residual, jacobian = residual * weights, _weighted(jacobian, weights)
    few = residual.size**2 * statement.dimension <= _FEW_PRODUCTS
    found = None if few else prove_gram_zero(residual, jacobian, start, inverse_gram)
    if found is not None:
        minimum = _interpolating(statement, found.proof, lambda: found.jacobian, found, extended)
    else:
        proof = prove_zero(residual, jacobian, start, gram_inverse=inverse_gram)
        if isinstance(proof, Undecided):
            return proof
        minimum = _interpolating(statement, proof, lambda: jacobian(Ball(start, proof.box)), None, extended)
    return minimum if single is None else replace(minimum, scale=int(single.counts.sum()), copies=single.copies)


def _weighted(jacobian: Callable[[Ball], Ball], weights: Ball) -> Callable[[Ball], Ball]:
    return lambda box: jacobian(box) * weights.reshape(-1, 1)


def _interpolating(
    statement: MinimumStatement,
    proof: ZeroProof,
    rows: Callable[[], Ball],
    by_norms: GramZero | None,
    extended: Extended | None,
) -> ExactMinimum:
    def gram() -> Ball:
        found = rows()
        return symmetric_part(found @ found.T)

    extremes = None if by_norms is None else (by_norms.smallest, by_norms.largest)
    box, distance = Ball(statement.params, proof.box), proof.distance
    if extended is not None:
        box = Ball.exact(statement.params) + (extended.moved + Ball(np.zeros(statement.dimension), proof.box))
        distance = upward(frobenius_norm_bound(extended.moved.reshape(1, -1)) + distance, 1)
    equations = statement.residuals
    return ExactMinimum(proof, box, statement.examples, True, distance, gram, extremes, rows, extended, equations)


def prove_critical_point(statement: MinimumStatement, inverse_hessian: np.ndarray) -> ExactMinimum | Undecided:
    """A zero of the loss's gradient near `params`, unique in its neighbourhood, with the Hessian there."""
    params = Ball.exact(statement.params)
    gradient = loss_gradient(statement, params)
    proof = prove_zero(gradient, lambda box: hessian(statement, box), statement.params, right_inverse=inverse_hessian)
    if isinstance(proof, Undecided):
        return proof
    box = Ball(statement.params, proof.box)
    return ExactMinimum(proof, box, 1, False, proof.distance, lambda: hessian(statement, box))


def loss_gradient(statement: MinimumStatement, params: Ball) -> Ball:
    """grad L = J^T F / N over a ball of parameters, shape (D,)."""
    return (statement.jacobian(params).T @ statement.residual(params)) / float(statement.examples)


def symmetric_part(matrix: Ball) -> Ball:
    """The symmetric matrices in a ball matrix: both triangles from the lower one."""
    below = np.tril_indices(matrix.shape[0], -1)
    mid, rad = matrix.mid.copy(), matrix.rad.copy()
    mid.T[below], rad.T[below] = mid[below], rad[below]
    return Ball(mid, rad)


def moved_distance(start: np.ndarray, end: np.ndarray) -> float:
    """Upper bound of |end - start| (Euclidean)."""
    return frobenius_norm_bound((Ball.exact(end) - Ball.exact(start)).reshape(1, -1))
