"""Defects planted in the first program: each issues a false certificate, which the second must not confirm.

    python tests/recheck/plant.py [--jobs 2] [--only NAME,...]

A defect replaces one text in one file of a copy of the tree; a recipe issues its certificate there, and the checker of
this tree reads it. The certificate of the tree without any defect is confirmed. Exits with 1 when a false certificate
is confirmed or is not issued, with 2 when a text no longer occurs exactly once.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("defects.toml")
_COPIED = ("certify", "foundation", "numeric", "symbolic", "cases", "stabproof")
_TIMEOUT = 300


@dataclass(frozen=True)
class Defect:
    """`old`, which occurs once in `file`, becomes `new`; `recipe` then issues a false certificate."""

    name: str
    file: str
    old: str
    new: str
    recipe: str


def load(table: Path = TABLE) -> list[Defect]:
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["defect"]
    return [Defect(e["name"], e["file"], e["old"], e["new"], e["recipe"]) for e in entries]


def staleness(defect: Defect) -> str:
    """Why the defect cannot be planted, or nothing."""
    path = ROOT / defect.file
    count = path.read_text(encoding="utf-8").count(defect.old) if path.is_file() else 0
    return "" if count == 1 and defect.old != defect.new else f"the text occurs {count} times in {defect.file}"


def attempt(defect: Defect) -> tuple[str, str]:
    """(how the second program answers, its first reason): refused, not covered, confirmed, or not issued."""
    with tempfile.TemporaryDirectory(prefix="defect-") as folder:
        copy = Path(folder)
        for name in _COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        if defect.file:
            path = copy / defect.file
            path.write_text(path.read_text(encoding="utf-8").replace(defect.old, defect.new), encoding="utf-8")
        environment = dict(os.environ, PYTHONPATH=str(copy), OPENBLAS_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
        script = [sys.executable, str(Path(__file__).with_name("recipes.py")), str(copy), defect.recipe]
        issued = subprocess.run(
            script, env=environment, cwd=copy, capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
        file = copy / f"{defect.recipe}.json"
        if not file.exists():
            return "not issued", (issued.stderr.strip().splitlines() or [""])[-1][:200]
        return judge(file)


def judge(file: Path) -> tuple[str, str]:
    sys.path.insert(0, str(ROOT))
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    command = [sys.executable, "-m", "recheck", str(file)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    state = {0: "confirmed", 1: "refused", 2: "bad input", 3: "not covered"}[answer.returncode]
    reasons = [line.strip() for line in answer.stdout.splitlines()[1:] if not line.strip().startswith("confirmed")]
    return state, (reasons or [answer.stderr.strip()])[0][:200]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--only", default="", help="comma-separated beginnings of names")
    options = parser.parse_args()
    defects = [d for d in load() if d.name.startswith(tuple(options.only.split(",")))]
    stale = [f"{d.name}: {problem}" for d in defects for problem in [staleness(d)] if problem]
    if stale:
        print("these defects no longer fit the source; correct the table:", *stale, sep="\n  ")
        return 2
    sound = [Defect(f"no defect, {recipe}", "", "", "", recipe) for recipe in sorted({d.recipe for d in defects})]

    def told(defect: Defect) -> tuple[Defect, str]:
        state, reason = attempt(defect)
        print(f"{state:12s} {defect.name}: {reason}", flush=True)
        return defect, state

    with ThreadPoolExecutor(options.jobs) as pool:
        results = list(pool.map(told, [*sound, *defects]))
    passed = [d.name for d, state in results if d.file and state in ("confirmed", "not issued")]
    broken = [d.name for d, state in results if not d.file and state == "refused"]
    refused = sum(d.file != "" and state == "refused" for d, state in results)
    print(f"{refused} of {len(defects)} false certificates refused; passed or not issued: {passed}; broken: {broken}")
    return 1 if passed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
