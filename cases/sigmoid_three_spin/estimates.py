"""Stochastic gradient descent of a sigmoid network on 3-spin functions, several targets at once; estimates."""

import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import InputError
from numeric.particles.checkpoint import Progress, State, run_pieces
from numeric.particles.three_spin import permutation_sum, sphere_points, three_spin_coefficients, three_spin_value

_STEPS_PER_PIECE, _QUENCH_STEPS_PER_PIECE = 500, 50
_NUMBERS_PER_PIECE = 50_000_000  # random numbers held at once
_CURVE_POINTS, _CHUNK = 2000, 10_000


@final
@dataclass(frozen=True)
class SigmoidSettings:
    """f_n(x) = (1/n) sum c_i h(a_i . x + b_i), h(z) = 1/(1 + e^-z), on |x|^2 = d; (3.1) with a new batch each step.

    Batches hold floor(n/5) points (at least one) for `steps` steps, then floor((n/5)^2) for `quench` steps; both are
    rounded up to whole pieces. Targets have the seeds `coefficients` + 0 .. `targets` - 1; a is standard normal at the
    start, b and c are 0.
    """

    dimension: int
    particles: int
    targets: int
    time_step: float
    steps: int
    quench: int
    coefficients: int

    @property
    def batches(self) -> tuple[int, int]:
        """The two batch sizes."""
        return max(1, self.particles // 5), max(1, self.particles**2 // 25)

    @property
    def pieces(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """(number of pieces, steps in a piece) before and after the quench."""
        room = [_NUMBERS_PER_PIECE // (batch * self.targets * self.dimension) for batch in self.batches]
        lengths = [
            min(most, max(1, k)) for most, k in zip((_STEPS_PER_PIECE, _QUENCH_STEPS_PER_PIECE), room, strict=True)
        ]
        return (-(-self.steps // lengths[0]), lengths[0]), (-(-self.quench // lengths[1]), lengths[1])


@final
@dataclass(frozen=True, eq=False)
class SigmoidRun:
    """Training curves (r, T) at `steps` (r,), and per target: loss (4.8), (4.11) and (4.11) with -f, test sample.

    half_square: C_f over the same sample. weights: a (T, n, d), b (T, n), c (T, n).
    """

    steps: Float64[np.ndarray, " r"]
    curves: Float64[np.ndarray, "r t"]
    losses: Float64[np.ndarray, " t"]
    positive: Float64[np.ndarray, " t"]
    negative: Float64[np.ndarray, " t"]
    half_square: Float64[np.ndarray, " t"]
    weights: tuple[np.ndarray, np.ndarray, np.ndarray]


def sigmoid_descent(
    settings: SigmoidSettings,
    test_points: int = 100_000,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> SigmoidRun:
    """Train (float32) and test (float64). See `run_pieces` for `checkpoint` and `progress`.

    Raises `InputError` when the weights overflow: the time step is too long.
    """
    totals = np.stack([permutation_sum(three_spin_coefficients(settings.dimension, s)) for s in _seeds(settings)])
    (first, length), (second, quench_length) = settings.pieces
    device = jnp.asarray(totals, jnp.float32)
    curve_points = sphere_points(_CURVE_POINTS, settings.dimension, settings.coefficients + 1_000_003)
    curve_values = _targets(totals, curve_points)

    def start() -> State:
        shape = (settings.particles, settings.dimension)
        drawn = [np.random.default_rng(seed + 7).standard_normal(shape) for seed in _seeds(settings)]
        a, b = np.stack(drawn).astype(np.float32), np.zeros((settings.targets, settings.particles), np.float32)
        return {"a": a, "b": b, "c": b, "curves": _tested(curve_values, (a, b, b), curve_points)[:1]}

    def advance(state: State, piece: int) -> State:
        quenched = piece >= first
        shape = (settings.targets, settings.batches[quenched], settings.dimension)
        generator = np.random.default_rng([settings.coefficients, piece])
        drawn = generator.standard_normal((quench_length if quenched else length, *shape), dtype=np.float32)
        given = tuple(jnp.asarray(state[name]) for name in "abc")
        rate = settings.time_step / settings.batches[quenched]
        moved = tuple(np.asarray(part) for part in _piece(device, given, jnp.asarray(drawn), jnp.float32(rate)))
        if not all(np.isfinite(part).all() for part in moved):
            raise InputError(f"the weights overflow in piece {piece + 1} of the training; choose a shorter time_step")
        curves = np.concatenate([state["curves"], _tested(curve_values, moved, curve_points)[:1]])
        return {**dict(zip("abc", moved, strict=True)), "curves": curves}

    state = run_pieces(
        start,
        advance,
        first + second,
        settings={"run": "sigmoid", **asdict(settings)},
        checkpoint=checkpoint,
        progress=progress,
    )
    weights = (state["a"], state["b"], state["c"])
    points = sphere_points(test_points, settings.dimension, settings.coefficients + 2_000_003)
    losses, positive, negative, half_square = _tested(_targets(totals, points), weights, points)
    lengths = [0, *[length] * first, *[quench_length] * second]
    return SigmoidRun(
        np.cumsum(lengths).astype(float), state["curves"], losses, positive, negative, half_square, weights
    )


def sigmoid_network(a: np.ndarray, b: np.ndarray, c: np.ndarray, x: np.ndarray) -> Float64[np.ndarray, " m"]:
    """f_n at the rows of x (m, d) for one target, in float64."""
    z = x @ a.T.astype(np.float64) + b
    return np.asarray((0.5 + 0.5 * np.tanh(z / 2)) @ c.astype(np.float64) / len(c))


def _seeds(settings: SigmoidSettings) -> Iterator[int]:
    return iter(range(settings.coefficients, settings.coefficients + settings.targets))


def _targets(totals: np.ndarray, x: np.ndarray) -> np.ndarray:
    """f (T, m) at the rows of x (m, d)."""
    found = np.empty((len(totals), len(x)))
    for k, total in enumerate(totals):
        slopes = ((x @ total.reshape(len(total), -1)).reshape(len(x), len(total), -1) @ x[:, :, None])[:, :, 0]
        found[k] = np.sum(slopes * x, axis=1) / (6 * len(total))
    return found


def _tested(values: np.ndarray, weights: tuple[np.ndarray, ...], points: np.ndarray) -> np.ndarray:
    """(4, T): loss, (4.11), (4.11) with -f, and half the mean square of f, from f (T, m) at the points (m, d)."""
    found = np.zeros((4, len(values)))
    for k, f in enumerate(values):
        for begin in range(0, len(points), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            gap = f[part] - sigmoid_network(weights[0][k], weights[1][k], weights[2][k], points[part])
            found[:2, k] += [np.sum(gap**2) / 2, np.sum((f[part] > 0) * gap)]
            found[2:, k] += [np.sum((f[part] < 0) * gap), np.sum(f[part] ** 2) / 2]
    return found / len(points)


@jax.jit
def _piece(totals: Array, weights: Any, drawn: Array, rate: Array) -> Any:
    """Steps of (3.1) along the first axis of `drawn` (steps, T, P, d); `rate` is the time step over the batch size."""

    def one(total: Array, normal: Array, a: Array, b: Array, c: Array) -> Any:
        x = normal * (math.sqrt(normal.shape[1]) / jnp.linalg.norm(normal, axis=1, keepdims=True))
        h = jax.nn.sigmoid(x @ a.T + b)
        gap = three_spin_value(total, x) - h @ c / len(c)
        slope = gap[:, None] * h * (1 - h) * c
        return a + rate * slope.T @ x, b + rate * jnp.sum(slope, axis=0), c + rate * gap @ h

    return jax.lax.scan(lambda state, normal: (jax.vmap(one)(totals, normal, *state), None), weights, drawn)[0]
