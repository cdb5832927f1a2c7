"""Largest Lyapunov exponents of random matrix products by the method of Benettin, many chains at once.

Benettin, Galgani, Giorgilli, Strelcyn, Meccanica 15, 1980: frames are multiplied, made orthonormal again, and the
logarithms of the diagonal of R add up to the exponents.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array, Key

from foundation import InputError, positive_integer, positive_number
from numeric.lyapunov.estimate import Convergence, LyapunovEstimate
from numeric.lyapunov.explicit import matrix_family
from numeric.lyapunov.gram import GramFamily, enumerated, gram_family
from numeric.lyapunov.stopping import Summary, agree, summarise
from numeric.precision import double_precision

WINDOWS = 64
RELAXATION_TIMES = 5.0
SMALL_DIMENSION = 8
LISTED_MATRICES = 64
Progress = Callable[[str, float], None]


@runtime_checkable
class Family(Protocol):
    """Random matrices that know how to multiply many frames."""

    @property
    def dimension(self) -> int:
        """d."""
        ...

    @property
    def rarest(self) -> float:
        """Smallest probability with which something is drawn in a step."""
        ...

    def steps_per_block(self, count: int) -> int:
        """Steps between two orthonormalisations of `count` vectors."""
        ...

    def start(self, key: Array, count: int, chains: int) -> Array:
        """Orthonormal frames (d, k, C) to begin with, independent between chains."""
        ...

    def relaxation_time(self, count: int, tolerance: float) -> float:
        """Steps that the chains need to forget their start, as far as the family knows."""
        ...

    def advance(self, frames: Array, key: Array, first: int, blocks: int) -> tuple[Array, Array]:
        """Run blocks first, first + 1, ...: new frames (d, k, C) and growth (k, C)."""
        ...


@double_precision
def lyapunov_exponents(
    matrices: Any,
    probabilities: Any = None,
    *,
    key: Key[Array, ""],
    count: int = 1,
    tolerance: float = 1e-3,
    maximum_steps: int = 1_000_000,
    chains: int | None = None,
    progress: Progress | None = None,
) -> LyapunovEstimate:
    """The `count` largest exponents of independent matrices (n, d, d) with `probabilities` (n,), nats per step.

    Stops when the standard error is below `tolerance` and the tests of `numeric.lyapunov.stopping` are passed twice in
    a row, or after `maximum_steps` steps a chain; `converged` tells which. An estimate, also when it has converged:
    the error is statistical, and a bias below `tolerance` from directions that grow almost alike may come on top.
    """
    family = matrix_family(matrices, probabilities)
    return _run(family, key, count, tolerance, maximum_steps, chains, progress)


@double_precision
def sgd_exponents(
    gram: Any,
    learning_rate: float,
    batch_size: int = 1,
    *,
    key: Key[Array, ""],
    outputs: int = 1,
    count: int = 1,
    tolerance: float = 1e-3,
    maximum_steps: int = 1_000_000,
    chains: int | None = None,
    progress: Progress | None = None,
) -> LyapunovEstimate:
    """The `count` largest exponents of SGD linearised at an interpolating minimum with Gram matrix (Nq, Nq).

    Batches of `batch_size` distinct examples, `outputs` = q rows each; nats per step; stops as `lyapunov_exponents`.
    """
    family = gram_family(gram, learning_rate, batch_size, outputs)
    return _run(_smallest(family), key, count, tolerance, maximum_steps, chains, progress)


def _smallest(family: GramFamily) -> Family:
    """The listed matrices where they are few and small, the matrix-free family otherwise."""
    if family.dimension > SMALL_DIMENSION:
        return family
    matrices = enumerated(family)
    return matrix_family(matrices) if len(matrices) <= LISTED_MATRICES else family


def _run(
    family: Family,
    key: Array,
    count: int,
    tolerance: float,
    maximum_steps: int,
    chains: int | None,
    progress: Progress | None,
) -> LyapunovEstimate:
    number = positive_integer(count, "count")
    if number > family.dimension:
        raise InputError(f"count is {number}, but there are only {family.dimension} exponents; lower count")
    limit, most = positive_number(tolerance, "tolerance"), positive_integer(maximum_steps, "maximum_steps")
    lanes = positive_integer(chains, "chains") if chains is not None else _default_chains(family.dimension)
    if lanes < 16:
        raise InputError(f"chains is {lanes}, but error bars need at least 16 independent ones")
    first, rest = jax.random.split(key)
    frames = family.start(first, number, lanes)
    return _until_converged(family, frames, rest, limit, most, progress or (lambda message, fraction: None))


def _default_chains(dimension: int) -> int:
    return 2048 if dimension <= SMALL_DIMENSION else 256


def _until_converged(
    family: Family, frames: Array, key: Array, tolerance: float, maximum_steps: int, report: Progress
) -> LyapunovEstimate:
    steps = family.steps_per_block(frames.shape[1])
    blocks, done, passed = 1, 0, 0
    windows = np.empty((0, *frames.shape[1:]))
    least = RELAXATION_TIMES * family.relaxation_time(frames.shape[1], tolerance)
    summaries: list[Summary] = []
    history: list[int] = []
    while True:
        for _ in range(WINDOWS - len(windows)):
            frames, growth = family.advance(frames, key, done, blocks)
            windows = np.concatenate([windows, np.asarray(growth)[None]])
            done += blocks
        lost = np.logical_or.accumulate(np.isneginf(windows).any(axis=(0, 2)))
        summaries.append(summarise(np.where(lost[:, None], 0.0, windows) / (blocks * steps)))
        history.append(done * steps)
        failures = _failures(summaries, tolerance, history[-1] * family.rarest)
        if history[-1] < least:
            failures.append(f"the chains need {least:.3g} steps to forget their start")
        passed = 0 if failures else passed + 1
        report(_status(summaries[-1], history[-1]), min(1.0, history[-1] / maximum_steps))
        if passed == 2 or 2 * history[-1] > maximum_steps:
            reasons = failures if failures or passed == 2 else ["the tests were passed only once"]
            return _finished(summaries, history, frames.shape[2], reasons, lost)
        windows = windows.reshape(-1, 2, *windows.shape[1:]).sum(axis=1)
        blocks *= 2


def _failures(summaries: list[Summary], tolerance: float, visits: float) -> list[str]:
    failures = summaries[-1].failures(tolerance, visits)
    if len(summaries) > 1 and not agree(*summaries[-2:]):
        failures.append("the last two doublings of the run disagree")
    return failures


def _status(summary: Summary, steps: int) -> str:
    return f"{steps} steps: exponent {summary.estimate[0]:.6g} +- {summary.error[0]:.1g}"


def _finished(
    summaries: list[Summary], history: list[int], chains: int, failures: list[str], lost: np.ndarray
) -> LyapunovEstimate:
    """The answer; an exponent whose vector became exactly zero is -inf, and so are those below it (`lost`)."""
    order = np.argsort(np.where(lost, np.inf, -summaries[-1].estimate), kind="stable")
    estimates = np.array([np.where(lost, -np.inf, summary.estimate)[order] for summary in summaries])
    errors = np.array([np.where(lost, 0.0, summary.error)[order] for summary in summaries])
    message = "converged" if not failures else f"not converged: {'; '.join(failures)}; raise maximum_steps"
    return LyapunovEstimate(
        exponents=estimates[-1],
        errors=errors[-1],
        converged=not failures,
        message=message + ("; products became singular" if lost.any() else ""),
        steps=history[-1],
        chains=chains,
        correlation_time=float(history[-1] / WINDOWS * summaries[-1].ratio.max()),
        convergence=Convergence(np.array(history), estimates, errors),
    )
