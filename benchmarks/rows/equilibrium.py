"""certify_equilibrium against the jitted Jacobian, one Newton step and the eigenvalues."""

from collections.abc import Callable
from typing import Any

import numpy as np
from row import Row
from timing import ratio


def network(size: int) -> tuple[Callable[[Any], Any], np.ndarray]:
    """x' = -x + W tanh(x) + b with a random W of spectral radius about 0.8, and a start near its equilibrium."""
    import jax.numpy as jnp

    rng = np.random.default_rng(size)
    weights, bias = 0.8 * rng.standard_normal((size, size)) / np.sqrt(size), rng.standard_normal(size)

    def field(x: Any) -> Any:
        return -x + weights @ jnp.tanh(x) + bias

    x = np.zeros(size)
    for _ in range(60):
        slope = -np.eye(size) + weights * (1 - np.tanh(x) ** 2)
        x = x - np.linalg.solve(slope, -x + weights @ np.tanh(x) + bias)
    return field, x


def equilibrium(size: int) -> Callable[[int], tuple[float, str]]:
    """The whole of certify_equilibrium for n = `size`."""

    def measure(runs: int) -> tuple[float, str]:
        import jax

        import stabproof as sp

        field, x = network(size)
        value, slope = jax.jit(field), jax.jit(jax.jacobian(field))
        start = jax.numpy.asarray(x)

        def peer() -> np.ndarray:
            jacobian, residual = np.asarray(slope(start)), np.asarray(value(start))
            np.linalg.solve(jacobian, residual)
            return np.linalg.eigvals(jacobian)

        figure, detail = ratio(peer, lambda: sp.certify_equilibrium(field, x), runs)
        return figure, f"{detail}, {sp.certify_equilibrium(field, x).verdict.name}"

    return measure


_PEER = "jitted Jacobian, solve, eigvals"

ROWS = (
    Row("equilibrium-10", "certify_equilibrium, n = 10", _PEER, 60, equilibrium(10)),
    Row("equilibrium-100", "certify_equilibrium, n = 100", _PEER, 10, equilibrium(100)),
    Row("equilibrium-400", "certify_equilibrium, n = 400", _PEER, 8, equilibrium(400)),
    Row("equilibrium-800", "certify_equilibrium, n = 800", _PEER, 8, equilibrium(800), heavy=True),
)
