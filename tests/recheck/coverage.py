"""What the second program confirms of the certificates of the guides, the demo and the systems of groups A and C.

    python tests/recheck/coverage.py issue FOLDER [NAME...]   # issues them all (or of these origins) into a folder
    python tests/recheck/coverage.py check FOLDER             # rechecks what is new there, into FOLDER/found.json
    python tests/recheck/coverage.py table FOLDER             # writes the table into docs/trust.md

An origin is a guide ("docs/flows.md") or a system ("case hyperbola"). A certificate that is issued twice counts once.
"""

import argparse
import contextlib
import hashlib
import importlib
import io
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_documents import DOCUMENTS, examples  # noqa: E402

from cases import case  # noqa: E402
from cases.catalogue import entries  # noqa: E402
from recheck.main import recheck  # noqa: E402
from recheck.outcome import BadInput, Standing  # noqa: E402
from stabproof.tasks import run_task  # noqa: E402

GROUPS = ("A", "C")
_STANDINGS = ("confirmed", "not covered", "refused")


def origins() -> list[str]:
    """The guides, and the systems of the groups; the demo's are `hyperbola` and `digits`."""
    guides = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
    return guides + [f"case {name}" for name, entry in entries().items() if entry.group in GROUPS]


@contextlib.contextmanager
def kept(folder: Path, origin: str) -> Iterator[None]:
    """Saves every certificate that is issued meanwhile, named by origin, kind and content."""
    issuing = importlib.import_module("certify.certificate.issue")
    make = issuing.certificate_of

    def saved(kind: str, *rest: Any) -> Any:
        certificate = make(kind, *rest)
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "certificate.json"
            certificate.save(path)
            data = path.read_bytes()
        plain = json.loads(data)
        said = json.dumps([plain[key] for key in ("problem", "verdict", "claims")])
        name = f"{origin.replace('/', ' ')} {kind} {hashlib.sha256(said.encode()).hexdigest()[:12]}.json"
        (folder / name).write_bytes(data)
        return certificate

    issuing.certificate_of = saved
    try:
        yield
    finally:
        issuing.certificate_of = make


def run(origin: str) -> None:
    """Everything that an origin issues, at default parameters."""
    if origin.startswith("case "):
        system = case(origin.removeprefix("case "))
        for task in system.certified(system.values({})).tasks if system.certified else ():
            run_task(task)
        return
    names: dict[str, Any] = {}
    for code, _ in examples(ROOT / origin):
        exec(compile(code, origin, "exec"), names)


def issue(folder: Path, wanted: list[str]) -> None:
    for origin in wanted or origins():
        begin, here = time.monotonic(), Path.cwd()
        with tempfile.TemporaryDirectory() as scratch, kept(folder, origin):
            os.chdir(scratch)
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    run(origin)
            except Exception:
                traceback.print_exc(limit=-1)
            finally:
                os.chdir(here)
        print(f"{origin}: {time.monotonic() - begin:.0f} s", flush=True)


def check(folder: Path, again: list[str]) -> None:
    """Rechecks every certificate that has no answer yet, or one of the standings named in `again`."""
    store = folder / "found.json"
    found = json.loads(store.read_text()) if store.exists() else {}
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_size):
        if path == store or (path.name in found and found[path.name]["standing"] not in again):
            continue
        begin = time.monotonic()
        try:
            report = recheck(path)
        except BadInput as error:
            answer = {"kind": "?", "standing": "refused", "why": [str(error)]}
        else:
            why = [f"{x.name}: {x.reason}" for x in report.lines if x.standing is not Standing.CONFIRMED]
            answer = {"kind": report.kind, "standing": report.standing.value, "why": why, "verdict": report.verdict}
        if answer["kind"] == "?":
            answer["kind"] = json.loads(path.read_bytes())["kind"]
        seconds = time.monotonic() - begin
        found[path.name] = answer | {"seconds": round(seconds, 1)}
        store.write_text(json.dumps(found, indent=1, sort_keys=True))
        print(f"{answer['standing']:12s} {seconds:6.1f} s {path.name}: {'; '.join(answer['why'])[:200]}", flush=True)


def table(found: dict[str, Any]) -> str:
    """Rows of Markdown: kind, how many of each standing; the sum, and the share that is confirmed."""
    counts: dict[str, Counter[str]] = {}
    for answer in found.values():
        counts.setdefault(answer["kind"], Counter())[answer["standing"]] += 1
    rows = ["| kind | confirmed | not covered | refused |", "|---|---|---|---|"]
    for kind, own in sorted(counts.items()):
        rows.append(f"| {kind} | " + " | ".join(str(own[s]) for s in _STANDINGS) + " |")
    total = sum(counts.values(), Counter())
    share = 100 * total["confirmed"] / max(1, total.total())
    rows.append("| all | " + " | ".join(str(total[s]) for s in _STANDINGS) + " |")
    return "\n".join(rows) + f"\n\n{share:.0f} % of {total.total()} certificates are confirmed."


def write_table(folder: Path) -> None:
    begin, end = "<!-- coverage -->\n", "\n<!-- end of coverage -->"
    path = ROOT / "docs" / "trust.md"
    head, rest = path.read_text().split(begin)
    found = json.loads((folder / "found.json").read_text())
    path.write_text(f"{head}{begin}{table(found)}{end}{rest.split(end)[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("issue", "check", "table"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = options.folder.resolve()
    if options.what == "table":
        write_table(folder)
    else:
        {"issue": issue, "check": check}[options.what](folder, options.names)


if __name__ == "__main__":
    main()
