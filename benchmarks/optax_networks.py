"""Verdicts on both sides of the threshold, beside a long simulation of optax on the same small networks.

    python benchmarks/optax_networks.py [NETWORKS [OPTIMISER ...]] > table.md

NETWORKS (10 if not given) networks 2 - 6 - 1 with tanh, sine or softplus units, four examples that they meet exactly.
For every optimiser of optax with a proved critical curvature at these minima the learning rate is put at 0.98 and
1.02 times the one at which the network's sharpness meets it; where none is proved, at 0.05. optax itself runs from
next to the minimum and from farther away. Ends with an error where a proved verdict and the run from next to the
minimum disagree.
"""

import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax_verdicts import optimisers

import stabproof as sp

HIDDEN, EXAMPLES, STEPS = 6, 4, 6_000
NEAR, FAR = 1e-8, 1e-2
# An orbit that converges is far below its start after STEPS steps; one that is driven out leaves it far behind, and may
# come back: adaptive optimisers grow more careful as gradients grow.
INSIDE, OUTSIDE = 1e-2 * NEAR, 1e2 * NEAR
# Step counters begin here: bias corrections, which amplify early steps, are over.
LATE = 2**20
EPS = 1e-3
ACTIVATIONS = (jnp.tanh, jnp.sin, jax.nn.softplus)


def predict(kind: int) -> Callable[[Any, Any], Any]:
    """The network of one activation."""
    return lambda p, x: jnp.dot(p["v"], ACTIVATIONS[kind](p["w"] @ x + p["b"]))


def networks(count: int) -> list[tuple[int, dict[str, np.ndarray], np.ndarray, np.ndarray]]:
    """(activation, parameters, inputs, targets), the targets met up to rounding."""
    found = []
    for seed in range(count):
        rng, kind = np.random.default_rng(seed), seed % len(ACTIVATIONS)
        params = {
            "w": rng.normal(size=(HIDDEN, 2)),
            "b": 0.5 * rng.normal(size=HIDDEN),
            "v": rng.normal(size=HIDDEN) / np.sqrt(HIDDEN),
        }
        inputs = rng.normal(size=(EXAMPLES, 2))
        with jax.enable_x64(True):
            targets = np.array([float(predict(kind)(params, x)) for x in inputs])
        found.append((kind, params, inputs, targets))
    return found


def distances(make: Callable[[Any], Any], rates: np.ndarray, nets: list[Any], start: float) -> np.ndarray:
    """(last, farthest) root mean square of the residuals, for every network and rate: (2, networks, rates)."""
    with jax.enable_x64(True):
        stacked = {name: jnp.stack([params[name] for _, params, _, _ in nets]) for name in nets[0][1]}
        kinds = jnp.eye(len(ACTIVATIONS))[jnp.array([kind for kind, *_ in nets])]
        inputs, targets = (jnp.stack([net[k] for net in nets]) for k in (2, 3))

        def residuals(p: Any, kind: Any, x: Any, y: Any) -> Any:
            hidden = x @ p["w"].T + p["b"]
            values = sum(kind[k] * act(hidden) for k, act in enumerate(ACTIVATIONS))
            return values @ p["v"] - y

        def run(rate: Any, params: Any, kind: Any, x: Any, y: Any) -> Any:
            optimizer = make(rate)

            def loss(p: Any) -> Any:
                return 0.5 * jnp.mean(residuals(p, kind, x, y) ** 2)

            def body(_: Any, carry: Any) -> Any:
                params, state, farthest = carry
                update, state = optimizer.update(jax.grad(loss)(params), state, params)
                params = optax.apply_updates(params, update)
                distance = jnp.sqrt(2 * loss(params))
                return params, state, jnp.maximum(farthest, jnp.where(jnp.isnan(distance), jnp.inf, distance))

            moved = jax.tree.map(
                lambda a: a + start * jnp.cos(jnp.arange(a.size, dtype=float)).reshape(a.shape), params
            )
            state = jax.tree.map(_late, optimizer.init(moved))
            params, _, farthest = jax.lax.fori_loop(0, STEPS, body, (moved, state, jnp.asarray(0.0)))
            last = jnp.sqrt(2 * loss(params))
            return jnp.where(jnp.isnan(last), jnp.inf, last), farthest

        over_rates = jax.vmap(run, in_axes=(0, None, None, None, None))
        found = jax.jit(jax.vmap(over_rates))(jnp.asarray(rates), stacked, kinds, inputs, targets)
        return np.array(found)


def _late(array: Any) -> Any:
    """A step counter that is far on; other memory as it is."""
    counts = array.shape == () and jnp.issubdtype(array.dtype, jnp.integer)
    return jnp.asarray(LATE if counts else array, array.dtype)


def rates_of(factory: Any, problems: list[sp.Regression]) -> np.ndarray:
    """(networks, 2): the rates at 0.98 and 1.02 times the threshold; 0.05 where no threshold is proved."""
    probe = 0.05
    certificate = sp.certify_minimum(problems[0], factory(probe))
    critical, name = certificate.number("critical_curvature"), "sharpness"
    if critical is None and "scaled differently" in str([h.reason for h in certificate.hypotheses]):
        critical, name = certificate.number("critical_preconditioned_sharpness"), "preconditioned_sharpness"
    if critical is None or not np.isfinite(critical.upper):
        return np.full((len(problems), 1), probe)
    sizes = [sp.certify_minimum(p, factory(probe)).number(name).midpoint for p in problems]
    return np.array([[probe * critical.midpoint / size * factor for factor in (0.98, 1.02)] for size in sizes])


def compared(name: str, factory: Any, nets: list[Any], problems: list[sp.Regression]) -> tuple[str, list[str], int]:
    """A line of the table, the disagreements, and how many verdicts are none."""
    rates = rates_of(factory, problems)
    verdicts = [
        [sp.certify_minimum(p, factory(float(r))).verdict for r in row] for p, row in zip(problems, rates, strict=True)
    ]
    near, far = (distances(factory, rates, nets, start) for start in (NEAR, FAR))
    wrong, none, cells = [], 0, []
    for k in range(rates.shape[1]):
        column = [row[k] for row in verdicts]
        none += column.count(sp.Verdict.UNDECIDED)
        for number, verdict in enumerate(column):
            last, farthest = near[:, number, k]
            agrees = {sp.Verdict.STABLE: last <= INSIDE, sp.Verdict.UNSTABLE: farthest >= OUTSIDE}.get(verdict, True)
            if not agrees:
                wrong.append(f"{name}, network {number}: {verdict.name} at {rates[number, k]:g}, last {last:.1e}, "
                             f"farthest {farthest:.1e}")  # fmt: skip
        told = {v.name: column.count(v) for v in column}
        counts = ", ".join(f"{n} {v}" for v, n in told.items())
        back = int((far[0, :, k] <= INSIDE).sum())
        cells.append(f"{counts}; last {near[0, :, k].max():.0e}, farthest {near[1, :, k].min():.0e} to "
                     f"{near[1, :, k].max():.0e}; {back} of {len(nets)} back from {FAR:g}")  # fmt: skip
    return f"| `{name}` | " + " | ".join(cells if len(cells) == 2 else [*cells, ""]) + " |", wrong, none


def factories() -> list[tuple[str, Any]]:
    """The optimisers by learning rate; eps far above what a gradient near the minimum is."""
    found = []
    for name, make in optimisers():
        arguments = getattr(make, "keywords", {})
        base = getattr(make, "func", None)
        if "learning_rate" not in arguments or base is None:
            continue
        fixed = {k: v for k, v in arguments.items() if k != "learning_rate"}
        if "eps" in inspect.signature(base).parameters:
            fixed["eps"] = EPS
        found.append((name, lambda rate, base=base, fixed=fixed: base(learning_rate=rate, **fixed)))
    return found


def main() -> None:
    """Print the table; ends with an error where a verdict and a simulation disagree."""
    warnings.simplefilter("ignore")
    nets = networks(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    problems = [sp.Regression(predict(kind), params, x, y) for kind, params, x, y in nets]
    print("| optimiser | at 0.98 times the threshold, or 0.05 | at 1.02 times |\n|---|---|---|")
    disagreements, decided, refused, undecided = [], 0, [], []
    for name, factory in factories():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        try:
            line, wrong, none = compared(name, factory, nets, problems)
        except Exception as error:
            refused.append(name)
            print(f"| `{name}` | refused: {' '.join(str(error).split())[:120]} | |", flush=True)
            continue
        print(line, flush=True)
        disagreements += wrong
        undecided += [name] if none else []
        decided += not none
    print(
        f"\n{decided} decided, {len(undecided)} undecided somewhere ({', '.join(undecided)}), {len(refused)} refused."
    )
    if disagreements:
        sys.exit("\n".join(disagreements))


if __name__ == "__main__":
    main()
