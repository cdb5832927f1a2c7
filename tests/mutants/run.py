"""Mutation campaign: each planted defect of the tables beside this file must be caught by the tests that it names.

    python tests/mutants/run.py [--jobs 2] [--only NAME,...]

A defect is a replacement of one text by another in one file. It is applied to a temporary copy of the source tree,
never in place; then the named tests run there and must fail. Exits with 1 when a defect survives, with 2 when a text
no longer occurs exactly once or the tests fail without any defect.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLES = Path(__file__).parent
_COPIED = ("certify", "search", "recheck", "foundation", "numeric", "symbolic", "cases", "stabproof", "tests")
_TIMEOUT = 600


@dataclass(frozen=True)
class Mutant:
    """A planted defect: `old`, which occurs once in `file`, becomes `new`; `tests` must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """How it ended: caught (some test failed), survived (all passed) or broken (the tests could not run)."""

    mutant: str
    state: str
    seconds: float
    detail: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", default="", help="comma-separated beginnings of names")
    options = parser.parse_args()
    mutants = [m for m in load(TABLES) if m.name.startswith(tuple(options.only.split(",")))]
    if not mutants:
        print(f"no defect's name begins with {options.only}")
        return 2
    stale = [f"{m.name}: {problem}" for m in mutants for problem in [staleness(m, ROOT)] if problem]
    if stale:
        print("these defects no longer fit the source; correct the table:", *stale, sep="\n  ")
        return 2
    with ThreadPoolExecutor(options.jobs) as pool:
        sound = list(pool.map(lambda mutant: announced(attempt(mutant)), without_defect(mutants)))
        if failed := [result for result in sound if result.state != "survived"]:
            print(f"the tests fail without any defect:\n{failed[0].detail}")
            return 2
        results = list(pool.map(lambda mutant: announced(attempt(mutant)), mutants))
    return report(results)


def announced(result: Result) -> Result:
    """The result, printed as soon as it is there."""
    print(f"{result.state:9s} {result.seconds:6.1f} s  {result.mutant}", flush=True)
    return result


def load(tables: Path) -> list[Mutant]:
    """The defects of all .toml tables in a folder; `KeyError` where a field is missing, `ValueError` on equal names."""
    entries = [
        entry
        for table in sorted(tables.glob("*.toml"))
        for entry in tomllib.loads(table.read_text(encoding="utf-8"))["mutant"]
    ]
    mutants = [Mutant(e["name"], e["file"], e["old"], e["new"], tuple(e["tests"])) for e in entries]
    if len({m.name for m in mutants}) != len(mutants):
        raise ValueError(f"two defects in {tables} have the same name")
    return mutants


def without_defect(mutants: list[Mutant]) -> list[Mutant]:
    """The files of tests that the defects name, each to be run once on the source as it is."""
    files = sorted({test.partition("::")[0] for mutant in mutants for test in mutant.tests})
    return [Mutant(f"no defect in {file}", "", "", "", (file,)) for file in files]


def staleness(mutant: Mutant, root: Path) -> str:
    """Why the defect cannot be planted, or nothing."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.file} does not exist"
    found = path.read_text(encoding="utf-8").count(mutant.old)
    if found != 1:
        return f"the text {mutant.old!r} occurs {found} times in {mutant.file}, not once"
    missing = [test for test in mutant.tests if not (root / test.partition("::")[0]).exists()]
    if missing or not mutant.tests:
        return f"no such tests: {missing}"
    return "the replacement changes nothing" if mutant.old == mutant.new else ""


def attempt(mutant: Mutant) -> Result:
    """Plant the defect in a copy of the tree and run its tests there."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        plant(mutant, copy)
        code, output = run_tests(copy, mutant.tests)
    state = {0: "survived", 1: "caught"}.get(code, "broken")
    return Result(mutant.name, state, time.monotonic() - start, output[-3000:])


def plant(mutant: Mutant, copy: Path) -> None:
    """A copy of the source tree with the defect in it."""
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    if mutant.file:
        path = copy / mutant.file
        path.write_text(path.read_text(encoding="utf-8").replace(mutant.old, mutant.new), encoding="utf-8")


def run_tests(copy: Path, tests: tuple[str, ...]) -> tuple[int, str]:
    """pytest's exit code and output; the copy comes before the installed package on the path."""
    path = f"{copy}{os.pathsep}{copy / 'tests' / 'mutants'}"
    environment = dict(os.environ, PYTHONPATH=path, OPENBLAS_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    check = "import certify, pathlib, sys; sys.exit(not pathlib.Path(certify.__file__).is_relative_to(sys.argv[1]))"
    command = [sys.executable, "-c", check, str(copy)]
    if subprocess.run(command, env=environment, cwd=copy, timeout=_TIMEOUT).returncode:
        return 3, "the copy is not what is imported"
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "quick_failure", "--hypothesis-seed=0"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    try:
        done = subprocess.run(command, env=environment, cwd=copy, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        return 1, "the tests ran into the time limit"
    return done.returncode, done.stdout + done.stderr


def report(results: list[Result]) -> int:
    """What survived, the count, the exit code."""
    survivors = [result for result in results if result.state != "caught"]
    for result in survivors:
        print(f"\n{result.state.upper()}: {result.mutant}\n{result.detail}")
    print(f"{len(results) - len(survivors)} of {len(results)} defects caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
