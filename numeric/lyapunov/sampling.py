"""Random indices and batches for many chains at once, cheap enough not to dominate a step."""

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, UInt32

SPARE_BITS = 24


def uniform_indices(key: Key[Array, ""], number: int, shape: tuple[int, int]) -> UInt32[Array, "m C"]:
    """Independent indices below `number`, several from each 64-bit word.

    The word is read as a fraction of b bits whose digits to the base `number` are the indices; so many are taken that
    every probability is within a relative 2^-24 of 1/number.
    """
    if number == 1:
        return jnp.zeros(shape, jnp.uint32)
    bits = 64 - (number - 1).bit_length()
    digits = max(1, min(shape[0], int((bits - SPARE_BITS) / math.log2(number))))
    words = jax.random.bits(key, (-(-shape[0] // digits), shape[1]), jnp.uint64) >> (64 - bits)
    rows = []
    for _ in range(digits):
        words = words * number
        rows.append((words >> bits).astype(jnp.uint32))
        words = words & ((1 << bits) - 1)
    return jnp.concatenate(rows)[: shape[0]]


def weighted_indices(key: Key[Array, ""], cumulative: Array, shape: tuple[int, int]) -> UInt32[Array, "m C"]:
    """Independent indices with P(i) = cumulative[i] - cumulative[i - 1]; the last entry of `cumulative` is 1."""
    uniform = jax.random.uniform(key, shape, jnp.float64)
    return jnp.sum(uniform[..., None] >= cumulative[:-1], axis=-1).astype(jnp.uint32)


def batches(key: Key[Array, ""], number: int, size: int, shape: tuple[int, int]) -> UInt32[Array, "m B C"]:
    """Uniform subsets of `size` out of `number`, without replacement (Floyd's algorithm; Bentley, Floyd, CACM 1987)."""
    if size == 1:
        return uniform_indices(key, number, shape)[:, None]
    draws = jax.random.bits(key, (size, *shape), jnp.uint32).astype(jnp.uint64)

    def choose(position: Array, chosen: Array) -> Array:
        top = (number - size + position).astype(jnp.uint32)
        draw = ((draws[position] * (top.astype(jnp.uint64) + 1)) >> 32).astype(jnp.uint32)
        taken = jnp.any(chosen == draw, axis=0)
        return chosen.at[position].set(jnp.where(taken, top, draw))

    empty = jnp.full((size, *shape), number, jnp.uint32)
    return jnp.swapaxes(jax.lax.fori_loop(0, size, choose, empty), 0, 1)


def batch_masks(key: Key[Array, ""], number: int, size: int, chains: int) -> Bool[Array, "N C"]:
    """Uniform subsets as masks by sequential selection (Knuth, The Art of Computer Programming 2, 3.4.2 S)."""
    uniform = jax.random.uniform(key, (number, chains), jnp.float64)

    def visit(needed: Array, item: tuple[Array, Array]) -> tuple[Array, Array]:
        draw, remaining = item
        chosen = draw * remaining < needed
        return needed - chosen, chosen

    remaining = number - jnp.arange(number, dtype=jnp.float64)
    return jax.lax.scan(visit, jnp.full(chains, float(size)), (uniform, remaining))[1]
