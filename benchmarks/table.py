"""Every row of the table of costs: the work, its peer in the same run, the target and today's figure.

    python benchmarks/table.py [ROW ...] [--list] [--all] [--runs 5]

A row is chosen by its name or by the beginning of it. Ratios are medians of processor time over runs that take turns in
one process with one thread; first results are those of fresh processes. Rows that take more than a minute are measured
when they are named or with --all.
"""

import argparse
import os
import sys
from pathlib import Path

# One thread for both sides, set before any library is loaded.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_ENABLE_X64", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from row import Row  # noqa: E402
from rows import ROWS  # noqa: E402


def chosen(names: list[str], everything: bool) -> list[Row]:
    """The rows to measure; ends the program with a sentence when a name fits none."""
    for name in names:
        if not any(row.name.startswith(name) for row in ROWS):
            sys.exit(f"no row is called {name}; python benchmarks/table.py --list shows them")
    if names:
        return [row for row in ROWS if row.name.startswith(tuple(names))]
    return [row for row in ROWS if everything or not row.heavy]


def line(row: Row, runs: int) -> str:
    """The row, measured."""
    try:
        figure, detail = row.measure(runs)
    except ImportError as error:
        return f"{row.name:<26} {'-':>9} {_target(row):>9}        {row.work} / {row.peer}: {error}"
    state = "" if row.target is None else "reached" if figure <= row.target else "open"
    return f"{row.name:<26} {figure:>8.3g}{row.unit:<1} {_target(row):>9} {state:<7} {row.work} / {row.peer} ({detail})"


def _target(row: Row) -> str:
    return "-" if row.target is None else f"{row.target:g}{row.unit}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--list", action="store_true", help="names alone, nothing measured")
    parser.add_argument("--all", action="store_true", help="also the rows that take more than a minute")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if options.list:
        for row in ROWS:
            print(f"{row.name:<26} {_target(row):>9}  {row.work} / {row.peer}{' (long)' if row.heavy else ''}")
        return
    print(f"{'row':<26} {'today':>9} {'target':>9}", flush=True)
    for row in chosen(options.rows, options.all):
        print(line(row, options.runs), flush=True)


if __name__ == "__main__":
    main()
