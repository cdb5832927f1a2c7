"""Random honest certificates over the covered kinds: the second program must refuse none.

    python tests/recheck/campaign.py [--count 200] [--seed 0]

Prints how many of each kind were confirmed, not covered and refused. Exits with 1 when one is refused.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import networkx as nx
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import stabproof as sp
from foundation import InputError
from numeric import train
from recheck.main import recheck
from recheck.outcome import Standing

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
}


def run(count: int, seed: int, kinds: list[str]) -> tuple[dict[str, Counter[str]], list[str]]:
    """How each kind's certificates were answered, and what was refused."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    refused = []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            kind, path = kinds[k % len(kinds)], Path(folder) / "certificate.json"
            try:
                DRAWS[kind](np.random.default_rng([seed, k])).save(path)
            except InputError:
                found[kind]["not issued"] += 1
                continue
            report = recheck(path, random.Random(seed * 10**6 + k).randrange(64, 257))
            found[kind][report.standing.value] += 1
            if report.standing is Standing.REFUSED:
                lines = [line for line in report.lines if line.standing is Standing.REFUSED]
                refused.append(f"{kind} {k}: {lines[0].name}: {lines[0].stated} {lines[0].own} {lines[0].reason}")
    return found, refused


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin = time.monotonic()
    found, refused = run(options.count, options.seed, list(DRAWS))
    for kind, counts in found.items():
        print(f"{kind:20s}", dict(counts))
    print(*refused, f"{time.monotonic() - begin:.0f} s", sep="\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
