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
from optax import contrib
from optax_verdicts import optimisers, takes_loss

import stabproof as sp

HIDDEN, EXAMPLES, STEPS = 6, 4, 6_000
NEAR, FAR = 1e-8, 1e-2
# An orbit that converges is far below its start after STEPS steps; one that is driven out leaves it far behind, and may
# come back: adaptive optimisers grow more careful as gradients grow.
INSIDE, OUTSIDE = 1e-2 * NEAR, 1e2 * NEAR
# One that stops next to the minimum stays about as near as it began.
STAYING, _STOPS = 10 * NEAR, "exactly zero"
# So many steps without a gradient bring averages that decay like 0.999^n to rest.
SETTLING = 20_000
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


def distances(make: Callable[[Any], Any], rates: np.ndarray, nets: list[Any]) -> np.ndarray:
    """(last, farthest) root mean square of the residuals from both starts, for every network and rate:
    (2, starts, networks, rates)."""
    with jax.enable_x64(True):
        stacked = {name: jnp.stack([params[name] for _, params, _, _ in nets]) for name in nets[0][1]}
        kinds = jnp.eye(len(ACTIVATIONS))[jnp.array([kind for kind, *_ in nets])]
        inputs, targets = (jnp.stack([net[k] for net in nets]) for k in (2, 3))

        def residuals(p: Any, kind: Any, x: Any, y: Any) -> Any:
            hidden = x @ p["w"].T + p["b"]
            values = sum(kind[k] * act(hidden) for k, act in enumerate(ACTIVATIONS))
            return values @ p["v"] - y

        def run(start: Any, rate: Any, params: Any, kind: Any, x: Any, y: Any) -> Any:
            optimizer = make(rate)
            if isinstance(optimizer, optax.MultiSteps):
                optimizer = optimizer.gradient_transformation()
            with_loss = takes_loss(optimizer, jax.eval_shape(optimizer.init, params), params)

            def loss(p: Any) -> Any:
                return 0.5 * jnp.mean(residuals(p, kind, x, y) ** 2)

            def body(_: Any, carry: Any) -> Any:
                params, state, farthest = carry
                value, slope = jax.value_and_grad(loss)(_fast(params))
                more = {"value": value} if with_loss else {}
                update, state = optimizer.update(slope, state, params, **more)
                params = optax.apply_updates(params, update)
                distance = jnp.sqrt(2 * loss(_fast(params)))
                return params, state, jnp.maximum(farthest, jnp.where(jnp.isnan(distance), jnp.inf, distance))

            moved = jax.tree.map(
                lambda a: a + start * jnp.cos(jnp.arange(a.size, dtype=float)).reshape(a.shape), params
            )
            first = optax.LookaheadParams.init_synced(moved) if _is_slow(optimizer, moved) else moved
            state = jax.tree.map(late, _averaged(_settled(optimizer, first), rate))
            last, _, farthest = jax.lax.fori_loop(0, STEPS, body, (first, state, jnp.asarray(0.0)))
            distance = jnp.sqrt(2 * loss(_fast(last)))
            return jnp.where(jnp.isnan(distance), jnp.inf, distance), farthest

        over_rates = jax.vmap(run, in_axes=(None, 0, None, None, None, None))
        over_networks = jax.vmap(over_rates, in_axes=(None, 0, 0, 0, 0, 0))
        over_starts = jax.jit(jax.vmap(over_networks, in_axes=(0, None, None, None, None, None)))
        found = over_starts(jnp.array([NEAR, FAR]), jnp.asarray(rates), stacked, kinds, inputs, targets)
        return np.array(found)


def _fast(params: Any) -> Any:
    return params.fast if isinstance(params, optax.LookaheadParams) else params


def _is_slow(optimizer: Any, params: Any) -> bool:
    """Whether the optimiser wants its fast and slow parameters together."""
    return isinstance(jax.eval_shape(optimizer.init, params), optax.LookaheadState)


def _settled(optimizer: Any, params: Any) -> Any:
    """The memory after a while without a gradient: where it rests. What has no such rest is left as `init` gives it."""
    first = jax.tree.map(jnp.asarray, optimizer.init(params))
    still = jax.tree.map(jnp.zeros_like, _fast(params))

    more = {"value": jnp.asarray(0.0)} if takes_loss(optimizer, first, params) else {}

    def body(_: Any, state: Any) -> Any:
        return optimizer.update(still, state, params, **more)[1]

    last = jax.lax.fori_loop(0, SETTLING, body, first)
    sound = [jnp.isfinite(x).all() for x in jax.tree.leaves(last) if jnp.issubdtype(x.dtype, jnp.inexact)]
    whole = jnp.stack(sound).all() if sound else True
    return jax.tree.map(lambda old, new: jnp.where(whole, new, old), first, last)


def _averaged(state: Any, rate: Any) -> Any:
    """Averages with vanishing weights begin where the weights are small."""
    if isinstance(state, contrib.ScheduleFreeState):
        return state._replace(weight_sum=LATE * rate**2)
    return state


def late(array: Any) -> Any:
    """A step counter that is far on; other memory as it is."""
    counts = array.shape == () and jnp.issubdtype(array.dtype, jnp.integer)
    return jnp.asarray(LATE if counts else array, array.dtype)


def rates_of(factory: Any, problems: list[sp.Regression]) -> np.ndarray:
    """(networks, 2): the rates at 0.98 and 1.02 times each network's threshold; 0.05 where no threshold is proved."""
    probe, rates = 0.05, []
    for problem in problems:
        certificate = sp.certify_minimum(problem, factory(probe))
        critical, size = certificate.number("critical_curvature"), certificate.sharpness
        if critical is None and "scaled differently" in str([h.reason for h in certificate.hypotheses]):
            critical = certificate.number("critical_preconditioned_sharpness")
            size = certificate.preconditioned_sharpness
        if critical is None or size is None or not np.isfinite(critical.upper):
            return np.full((len(problems), 1), probe)
        rates.append([probe * critical.midpoint / size.midpoint * factor for factor in (0.98, 1.02)])
    return np.array(rates)


def compared(name: str, factory: Any, nets: list[Any], problems: list[sp.Regression]) -> tuple[str, list[str], int]:
    """A line of the table, the disagreements, and how many verdicts are none."""
    rates = rates_of(factory, problems)
    found = [[sp.certify_minimum(p, factory(float(r))) for r in row] for p, row in zip(problems, rates, strict=True)]
    near, far = distances(factory, rates, nets).swapaxes(0, 1)
    wrong, none, cells = [], 0, []
    for k in range(rates.shape[1]):
        column = [row[k].verdict for row in found]
        none += column.count(sp.Verdict.UNDECIDED)
        for number, verdict in enumerate(column):
            last, farthest = near[:, number, k]
            inside = STAYING if _STOPS in found[number][k].theorem else INSIDE
            agrees = {sp.Verdict.STABLE: last <= inside, sp.Verdict.UNSTABLE: farthest >= OUTSIDE}.get(verdict, True)
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
    """The optimisers by learning rate; eps, where there is one, far above what a gradient near the minimum is."""
    found = []
    for name, make in optimisers():
        arguments = getattr(make, "keywords", {})
        base = getattr(make, "func", None)
        if "learning_rate" not in arguments or base is None:
            continue
        fixed = {k: v for k, v in arguments.items() if k != "learning_rate"}
        guard = inspect.signature(base).parameters.get("eps")
        if guard is not None and guard.default:
            fixed["eps"] = EPS
        found.append((name, lambda rate, base=base, fixed=fixed: base(learning_rate=rate, **fixed)))
    return [*found, *_COMPOSED]


_COMPOSED: list[tuple[str, Any]] = [
    ("polyak_sgd", lambda rate: optax.polyak_sgd(max_learning_rate=rate)),
    ("ema, then sgd", lambda rate: optax.chain(optax.ema(0.9), optax.sgd(rate))),
    ("clip, then sgd", lambda rate: optax.chain(optax.clip(1.0), optax.sgd(rate))),
    (
        "clip_by_global_norm, then adam",
        lambda rate: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate, eps=EPS)),
    ),
    ("sgd with warm-up", lambda rate: optax.sgd(optax.warmup_constant_schedule(0.0, rate, 10))),
    ("lookahead of sgd", lambda rate: optax.lookahead(optax.sgd(rate), 5, 0.5)),
    ("MultiSteps of heavy ball", lambda rate: optax.MultiSteps(optax.sgd(rate, 0.9), 3)),
    ("contrib.sam", lambda rate: contrib.sam(optax.sgd(rate), optax.chain(contrib.normalize(), optax.sgd(0.05)))),
]


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
