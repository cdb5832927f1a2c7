"""Step rates of Benettin's method for SGD on N = 100 examples with 256 chains: stabproof, vectorised NumPy, lyapax.

    python benchmarks/lyapunov_rates.py [--examples 100] [--chains 256] [--seconds 3]

All three multiply one tangent vector a chain by I - eta e_i e_i^T K in O(N) operations a step with their own random
indices, renormalise every 32 or so steps, and estimate the same exponent. lyapax (PyPI) takes part when it can be
imported. Rates are chain-steps per second, the best of several rounds that alternate between the methods, compilation
excluded.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable

import jax
import numpy as np

from numeric.lyapunov.frames import random_frames
from numeric.lyapunov.gram import gram_family

LEARNING_RATE = 0.5
RENORMALISE_EVERY = 32
Runner = Callable[[int], tuple[float, int]]


def gram_matrix(examples: int) -> np.ndarray:
    """The Gram matrix of Gaussian features, twice as many as examples."""
    rows = np.random.default_rng(0).normal(size=(examples, 2 * examples))
    return rows @ rows.T / (2 * examples)


def stabproof_runner(gram: np.ndarray, chains: int) -> Runner:
    """Ours: a callable that runs about so many steps and returns (exponent, steps)."""
    family = gram_family(gram, LEARNING_RATE)
    block = family.steps_per_block(1)
    with jax.enable_x64(True):
        frames, key = random_frames(jax.random.key(0), len(gram), 1, chains), jax.random.key(1)

    def run(steps: int) -> tuple[float, int]:
        blocks = max(1, steps // block)
        with jax.enable_x64(True):
            growth = np.asarray(family.advance(frames, key, 0, blocks)[1])
        return float(growth.mean()) / (blocks * block), blocks * block

    return run


def numpy_runner(gram: np.ndarray, chains: int) -> Runner:
    """All chains at once: gather the rows of K, one einsum, one scattered subtraction."""
    rng = np.random.default_rng(1)

    def run(steps: int) -> tuple[float, int]:
        vectors, lane = rng.normal(size=(chains, len(gram))), np.arange(chains)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        growth = np.zeros(chains)
        drawn = rng.integers(0, len(gram), size=(steps, chains))
        for step in range(steps):
            index = drawn[step]
            vectors[lane, index] -= LEARNING_RATE * np.einsum("cn,cn->c", gram[index], vectors)
            if (step + 1) % RENORMALISE_EVERY == 0 or step + 1 == steps:
                norms = np.linalg.norm(vectors, axis=1)
                growth += np.log(norms)
                vectors /= norms[:, None]
        return float(growth.mean()) / steps, steps

    return run


def lyapax_runner(gram: np.ndarray, chains: int) -> Runner:
    """lyapax.lyapunov_spectrum with k = 1, vmapped over keys; the state is w with a step counter behind it."""
    import jax.numpy as jnp
    from lyapax import lyapunov_spectrum

    with jax.enable_x64(True):
        matrix = jnp.asarray(gram)

    def exponent(key: jax.Array, steps: int) -> jax.Array:
        def step(state: jax.Array) -> jax.Array:
            counter = jax.lax.stop_gradient(state[-1])
            index = jax.random.randint(jax.random.fold_in(key, counter.astype(jnp.int32)), (), 0, len(gram))
            return state.at[index].add(-LEARNING_RATE * (matrix[index] @ state[:-1])).at[-1].set(counter + 1)

        start = jnp.zeros(len(gram) + 1)
        return lyapunov_spectrum(step, start, 1.0, steps, k=1, renorm_every=RENORMALISE_EVERY).exponents[0]

    batched = jax.jit(jax.vmap(exponent, in_axes=(0, None)), static_argnums=1)

    def run(steps: int) -> tuple[float, int]:
        steps = max(1, steps // RENORMALISE_EVERY) * RENORMALISE_EVERY
        with jax.enable_x64(True):
            return float(batched(jax.random.split(jax.random.key(2), chains), steps).mean()), steps

    return run


def measure(runners: dict[str, Runner], seconds: float, chains: int, rounds: int = 5) -> dict[str, tuple[float, float]]:
    """Name -> (best chain-steps per second, exponent); step numbers are chosen so that a round takes seconds/rounds."""
    lengths, results = {}, dict.fromkeys(runners, (0.0, np.nan))
    for name, run in runners.items():
        run(640)
        start = time.perf_counter()
        _, steps = run(640)
        lengths[name] = max(640, int(steps * seconds / rounds / (time.perf_counter() - start)))
        run(lengths[name])
    for name in list(runners) * rounds:
        start = time.perf_counter()
        exponent, steps = runners[name](lengths[name])
        rate = steps * chains / (time.perf_counter() - start)
        results[name] = (max(rate, results[name][0]), exponent)
    return results


def main() -> None:
    """Measure, print one line a method and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--chains", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    gram = gram_matrix(options.examples)
    makers = {"stabproof": stabproof_runner, "numpy": numpy_runner}
    if importlib.util.find_spec("lyapax") is not None:
        makers["lyapax"] = lyapax_runner
    runners = {name: make(gram, options.chains) for name, make in makers.items()}
    results = measure(runners, options.seconds, options.chains)
    print(f"N = {options.examples}, {options.chains} chains")
    for name, (rate, exponent) in results.items():
        print(f"{name:10s} {rate / 1e6:8.2f} million chain-steps/s   exponent {exponent:+.6f}")
    for name in results:
        if name != "stabproof":
            print(f"stabproof / {name}: {results['stabproof'][0] / results[name][0]:.2f}")
    if "lyapax" not in results:
        print("lyapax is not installed: pip install lyapax to compare with it")


if __name__ == "__main__":
    main()
