"""The proved Jacobian of a multilayer perceptron against plain NumPy float64: prints both times and their ratio.

Network 64-256-256-1 with tanh, 500 inputs, all parameters: an array of shape (500, 82689). Run as
`python benchmarks/mlp_jacobian.py [repetitions]`.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball
from certify.program import jacobian_program, trace
from certify.program.evaluate import evaluate

WIDTHS = (64, 256, 256, 1)
EXAMPLES = 500


def parameters(seed: int = 0) -> list[np.ndarray]:
    """Weights (fan out, fan in) and biases, layer after layer."""
    rng = np.random.default_rng(seed)
    layers = itertools.pairwise(WIDTHS)
    return [a for n, m in layers for a in (rng.normal(size=(m, n)) / np.sqrt(n), rng.normal(size=m) / 10)]


def numpy_jacobian(weights: list[np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """Backpropagation by hand in float64, written straight into the result, shape (N, D)."""
    first, bias1, second, bias2, third, _ = weights
    hidden1 = np.tanh(inputs @ first.T + bias1)
    hidden2 = np.tanh(hidden1 @ second.T + bias2)
    back2 = third * (1 - hidden2**2)
    back1 = (back2 @ second) * (1 - hidden1**2)
    count = len(inputs)
    ones = np.ones((count, 1))
    result = np.empty((count, sum(w.size for w in weights)))
    parts = ((back1, inputs), (back1, None), (back2, hidden1), (back2, None), (ones, hidden2), (ones, None))
    start = 0
    for left, right in parts:
        stop = start + left.shape[1] * (1 if right is None else right.shape[1])
        if right is None:
            result[:, start:stop] = left
        else:
            block = result[:, start:stop].reshape(count, left.shape[1], right.shape[1])
            np.multiply(left[:, :, None], right[:, None, :], out=block)
        start = stop
    return result


def predict(weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """The network on one input."""
    import jax.numpy as jnp

    first, bias1, second, bias2, third, bias3 = weights
    return third @ jnp.tanh(second @ jnp.tanh(first @ x + bias1) + bias2) + bias3


def seconds(action: Callable[[], object], repetitions: int) -> float:
    """Median wall time in seconds."""
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(repetitions: int = 5) -> None:
    """Prints the times and the ratio, after checking that the enclosure contains the float64 values."""
    weights = parameters()
    inputs = np.random.default_rng(1).normal(size=(EXAMPLES, WIDTHS[0]))
    program = jacobian_program(trace(predict, weights, inputs[0]), range(6))
    batch = [False] * 6 + [True]

    def proved() -> Ball:
        return evaluate(program, [*weights, inputs], batch=batch)[0]

    plain = seconds(lambda: numpy_jacobian(weights, inputs), repetitions)
    balls = seconds(proved, repetitions)
    ball, estimate = proved(), numpy_jacobian(weights, inputs)
    error = float(np.abs(ball.mid[:, 0] - estimate).max())
    print(f"NumPy float64   {plain:8.3f} s")
    print(f"proved balls    {balls:8.3f} s   largest radius {ball.rad.max():.1e}, difference {error:.1e}")
    print(f"ratio           {balls / plain:8.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
