"""How many lines of code of this repository a check of each kind of certificate loads: what a reader has to trust.

    python tests/loaded_lines.py [--modules KIND]

The certificates are those that `tests/certify/certificate/kept` keeps, each checked in a process of its own; the
largest count of a kind is printed. With `--modules` the modules of one kind, the longest first.
"""

import argparse
import ast
import io
import json
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "certify" / "certificate" / "kept"
PACKAGES = ("certify", "foundation", "numeric", "search", "symbolic", "cases", "stabproof", "recheck")
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
_CHECK = """
import json, sys
from certify.certificate.checker import check
check(sys.argv[1])
print(json.dumps([m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", default="", metavar="KIND")
    options = parser.parse_args()
    largest: dict[str, dict[str, int]] = {}
    for path in sorted((KEPT / "jax-0.10-numpy-2.4").glob("*.json")):
        kind = kind_of(path)
        if options.modules in ("", kind):
            found = loaded(path)
            largest[kind] = max(found, largest.get(kind, {}), key=lambda lines: sum(lines.values()))
    for kind, lines in sorted(largest.items()):
        print(f"{sum(lines.values()):7,d} lines  {len(lines):4d} modules  {kind}")
        if options.modules:
            for name, count in sorted(lines.items(), key=lambda item: -item[1]):
                print(f"{count:9,d}  {name}")
    return 0


def kind_of(path: Path) -> str:
    """The kind that the file names."""
    return str(json.loads(path.read_bytes())["kind"])


def loaded(path: Path) -> dict[str, int]:
    """Lines of code of each module of ours that a check of this file loads."""
    run = subprocess.run(
        [sys.executable, "-c", _CHECK, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = (Path(name) for name in json.loads(run.stdout.splitlines()[-1]))
    ours = (file for file in files if file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in PACKAGES)
    return {str(file.relative_to(ROOT)): lines_of_code(file.read_text(encoding="utf-8")) for file in set(ours)}


def lines_of_code(text: str) -> int:
    """Lines that hold code: not blank, no comment, no docstring."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            held |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            held -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(held)


if __name__ == "__main__":
    sys.exit(main())
