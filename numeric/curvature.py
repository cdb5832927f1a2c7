"""The Hessian of the loss: products with vectors, the matrix when small, its largest eigenvalue by Lanczos."""

from dataclasses import dataclass
from typing import Any, final

import jax
import numpy as np
from jaxtyping import Array, Float, Float64
from matfree.decomp import tridiag_sym

from foundation import InputError, finite_array, positive_integer, positive_number
from numeric.precision import double_precision
from numeric.problem import Regression


@final
@dataclass(frozen=True)
class Sharpness:
    """Largest eigenvalue of the Hessian of the loss, estimated.

    `residual` is |H v - value v| for the unit vector `vector` (D,) (some eigenvalue of H lies within it, up to
    rounding; not necessarily the largest). `converged` says whether the residual met the tolerance.
    """

    value: float
    residual: float
    vector: Float64[np.ndarray, " D"]
    products: int
    converged: bool


@double_precision
def gradient(problem: Regression, theta: Any = None) -> Float64[np.ndarray, " D"]:
    """grad L(theta); an estimate."""
    return np.asarray(problem.compiled(gradient_traced)(problem.vector(theta), problem.inputs, problem.targets))


@double_precision
def hessian_vector_product(problem: Regression, vector: Any, theta: Any = None) -> Float64[np.ndarray, " D"]:
    """Hess L(theta) `vector` by forward over reverse mode, without the matrix; an estimate."""
    direction = finite_array(vector, "vector")
    if direction.shape != (problem.dimension,):
        raise InputError(f"vector must have shape ({problem.dimension},), but has shape {direction.shape}")
    return np.asarray(_product(problem)(direction, problem.vector(theta), problem.inputs, problem.targets))


@double_precision
def hessian(problem: Regression, theta: Any = None) -> Float64[np.ndarray, "D D"]:
    """Hess L(theta), symmetrised; D^2 numbers, so for small D. An estimate."""
    matrix = np.asarray(problem.compiled(_hessian)(problem.vector(theta), problem.inputs, problem.targets))
    return (matrix + matrix.T) / 2


@double_precision
def sharpness(
    problem: Regression, theta: Any = None, *, tolerance: float = 1e-10, products: int = 256, seed: int = 0
) -> Sharpness:
    """The largest eigenvalue of Hess L(theta) by Lanczos with full reorthogonalisation (matfree); an estimate.

    The Krylov space grows by doubling until the residual is below `tolerance` times the eigenvalue, or `products`
    Hessian-vector products are spent in one space. Its vectors take 8 D `products` bytes at most.
    """
    relative = positive_number(tolerance, "tolerance")
    limit = min(positive_integer(products, "products"), problem.dimension)
    arguments = (problem.vector(theta), problem.inputs, problem.targets)
    start = jax.random.normal(jax.random.key(seed), (problem.dimension,))
    size = min(16, limit)
    while True:
        value, vector, residual = _largest_ritz_pair(problem, size, start, arguments)
        converged = residual <= relative * abs(value)  # 0 <= 0 for the Hessian 0
        if converged or size == limit:
            return Sharpness(value, residual, vector, size, converged)
        size = min(2 * size, limit)


def gradient_traced(
    problem: Regression,
    theta: Float[Array, " D"],
    inputs: Float[Array, "n ..."],
    targets: Float[Array, "n ..."],
) -> Float[Array, " D"]:
    """The gradient of the loss on some examples as a pure JAX function; use it in 64-bit mode."""
    return jax.grad(problem.loss_traced)(theta, inputs, targets)


def _hessian(problem: Regression, theta: Array, inputs: Array, targets: Array) -> Array:
    return jax.hessian(problem.loss_traced)(theta, inputs, targets)


def _hessian_product(problem: Regression, vector: Array, theta: Array, inputs: Array, targets: Array) -> Array:
    return jax.jvp(lambda point: gradient_traced(problem, point, inputs, targets), (theta,), (vector,))[1]


def _product(problem: Regression) -> Any:
    return problem.compiled(_hessian_product)


def _largest_ritz_pair(
    problem: Regression, size: int, start: Array, arguments: tuple[np.ndarray, ...]
) -> tuple[float, np.ndarray, float]:
    """(theta, v, |H v - theta v|) of the largest Ritz value in the Krylov space of dimension `size`."""
    product = _product(problem)
    lanczos = tridiag_sym(size, reortho="full")
    basis, tridiagonal, *_ = jax.jit(lambda v, *data: lanczos(product, v, *data))(start, *arguments)
    vector = _combination(np.asarray(tridiagonal)) @ np.asarray(basis)[:size]
    vector = vector / np.linalg.norm(vector)
    if not np.isfinite(vector).all():
        # the Krylov space has no direction: H maps the start to 0 (or beyond the floats, which is then seen below)
        vector = np.asarray(start) / np.linalg.norm(start)
    image = np.asarray(product(vector, *arguments))
    value = float(vector @ image)
    return value, vector, float(np.linalg.norm(image - value * vector))


def _combination(tridiagonal: np.ndarray) -> np.ndarray:
    """Coordinates of the largest Ritz vector, from the part before the Krylov space was exhausted.

    Behind a negligible off-diagonal entry the basis is rounding noise that is no longer orthogonal.
    """
    off_diagonal = np.abs(np.diag(tridiagonal, 1))
    # a NaN stands behind an exhausted space too
    exhausted = np.flatnonzero(~(off_diagonal > 1e-12 * np.nanmax(np.abs(tridiagonal), initial=0.0)))
    size = int(exhausted[0]) + 1 if exhausted.size else len(tridiagonal)
    result = np.zeros(len(tridiagonal))
    if np.isfinite(tridiagonal[:size, :size]).all():
        result[:size] = np.linalg.eigh(tridiagonal[:size, :size])[1][:, -1]
    return result
