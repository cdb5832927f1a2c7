"""Products of the linearised SGD updates A_S = I - (eta/B) E_S K of an interpolating minimum, matrix-free.

E_S masks the rows of a uniform batch S of B distinct examples (q rows each); K is the tangent-kernel Gram matrix
(Chemnitz, Engel, Characterizing dynamical stability of SGD in overparameterized learning).
"""

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import InputError, positive_integer, positive_number, square_matrix
from numeric.lyapunov.frames import orthonormalise, random_frames
from numeric.lyapunov.sampling import batch_masks, batches

MOST_ROWS = 96
SPREAD = 0.01


@final
@dataclass(frozen=True, eq=False)
class GramFamily:
    """The updates of SGD in the coordinates w of the normal space, K = `gram` (Nq, Nq)."""

    gram: Float64[np.ndarray, "Nq Nq"]
    learning_rate: float
    batch_size: int
    outputs: int

    @property
    def dimension(self) -> int:
        """Nq."""
        return len(self.gram)

    @property
    def number_of_examples(self) -> int:
        """N."""
        return len(self.gram) // self.outputs

    @property
    def rarest(self) -> float:
        """The probability B/N that a step uses a given example."""
        return self.batch_size / self.number_of_examples

    @property
    def joint_probabilities(self) -> Float64[np.ndarray, "Nq Nq"]:
        """The probability that a batch contains the examples of both rows."""
        number, size = self.number_of_examples, self.batch_size
        example = np.arange(self.dimension) // self.outputs
        pair = size * (size - 1) / (number * max(1, number - 1))
        return np.where(example[:, None] == example, size / number, pair)

    def steps_per_block(self, count: int) -> int:
        """Steps between two orthonormalisations, and of one deferred update.

        One product with K a block costs Nq^2, the coupling of the rows updated in it half their number squared: the
        balance was found best near Nq/3 rows. Several vectors are made orthonormal at least every eighth step.
        """
        rows = min(MOST_ROWS, self.dimension // 3)
        steps = max(1, rows // (self.batch_size * self.outputs))
        return steps if count == 1 else min(steps, 8)

    def start(self, key: Array, count: int, chains: int) -> Array:
        """Frames near the slowest directions of the mean update I - (eta/N) K, which random ones reach only slowly."""
        values, vectors = np.linalg.eigh(self.gram)
        slowest = np.argsort(-self._mean_factors(values), kind="stable")[:count]
        noise = random_frames(key, self.dimension, count, chains)
        return orthonormalise(jnp.asarray(vectors[:, slowest, None]) + SPREAD * noise)[0]

    def relaxation_time(self, count: int, tolerance: float) -> float:
        """Steps in which the mean update separates the `count` slowest directions from those behind them.

        Directions whose rates differ by less than `tolerance` cannot bias an exponent by more, and do not count.
        """
        with np.errstate(divide="ignore"):
            rates = -np.sort(-np.log(self._mean_factors(np.linalg.eigvalsh(self.gram))))
        gaps = (rates[:count, None] - rates[None, :])[rates[:count, None] > rates[None, :]]
        gaps = gaps[gaps > tolerance]
        return float(1 / gaps.min()) if gaps.size else 0.0

    def _mean_factors(self, eigenvalues: np.ndarray) -> np.ndarray:
        return np.abs(1 - self.learning_rate / self.number_of_examples * eigenvalues)

    def advance(self, frames: Array, key: Array, first: int, blocks: int) -> tuple[Array, Array]:
        """`blocks` blocks of steps from block number `first` on: the new frames and the growth (k, C) in nats."""
        steps = self.steps_per_block(frames.shape[1])
        scale = self.learning_rate / self.batch_size
        sizes = {"steps": steps, "batch_size": self.batch_size, "outputs": self.outputs}
        return _advance(self.gram, scale, frames, key, first, blocks, **sizes)


def gram_family(gram: Any, learning_rate: Any, batch_size: Any = 1, outputs: Any = 1) -> GramFamily:
    """The family after its checks; `outputs` q rows of `gram` belong to an example.

    Raises `InputError` unless gram is square, symmetric (to 1e-8 of its largest entry) and of a size divisible by q,
    learning_rate > 0 and 1 <= batch_size <= N.
    """
    matrix = square_matrix(gram, "gram")
    rows, size = positive_integer(outputs, "outputs"), positive_integer(batch_size, "batch_size")
    if len(matrix) % rows:
        raise InputError(f"gram has {len(matrix)} rows, which outputs = {rows} does not divide; pass rows by example")
    if np.abs(matrix - matrix.T).max() > 1e-8 * np.abs(matrix).max():
        raise InputError("gram is not symmetric; pass K = J J^T")
    if size > len(matrix) // rows:
        raise InputError(f"batch_size is {size}, but there are only {len(matrix) // rows} examples; lower batch_size")
    return GramFamily((matrix + matrix.T) / 2, positive_number(learning_rate, "learning_rate"), size, rows)


@functools.partial(jax.jit, static_argnames=("steps", "batch_size", "outputs"))
def _advance(
    gram: Array,
    scale: Array,
    frames: Array,
    key: Key[Array, ""],
    first: Array,
    blocks: Array,
    *,
    steps: int,
    batch_size: int,
    outputs: int,
) -> tuple[Array, Array]:
    number, chains = len(gram) // outputs, frames.shape[2]
    flat = (scale * gram).reshape(-1)

    def block(index: Array, carry: tuple[Array, Array]) -> tuple[Array, Array]:
        state, growth = carry
        draw = jax.random.fold_in(key, index)
        image = scale * (gram @ state.reshape(len(gram), -1)).reshape(state.shape)
        if batch_size == number:
            state = state - image
        elif 4 * batch_size > number:
            mask = jnp.repeat(batch_masks(draw, number, batch_size, chains), outputs, axis=0)
            state = state - jnp.where(mask[:, None], image, 0.0)
        else:
            drawn = _rows(batches(draw, number, batch_size, (steps, chains)), outputs)
            state = _deferred(flat, image, state, drawn)
        state, logs = orthonormalise(state)
        return state, growth + logs

    return jax.lax.fori_loop(first, first + blocks, block, (frames, jnp.zeros(frames.shape[1:])))


def _rows(drawn: Array, outputs: int) -> Array:
    """Row numbers (m, Bq, C) of batches of examples (m, B, C)."""
    rows = drawn[:, :, None] * jnp.uint32(outputs) + jnp.arange(outputs, dtype=jnp.uint32)[:, None]
    return rows.reshape(drawn.shape[0], -1, drawn.shape[2])


def _deferred(flat: Array, image: Array, frames: Array, drawn: Array) -> Array:
    """Several updates w <- w - scale E_S K w from one product `image` = scale K w.

    The update of a row is its entry of scale K w less what the earlier rows of the block have changed there: a unit
    lower triangular system in the rows drawn, solved forwards for all chains together.
    """
    steps, group, chains = drawn.shape
    rows = drawn.reshape(-1, chains)
    vectors = jnp.arange(frames.shape[1])[:, None]
    lane = jnp.arange(chains)
    updates = image.at[rows[:, None], vectors, lane].get(mode="promise_in_bounds")
    stride = max(8, -(-steps // 4))
    for first in range(0, steps, stride):
        begin, many = first * group, min(stride, steps - first)
        rest = _corrected(flat, jnp.uint32(len(frames)), rows[begin:], updates[begin:], many, group)
        updates = jnp.concatenate([updates[:begin], rest])
    return frames.at[rows[:, None], vectors, lane].add(-updates, mode="promise_in_bounds")


def _corrected(flat: Array, size: Array, rows: Array, updates: Array, steps: int, group: int) -> Array:
    """The updates after the first `steps` steps, `group` rows each, have changed what comes behind them."""
    position = jnp.arange(len(rows))[:, None, None]

    def correct(step: Array, state: Array) -> Array:
        start = step * group
        source = jax.lax.dynamic_slice_in_dim(rows, start, group)
        done = jax.lax.dynamic_slice_in_dim(state, start, group)
        coupling = flat.at[source[:, None] * size + rows].get(mode="promise_in_bounds")
        change = jnp.sum(coupling[:, :, None] * done[:, None], axis=0)
        return state - jnp.where(position >= start + group, change, 0.0)

    return jax.lax.fori_loop(0, steps, correct, updates)


def enumerated(family: GramFamily) -> Float64[np.ndarray, "n d d"]:
    """Every A_S, for families small enough to be listed."""
    number, size, q = family.number_of_examples, family.batch_size, family.outputs
    masks = np.zeros((math.comb(number, size), family.dimension, 1))
    for mask, batch in zip(masks, itertools.combinations(range(number), size), strict=True):
        mask[[i * q + k for i in batch for k in range(q)]] = 1
    return np.eye(family.dimension) - family.learning_rate / size * masks * family.gram
