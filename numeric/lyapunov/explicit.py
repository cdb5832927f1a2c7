"""Products of matrices from an explicit finite family, many chains at once."""

import functools
import math
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import InputError, finite_array
from numeric.lyapunov.frames import orthonormalise, random_frames
from numeric.lyapunov.sampling import uniform_indices, weighted_indices

MOST_STEPS = 32
SELECTED_MATRICES = 32
UNROLLED_DIMENSION = 8


@final
@dataclass(frozen=True, eq=False)
class MatrixFamily:
    """`matrices` (n, d, d) drawn independently with `probabilities` (n,)."""

    matrices: Float64[np.ndarray, "n d d"]
    probabilities: Float64[np.ndarray, " n"]

    @property
    def dimension(self) -> int:
        """d."""
        return self.matrices.shape[1]

    @property
    def rarest(self) -> float:
        """The smallest positive probability."""
        return float(self.probabilities[self.probabilities > 0].min())

    def steps_per_block(self, count: int) -> int:
        """Steps between two orthonormalisations: no overflow for one vector, seven digits lost at most for more."""
        largest = np.linalg.svd(self.matrices, compute_uv=False)
        logs = np.log(largest[largest > 0]) if (largest > 0).any() else np.zeros(1)
        if count == 1:
            return int(np.clip(300 / max(1e-9, np.abs(logs).max()), 1, MOST_STEPS))
        spread = math.inf if (largest[:, -1] == 0).any() else logs.max() - logs.min()
        return int(np.clip(math.log(1e7) / max(1e-9, spread), 1, MOST_STEPS))

    def start(self, key: Array, count: int, chains: int) -> Array:
        """Random orthonormal frames (d, k, C)."""
        return random_frames(key, self.dimension, count, chains)

    def relaxation_time(self, count: int, tolerance: float) -> float:
        """A fifth of 1/tolerance: the bias of n steps is (f(v_0) - E f(v_n))/n, f solving the Poisson equation."""
        return 0.2 / tolerance

    def advance(self, frames: Array, key: Array, first: int, blocks: int) -> tuple[Array, Array]:
        """`blocks` blocks of steps from block number `first` on: the new frames and the growth (k, C) in nats."""
        equal = bool(np.all(self.probabilities == self.probabilities[0]))
        cumulative = np.cumsum(self.probabilities)
        steps = self.steps_per_block(frames.shape[1])
        return _advance(self.matrices, cumulative, frames, key, first, blocks, steps=steps, equal=equal)


def matrix_family(matrices: Any, probabilities: Any = None) -> MatrixFamily:
    """The family after its checks; probabilities default to equal ones.

    Raises `InputError` unless matrices has shape (n, d, d) and probabilities are n numbers >= 0 with sum 1 (to 1e-12).
    """
    array = finite_array(matrices, "matrices")
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.size == 0:
        raise InputError(f"matrices must have shape (n, d, d) with n, d >= 1, but has shape {array.shape}")
    if probabilities is None:
        return MatrixFamily(array, np.full(len(array), 1 / len(array)))
    weights = finite_array(probabilities, "probabilities")
    if weights.shape != (len(array),):
        raise InputError(f"probabilities must have shape ({len(array)},), one a matrix, but has shape {weights.shape}")
    if (weights < 0).any() or abs(math.fsum(weights) - 1) > 1e-12:
        raise InputError(f"probabilities must be >= 0 and sum to 1, but sum to {math.fsum(weights)!r}: {weights}")
    return MatrixFamily(array, weights)


@functools.partial(jax.jit, static_argnames=("steps", "equal"))
def _advance(
    matrices: Array,
    cumulative: Array,
    frames: Array,
    key: Key[Array, ""],
    first: Array,
    blocks: Array,
    *,
    steps: int,
    equal: bool,
) -> tuple[Array, Array]:
    number, chains = len(matrices), frames.shape[2]
    apply = _apply_selected if _select(number, matrices.shape[1]) else _apply_gathered

    def block(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        state, growth = carry
        draw = jax.random.fold_in(key, index)
        shape = (steps, chains)
        drawn = uniform_indices(draw, number, shape) if equal else weighted_indices(draw, cumulative, shape)
        state = jax.lax.fori_loop(0, steps, lambda t, w: apply(matrices, drawn[t], w), state)
        state, logs = orthonormalise(state)
        return state, growth + logs

    return jax.lax.fori_loop(first, first + blocks, block, (frames, jnp.zeros(frames.shape[1:])))


def _select(number: int, dimension: int) -> bool:
    return dimension > UNROLLED_DIMENSION and number <= SELECTED_MATRICES


def _apply_gathered(matrices: Array, drawn: Array, frames: Array) -> Array:
    """Each chain gathers its own matrix."""
    chosen = jnp.moveaxis(matrices, 0, -1)[:, :, drawn]
    return jnp.sum(chosen[:, :, None] * frames[None], axis=1)


def _apply_selected(matrices: Array, drawn: Array, frames: Array) -> Array:
    """Every matrix is applied in one product and each chain keeps one result: cheaper than gathering matrices."""
    dimension, count, chains = frames.shape
    images = (matrices.reshape(-1, dimension) @ frames.reshape(dimension, -1)).reshape(-1, dimension, count, chains)
    return jnp.take_along_axis(images, drawn[None, None, None], axis=0)[0]
