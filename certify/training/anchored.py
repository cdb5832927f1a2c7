"""The residuals of an attained loss: K = R J J^T R^T, so that every engine for the squared error applies unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.program import Program, analytic_everywhere
from certify.training.losses import Anchors, anchors, attained_loss
from certify.training.program_loss import program_anchors
from foundation import CertificateError, InputError

PROGRAM = "program"


@final
@dataclass(frozen=True, eq=False)
class Residuals:
    """r_i = R_i B^T (f_i - z_i) with R_i^T R_i = B^T W_i B > 0 and B an orthonormal basis across the flat directions.

    matrix: balls (N, q', q) around R_i B^T; shift: balls (N, q') around R_i B^T z_i. As W_i = B (B^T W_i B) B^T, the
    Hessian of the loss where all r_i vanish is (1/N) sum_i (R_i B^T J_i)^T (R_i B^T J_i), and r = 0 exactly where
    every example's loss is least (the losses are convex).
    """

    matrix: Ball
    shift: Ball

    @property
    def rank(self) -> int:
        """q', the number of residuals an example."""
        return int(self.shift.shape[1])

    def of(self, outputs: Ball) -> Ball:
        """r for outputs (N, q), shape (N, q')."""
        return matmul(self.matrix, outputs.reshape(*outputs.shape, 1)).reshape(self.shift.shape) - self.shift

    def derivative(self, jacobian: Ball) -> Ball:
        """R_i B^T J_i for Jacobians (N, q, D), shape (N, q', D)."""
        return matmul(self.matrix, jacobian)


def residuals_of(loss: Mapping[str, Any], targets: np.ndarray) -> Residuals:
    """The residuals of a loss with targets (N, q); raises `InputError` where no minimum is attained."""
    found = _anchors(loss, targets)
    matrix = _factor(found)
    shift = matmul(matrix, found.centres.reshape(*found.centres.shape, 1))
    return Residuals(matrix, shift.reshape(shift.shape[:2]))


def _anchors(loss: Mapping[str, Any], targets: np.ndarray) -> Anchors:
    if loss.get("name") != PROGRAM:
        return anchors(loss, targets)
    program, centres = loss.get("program"), loss.get("centres")
    if set(loss) != {"name", "program", "centres"}:
        raise CertificateError("the loss of the certificate's problem has other entries than a program and its centres")
    if not isinstance(program, Program) or not isinstance(centres, np.ndarray):
        raise CertificateError("the loss of the certificate's problem has no program or no centres")
    return program_anchors(program, targets, centres)


def loss_name(loss: Mapping[str, Any]) -> str:
    """The loss of an example in the closed list of `certify.statements.training`."""
    return PROGRAM if loss.get("name") == PROGRAM else attained_loss(loss).name


def analytic_obstacle(loss: Mapping[str, Any]) -> str:
    """Why the loss is not real-analytic everywhere; empty where it is."""
    if loss.get("name") == PROGRAM:
        return analytic_everywhere(loss["program"]).obstacle
    return "" if attained_loss(loss).analytic else f"the loss {loss['name']} is made of pieces"


def _factor(found: Anchors) -> Ball:
    """R_i B^T, from the Cholesky factor of B^T W_i B."""
    q = found.centres.shape[1]
    if not found.flat:
        return _transposed(cholesky(found.weights))
    if q < 2:
        raise InputError("a loss that does not see a common shift of its outputs needs at least two of them")
    basis = helmert(q)
    inner = matmul(basis.T, matmul(found.weights, basis))
    return matmul(_transposed(cholesky(inner)), basis.T)


def helmert(q: int) -> Ball:
    """An orthonormal basis (q, q - 1) of the vectors whose entries sum to zero [Helmert, 1876]."""
    columns = []
    for k in range(1, q):
        entries = np.concatenate([np.ones(k), [-float(k)], np.zeros(q - k - 1)])
        columns.append(Ball.exact(entries) / Ball.exact(float(k * (k + 1))).sqrt())
    return Ball(np.stack([c.mid for c in columns], axis=1), np.stack([c.rad for c in columns], axis=1))


def cholesky(matrices: Ball) -> Ball:
    """The lower factors of symmetric positive definite matrices (N, k, k), enclosed column by column.

    The balls stand for their symmetric members, of which the lower triangles are read. Raises `InputError` where a
    pivot is not proved positive.
    """
    size = matrices.shape[-1]
    columns: list[Ball] = []
    for j in range(size):
        column = matrices[:, :, j]
        for previous in columns:
            column = column - previous * previous[:, j].reshape(-1, 1)
        pivot = column[:, j]
        if not bool((pivot.lower > 0).all()):
            example = int(np.argmin(pivot.lower))
            raise InputError(f"the curvature of the loss at example {example} is not proved positive definite")
        column = column / pivot.sqrt().reshape(-1, 1)
        above = np.arange(size) < j
        columns.append(Ball(np.where(above, 0.0, column.mid), np.where(above, 0.0, column.rad)))
    return Ball(np.stack([c.mid for c in columns], axis=-1), np.stack([c.rad for c in columns], axis=-1))


def _transposed(matrices: Ball) -> Ball:
    return matrices.map(lambda x: np.ascontiguousarray(np.swapaxes(x, -1, -2)))
