"""Enclosures of networks: the Jacobian at points, and over boxes."""

from collections.abc import Callable

import mlp_jacobian
import numpy as np
from row import Row
from timing import ratio


def perceptron_jacobian(runs: int) -> tuple[float, str]:
    """64-256-256-1, 500 inputs, all parameters."""
    from certify.program import evaluate, jacobian_program, trace

    weights = mlp_jacobian.parameters()
    inputs = np.random.default_rng(1).normal(size=(mlp_jacobian.EXAMPLES, mlp_jacobian.WIDTHS[0]))
    program = jacobian_program(trace(mlp_jacobian.predict, weights, inputs[0]), range(6))
    batch = [False] * 6 + [True]
    return ratio(
        lambda: mlp_jacobian.numpy_jacobian(weights, inputs),
        lambda: evaluate(program, [*weights, inputs], batch=batch),
        min(runs, 3),
    )


def over_a_box(depth: int, radius: float) -> Callable[[int], tuple[float, str]]:
    """Width of the enclosure of a tanh network over a box, over the width that its values are seen to have there."""

    def measure(runs: int) -> tuple[float, str]:
        import jax.numpy as jnp

        import stabproof as sp

        rng = np.random.default_rng(depth)
        layers = [rng.normal(size=(16, 16)) for _ in range(depth)]

        def network(x):  # type: ignore[no-untyped-def]
            for weights in layers:
                x = jnp.tanh(weights @ x)
            return x

        def in_floats(x: np.ndarray) -> np.ndarray:
            for weights in layers:
                x = np.tanh(x @ weights.T)
            return x

        centre = rng.normal(size=16)
        found = sp.enclose(network, sp.Ball(centre, np.full(16, radius)))
        corners = in_floats(centre + radius * rng.choice([-1.0, 1.0], size=(20_000, 16)))
        seen = np.ptp(corners, axis=0)
        return float(np.median((found.upper - found.lower) / seen)), f"median width seen {np.median(seen):.1e}"

    return measure


ROWS = (
    Row(
        "jacobian-mlp",
        "proved Jacobian, 64-256-256-1, 500 inputs",
        "backpropagation in NumPy",
        None,
        perceptron_jacobian,
    ),
    Row(
        "enclose-depth-6", "width over a box of radius 1e-6, depth 6", "width of its values", None, over_a_box(6, 1e-6)
    ),
    Row(
        "enclose-depth-2", "width over a box of radius 1e-6, depth 2", "width of its values", None, over_a_box(2, 1e-6)
    ),
)
