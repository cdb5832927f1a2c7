"""Jacobian and neural-tangent Gram matrix of a regression problem, in chunks that respect a memory limit.

Rows are ordered as in `Regression.residual`: example by example, the output index fastest.
"""

from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Float64

from foundation import positive_number
from numeric.precision import double_precision
from numeric.problem import Regression

CHUNK_BYTES = 2.0**27


@double_precision
def jacobian(problem: Regression, theta: Any = None) -> Float64[np.ndarray, "Nq D"]:
    """J with rows grad_theta Phi_k(theta, x_i), by reverse mode a chunk of examples at a time; an estimate."""
    return _rows(problem, problem.vector(theta), 0, problem.number_of_examples)


@double_precision
def gram(problem: Regression, theta: Any = None, *, memory: float = 2.0**31) -> Float64[np.ndarray, "Nq Nq"]:
    """K = J J^T, exactly symmetric; an estimate.

    At most `memory` bytes are held in Jacobian rows. When all of J fits it is computed once; otherwise rows are
    computed again for every pair of blocks.
    """
    vector = problem.vector(theta)
    limit = positive_number(memory, "memory")
    number, outputs, row = problem.number_of_examples, problem.outputs, 8 * problem.dimension
    if number * outputs * row <= limit:
        rows = _rows(problem, vector, 0, number)
        return rows @ rows.T
    size = max(1, int(limit / (2 * outputs * row)))
    result = np.empty((number * outputs, number * outputs))
    for start in range(0, number, size):
        _fill_block_row(result, problem, vector, start, size)
    return result


def jacobian_chunk(
    problem: Regression, theta: Float[Array, " D"], inputs: Float[Array, "n ..."]
) -> Float[Array, "nq D"]:
    """The Jacobian rows of some examples as a pure JAX function; use it in 64-bit mode."""
    if problem.batched:
        return jax.jacrev(lambda t: problem.predict_all(t, inputs).reshape(-1))(theta)
    rows = jax.vmap(jax.jacrev(problem.predict_flat), in_axes=(None, 0))(theta, inputs)
    return rows.reshape(-1, problem.dimension)


def _rows(problem: Regression, theta: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Jacobian rows of the examples start..stop-1; every chunk has one size, so that the last one overlaps."""
    outputs = problem.outputs
    if problem.batched:  # no row can be had without all examples
        return np.asarray(problem.compiled(jacobian_chunk)(theta, problem.inputs))[start * outputs : stop * outputs]
    chunk = min(stop - start, max(1, int(CHUNK_BYTES / (8 * outputs * problem.dimension))))
    evaluate = problem.compiled(jacobian_chunk)
    result = np.empty(((stop - start) * outputs, problem.dimension))
    for first in range(start, stop, chunk):
        first = min(first, stop - chunk)
        rows = evaluate(theta, problem.inputs[first : first + chunk])
        result[(first - start) * outputs : (first - start + chunk) * outputs] = rows
    return result


def _fill_block_row(result: np.ndarray, problem: Regression, theta: np.ndarray, start: int, size: int) -> None:
    number, outputs = problem.number_of_examples, problem.outputs
    stop = min(start + size, number)
    here = slice(start * outputs, stop * outputs)
    rows = _rows(problem, theta, start, stop)
    result[here, here] = rows @ rows.T
    for other in range(stop, number, size):
        end = min(other + size, number)
        there = slice(other * outputs, end * outputs)
        result[here, there] = rows @ _rows(problem, theta, other, end).T
        result[there, here] = result[here, there].T
