"""Samples of Boltzmann machines in JAX: one neuron at a time (Glauber) or all at once."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from foundation import InputError, positive_integer, square_matrix
from numeric.precision import double_precision


@double_precision
def sample_boltzmann(
    weights: Any, biases: Any, sweeps: int, *, key: Any, chains: int = 1, burn_in: int = 0, parallel: bool = False
) -> np.ndarray:
    """Time averages (chains, M) of the states over `sweeps` sweeps after `burn_in` of them; estimates.

    weights (M, M) = a_ij with zero diagonal, biases (M,) = b_i: neuron i becomes 1 with probability
    1/(1 + exp(b_i + sum_j a_ij v_j)). A sweep is M updates of one neuron, drawn at random, or one parallel update.
    Chains start from independent fair coins.
    """
    matrix = square_matrix(weights, "weights")
    bias = np.asarray(biases, np.float64)
    if bias.shape != (len(matrix),) or not np.isfinite(bias).all():
        raise InputError(f"biases must be {len(matrix)} finite numbers, but has shape {bias.shape}")
    counts = positive_integer(sweeps, "sweeps"), positive_integer(chains, "chains")
    keys = jax.random.split(key, counts[1])
    return np.asarray(_averages(jnp.asarray(matrix), jnp.asarray(bias), keys, counts[0], int(burn_in), parallel))


@functools.partial(jax.jit, static_argnums=(3, 4, 5))
def _averages(weights: Any, bias: Any, keys: Any, sweeps: int, burn_in: int, parallel: bool) -> Any:
    update = _all_at_once if parallel else _one_at_a_time

    def chain(key: Any) -> Any:
        first, second, third = jax.random.split(key, 3)
        state = jax.random.bernoulli(first, 0.5, bias.shape).astype(bias.dtype)
        state, _ = jax.lax.scan(
            lambda v, k: (update(weights, bias, v, k), None), state, jax.random.split(second, burn_in)
        )

        def add(carry: Any, k: Any) -> tuple[Any, None]:
            moved = update(weights, bias, carry[0], k)
            return (moved, carry[1] + moved), None

        (_, total), _ = jax.lax.scan(add, (state, jnp.zeros_like(state)), jax.random.split(third, sweeps))
        return total / sweeps

    return jax.vmap(chain)(keys)


def _all_at_once(weights: Any, bias: Any, state: Any, key: Any) -> Any:
    chance = jax.nn.sigmoid(-(bias + weights @ state))
    return (jax.random.uniform(key, bias.shape) < chance).astype(state.dtype)


def _one_at_a_time(weights: Any, bias: Any, state: Any, key: Any) -> Any:
    where, coin = jax.random.split(key)
    sites = jax.random.randint(where, bias.shape, 0, len(bias))
    draws = jax.random.uniform(coin, bias.shape)

    def flip(step: Any, v: Any) -> Any:
        site = sites[step]
        chance = jax.nn.sigmoid(-(bias[site] + weights[site] @ v))
        return v.at[site].set((draws[step] < chance).astype(v.dtype))

    return jax.lax.fori_loop(0, len(bias), flip, state)
