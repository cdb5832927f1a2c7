"""Maps lambda(eta, B) of the top Lyapunov exponent over learning rates and batch sizes."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Key

from foundation import InputError, finite_array
from numeric.lyapunov.benettin import Progress, sgd_exponents
from numeric.lyapunov.estimate import ExponentMap
from numeric.precision import double_precision


@double_precision
def exponent_map(
    gram: Any,
    learning_rates: Any,
    batch_sizes: Sequence[int],
    *,
    key: Key[Array, ""],
    outputs: int = 1,
    tolerance: float = 1e-3,
    maximum_steps: int = 100_000,
    chains: int | None = None,
    progress: Progress | None = None,
) -> ExponentMap:
    """`sgd_exponents` at every pair, each with its own stream of random numbers; estimates in nats per step."""
    rates = np.atleast_1d(finite_array(learning_rates, "learning_rates"))
    sizes = list(batch_sizes)
    if rates.ndim != 1 or rates.size == 0 or not sizes:
        raise InputError("learning_rates and batch_sizes must be non-empty lists of numbers")
    shape = (len(rates), len(sizes))
    exponents, errors, converged = np.empty(shape), np.empty(shape), np.empty(shape, dtype=bool)
    for place, index in enumerate(np.ndindex(shape)):
        estimate = sgd_exponents(
            gram,
            float(rates[index[0]]),
            sizes[index[1]],
            key=jax.random.fold_in(key, place),
            outputs=outputs,
            tolerance=tolerance,
            maximum_steps=maximum_steps,
            chains=chains,
        )
        exponents[index], errors[index], converged[index] = estimate.exponent, estimate.error, estimate.converged
        if progress is not None:
            progress(f"learning rate {rates[index[0]]:g}, batch size {sizes[index[1]]}", (place + 1) / exponents.size)
    return ExponentMap(rates, np.array(sizes), exponents, errors, converged)
