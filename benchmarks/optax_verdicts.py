"""Verdicts for every optimiser of optax, beside what optax itself does, as a page with a table.

    python benchmarks/optax_verdicts.py > docs/optimizers.md

The problems: one example and two parameters (interpolating), and a convex quadratic with two parameters (strict).
Learning rates are 1e-2. Where a critical curvature is proved, optax is run on the quadratic loss with 0.98 and 1.02
times that curvature.
"""

import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

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

Written by `python benchmarks/optax_verdicts.py > docs/optimizers.md` with optax {version}, learning rate 0.01, all else
as optax sets it, the memory as `init` gives it. Interpolating: one example and two parameters; strict: a quadratic
with Hessian [[2, 1/2], [1/2, 1]] and the least value 1.
`h < c`: with Hessian eigenvalues up to c the step is proved stable for ever, and c (the learning rate being what it
is) is the threshold to nine digits; P: the preconditioned sharpness at the given memory, proved; rho: the spectral
radius at the point to which weight decay moves the minimum.

The simulation runs optax itself for {steps} steps on a quadratic, with Hessian eigenvalues h and h / 2. From {near:g}
it reports the last and the farthest distance, with h = 0.98 c and 1.02 c, or with h = 1 where no c is proved; from
{far:g}, outside of what the linearisation governs, the last one. The program ends with an error where a verdict and the
simulation from {near:g} contradict each other.

UNSTABLE at rest and a float run that ends at 0 do not contradict each other: far from rest the second moment is large
and the effective rate small; as the memory decays the minimum turns unstable, but a float may by then have landed on it
exactly. The farthest distance from a start next to it shows it. Averages with vanishing weights (schedule-free) are run
from the memory of 10,000 steps: early weights are not small, and the rate of the gradient is larger then.

{count} optimisers: {both} have a verdict on both problems, {one} on one of them, {none} on neither.

| optimiser | interpolating | strict | from {near:g}: stable side | unstable side | from {far:g}, stable side |
|---|---|---|---|---|---|"""


def interpolating() -> sp.Regression:
    """One example, two parameters."""
    inputs = np.array([[0.5, 0.25]])
    return sp.Regression(lambda params, x: params["w"] @ x, {"w": np.array([1.0, -1.0])}, inputs, np.array([0.25]))


def strict() -> sp.Loss:
    """A convex quadratic with the Hessian [[2, 1/2], [1/2, 1]], least, with the value 1, at (0.5, -0.25)."""
    matrix, centre = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.5, -0.25])
    return sp.Loss(lambda params: 1.0 + 0.5 * (params["w"] - centre) @ matrix @ (params["w"] - centre), {"w": centre})


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


@final
@dataclass(frozen=True)
class Line:
    """One line of the table. verdicts: on how many of the two problems there is one. contradiction: between a verdict
    and the simulation; empty where there is none."""

    text: str
    verdicts: int
    contradiction: str


def row(name: str, make: Callable[[], Any]) -> Line:
    """An optimiser on both problems, and what optax does."""
    cells, critical, found = [], None, []
    for problem in (interpolating(), strict()):
        try:
            certificate = sp.certify_minimum(problem, make())
        except sp.InputError as error:
            cells.append(f"refused: {_short(str(error))}")
            continue
        cells.append(_told(certificate))
        found.append(certificate.verdict)
        threshold = certificate.number("critical_curvature")
        critical = threshold.upper if threshold is not None and np.isfinite(threshold.upper) else critical
    decided = [verdict for verdict in found if verdict is not sp.Verdict.UNDECIDED]
    told, contradiction = _simulated(make, critical, decided)
    return Line(
        f"| `{name}` | " + " | ".join(cells + told) + " |",
        len(decided),
        f"{name}: {contradiction}" * bool(contradiction),
    )


def _told(certificate: Any) -> str:
    told = certificate.verdict.name
    for name, text in (("critical_curvature", "h < "), ("preconditioned_sharpness", "P "), ("spectral_radius", "rho ")):
        number = certificate.number(name)
        if number is not None:
            told += f", {text}{number.upper:.6g}"
    return f"{told}: {_short(certificate.reason)}" if certificate.reason else told


def _short(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:160]


def _simulated(make: Callable[[], Any], critical: float | None, decided: list[Any]) -> tuple[list[str], str]:
    """What optax does on (h x^2 + (h / 2) y^2) / 2 at 0.98 and 1.02 times the critical curvature, and what in it
    contradicts the verdicts; without a critical curvature at h = 1, on the side of the verdicts."""
    if critical is None and (not decided or len(set(decided)) > 1):
        return ["", "", ""], ""
    if critical is None:
        told, stable = _run(make(), 1.0, NEAR), decided[0] is sp.Verdict.STABLE
        cells = [_distances(*told), "", ""] if stable else ["", _distances(*told), ""]
        return cells, _contradiction(told, stable)
    inside, outside = (_run(make(), factor * critical, NEAR) for factor in (0.98, 1.02))
    far = _run(make(), 0.98 * critical, FAR)
    told = [_distances(*inside), _distances(*outside), f"last {far[0]:.1e}"]
    return told, _contradiction(inside, True) or _contradiction(outside, False)


def _contradiction(run: tuple[float, float], stable: bool) -> str:
    """Stable: no farther at the end than at the start. Unstable: by a factor of 10^20 farther on the way, at least."""
    last, farthest = run
    if stable:
        return "" if last <= NEAR else f"stable, but ends at {last:.1e}"
    return "" if farthest >= NEAR * 1e20 else f"unstable, but never farther than {farthest:.1e}"


def _distances(last: float, farthest: float) -> str:
    return f"last {last:.1e}, farthest {farthest:.1e}"


def _run(optimizer: Any, curvature: float, start: float) -> tuple[float, float]:
    """(last, farthest) distance."""
    if isinstance(optimizer, optax.MultiSteps):
        optimizer = optimizer.gradient_transformation()
    with jax.enable_x64(True):
        scales = curvature * jnp.array([1.0, 0.5])
        theta = {"w": start * jnp.array([1.0, 0.75])}
        # what scales with the parameters is run around the strict problem's minimum, its distance kept apart
        centre = jnp.array([0.5, -0.25]) if _reads_parameters(optimizer) else jnp.zeros(2)
        started = _late(optimizer.init(theta))
        slow, with_loss = isinstance(started, optax.LookaheadState), takes_loss(optimizer, started, theta)

        def body(_: Any, carry: Any) -> Any:
            params, state, farthest = carry
            fast = params.fast if slow else params
            more = {"value": 0.5 * jnp.sum(scales * fast["w"] ** 2)} if with_loss else {}
            around = jax.tree.map(lambda x: x + centre, params)
            update, state = optimizer.update({"w": scales * fast["w"]}, state, around, **more)
            params = optax.apply_updates(params, update)
            distance = jnp.abs((params.fast if slow else params)["w"]).max()
            return params, state, jnp.maximum(farthest, jnp.where(jnp.isnan(distance), jnp.inf, distance))

        first = optax.LookaheadParams.init_synced(theta) if slow else theta
        state = jax.tree.map(
            lambda x: jnp.asarray(x, x.dtype), _late(optimizer.init(jax.tree.map(lambda x: x + centre, first)))
        )
        params, _, farthest = jax.lax.fori_loop(0, STEPS, body, (first, state, jnp.asarray(0.0)))
        return float(jnp.abs((params.fast if slow else params)["w"]).max()), float(farthest)


def _late(state: Any) -> Any:
    """Averages with vanishing weights begin where the weights are small."""
    if isinstance(state, contrib.ScheduleFreeState):
        return state._replace(weight_sum=jnp.asarray(1e4 * RATE**2), step_count=jnp.asarray(10_000, jnp.int32))
    return state


def _reads_parameters(optimizer: Any) -> bool:
    """Whether the first step differs where the parameters are others: trust ratios, decay, first distances."""
    steps = []
    for size in (1.0, 2.0):
        theta = {"w": jnp.full(2, size)}
        try:
            steps.append(optimizer.update({"w": jnp.full(2, 1e-3)}, optimizer.init(theta), theta)[0]["w"])
        except Exception:
            return False
    return not np.allclose(*steps, rtol=1e-3, atol=0.0)


def takes_loss(optimizer: Any, state: Any, theta: Any) -> bool:
    try:
        jax.eval_shape(optimizer.update, theta, state, theta)
    except TypeError:
        return True
    except Exception:
        return False
    return False


def main() -> None:
    """Print the page; ends with an error where a verdict and the simulation contradict each other."""
    warnings.simplefilter("ignore")
    lines = [row(name, make) for name, make in optimisers()]
    counts = [sum(line.verdicts == k for line in lines) for k in range(3)]
    head = {"version": optax.__version__, "steps": STEPS, "near": NEAR, "far": FAR, "count": len(lines)}
    print(_HEAD.format(**head, none=counts[0], one=counts[1], both=counts[2]))
    for line in lines:
        print(line.text)
    contradictions = [line.contradiction for line in lines if line.contradiction]
    if contradictions:
        sys.exit("\n".join(contradictions))


if __name__ == "__main__":
    main()
