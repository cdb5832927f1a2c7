"""Verdicts for every optimiser of optax, beside what optax itself does, as a page with a table.

python benchmarks/optax_verdicts.py > table.md. The problems: one example and two parameters
(interpolating), and a convex quadratic with two parameters (strict). Learning rates are 1e-2. Where a critical
curvature is proved, optax is run on the quadratic loss with 0.98 and 1.02 times that curvature.
"""

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax import contrib

import stabproof as sp

RATE = 1e-2
STEPS = 20_000
# Far below every eps and threshold, and far above the smallest float: the behaviour at rest.
NEAR, FAR = 1e-40, 1.0
_ARGUMENTS = {"learning_rate": RATE, "weight_decay": 1e-2, "init_partition_size": 1.0, "max_iter": 3}
_HEAD = """# Optimisers of optax

Written by `benchmarks/optax_verdicts.py` with optax {version}, learning rate 0.01, all else as optax sets it, the
memory as `init` gives it. Interpolating: one example and two parameters; strict: a quadratic with Hessian
[[2, 1/2], [1/2, 1]].
`h < c`: with Hessian eigenvalues up to c the step is proved stable for ever, and c (the learning rate being what it
is) is the threshold to nine digits; P: the preconditioned sharpness at the given memory, proved. The simulation runs
optax itself for {steps} steps on a quadratic: with 0.98 c and 1.02 c from {near:g} it reports the last and the farthest
distance, from {far:g} (outside of what the linearisation governs) the last one.

UNSTABLE at rest and a float run that ends at 0 do not contradict each other: far from rest the second moment is large
and the effective rate small; as the memory decays the minimum turns unstable, but a float may by then have landed on it
exactly. The farthest distance from a start next to it shows it.

{count} optimisers, {open} of them without a verdict on both problems.

| optimiser | interpolating | strict | 0.98 c | 1.02 c | from {far:g} at 0.98 c |
|---|---|---|---|---|---|"""


def interpolating() -> sp.Regression:
    """One example, two parameters."""
    inputs = np.array([[0.5, 0.25]])
    return sp.Regression(lambda params, x: params["w"] @ x, {"w": np.array([1.0, -1.0])}, inputs, np.array([0.25]))


def strict() -> sp.Loss:
    """A convex quadratic with the Hessian [[2, 1/2], [1/2, 1]], least at (0.5, -0.25)."""
    matrix, centre = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.5, -0.25])
    return sp.Loss(lambda params: 0.5 * (params["w"] - centre) @ matrix @ (params["w"] - centre), {"w": centre})


def optimisers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every public factory of a transformation in optax and optax.contrib that takes a learning rate, made by name."""
    for prefix, module in (("", optax), ("contrib.", contrib)):
        for name in sorted(vars(module)):
            make = getattr(module, name)
            if name.startswith("_") or not (inspect.isfunction(make) or isinstance(make, functools.partial)):
                continue
            parameters = inspect.signature(make).parameters
            if "learning_rate" in parameters and not name.startswith(("scale_by", "inject")):
                needed = [p for p, given in parameters.items() if given.default is inspect.Parameter.empty]
                if set(needed) - {"kwargs", "args"} <= set(_ARGUMENTS):
                    chosen = {p: _ARGUMENTS[p] for p in needed if p in _ARGUMENTS} | {"learning_rate": RATE}
                    yield prefix + name, functools.partial(make, **chosen)
    yield "polyak_sgd", optax.polyak_sgd
    yield "ema, then sgd", lambda: optax.chain(optax.ema(0.9), optax.sgd(RATE))
    yield "clip, then sgd", lambda: optax.chain(optax.clip(1.0), optax.sgd(RATE))
    yield "clip_by_global_norm, then adam", lambda: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(RATE))
    yield "sgd with warm-up", lambda: optax.sgd(optax.warmup_constant_schedule(0.0, RATE, 10))
    yield "lookahead of sgd", lambda: optax.lookahead(optax.sgd(RATE), 5, 0.5)
    yield "MultiSteps of heavy ball", lambda: optax.MultiSteps(optax.sgd(RATE, 0.9), 3)
    yield "contrib.sam", lambda: contrib.sam(optax.sgd(RATE), optax.chain(contrib.normalize(), optax.sgd(0.05)))


def row(name: str, make: Callable[[], Any]) -> tuple[str, bool]:
    """One line of the table, and whether no problem has a verdict."""
    cells, critical, decided = [], None, 0
    for problem in (interpolating(), strict()):
        try:
            certificate = sp.certify_minimum(problem, make())
        except sp.InputError as error:
            cells.append(f"refused: {_short(str(error))}")
            continue
        cells.append(_told(certificate))
        decided += certificate.verdict is not sp.Verdict.UNDECIDED
        found = certificate.number("critical_curvature")
        critical = found.upper if found is not None and np.isfinite(found.upper) else critical
    cells += _simulated(make, critical)
    return f"| `{name}` | " + " | ".join(cells) + " |", decided == 0


def _told(certificate: Any) -> str:
    told = certificate.verdict.name
    for name, text in (("critical_curvature", "h < "), ("preconditioned_sharpness", "P "), ("spectral_radius", "rho ")):
        number = certificate.number(name)
        if number is not None:
            told += f", {text}{number.upper:.6g}"
    return f"{told}: {_short(certificate.reason)}" if certificate.reason else told


def _short(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:160]


def _simulated(make: Callable[[], Any], critical: float | None) -> list[str]:
    """What optax does on (h x^2 + (h / 2) y^2) / 2 at 0.98 and 1.02 times the critical curvature."""
    if critical is None:
        return ["", "", ""]
    inside, outside = (_run(make(), factor * critical, NEAR) for factor in (0.98, 1.02))
    far = _run(make(), 0.98 * critical, FAR)
    return [_distances(*inside), _distances(*outside), f"last {far[0]:.1e}"]


def _distances(last: float, farthest: float) -> str:
    return f"last {last:.1e}, farthest {farthest:.1e}"


def _run(optimizer: Any, curvature: float, start: float) -> tuple[float, float]:
    """(last, farthest) distance."""
    if isinstance(optimizer, optax.MultiSteps):
        optimizer = optimizer.gradient_transformation()
    with jax.enable_x64(True):
        scales = curvature * jnp.array([1.0, 0.5])
        theta = {"w": start * jnp.array([1.0, 0.75])}
        slow = isinstance(optimizer.init(theta), optax.LookaheadState)

        def body(_: Any, carry: Any) -> Any:
            params, state, farthest = carry
            fast = params.fast if slow else params
            update, state = optimizer.update({"w": scales * fast["w"]}, state, params)
            params = optax.apply_updates(params, update)
            distance = jnp.abs((params.fast if slow else params)["w"]).max()
            return params, state, jnp.maximum(farthest, jnp.where(jnp.isnan(distance), jnp.inf, distance))

        first = optax.LookaheadParams.init_synced(theta) if slow else theta
        state = jax.tree.map(lambda x: jnp.asarray(x, x.dtype), optimizer.init(first))
        params, _, farthest = jax.lax.fori_loop(0, STEPS, body, (first, state, jnp.asarray(0.0)))
        return float(jnp.abs((params.fast if slow else params)["w"]).max()), float(farthest)


def main() -> None:
    """Print the page."""
    warnings.simplefilter("ignore")
    rows = [row(name, make) for name, make in optimisers()]
    print(_HEAD.format(version=optax.__version__, steps=STEPS, near=NEAR, far=FAR, count=len(rows),
                       open=sum(o for _, o in rows)))  # fmt: skip
    for line, _ in rows:
        print(line)


if __name__ == "__main__":
    main()
