"""Elementary functions of balls beside NumPy (unverified), python-flint and mpmath.iv, in one run.

    python benchmarks/elementary.py [--entries 1000000] [--rounds 7]

Milliseconds per 10^6 entries, medians; the ratio is to NumPy or SciPy, which prove nothing. `point`: exact floats;
`narrow`: balls with relative radius 1e-13; `ulps`: the median radius at points in units of the last place, for
python-flint at 53 bits likewise. python-flint and mpmath.iv run entry by entry on a sample.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mpmath
import numpy as np
import scipy.special
from flint import arb, ctx

import certify.arithmetic as arithmetic
from certify.arithmetic import Ball

Unverified = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Peer:
    """One function in the libraries beside ours; mpmath.iv lacks some."""

    name: str
    unverified: Unverified
    flint: Callable[[arb], arb]
    interval: Callable[[Any], Any] | None
    positive: bool = False


def peers() -> Iterator[Peer]:
    iv = mpmath.iv
    yield Peer("exp", np.exp, arb.exp, iv.exp)
    yield Peer("expm1", np.expm1, arb.expm1, None)
    yield Peer("log", np.log, arb.log, iv.log, positive=True)
    yield Peer("log1p", np.log1p, arb.log1p, None, positive=True)
    yield Peer("tanh", np.tanh, arb.tanh, lambda x: 1 - 2 / (iv.exp(2 * x) + 1))
    yield Peer("logistic", scipy.special.expit, lambda x: 1 / (1 + (-x).exp()), lambda x: 1 / (1 + iv.exp(-x)))
    yield Peer("sin", np.sin, arb.sin, iv.sin)
    yield Peer("cos", np.cos, arb.cos, iv.cos)
    yield Peer("tan", np.tan, arb.tan, iv.tan)
    yield Peer("atan", np.arctan, arb.atan, None)
    yield Peer("sinh", np.sinh, arb.sinh, None)
    yield Peer("cosh", np.cosh, arb.cosh, None)
    yield Peer("erf", scipy.special.erf, arb.erf, None)
    yield Peer("erfc", scipy.special.erfc, arb.erfc, None)
    yield Peer("sqrt", np.sqrt, arb.sqrt, iv.sqrt, positive=True)
    yield Peer("rsqrt", lambda x: 1 / np.sqrt(x), arb.rsqrt, lambda x: 1 / iv.sqrt(x), positive=True)
    yield Peer("cbrt", np.cbrt, lambda x: x.root(3) if x > 0 else -((-x).root(3)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(
        f"{'':9s}{'NumPy':>8s}{'point':>9s}{'ratio':>7s}{'narrow':>9s}{'ratio':>7s}{'flint':>9s}{'mpmath.iv':>11s}{'ulps':>7s}{'flint':>7s}"
    )
    normal = 2.0 * np.random.default_rng(0).normal(size=options.entries)
    for peer in peers():
        compare(peer, np.abs(normal) + 1e-3 if peer.positive else normal, options.rounds)


def compare(peer: Peer, x: np.ndarray, rounds: int) -> None:
    """One line of the table."""
    ours = getattr(arithmetic, peer.name)
    per_million = 1e9 / x.size
    plain = per_million * median_seconds(lambda: peer.unverified(x), rounds)
    point = per_million * median_seconds(lambda: ours(Ball.exact(x)), rounds)
    narrow = per_million * median_seconds(lambda: ours(Ball(x, np.abs(x) * 1e-13)), rounds)
    sample = x[:2000]
    with ctx.workprec(53):
        points = [arb(v) for v in sample.tolist()]
        flint = 1e9 / sample.size * median_seconds(lambda: [peer.flint(v) for v in points], 3)
        widths = [float(peer.flint(v).rad()) / np.spacing(abs(float(peer.flint(v).mid()))) for v in points]
    result = ours(Ball.exact(x))
    ulps = float(np.median(result.rad / np.spacing(np.abs(result.mid))))
    print(
        f"{peer.name:9s}{plain:8.1f}{point:9.1f}{point / plain:7.1f}{narrow:9.1f}{narrow / plain:7.1f}"
        f"{flint:9.0f}{interval_time(peer, sample[:200]):>11s}{ulps:7.2f}{statistics.median(widths):7.2f}"
    )


def interval_time(peer: Peer, x: np.ndarray) -> str:
    """mpmath.iv at 53 bits, or a dash where it has no such function."""
    if peer.interval is None:
        return "-"
    function, points = peer.interval, [mpmath.iv.mpf(v) for v in x.tolist()]
    return f"{1e9 / x.size * median_seconds(lambda: [function(v) for v in points], 3):.0f}"


def median_seconds(work: Callable[[], object], rounds: int) -> float:
    """Median wall time of a call, after one to warm up."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
