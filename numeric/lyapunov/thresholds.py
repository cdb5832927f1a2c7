"""Learning rates at which SGD loses stability: in mean square by an eigenvalue, almost surely by root finding."""

from dataclasses import dataclass
from typing import Any, final

import jax
import numpy as np
import scipy
from jaxtyping import Array, Key

from foundation import InputError, positive_number
from numeric.lyapunov.benettin import sgd_exponents
from numeric.lyapunov.gram import gram_family

_SMALLEST_RATIO = 1e-13


@final
@dataclass(frozen=True)
class CriticalRate:
    """A learning rate between `lower` and `upper`, where the estimated exponent changes sign; an estimate."""

    lower: float
    upper: float

    @property
    def value(self) -> float:
        return (self.lower + self.upper) / 2


def mean_square_critical_rate(gram: Any, batch_size: int = 1, *, outputs: int = 1, tolerance: float = 1e-8) -> float:
    """The learning rate above which E|A_n ... A_1|^2 grows; an estimate.

    E A P A^T = P - eta L(P) + eta^2 M(P), L(P) = (KP + PK)/N, M(P) = W o (KPK)/B^2 (see `second_moment_exponent`). Both
    M and the inverse of L preserve the cone of semidefinite matrices, so that the spectral radius passes one at
    eta = 1/rho(L^-1 M). With P = K^(-1/2) Z K^(-1/2) rho is the largest eigenvalue of a symmetric operator, found by
    Lanczos' method. Raises `InputError` unless K is positive definite.
    """
    family = gram_family(gram, 1.0, batch_size, outputs)
    values, vectors = np.linalg.eigh(family.gram)
    if values[0] <= _SMALLEST_RATIO * values[-1]:
        raise InputError("gram is numerically singular; K = J J^T must be positive definite, as at a regular minimum")
    size, both = len(values), family.joint_probabilities / family.batch_size**2
    sums = (values[:, None] + values) / family.number_of_examples
    scale = np.sqrt(np.outer(values, values) / sums)

    def image(flat: np.ndarray) -> np.ndarray:
        inner = both * (vectors @ (scale * flat.reshape(size, size)) @ vectors.T)
        return np.asarray((scale * (vectors.T @ inner @ vectors)).ravel())

    if size <= 2:
        full = np.column_stack([image(unit) for unit in np.eye(size**2)])
        return 1.0 / float(np.linalg.eigvalsh((full + full.T) / 2)[-1])
    operator = scipy.sparse.linalg.LinearOperator((size**2, size**2), matvec=image, dtype=np.float64)
    start = np.eye(size).ravel()
    found = scipy.sparse.linalg.eigsh(operator, k=1, which="LA", v0=start, tol=tolerance, return_eigenvectors=False)
    return 1.0 / float(found[0])


def almost_sure_critical_rate(
    gram: Any,
    batch_size: int = 1,
    *,
    key: Key[Array, ""],
    outputs: int = 1,
    resolution: float = 0.02,
    tolerance: float = 1e-3,
    maximum_steps: int = 20_000,
    chains: int = 64,
) -> CriticalRate:
    """Where the estimated Lyapunov exponent of SGD changes sign, to a relative `resolution`; an estimate.

    The search begins at the mean-square rate, below which the exponent is negative, and doubles. Signs are those of
    Benettin estimates with standard errors near `tolerance`; an exponent within two errors of zero counts as negative.
    """
    step = positive_number(resolution, "resolution")
    lower = mean_square_critical_rate(gram, batch_size, outputs=outputs)
    upper, draw = lower, 0

    def grows(rate: float) -> bool:
        nonlocal draw
        draw += 1
        found = sgd_exponents(
            gram,
            rate,
            batch_size,
            key=jax.random.fold_in(key, draw),
            outputs=outputs,
            tolerance=tolerance,
            maximum_steps=maximum_steps,
            chains=chains,
        )
        return bool(found.exponent > 2 * found.error)

    while not grows(upper := 1.25 * upper):
        lower = upper
        if draw > 20:
            return CriticalRate(lower, float("inf"))
    while upper - lower > step * lower:
        middle = (lower + upper) / 2
        lower, upper = (lower, middle) if grows(middle) else (middle, upper)
    return CriticalRate(lower, upper)
