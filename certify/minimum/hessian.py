"""The Hessian of the loss over a ball of parameters."""

import numpy as np

from certify.arithmetic import Ball
from certify.minimum.statement import MinimumStatement
from certify.program import jacobian, pullback
from foundation import InputError


def hessian(statement: MinimumStatement, params: Ball) -> Ball:
    """Hess L = (1/N) (J^T J + sum_i F_i Hess predict_i), symmetric, shape (D, D).

    The second term differentiates the network's program twice; it is summed over examples in chunks.
    """
    if statement.anchored is not None:
        raise InputError("off the minimum the Hessian of this loss is not J^T J; ask for a strict minimum of sp.Loss")
    first = statement.jacobian(params)
    total = first.T @ first + _curvature_of_predictions(statement, params)
    below = np.tril_indices(statement.dimension, -1)
    mid, rad = total.mid.copy(), total.rad.copy()
    mid.T[below], rad.T[below] = mid[below], rad[below]
    return Ball(mid, rad) / float(statement.examples)


def _curvature_of_predictions(statement: MinimumStatement, params: Ball) -> Ball:
    """sum_i F_i Hess predict_i: the derivative of theta -> J(theta)^T c at c = F(params)."""
    gradient = pullback(statement.predict, wrt=[0])
    cases = statement.cases
    residual = statement.residual(params).reshape((len(cases), -1))
    size = max(1, _CHUNK_ENTRIES // statement.dimension**2)
    total = Ball.exact(np.zeros((statement.dimension, statement.dimension)))
    for start in range(0, len(cases), size):
        part = slice(start, start + size)
        inputs = Ball.exact(cases[part])
        second = jacobian(gradient, [params, inputs, residual[part]], wrt=0, batch=[False, True, True])
        total = total + second.sum(axis=0)
    return total


_CHUNK_ENTRIES = 10_000_000
