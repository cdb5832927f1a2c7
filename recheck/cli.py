"""The command line, and the record of a confirmation beside the file."""

import argparse
import datetime
import json
import math
import os
import sys
from dataclasses import asdict
from typing import Any

from recheck.main import DEFAULT_BITS, recheck
from recheck.outcome import VERSION, BadInput, Line, Report, Standing

EXIT = {Standing.CONFIRMED: 0, Standing.REFUSED: 1, Standing.NOT_COVERED: 3}
_BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Recheck one file and print what was found."""
    parser = argparse.ArgumentParser(prog="recheck", description="Proves the statements of a certificate once more.")
    parser.add_argument("file")
    parser.add_argument("--bits", type=int, default=DEFAULT_BITS, help="working precision, 64 to 512")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--record", action="store_true", help="write FILE.recheck.json when all is confirmed")
    options = parser.parse_args(arguments)
    try:
        report = recheck(options.file, options.bits)
    except BadInput as error:
        print(f"bad input: {error}", file=sys.stderr)
        return _BAD_INPUT
    print(json.dumps(as_data(report), indent=1) if options.json else as_text(report))
    if options.record and report.standing is Standing.CONFIRMED:
        write_record(options.file, report)
    return EXIT[report.standing]


def as_text(report: Report) -> str:
    """The report as lines of text."""
    head = f"{report.standing.value}: {report.kind}, {report.verdict}, {report.bits} bits"
    return "\n".join([head, *(f"  {_text(line)}" for line in report.lines)])


def _text(line: Line) -> str:
    sharper = "" if line.sharper is None else f"{line.sharper:.3g} times as sharp"
    parts = [
        f"{line.standing.value:11s} {line.name}",
        "stated [{!r}, {!r}]".format(*line.stated) if line.stated else "",
        "own [{}, {}]".format(*line.own) if line.own else "",
        "exact" if line.sharper == math.inf else sharper,
        line.reason,
    ]
    return "; ".join(filter(None, parts))


def as_data(report: Report) -> dict[str, Any]:
    """The report as JSON values; floats as texts, because JSON has no infinities."""
    lines = [asdict(line) | {"standing": line.standing.value} for line in report.lines]
    for line in lines:
        line["stated"] = None if line["stated"] is None else [repr(x) for x in line["stated"]]
        line["sharper"] = None if line["sharper"] is None else repr(line["sharper"])
    head = {"standing": report.standing.value, "kind": report.kind, "verdict": report.verdict, "bits": report.bits}
    return head | {"version": VERSION, "sha256": report.digest, "lines": lines}


def write_record(path: str | os.PathLike[str], report: Report) -> str:
    """The confirmation beside the file: its hash, the version, the date and the precision."""
    target = f"{os.fspath(path)}.recheck.json"
    record = as_data(report) | {"date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
    del record["lines"]
    with open(f"{target}.part", "w", encoding="utf-8") as stream:
        json.dump(record, stream, indent=1)
        stream.write("\n")
    os.replace(f"{target}.part", target)
    return target
