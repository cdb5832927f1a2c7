"""certify_minimum as a whole against the fastest float path to the same spectrum."""

import functools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from row import Row
from timing import ROOT, medians, ratio


@functools.cache
def digits(examples: int, width: int) -> Any:
    """A one-layer tanh network that interpolates digits."""
    from cases.digits import trained_network

    network = trained_network(examples, width, 0)
    return network.problem, 0.4 * network.critical_rate


@functools.cache
def deep(examples: int, width: int, depth: int) -> Any:
    """A tanh network with `depth` weight layers, trained to interpolation on digits."""
    import jax
    from sklearn.datasets import load_digits

    from numeric import Regression, gram, initial_layers, perceptron, train

    data = load_digits()
    inputs, targets = data.data[:examples] / 16.0, data.target[:examples, None] / 9.0
    layers = initial_layers([64, *[width] * (depth - 1), 1], jax.random.key(0))
    problem = Regression(perceptron(), layers, inputs, targets)
    minimum = problem.with_params(train(problem).theta)
    return minimum, 0.4 * 2.0 * examples / float(np.linalg.eigvalsh(gram(minimum))[-1])


def fastest_float_path(problem: Any) -> Callable[[], np.ndarray]:
    """Jitted vmap of grad, J J^T, eigvalsh: what one computes who proves nothing."""
    import jax

    rows = jax.jit(jax.vmap(jax.grad(lambda theta, x: problem.predict_flat(theta, x).reshape(())), (None, 0)))
    theta, inputs = jax.numpy.asarray(problem.flat_params), jax.numpy.asarray(problem.inputs)

    def run() -> np.ndarray:
        jacobian = np.asarray(rows(theta, inputs))
        return np.linalg.eigvalsh(jacobian @ jacobian.T)

    return run


def whole(made: Callable[[], Any]) -> Callable[[int], tuple[float, str]]:
    """certify_minimum with gradient descent over the float path."""

    def measure(runs: int) -> tuple[float, str]:
        import stabproof as sp

        problem, rate = made()
        optimizer = sp.GradientDescent(rate)
        figure, detail = ratio(
            fastest_float_path(problem), lambda: sp.certify_minimum(problem, optimizer), max(runs, 5)
        )
        certificate = sp.certify_minimum(problem, optimizer)
        sharpness = certificate.sharpness
        assert sharpness is not None
        width = sharpness.width / sharpness.upper
        return figure, f"{detail}, {certificate.verdict.name}, sharpness to {width:.0e}"

    return measure


_IN_A_PROCESS = """
import json, sys, time
sys.path[:0] = {paths!r}
from rows.minimum import digits
import stabproof as sp
problem, rate = digits({examples}, {width})
optimizer = sp.GradientDescent(rate)
sp.certify_minimum(problem, optimizer)
times = []
for _ in range({runs}):
    start = time.perf_counter()
    sp.certify_minimum(problem, optimizer)
    times.append(time.perf_counter() - start)
print(json.dumps(times))
"""


def threads(examples: int, width: int) -> Callable[[int], tuple[float, str]]:
    """Wall time with two BLAS threads over that with one, each in a process of its own, in turns."""

    def measure(runs: int) -> tuple[float, str]:
        times: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(3):
            for count in (1, 2):
                paths = [str(ROOT), str(ROOT / "benchmarks")]
                program = _IN_A_PROCESS.format(paths=paths, examples=examples, width=width, runs=max(runs, 5))
                variables = {**os.environ, "OPENBLAS_NUM_THREADS": str(count), "OMP_NUM_THREADS": str(count)}
                done = subprocess.run(
                    [sys.executable, "-c", program], env=variables, check=True, capture_output=True, text=True
                )
                times[count] += json.loads(done.stdout)
        one, two = (float(np.median(times[count])) for count in (1, 2))
        return two / one, f"one {one * 1e3:.0f} ms, two {two * 1e3:.0f} ms, wall time"

    return measure


_MEMORY = """
import resource, sys
sys.path[:0] = {paths!r}
import jax, numpy as np
import stabproof as sp
from numeric import Regression, initial_layers, perceptron
examples, width = {examples}, {width}
rng = np.random.default_rng(0)
inputs = rng.normal(size=(examples, 64))
layers = initial_layers([64, width, 1], jax.random.key(0))
predict = perceptron()
targets = np.array([np.asarray(predict(layers, x)).reshape(-1) for x in inputs])
problem = Regression(predict, layers, inputs, targets)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
certificate = sp.certify_minimum(problem, sp.GradientDescent(1e-4){options})
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / (8 * examples * problem.dimension), certificate.verdict.name, problem.dimension)
"""


def memory(examples: int, width: int, options: str = "") -> Callable[[int], tuple[float, str]]:
    """Peak memory beyond what was there before, over 8 N D bytes, in a process of its own."""

    def measure(runs: int) -> tuple[float, str]:
        paths = [str(ROOT), str(ROOT / "benchmarks")]
        program = _MEMORY.format(paths=paths, examples=examples, width=width, options=options)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
        figure, verdict, dimension = done.stdout.split()
        return float(figure), f"D = {dimension}, {verdict}, {time.perf_counter() - start:.0f} s"

    return measure


def proof_alone(runs: int) -> tuple[float, str]:
    """The proof repeated from a certificate over the float path."""
    import stabproof as sp
    from certify.minimum import prove_minimum

    problem, rate = digits(200, 32)
    certificate = sp.certify_minimum(problem, sp.GradientDescent(rate))
    found = medians(
        {
            "peer": fastest_float_path(problem),
            "ours": lambda: prove_minimum(certificate.problem, certificate.witness),
        },
        max(runs, 5),
    )
    return found["ours"] / found["peer"], f"proof {found['ours'] * 1e3:.0f} ms"


_PEER = "jitted vmap of grad, J J^T, eigvalsh"

ROWS = (
    Row("minimum-200", "certify_minimum, digits, N = 200, D = 2113", _PEER, 5, whole(lambda: digits(200, 32))),
    Row("minimum-1000", "certify_minimum, digits, N = 1000, D = 2113", _PEER, 4, whole(lambda: digits(1000, 32))),
    Row("minimum-1797", "certify_minimum, digits, N = 1797", _PEER, 4, whole(lambda: digits(1797, 64)), heavy=True),
    Row("minimum-50", "certify_minimum, digits, N = 50, D = 529", _PEER, 20, whole(lambda: digits(50, 8))),
    Row("minimum-depth-4", "certify_minimum, depth 4, N = 20", _PEER, 20, whole(lambda: deep(20, 8, 4))),
    Row("minimum-check", "the proof alone, digits, N = 200", _PEER, None, proof_alone),
    Row("minimum-threads-200", "two BLAS threads, N = 200", "one thread", 1.0, threads(200, 32)),
    Row("minimum-threads-1000", "two BLAS threads, N = 1000", "one thread", 0.67, threads(1000, 32), heavy=True),
    Row("minimum-memory", "peak memory, N = 200, D = 1.06e5", "8 N D bytes", 3, memory(200, 1600)),
    Row("minimum-memory-large", "peak memory, N = 200, D = 1.06e6", "8 N D bytes", 3, memory(200, 16000), heavy=True),
)
