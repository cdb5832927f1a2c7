"""Recall in a large Hopfield memory, bit-parallel: patterns as packed words, overlaps by counting bits."""

from typing import Any

import numpy as np

from foundation import InputError, number_in, positive_integer


def recall_overlap(neurons: Any, patterns: Any, noise: Any, sweeps: Any = 20, seed: int = 0) -> float:
    """Overlap in [-1, 1] with the first of `patterns` random patterns, after at most `sweeps` parallel updates.

    Hebb's weights a_ij = -(4/M) sum_m xi_i xi_j (xi = +-1, i != j) and biases that balance them; a share `noise` in
    [0, 1) of the neurons starts flipped. Exact integer arithmetic, random patterns.
    """
    size, count = positive_integer(neurons, "neurons"), positive_integer(patterns, "patterns")
    share, steps = number_in(noise, "noise", 0.0, 1.0), positive_integer(sweeps, "sweeps")
    if size * count > 10**8:
        raise InputError(f"neurons * patterns must be at most 10^8, but is {size * count}")
    generator = np.random.default_rng(seed)
    bits = generator.integers(0, 2, (count, size), dtype=np.uint8)
    state = bits[0].copy()
    flipped = generator.choice(size, int(share * size), replace=False)
    state[flipped] ^= 1
    for _ in range(steps):
        moved = parallel_update(bits, state)
        if np.array_equal(moved, state):
            break
        state = moved
    return 1.0 - 2.0 * float(np.mean(state != bits[0]))


def parallel_update(bits: np.ndarray, state: np.ndarray) -> np.ndarray:
    """All neurons at once, `bits` (P, M) and `state` (M,) of zeros and ones: 1 where the Hebbian field is positive.

    field_i = sum_m xi_i (xi . s) - P s_i with s = 2 v - 1, xi = 2 bits - 1; the dot products are M - 2 (bits that
    differ), counted on packed words.
    """
    differing = np.bitwise_count(np.packbits(bits, axis=1) ^ np.packbits(state)).sum(axis=1, dtype=np.int64)
    overlaps = bits.shape[1] - 2 * differing
    spins = 2 * state.astype(np.int64) - 1
    fields = 2.0 * (overlaps.astype(np.float64) @ bits) - overlaps.sum() - len(bits) * spins
    return np.asarray(fields > 0, np.uint8)
