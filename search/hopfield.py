"""Attracting equilibria of Hopfield networks, and norms in which they are proved to attract."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from certify.neurons import Dense
from certify.neurons.hopfield import HopfieldNetwork
from foundation import InputError

_STEPS = 4000


def integrate_to_rest(network: HopfieldNetwork, start: np.ndarray) -> np.ndarray:
    """Where damped fixed-point steps from `start` come to rest; `InputError` where they do not."""
    decay = float(network.decay)
    x, step, before = np.array(start), 1.0, np.inf
    for _ in range(_STEPS):
        move = (network.weights.times(np.tanh(x)) + network.bias) / decay - x
        size = float(np.abs(move).max())
        if size <= 2.0**-50 * (1.0 + float(np.abs(x).max())):
            return np.asarray(x + move)
        if size > 0.9999 * before:
            step = max(0.5 * step, 0.02)
        x, before = x + step * move, size
    if size <= 1e-9 * (1.0 + float(np.abs(x).max())):
        return x
    raise InputError(
        f"the flow from x does not come to rest: after {_STEPS} steps it still moves by {size:.3g}; start closer to an "
        "attracting equilibrium"
    )


def proposed_norms(network: HopfieldNetwork, point: np.ndarray) -> Iterator[dict[str, Any]]:
    """Norms to try: the maximum norm weighted by a Perron vector, then a Euclidean one that symmetrises the slopes."""
    slopes, decay = 1.0 - np.tanh(point) ** 2, float(network.decay)
    scale = np.ones(len(point))
    for _ in range(12):
        image = network.weights.magnitude_times(slopes * scale) + decay * 0.05 * scale
        scale = np.maximum(image / image.max(), 1e-6)
    measure = float((network.weights.magnitude_times(slopes * scale) / scale).max())
    for reach in (2.0**-6, 2.0**-20) if measure < decay else ():
        yield {"point": point, "scale": scale, "norm": "maximum", "reach": reach}
    if isinstance(network.weights, Dense) and not isinstance(network.weights.matrix, np.ndarray):
        return
    root = 1 / np.sqrt(np.maximum(slopes, 1e-12))
    scale = root / root.max()
    level = _level(network, scale, slopes)
    yield {"point": point, "scale": scale, "norm": "euclidean", "reach": 2.0**-16, "level": level}


def _level(network: HopfieldNetwork, scale: np.ndarray, slopes: np.ndarray) -> float:
    """A guess at the largest eigenvalue of the symmetric part, moved towards the decay."""
    decay = float(network.decay)
    if not isinstance(network.weights, Dense):
        return decay
    matrix, right = network.weights.matrix, slopes * scale
    x = np.random.default_rng(0).standard_normal(len(scale))
    largest = 0.0
    for _ in range(30):
        x /= np.linalg.norm(x)
        image = (matrix @ (right * x)) / scale / 2 + right * (matrix.T @ (x / scale)) / 2 + decay * x
        largest = float(x @ image) - decay
        x = image
    return max(min(0.5 * (largest + decay), 0.999 * decay), -decay)
