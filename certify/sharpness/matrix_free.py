"""Extreme eigenvalues of the Hessian of a network's loss without its matrix: Gauss-Newton part plus residual part."""

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import largest_eigenvalue
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.minimum.statement import MinimumStatement
from certify.program import evaluate, pullback

_CHUNK_ENTRIES = 2_000_000


def extreme_curvatures(statement: MinimumStatement, low: np.ndarray, high: np.ndarray) -> tuple[Enclosure, Enclosure]:
    """Enclosures of the smallest and largest eigenvalue of H = J^T J / N + R, R = (1/N) sum_i F_i Hess predict_i.

    By Weyl's inequality lambda_max(H) <= lambda_max(J J^T) / N + |R|_F and lambda_min(H) >= -|R|_F; |R|_F is summed
    over its columns, a few at a time. The inner sides are Rayleigh quotients v^T H v / v^T v at the exact vectors `low`
    and `high` (D,) [R. Horn, C. Johnson, Matrix Analysis, 4.2.2 and 4.3.1; for the split: N. Schraudolph, Neural
    Computation 14 (2002)].
    """
    params = Ball.exact(statement.params)
    jacobian, residual = statement.jacobian(params), statement.residual(params).reshape(statement.targets.shape)
    count = float(statement.examples)
    rest = _residual_norm(statement, params, residual) / Ball.exact(count)
    rows = jacobian if len(jacobian) <= statement.dimension else jacobian.T
    gauss_newton = Ball.from_bounds(*_ends(largest_eigenvalue(rows @ rows.T))) / count
    above, below = gauss_newton + rest, -rest
    quotients = [_rayleigh(statement, params, jacobian, residual, v) for v in (low, high)]
    smallest = Enclosure(min(float(below.lower), float(quotients[0].upper)), float(quotients[0].upper))
    largest = Enclosure(float(quotients[1].lower), max(float(above.upper), float(quotients[1].lower)))
    return smallest, largest


def _residual_norm(statement: MinimumStatement, params: Ball, residual: Ball) -> Ball:
    """An upper bound of N |R|_F."""
    size = statement.dimension
    width = max(1, _CHUNK_ENTRIES // (statement.examples * size))
    norms = []
    for start in range(0, size, width):
        columns = np.eye(min(width, size - start), size, start)
        norms.append(frobenius_norm_bound(_residual_products(statement, params, residual, columns)))
    return Ball.exact(frobenius_norm_bound(Ball.exact(np.array(norms)).reshape(1, -1)))


def _residual_products(statement: MinimumStatement, params: Ball, residual: Ball, vectors: np.ndarray) -> Ball:
    """sum_i F_i Hess predict_i v for vectors (k, D): (k, D)."""
    twice = pullback(pullback(statement.predict, wrt=[0]), wrt=[0])
    count, k = statement.examples, len(vectors)
    inputs, outputs = Ball.exact(statement.inputs), statement.predict.output_signatures[0].shape
    repeated = [x.map(lambda a: np.concatenate([a] * k)) for x in (inputs, residual.reshape((count, *outputs)))]
    arguments = [params, *repeated, Ball.exact(np.repeat(vectors, count, axis=0))]
    (value,) = evaluate(twice, arguments, batch=[False, True, True, True])
    return value.reshape((k, count, statement.dimension)).sum(axis=1)


def _rayleigh(statement: MinimumStatement, params: Ball, jacobian: Ball, residual: Ball, vector: np.ndarray) -> Ball:
    """v^T H v / v^T v."""
    v = Ball.exact(vector)
    bent = v @ _residual_products(statement, params, residual, vector[None])[0]
    image = jacobian @ v
    return (image @ image + bent) / (v @ v) / float(statement.examples)


def _ends(enclosure: Enclosure) -> tuple[float, float]:
    return enclosure.lower, enclosure.upper
