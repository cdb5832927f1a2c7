"""Optimisers that decay weights on their own, on both sides of the threshold at minima that are strict.

    python benchmarks/optax_strict_networks.py [NETWORKS [OPTIMISER ...]] > table.md

Decay moves along a manifold of minima that interpolate, where no verdict exists. Here the loss has a penalty on the
squares of the weights: NETWORKS (10 if not given) networks 2 - 3 - 1 trained to a strict minimum, next to which the
optimiser rests. The rate at which the spectral radius of optax's own step, differentiated by JAX at that point, passes
one is found by bisection in floats; the verdicts at 0.98 and 1.02 times it are compared with a long run of optax from
next to the point of rest. Ends with an error where they disagree.
"""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from optax_networks import ACTIVATIONS, INSIDE, NEAR, OUTSIDE, STEPS, factories, late

import stabproof as sp

HIDDEN, EXAMPLES, PENALTY = 3, 6, 0.1
PROBE = 0.05
# Rates between which a threshold is looked for.
LOW, HIGH = 1e-9, 1e3
DECAYING = ("adamw", "adamaxw", "nadamw", "fromage")
# What a step may move at a point of rest, in units of the distance at which runs start.
STILL = 1e-4


@final
@dataclass(frozen=True, eq=False)
class Network:
    """gradient: that of the loss, of a tree of parameters."""

    problem: sp.Loss
    params: dict[str, np.ndarray]
    gradient: Callable[[Any], Any]


def trained(seed: int) -> Network:
    """A network at a strict minimum: Newton's method with steps along which the loss falls."""
    rng, act = np.random.default_rng(seed), ACTIVATIONS[seed % len(ACTIVATIONS)]
    start = {"w": rng.normal(size=(HIDDEN, 2)), "b": rng.normal(size=HIDDEN), "v": rng.normal(size=HIDDEN)}
    x = rng.normal(size=(EXAMPLES, 2))
    y = np.sin(2 * x[:, 0]) + x[:, 1]

    def loss(p: Any, x: Any, y: Any) -> Any:
        residual = act(x @ p["w"].T + p["b"]) @ p["v"] - y
        return 0.5 * jnp.mean(residual**2) + 0.5 * PENALTY * sum(jnp.sum(a**2) for a in p.values())

    with jax.enable_x64(True):
        flat, back = ravel_pytree(jax.tree.map(jnp.asarray, start))
        along = jax.jit(lambda t: loss(back(t), x, y))
        slope, curvature = jax.jit(jax.grad(along)), jax.jit(jax.hessian(along))
        for _ in range(300):
            values, vectors = np.linalg.eigh(np.asarray(curvature(flat)))
            step = -vectors @ (vectors.T @ np.asarray(slope(flat)) / np.maximum(np.abs(values), 1e-2))
            size = 1.0
            while along(flat + size * step) > along(flat) and size > 1e-6:
                size /= 2
            flat = flat + size * step
        params = jax.tree.map(np.asarray, back(flat))
    return Network(sp.Loss(loss, params, x, y), params, jax.grad(lambda p: loss(p, x, y)))


def flat_step(network: Network, optimizer: Any) -> tuple[Callable[[Any], Any], int]:
    """z = (parameters, real memory) -> z after a step of optax with late counters, and the number of parameters."""
    state = jax.tree.map(late, optimizer.init(jax.tree.map(jnp.asarray, network.params)))
    leaves, structure = jax.tree.flatten(state)
    real = [jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in leaves]
    memory, of_memory = ravel_pytree([leaf for leaf, is_real in zip(leaves, real, strict=True) if is_real])
    params, of_params = ravel_pytree(jax.tree.map(jnp.asarray, network.params))

    def step(z: Any) -> Any:
        theta, given = of_params(z[: params.size]), iter(of_memory(z[params.size :]))
        whole = [next(given) if is_real else leaf for leaf, is_real in zip(leaves, real, strict=True)]
        update, after = optimizer.update(network.gradient(theta), jax.tree.unflatten(structure, whole), theta)
        moved = jax.tree.map(lambda a, b: a + b, theta, update)
        kept = [leaf for leaf, is_real in zip(jax.tree.leaves(after), real, strict=True) if is_real]
        return jnp.concatenate([ravel_pytree(moved)[0], ravel_pytree(kept)[0]])

    assert memory.ndim == 1
    return step, int(params.size)


def threshold(network: Network, factory: Any, rest: np.ndarray) -> float | None:
    """The rate at which an eigenvalue of optax's step at `rest` reaches modulus one; None where optax moves there."""
    count = sum(np.size(a) for a in network.params.values())

    @jax.jit
    def derivative(rate: Any) -> tuple[Any, Any]:
        step = flat_step(network, factory(rate))[0]
        return jax.jacfwd(step)(rest), jnp.abs(step(rest) - rest)[:count].max()

    low, high = np.log(LOW), np.log(HIGH)
    for _ in range(40):
        middle = (low + high) / 2
        outside = np.abs(np.linalg.eigvals(np.asarray(derivative(np.exp(middle))[0]))).max() > 1
        low, high = (low, middle) if outside else (middle, high)
    rate = float(np.exp(high))
    return rate if derivative(rate)[1] <= STILL * NEAR else None


def distances(network: Network, optimizer: Any, rest: np.ndarray) -> tuple[float, float]:
    """(last, farthest) distance of the parameters from those at rest."""
    step, count = flat_step(network, optimizer)
    start = rest.copy()
    start[:count] += NEAR * np.cos(np.arange(count)) / np.sqrt(count)

    def body(_: Any, carry: Any) -> Any:
        z, farthest = carry
        z = step(z)
        return z, jnp.maximum(farthest, jnp.linalg.norm(z[:count] - rest[:count]))

    last, farthest = jax.lax.fori_loop(0, STEPS, body, (jnp.asarray(start), jnp.asarray(0.0)))
    return float(jnp.linalg.norm(last[:count] - rest[:count])), float(farthest)


def compared(name: str, factory: Any, networks: list[Network]) -> tuple[str, list[str], int]:
    """A line of the table, the disagreements, and how many verdicts are none."""
    cells: tuple[list[str], list[str]] = ([], [])
    wrong, none = [], 0
    for number, network in enumerate(networks):
        first = sp.certify_minimum(network.problem, factory(PROBE))
        if "rest" not in first.witness:
            none += 1
            continue
        rest = np.asarray(first.witness["rest"]["point"])
        with jax.enable_x64(True):
            rate = threshold(network, factory, rest)
        for k, chosen in enumerate([PROBE] if rate is None else [0.98 * rate, 1.02 * rate]):
            verdict = sp.certify_minimum(network.problem, factory(chosen)).verdict
            with jax.enable_x64(True):
                last, farthest = distances(network, factory(chosen), rest)
            told = f"{verdict.name} at {chosen:.3g}, last {last:.0e}, farthest {farthest:.0e}"
            cells[1 if rate is None else k].append(told)
            none += verdict is sp.Verdict.UNDECIDED
            agrees = {sp.Verdict.STABLE: last <= INSIDE, sp.Verdict.UNSTABLE: farthest >= OUTSIDE}.get(verdict, True)
            wrong += [] if agrees else [f"{name}, network {number}: {told}"]
    return f"| `{name}` | " + " | ".join("; ".join(cell) for cell in cells) + " |", wrong, none


def main() -> None:
    """Print the table; ends with an error where a verdict and a simulation disagree."""
    warnings.simplefilter("ignore")
    networks = [trained(seed) for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10)]
    print("| optimiser | at 0.98 times the threshold | at 1.02 times, or where none is known at 0.05 |\n|---|---|---|")
    known, wrong, undecided = dict(factories()), [], []
    for name in sys.argv[2:] or DECAYING:
        line, disagreements, none = compared(name, known[name], networks)
        print(line, flush=True)
        wrong += disagreements
        undecided += [f"{name} {none} times"] if none else []
    print(f"\nNo verdict: {', '.join(undecided) or 'never'}.")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
