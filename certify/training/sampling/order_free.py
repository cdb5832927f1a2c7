"""Contraction in the norm of K, with momentum in one on (parameters, memory), whatever the order of the batches."""

import math
from itertools import combinations

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log1p
from certify.arithmetic.rounding import inflate
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.norms import two_norm_bound, upward
from certify.training.sampling.any_order import MemoryStep, critical_block, epoch_bound, mean_bound
from certify.training.sampling.epochs import Epochs

# So many blocks K_SS are looked at one by one; more are bounded together by row sums.
_LISTED = 1000
_MOST_WORK = 2e7


def largest_block(epochs: Epochs, size: int) -> float:
    """An upper bound beta of lambda_max(K_SS) over all sets S of `size` examples.

    The least of: lambda_max(K) (Cauchy's interlacing); the largest row sum of |K_SS| that any S allows, which for a row
    takes its own block and the size - 1 other blocks with the largest sums (Gershgorin); and, where the sets can be
    listed, the eigenvalues themselves.
    """
    n = epochs.examples
    bound = min(epochs.curvature[1], _row_sums(epochs, size))
    sets, rows = math.comb(n, size), size * epochs.outputs
    if sets <= _LISTED and sets * float(rows) ** 3 <= _MOST_WORK:
        blocks = (epochs.rows(batch) for batch in combinations(range(n), size))
        bound = min(bound, max(float(extreme_eigenvalues(epochs.gram[np.ix_(r, r)])[1].upper) for r in blocks))
    return bound


def _row_sums(epochs: Epochs, size: int) -> float:
    n, q = epochs.examples, epochs.outputs
    magnitude = epochs.gram.magnitude.reshape(n * q, n, q)
    sums = inflate(magnitude.sum(axis=2), q)
    own = sums[np.arange(n * q), np.arange(n * q) // q].copy()
    sums[np.arange(n * q), np.arange(n * q) // q] = 0.0
    others = np.sort(sums, axis=1)[:, n - size + 1 :] if size > 1 else np.zeros((n * q, 0))
    return float(inflate(own + others.sum(axis=1), size).max())


def slack(epochs: Epochs, size: int, block: float | None = None) -> Ball:
    """2 - (eta/|S|) beta, a lower bound of the smallest eigenvalue of 2 I - (eta/|S|) K_SS over all S of this size."""
    beta = largest_block(epochs, size) if block is None else block
    return 2.0 - epochs.step(size) * Ball.exact(beta)


def contracts(epochs: Epochs) -> bool:
    """Whether K > 0 and (eta/|S|) lambda_max(K_SS) < 2 are proved for every batch of every order; with momentum b
    the limit is 2 (1 - b)^2 / (1 + b)."""
    if not epochs.curvature[0] > 0:
        return False
    if epochs.momentum is not None:
        return max(blocks(epochs)) < critical_block(memory_step(epochs, epochs.momentum))
    return all(bool(slack(epochs, size).lower > 0) for size in set(epochs.sizes))


def critical_rate(epochs: Epochs) -> float:
    """min over the batch sizes of 2 |S| / beta, rounded down: every smaller rate contracts in every order (K > 0);
    with momentum b the 2 is 2 (1 - b)^2 / (1 + b)."""
    if epochs.momentum is not None:
        unit = MemoryStep(epochs.momentum, epochs.momentum, Ball.exact(1.0))
        return math.nextafter(critical_block(unit) / max(blocks(epochs)), 0.0)
    limits = [2.0 * size / largest_block(epochs, size) for size in set(epochs.sizes)]
    return math.nextafter(min(limits), 0.0)


def memory_step(epochs: Epochs, momentum: Ball) -> MemoryStep:
    """u' = b u + g, w' = w - eta (b u + g)."""
    return MemoryStep(momentum, epochs.learning_rate * momentum, epochs.learning_rate)


def blocks(epochs: Epochs) -> list[float]:
    """Upper bounds of lambda_max(K_SS) / |S|, one for each size."""
    return [math.nextafter(largest_block(epochs, size) / size, math.inf) for size in dict.fromkeys(epochs.sizes)]


def _with_momentum(epochs: Epochs, momentum: Ball, shuffles: bool) -> float:
    """Half the logarithm of the factor by which the norm's square falls; docs/theory/momentum-any-order.md."""
    step, found, least = memory_step(epochs, momentum), blocks(epochs), epochs.curvature[0]
    bound = epoch_bound(step, found, least, epochs.sizes) if epochs.uses_all else math.inf
    return min(bound, mean_bound(step, found, least, epochs.examples) if shuffles else math.inf) / 2


def independent_bound(epochs: Epochs) -> float:
    """An upper bound of the exponent of SGD with momentum and independent batches, nats a step, which bounds half of
    its mean-square growth, too; inf where the contraction is not proved."""
    if epochs.momentum is None:
        return math.inf
    block = math.nextafter(largest_block(epochs, epochs.batch_size) / epochs.batch_size, math.inf)
    return mean_bound(memory_step(epochs, epochs.momentum), [block], epochs.curvature[0], epochs.examples) / 2


def shuffled_bound(epochs: Epochs) -> float:
    """An upper bound of the exponent of shuffled epochs, nats an epoch; inf where the contraction is not proved.

    With d = c (K w)_S and c = eta/|S|: |A_S w|_K^2 = |w|_K^2 - d^T (2/c - K_SS) d, so that no step expands. The first
    batch of an epoch is uniform among those of its size, E |(K w)_S|^2 = (|S|/N) |K w|^2 and |K w|^2 >= kappa |w|_K^2,
    kappa <= lambda_min(K). Hence E |M w|_K^2 <= (1 - (eta/N) (2 - c beta) kappa) |w|_K^2 for the epoch map M, and by
    Jensen's inequality lambda <= 1/2 log of that factor. (Own derivation; the contraction is that of Householder and
    John for the splitting Q = I/c + L.)
    """
    if not contracts(epochs):
        return math.inf
    if epochs.momentum is not None:
        return _with_momentum(epochs, epochs.momentum, shuffles=True)
    first = epochs.sizes[0]
    margin = float(slack(epochs, first).lower)
    decrease = Ball.exact(margin) * epochs.curvature[0] * epochs.learning_rate / float(epochs.examples)
    return min(_half_log(decrease), _every_order(epochs) if epochs.uses_all else math.inf)


def fixed_bound(epochs: Epochs) -> float:
    """An upper bound of log rho of every fixed order's epoch map, nats an epoch; inf where it is not proved."""
    if not (epochs.uses_all and contracts(epochs)):
        return math.inf
    if epochs.momentum is not None:
        return _with_momentum(epochs, epochs.momentum, shuffles=False)
    return _every_order(epochs)


def _every_order(epochs: Epochs) -> float:
    """|M w|_K^2 = |w|_K^2 - d^T (2/C - D) d with d = Q^-1 K w, Q = 1/C + L, C the diagonal of the steps eta/|S|, D the
    blocks of K on the batches and L its part below them. As |L| <= |K| entrywise, |Q| <= max 1/c + || |K| ||, and the
    factor is at most 1 - delta kappa / |Q|^2, delta <= lambda_min(2/C - D)."""
    sizes = set(epochs.sizes)
    delta = min(float((slack(epochs, size) / epochs.step(size)).lower) for size in sizes)
    norm = upward(max(float((1.0 / epochs.step(size)).upper) for size in sizes) + two_norm_bound(epochs.gram), 1)
    return _half_log(Ball.exact(delta) * epochs.curvature[0] / Ball.exact(norm).square())


def _half_log(decrease: Ball) -> float:
    """(1/2) log(1 - x) for the smallest x in the ball; a true decrease never exceeds one."""
    bounded = min(float(decrease.lower), 1.0 - 2.0**-30)
    return float((log1p(Ball.exact(-bounded)) * 0.5).upper)
