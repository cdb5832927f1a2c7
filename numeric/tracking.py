"""Stability along training: the exponents of the linearised update at checkpoints of gradient descent or SGD."""

import functools
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import InputError, positive_integer
from foundation.progress import ProgressOption, silent, with_progress
from numeric.lyapunov import (
    CriticalRate,
    almost_sure_critical_rate,
    mean_square_critical_rate,
    second_moment_exponent,
    sgd_exponents,
    shuffled_exponent,
)
from numeric.lyapunov.sampling import batches
from numeric.ntk import gram
from numeric.optimizers import SGD, GradientDescent
from numeric.precision import double_precision
from numeric.problem import Regression

_SMALLEST_RATIO = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What the tangent kernel K(theta_t) says at one step; all estimates.

    sharpness: lambda_max(K)/N. mu = log max |1 - eta x|, x the eigenvalues of K/N. exponent (standard error `error`):
    the Lyapunov exponent lambda of A_S = I - (eta/B) E_S K, nats per step, for the run's own sampling. The rest is that
    of independent batches: half_second_moment: Lambda(2)/2. The rates
    at which stability is lost with this kernel: `gradient_descent_rate` 2/sharpness, `mean_square_rate`, and
    `almost_sure_rate` (None where it was not asked for). theta: the parameters there.
    """

    step: int
    loss: float
    sharpness: float
    mu: float
    exponent: float
    error: float
    half_second_moment: float
    gradient_descent_rate: float
    mean_square_rate: float
    almost_sure_rate: CriticalRate | None
    theta: Float64[np.ndarray, " D"]


@final
@dataclass(frozen=True, eq=False)
class Track:
    """A training run with its checkpoints.

    shuffled: whether every epoch was a fresh permutation; else batches were independent.
    diverged: the loss left the floats or the tangent kernel became numerically singular; the checkpoints end before.

    seconds_per_step: of training alone; seconds_per_checkpoint: of kernel, exponents and rates.
    """

    learning_rate: float
    batch_size: int
    shuffled: bool
    checkpoints: tuple[Checkpoint, ...]
    diverged: bool
    seconds_per_step: float
    seconds_per_checkpoint: float

    def series(self, name: str) -> np.ndarray:
        """One attribute of all checkpoints, (checkpoints,)."""
        return np.array([getattr(point, name) for point in self.checkpoints], dtype=float)

    @property
    def overhead(self) -> float:
        """Seconds of tracking over seconds of training, for the whole run."""
        steps = self.checkpoints[-1].step if self.checkpoints else 1
        return self.seconds_per_checkpoint * len(self.checkpoints) / max(self.seconds_per_step * steps, 1e-300)


@with_progress
@double_precision
def track(
    problem: Regression,
    optimizer: GradientDescent | SGD,
    steps: Sequence[int],
    *,
    key: Key[Array, ""],
    tolerance: float = 1e-3,
    maximum_steps: int = 20_000,
    chains: int = 64,
    almost_sure: bool = True,
    progress: ProgressOption = None,
) -> Track:
    """Train from the problem's parameters and look at the linearised update after each number of `steps`.

    The exponents are those of the update at an interpolating minimum whose tangent kernel is K(theta_t): along training
    they are defined for any theta (Chemnitz, Engel, Characterizing dynamical stability of SGD in overparameterized
    learning, section 2.6). `tolerance`, `maximum_steps` and `chains` are those of the exponents' estimates. Raises
    `InputError` unless `steps` increase from at least 0, and for SGD with momentum. With sampling="shuffled" SGD
    trains on shuffled epochs, of batches that fill them, and its exponents are those of such epochs.
    """
    places = [int(s) for s in steps]
    if not places or places[0] < 0 or any(b <= a for a, b in itertools.pairwise(places)):
        raise InputError(f"steps must be increasing numbers from 0 on, but are {list(steps)}")
    if isinstance(optimizer, SGD) and optimizer.momentum:
        raise InputError(f"tracking is for SGD without momentum, but momentum is {optimizer.momentum}")
    report = progress if callable(progress) else silent
    batch = batch_size_of(problem, optimizer)
    run = _Run(problem, float(optimizer.learning_rate), batch, key, _is_shuffled(problem, optimizer, batch))
    options = {"tolerance": tolerance, "maximum_steps": maximum_steps, "chains": chains}
    found: list[Checkpoint] = []
    looking = 0.0
    for place in places:
        run.advance_to(place)
        if not np.isfinite(run.loss()):
            return _track(run, found, True, looking)
        begin = time.perf_counter()
        point = _checkpoint(run, almost_sure, options)
        looking += time.perf_counter() - begin
        if point is None:
            return _track(run, found, True, looking)
        found.append(point)
        report(f"step {place}: loss {found[-1].loss:.3g}, exponent {found[-1].exponent:.3g}", place / places[-1])
    return _track(run, found, False, looking)


def _is_shuffled(problem: Regression, optimizer: GradientDescent | SGD, batch: int) -> bool:
    if isinstance(optimizer, GradientDescent) or optimizer.sampling in (None, "iid"):
        return False
    if optimizer.sampling != "shuffled":
        raise InputError(f"tracking is for independent batches and shuffled epochs, not for {optimizer.sampling!r}")
    if problem.number_of_examples % batch:
        raise InputError(f"batches of {batch} do not fill an epoch of {problem.number_of_examples} examples")
    return True


def batch_size_of(problem: Regression, optimizer: GradientDescent | SGD) -> int:
    """B: all examples for gradient descent."""
    if isinstance(optimizer, GradientDescent):
        return problem.number_of_examples
    return positive_integer(optimizer.checked_batch_size(problem.number_of_examples), "batch_size")


def _track(run: "_Run", found: list[Checkpoint], diverged: bool, looking: float) -> Track:
    per_step = run.seconds / max(1, run.timed_steps)
    return Track(run.rate, run.batch, run.shuffled, tuple(found), diverged, per_step, looking / max(1, len(found)))


class _Run:
    """Parameters that move, with the time that they took (without compilation)."""

    def __init__(self, problem: Regression, rate: float, batch: int, key: Array, shuffled: bool) -> None:
        self.problem, self.rate, self.batch, self.shuffled = problem, rate, batch, shuffled
        self.draws, self.key = jax.random.split(key)
        self.theta = jnp.asarray(problem.flat_params)
        self.step, self.seconds, self.timed_steps = 0, 0.0, 0
        self._advance = jax.jit(functools.partial(_advanced, problem, batch, shuffled))

    def loss(self) -> float:
        """The loss on all examples."""
        value = self.problem.compiled(Regression.loss_traced)(self.theta, self.problem.inputs, self.problem.targets)
        return float(value)

    def advance_to(self, step: int) -> None:
        """Train up to that step; the first stretch compiles, and is not timed."""
        if step == self.step:
            return
        begin = time.perf_counter()
        self.theta = jax.block_until_ready(self._advance(self.theta, self.rate, self.draws, self.step, step))
        if self.step > 0:
            self.seconds += time.perf_counter() - begin
            self.timed_steps += step - self.step
        self.step = step


def _advanced(
    problem: Regression, batch: int, shuffled: bool, theta: Array, rate: Array, draws: Array, first: Array, last: Array
) -> Array:
    """Steps first .. last - 1 of SGD on batches of distinct examples (of gradient descent for B = N); with `shuffled`
    on the batches of an epoch's permutation."""
    inputs, targets = jnp.asarray(problem.inputs), jnp.asarray(problem.targets)
    number = problem.number_of_examples
    slope = jax.grad(problem.loss_traced)

    def step(k: Array, point: Array) -> Array:
        if batch == number:
            return point - rate * slope(point, inputs, targets)
        if shuffled:
            order = jax.random.permutation(jax.random.fold_in(draws, k // (number // batch)), number)
            chosen = jax.lax.dynamic_slice(order, (k % (number // batch) * batch,), (batch,))
        else:
            chosen = batches(jax.random.fold_in(draws, k), number, batch, (1, 1))[0, :, 0]
        return point - rate * slope(point, inputs[chosen], targets[chosen])

    return jax.lax.fori_loop(first, last, step, theta)


def _checkpoint(run: _Run, almost_sure: bool, options: dict[str, Any]) -> Checkpoint | None:
    """None where the kernel is numerically singular."""
    problem, batch, q = run.problem, run.batch, run.problem.outputs
    kernel = gram(problem, np.asarray(run.theta))
    spectrum = np.linalg.eigvalsh(kernel) / problem.number_of_examples
    if spectrum[0] <= _SMALLEST_RATIO * spectrum[-1]:
        return None
    first, second = jax.random.split(jax.random.fold_in(run.key, run.step))
    exponent, error = _exponent(run, kernel, first, options)
    moment = second_moment_exponent(kernel, run.rate, batch, outputs=q)
    critical = almost_sure_critical_rate(kernel, batch, key=second, outputs=q, **options) if almost_sure else None
    return Checkpoint(
        step=run.step,
        loss=run.loss(),
        sharpness=float(spectrum[-1]),
        mu=float(np.log(np.abs(1 - run.rate * spectrum[[0, -1]]).max())),
        exponent=exponent,
        error=error,
        half_second_moment=moment / 2,
        gradient_descent_rate=2 / float(spectrum[-1]),
        mean_square_rate=mean_square_critical_rate(kernel, batch, outputs=q),
        almost_sure_rate=critical,
        theta=np.asarray(run.theta),
    )


def _exponent(run: _Run, kernel: np.ndarray, key: Array, options: dict[str, Any]) -> tuple[float, float]:
    """Exponent and standard error of the linearised update, for the run's own sampling."""
    outputs = run.problem.outputs
    if run.shuffled:
        seed = int(jax.random.randint(key, (), 0, 2**31 - 1))
        return shuffled_exponent(
            kernel, run.rate, run.batch, seed=seed, outputs=outputs, steps=options["maximum_steps"]
        )
    found = sgd_exponents(kernel, run.rate, run.batch, key=key, outputs=outputs, **options)
    return found.exponent, found.error
