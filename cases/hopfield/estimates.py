"""Continuous Hopfield networks x' = -alpha x + A tanh(x) + b: equilibria by Newton's method, orbits; estimates."""

import itertools

import numpy as np

from foundation import positive_integer


def newton_equilibria(
    weights: np.ndarray, bias: np.ndarray, decay: float, starts: int = 200, seed: int = 0
) -> np.ndarray:
    """Different equilibria (k, M) that Newton's method finds.

    It starts at random in the box that holds them all, and at the equilibria of the network whose activation is -1, x,
    1: for large weights each equilibrium lies near one of these.
    """
    size = len(bias)
    reach = (np.abs(weights).sum(axis=1) + np.abs(bias)) / decay
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, (positive_integer(starts, "starts"), size)) * reach
    x[0] = 0.0
    x = np.concatenate([x, _cornered_starts(weights, bias, decay, starts, generator)])
    for _ in range(60):
        h = np.tanh(x)
        value = -decay * x + h @ weights.T + bias
        slope = weights[None] * (1 - h**2)[:, None, :] - decay * np.eye(size)
        # a singular slope is moved a little: Newton's steps are guesses
        singular = np.abs(np.linalg.det(slope)) < 1e-200
        slope = slope + np.where(singular, 1e-6 * decay, 0.0)[:, None, None] * np.eye(size)
        step = np.linalg.solve(slope, -value[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        x = x + step * np.minimum(1.0, 0.5 * (1 + reach.max()) / np.maximum(longest, 1e-300))
    residual = np.abs(-decay * x + np.tanh(x) @ weights.T + bias).max(axis=1)
    good = x[np.isfinite(x).all(axis=1) & (residual <= 1e-10 * (1 + reach.max()))]
    found: list[np.ndarray] = []
    for point in good:
        if all(np.abs(point - other).max() > 1e-6 * (1 + reach.max()) for other in found):
            found.append(point)
    return np.array(sorted(found, key=tuple)).reshape(-1, size)


def _cornered_starts(
    weights: np.ndarray, bias: np.ndarray, decay: float, most: int, generator: np.random.Generator
) -> np.ndarray:
    """Equilibria (k, M) for the activation max(-1, min(x, 1)), were its neurons in all combinations of its parts."""
    size = len(bias)
    if 3**size <= most:
        parts = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=size)))
    else:
        parts = generator.integers(-1, 2, (most, size)).astype(np.float64)
    # with d = 1 where a neuron is in the middle: alpha x - A (d x) = A s + b
    system = decay * np.eye(size) - weights[None] * (parts == 0)[:, None, :]
    regular = np.abs(np.linalg.det(system)) > 1e-200
    target = parts @ weights.T + bias
    return np.asarray(np.linalg.solve(system[regular], target[regular][..., None])[..., 0])


def abscissa(weights: np.ndarray, decay: float, point: np.ndarray) -> float:
    """Largest real part of an eigenvalue of the linearisation."""
    slope = weights * (1 - np.tanh(point) ** 2) - decay * np.eye(len(point))
    return float(np.linalg.eigvals(slope).real.max())


def flow(
    weights: np.ndarray, bias: np.ndarray, decay: float, start: np.ndarray, duration: float, steps: int
) -> np.ndarray:
    """Orbits (steps + 1, k, M) from the starts (k, M), Runge-Kutta of order 4."""
    size, x = duration / positive_integer(steps, "steps"), np.array(start, np.float64)

    def field(y: np.ndarray) -> np.ndarray:
        return np.asarray(-decay * y + np.tanh(y) @ weights.T + bias)

    states = [x]
    for _ in range(steps):
        k1 = field(x)
        k2 = field(x + size / 2 * k1)
        k3 = field(x + size / 2 * k2)
        k4 = field(x + size * k3)
        x = x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(x)
    return np.array(states)
