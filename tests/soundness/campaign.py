"""Soundness campaign: every verified routine against the truth, on random and adversarial input, within a budget.

    python tests/soundness/campaign.py --budget 300 [--jobs 2] [--seed 0] [--only exp,solve]

Prints, for each routine, the checks made, the violations (there must be none) and the median width of its results;
exits with 1 when a proof was wrong, or a routine crashed.
"""

import argparse
import os
import statistics
import sys
import time
import traceback
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from elementary_rows import ROWS as ELEMENTARY_ROWS
from jax_rows import ROWS as JAX_ROWS
from matrix_rows import ROWS as MATRIX_ROWS
from row import Outcome, Row

from certify.floating_point_environment import require_environment
from foundation import InputError

ROWS: tuple[Row, ...] = (*ELEMENTARY_ROWS, *MATRIX_ROWS, *JAX_ROWS)
_SHOWN = 5


@dataclass
class Tally:
    """What a row has done so far."""

    checks: int = 0
    refused: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)

    def add(self, outcome: Outcome, seconds: float) -> None:
        self.checks += outcome.checks
        self.violations += outcome.violations[:_SHOWN]
        self.widths += outcome.widths
        self.tried.update(outcome.tried)
        self.seconds += seconds

    def merge(self, other: "Tally") -> None:
        self.checks += other.checks
        self.refused += other.refused
        self.seconds += other.seconds
        self.violations += other.violations
        self.widths += other.widths
        self.tried |= other.tried


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=300.0, help="seconds of wall time")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="comma-separated beginnings of names of routines")
    options = parser.parse_args()
    names = [row.name for row in ROWS if not options.only or row.name.startswith(tuple(options.only.split(",")))]
    if not names:
        parser.error(f"no routine begins with {options.only!r}")
    require_environment()
    tasks = [(names, options.budget, options.seed * 1000 + job) for job in range(options.jobs)]
    with ProcessPoolExecutor(options.jobs) as pool:
        parts = list(pool.map(work, *zip(*tasks, strict=True)))
    totals = {name: Tally() for name in names}
    for part in parts:
        for name, tally in part.items():
            totals[name].merge(tally)
    return report(totals)


def work(names: list[str], budget: float, seed: int) -> dict[str, Tally]:
    """Always the row that has had the least time, until the budget is spent; each row at least once."""
    rows = {row.name: row for row in ROWS if row.name in names}
    tallies = {name: Tally() for name in rows}
    generators = {name: np.random.default_rng([seed, zlib.crc32(name.encode())]) for name in rows}
    end = time.monotonic() + budget
    while time.monotonic() < end or any(tally.seconds == 0 for tally in tallies.values()):
        name = min(tallies, key=lambda key: tallies[key].seconds)
        perform(rows[name], generators[name], tallies[name])
    return tallies


def perform(row: Row, rng: np.random.Generator, tally: Tally) -> None:
    """One input: a refusal is counted, any other exception is a violation."""
    start = time.monotonic()
    try:
        with np.errstate(all="ignore"):
            arguments = row.generator(rng)
            outcome = row.oracle(rng, arguments, row.routine(*arguments))
    except InputError:
        outcome = Outcome()
        tally.refused += 1
    except Exception:
        outcome = Outcome(1, [f"crashed: {traceback.format_exc(limit=-3)}"])
    tally.add(outcome, time.monotonic() - start + 1e-9)


def report(totals: dict[str, Tally]) -> int:
    """The table, the violations, the exit code."""
    print(f"{'routine':42s} {'checks':>9s} {'violations':>10s} {'refused':>8s} {'median width':>13s} {'seconds':>8s}")
    for name, tally in totals.items():
        width = f"{statistics.median(tally.widths):.2e}" if tally.widths else "-"
        figures = f"{tally.checks:9d} {len(tally.violations):10d} {tally.refused:8d} {width:>13s} {tally.seconds:8.1f}"
        print(f"{name:42s} {figures}")
    checks = sum(tally.checks for tally in totals.values())
    violations = sum(len(tally.violations) for tally in totals.values())
    print(f"{'all':42s} {checks:9d} {violations:10d}")
    tried = set().union(*(tally.tried for tally in totals.values()))
    if tried:
        print(f"{len(tried)} functions of JAX were enclosed and compared with 50-digit or exact truth")
    print("widths: ulps at points for elementary functions, relative otherwise; share undecided for verdicts")
    for name, tally in totals.items():
        for text in tally.violations[:_SHOWN]:
            print(f"VIOLATION {name}: {text[:2000]}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
