"""Growth of moments, Lambda(p) = lim (1/n) log E |A_n ... A_1 v|^p in nats per step: in closed form and by sampling."""

import functools
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Key

from foundation import InputError, positive_integer, positive_number
from numeric.lyapunov.explicit import MatrixFamily, matrix_family
from numeric.lyapunov.gram import gram_family
from numeric.lyapunov.sampling import weighted_indices
from numeric.precision import double_precision

LARGEST_KRONECKER = 4096


@final
@dataclass(frozen=True)
class MomentEstimate:
    """Lambda(`power`), estimated, with one standard error; the bias is of the order 1/walkers."""

    power: float
    value: float
    error: float


def even_moment_exponent(matrices: Any, power: int, probabilities: Any = None) -> float:
    """Lambda(p) = log rho(E A^(x)p) for even p (Protasov, Jungers 2013), as a floating-point eigenvalue.

    Raises `InputError` unless p is even and d^p is at most 4096.
    """
    family, order = matrix_family(matrices, probabilities), positive_integer(power, "power")
    if order % 2:
        raise InputError(f"power is {order}, but the Kronecker formula holds for even powers; use moment_exponent")
    if family.dimension**order > LARGEST_KRONECKER:
        raise InputError(f"d^p = {family.dimension}^{order} is above {LARGEST_KRONECKER}; use moment_exponent")
    powers = (functools.reduce(np.kron, [matrix] * order) for matrix in family.matrices)
    mean = sum(weight * matrix for weight, matrix in zip(family.probabilities, powers, strict=True))
    with np.errstate(divide="ignore"):
        return float(np.log(np.abs(np.linalg.eigvals(mean)).max()))


def second_moment_exponent(
    gram: Any, learning_rate: float, batch_size: int = 1, *, outputs: int = 1, tolerance: float = 1e-10
) -> float:
    """Lambda(2) of SGD for any Nq: the leading eigenvalue of P -> E A_S P A_S^T on symmetric matrices, by ARPACK.

    E A P A^T = P - (eta/N)(KP + PK) + (eta/B)^2 W o (KPK), where W holds the probability that a batch contains both
    examples: B/N on an example's own block, B(B-1)/(N(N-1)) elsewhere (Wu, Ma, E 2018 for B = 1). Floating point,
    with `tolerance` the relative error asked of ARPACK.
    """
    family = gram_family(gram, learning_rate, batch_size, outputs)
    number, size, rows = family.number_of_examples, family.batch_size, family.dimension
    both = family.joint_probabilities
    kernel, eta = family.gram, family.learning_rate

    def image(flat: np.ndarray) -> np.ndarray:
        matrix = flat.reshape(rows, rows)
        symmetric = (matrix + matrix.T) / 2
        half = kernel @ symmetric
        return (symmetric - (eta / number) * (half + half.T) + (eta / size) ** 2 * both * (half @ kernel)).ravel()

    if rows <= 2:
        return float(np.log(np.abs(np.linalg.eigvals(np.array([image(v) for v in np.eye(rows * rows)]).T)).max()))
    shape = (rows * rows, rows * rows)
    operator = scipy.sparse.linalg.LinearOperator(shape, matvec=lambda v: image(v.ravel()), dtype=np.float64)
    start = np.eye(rows).ravel()
    settings = {"k": 1, "which": "LM", "v0": start, "tol": tolerance, "ncv": min(64, rows * rows)}
    values = scipy.sparse.linalg.eigs(operator, return_eigenvectors=False, **settings)
    return float(np.log(np.abs(values[0])))


@double_precision
def moment_exponent(
    matrices: Any,
    power: float,
    probabilities: Any = None,
    *,
    key: Key[Array, ""],
    walkers: int = 1024,
    populations: int = 16,
    steps: int = 1000,
) -> MomentEstimate:
    """Lambda(p) for any p > 0 by populations whose members are copied in proportion to |A v|^p after each step.

    A plain sample mean of |A_n ... A_1 v|^p is dominated by events that no sample contains; resampling follows them
    (Giardina, Kurchan, Peliti 2006). The error is that of independent populations after a quarter of burn-in.
    """
    family, exponent = matrix_family(matrices, probabilities), positive_number(power, "power")
    size, number = positive_integer(walkers, "walkers"), positive_integer(populations, "populations")
    if number < 2:
        raise InputError("populations is 1, but an error bar needs at least 2")
    total = positive_integer(steps, "steps")
    rates = _population_rates(family, exponent, key, size, number, total)[:, total // 4 :].mean(axis=1)
    return MomentEstimate(exponent, float(rates.mean()), float(rates.std(ddof=1) / np.sqrt(number)))


def _population_rates(
    family: MatrixFamily, power: float, key: Array, walkers: int, populations: int, steps: int
) -> np.ndarray:
    matrices, cumulative = jnp.asarray(family.matrices), jnp.cumsum(jnp.asarray(family.probabilities))

    def step(vectors: Array, draw: Array) -> tuple[Array, Array]:
        which, place = jax.random.split(draw)
        chosen = matrices[weighted_indices(which, cumulative, (1, walkers))[0]]
        image = jnp.einsum("cij,cj->ci", chosen, vectors)
        norms = jnp.linalg.norm(image, axis=1)
        parents, rate = _resampled(power * jnp.log(norms), place)
        return image[parents] / norms[parents, None], rate

    def population(draw: Array) -> Array:
        first, rest = jax.random.split(draw)
        start = jax.random.normal(first, (walkers, family.dimension))
        start = start / jnp.linalg.norm(start, axis=1, keepdims=True)
        return jax.lax.scan(step, start, jax.random.split(rest, steps))[1]

    return np.asarray(jax.jit(jax.vmap(population))(jax.random.split(key, populations)))


def _resampled(logs: Array, key: Array) -> tuple[Array, Array]:
    """Systematic resampling with weights e^logs: the parents, and the logarithm of the mean weight."""
    number = len(logs)
    total = jax.nn.logsumexp(logs)
    ladder = jnp.cumsum(jnp.exp(logs - total))
    points = (jnp.arange(number) + jax.random.uniform(key, dtype=jnp.float64)) / number
    return jnp.clip(jnp.searchsorted(ladder, points), 0, number - 1), total - jnp.log(number)
