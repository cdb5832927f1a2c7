"""Random honest certificates over the covered kinds, none of which may be refused, and forged ones: none may pass.

    python tests/recheck/campaign.py [--count 200] [--seed 0] [--forged 1] [--seconds 3600] [--log FILE]

Of every honest certificate so many forged ones are made: a false number, verdict, hypothesis, claim, theorem or input,
and a new seal. Prints how many of each kind were confirmed, not covered and refused, and how many forged ones passed.
Exits with 1 when an honest one is refused or a forged one is confirmed. With a log each outcome is written down at
once, one JSON object a line, and a later run with the same seed goes on behind it: the full size is --count 2000.
"""

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import networkx as nx
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from forgeries import FORGERIES, sealed

import stabproof as sp
from foundation import InputError
from numeric import train
from recheck.main import recheck, recheck_bytes
from recheck.outcome import BadInput, Standing

Draw = Callable[[np.random.Generator], Any]


def _regression(rng: np.random.Generator) -> Any:
    """A random polynomial model through random points at a minimum with zero loss."""
    count, size = int(rng.integers(1, 4)), int(rng.integers(3, 6))
    theta, x = rng.normal(size=size), rng.normal(size=count)
    powers = np.arange(size)
    model = lambda t, x: jnp.sum(t * x**powers) + 0.1 * t[0] ** 2  # noqa: E731
    y = np.array([float(model(theta, value)) for value in x])
    return sp.Regression(model, theta, x, y)


def _descent(rng: np.random.Generator) -> Any:
    rate = float(rng.uniform(0.01, 1.0))
    momentum = float(rng.uniform(0.1, 0.95))
    optimizers = [sp.GradientDescent(rate), sp.HeavyBall(rate, momentum), sp.Nesterov(rate, momentum), sp.Adam(rate)]
    return sp.certify_minimum(_regression(rng), optimizers[int(rng.integers(4))])


def _stochastic(rng: np.random.Generator) -> Any:
    return sp.certify_minimum(_regression(rng), sp.SGD(float(rng.uniform(0.01, 0.5)), 1, sampling="iid"), budget=1)


def _strict(rng: np.random.Generator) -> Any:
    x = rng.normal(size=6)
    problem = sp.Regression(lambda t, x: t[0] * jnp.sin(t[1] + x), np.array([1.0, 0.1]), x, rng.normal(size=6))
    return sp.certify_minimum(problem.with_params(train(problem).theta), sp.GradientDescent(0.1))


def _field(rng: np.random.Generator, n: int) -> tuple[Any, np.ndarray]:
    """A random smooth field with a zero at a random point."""
    a, b, point = rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.normal(size=n)
    shift = a @ np.tanh(b @ point)
    return lambda x: a @ jnp.tanh(b @ x) - shift + 0.3 * (x - point), point


def _equilibrium(rng: np.random.Generator) -> Any:
    field, point = _field(rng, int(rng.integers(1, 6)))
    return sp.certify_equilibrium(field, point, kind="flow")


def _map(rng: np.random.Generator) -> Any:
    field, point = _field(rng, int(rng.integers(1, 4)))
    return sp.certify_equilibrium(lambda x: x + 0.5 * field(x), point, kind="map")


def _cycle(rng: np.random.Generator) -> Any:
    r = float(rng.uniform(3.05, 3.4))
    high = (r + 1 + np.sqrt((r - 3) * (r + 1))) / (2 * r)
    return sp.certify_periodic_point(lambda x: r * x * (1 - x), np.array([high]), period=2)


def _list(rng: np.random.Generator) -> Any:
    a, b = rng.uniform(0.2, 2.0, size=2)
    return sp.all_equilibria(lambda x: jnp.array([x[1] - a * x[0], x[0] - b * x[1] ** 3]), [(-3, 3.1), (-3, 3.1)])


def _morse(rng: np.random.Generator) -> Any:
    a, b = rng.normal(size=2)
    return sp.morse_class(lambda x: x[0] ** 4 - a * x[0] ** 2 + b * x[0] * x[1] + x[1] ** 2, [(-2, 2.1), (-2, 2.1)])


def _locked(rng: np.random.Generator) -> Any:
    n = int(rng.integers(3, 12))
    graph = nx.connected_watts_strogatz_graph(n, min(n - 1, 4), 0.3, seed=int(rng.integers(10**6)))
    return sp.certify_equilibrium(sp.Kuramoto(graph, rng.normal(size=n) * 0.1, 1.0), np.zeros(n))


def _exponent(rng: np.random.Generator) -> Any:
    d = int(rng.integers(1, 4))
    return sp.lyapunov_exponent(rng.normal(size=(int(rng.integers(1, 4)), d, d)) * rng.uniform(0.1, 2), budget=1)


def _loss(rng: np.random.Generator) -> Any:
    a, b = rng.uniform(0.3, 2.0, size=2)
    loss = lambda t, x: jnp.mean(jnp.cosh(a * t * x)) + b * jnp.sum(t * t)  # noqa: E731
    rate = float(rng.uniform(0.01, 1.0))
    optimizer = sp.Nesterov(rate, 0.5) if rng.uniform() < 0.5 else sp.GradientDescent(rate)
    return sp.certify_minimum(sp.Loss(loss, rng.normal(size=2) * 1e-9, np.ones(2)), optimizer)


def _epochs(rng: np.random.Generator) -> Any:
    drawn = ["shuffled", "fixed"][int(rng.integers(2))]
    return sp.certify_minimum(_regression(rng), sp.SGD(float(rng.uniform(0.01, 0.5)), 1, sampling=drawn), budget=1)


def _time_map(rng: np.random.Generator) -> Any:
    field, _ = _field(rng, 2)
    start = rng.normal(size=2)
    box = sp.Ball(start, np.full(2, float(10.0 ** rng.uniform(-6, -2)))) if rng.uniform() < 0.5 else start
    return sp.flow(field, box, float(rng.uniform(0.1, 0.5))).certificate


def _formula(rng: np.random.Generator, depth: int) -> Any:
    """A random formula; some have no value."""
    if depth == 0:
        return Fraction(int(rng.integers(-9, 10)), int(rng.integers(1, 10)))
    head = ["+", "*", "max", "^", "exp", "sqrt", "atan", "log", "integral", "eigenvalue"][int(rng.integers(10))]
    if head == "integral":
        return [head, ["exp", ["*", _formula(rng, 0), "t", "t"]], 0, abs(_formula(rng, 0))]
    if head == "eigenvalue":
        a, b, c = (_formula(rng, 0) for _ in range(3))
        return [head, [[a, b], [b, c]], int(rng.integers(1, 3))]
    parts = [_formula(rng, depth - 1) for _ in range(2 if head in ("+", "*", "max") else 1)]
    return ["^", parts[0], int(rng.integers(-2, 4))] if head == "^" else [head, *parts]


def _values(rng: np.random.Generator) -> Any:
    formulas = {str(k): _formula(rng, int(rng.integers(1, 4))) for k in range(int(rng.integers(1, 4)))}
    relation = ["<", "<=", "=", "!="][int(rng.integers(4))]
    return sp.certify_values(formulas, [(["value", 1], relation, _formula(rng, 1))])


def _sharpness(rng: np.random.Generator) -> Any:
    return sp.certify_sharpness(_regression(rng))


def _subspace(rng: np.random.Generator) -> Any:
    """The replicator equation keeps the sum of the shares; cyclic payoffs have their equilibrium in the middle."""
    a, b = rng.uniform(-2, 2, size=2)
    payoff = np.array([[0, a, b], [b, 0, a], [a, b, 0]])
    field = lambda x: x * (payoff @ x - x @ (payoff @ x))  # noqa: E731
    return sp.certify_equilibrium(field, np.full(3, 1 / 3), subspace=[[1, 0], [0, 1], [-1, -1]])


DRAWS: dict[str, Draw] = {
    "minimum": _descent,
    "strict minimum": _strict,
    "minimum under SGD": _stochastic,
    "equilibrium": _equilibrium,
    "fixed point": _map,
    "periodic point": _cycle,
    "all equilibria": _list,
    "Morse class": _morse,
    "locked state": _locked,
    "exponent": _exponent,
    "strict loss": _loss,
    "epochs": _epochs,
    "time map": _time_map,
    "values": _values,
    "sharpness": _sharpness,
    "subspace": _subspace,
}


Outcome = dict[str, Any]


def one(kind: str, seed: int, k: int, forged: int, path: Path) -> Outcome:
    """How one honest certificate was answered, how many forgeries of it were made, and what went wrong."""
    source = random.Random(seed * 10**6 + k)
    outcome: Outcome = {"k": k, "seed": seed, "kind": kind, "answer": "not issued", "forged": 0, "wrong": []}
    try:
        DRAWS[kind](np.random.default_rng([seed, k])).save(path)
    except InputError:
        return outcome
    report = recheck(path, source.randrange(64, 257))
    outcome["answer"] = report.standing.value
    if report.standing is Standing.REFUSED:
        lines = [line for line in report.lines if line.standing is Standing.REFUSED]
        outcome["wrong"].append(f"{kind} {k}: {lines[0].name}: {lines[0].stated} {lines[0].own} {lines[0].reason}")
    for name, data in _forged(path.read_text(), forged, source):
        outcome["forged"] += 1
        if _standing(data) is Standing.CONFIRMED:
            outcome["wrong"].append(f"{kind} {k}: forged, {name}, and confirmed")
    return outcome


def recorded(log: Path | None, seed: int) -> dict[int, Outcome]:
    """The outcomes of a log; a last line that was cut off is left out."""
    found = {}
    for line in log.read_text().splitlines() if log is not None and log.exists() else ():
        try:
            outcome = json.loads(line)
        except json.JSONDecodeError:
            continue
        if outcome["seed"] == seed:
            found[outcome["k"]] = outcome
    return found


def run(
    count: int, seed: int, kinds: list[str], forged: int = 0, seconds: float = math.inf, log: Path | None = None
) -> tuple[dict[str, Counter[str]], list[str]]:
    """How each kind's certificates were answered, and what went wrong: honest ones refused, forged ones confirmed."""
    begin, outcomes = time.monotonic(), recorded(log, seed)
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            if k in outcomes:
                continue
            if time.monotonic() - begin > seconds:
                break
            outcomes[k] = one(kinds[k % len(kinds)], seed, k, forged, Path(folder) / "certificate.json")
            if log is not None:
                with log.open("a") as stream:
                    stream.write(f"{json.dumps(outcomes[k])}\n")
    found: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    for outcome in outcomes.values():
        found[outcome["kind"]] += Counter({outcome["answer"]: 1, "forged": outcome["forged"]})
    return found, [text for outcome in outcomes.values() for text in outcome["wrong"]]


def _forged(text: str, count: int, source: random.Random) -> list[tuple[str, bytes]]:
    """Forged copies of a certificate: (what was changed, the file)."""
    made = []
    for name in source.sample(sorted(FORGERIES), len(FORGERIES)):
        plain = json.loads(text)
        if len(made) < count and FORGERIES[name](plain, source):
            made.append((name, sealed(plain)))
    return made


def _standing(data: bytes) -> Standing | None:
    try:
        return recheck_bytes(data).standing
    except BadInput:
        return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--forged", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf)
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    begin = time.monotonic()
    found, wrong = run(options.count, options.seed, list(DRAWS), options.forged, options.seconds, options.log)
    for kind, counts in found.items():
        print(f"{kind:20s}", dict(counts))
    print("all", dict(sum(found.values(), Counter())))
    print(*wrong, f"{time.monotonic() - begin:.0f} s", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
