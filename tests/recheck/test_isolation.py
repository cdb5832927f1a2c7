"""The second checker shares nothing with the first: imports, size, and a run without any other package."""

import ast
import io
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import flint

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "recheck").rglob("*.py"))
MOST_LINES = 4000
_EMPTY = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def imported(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
    return names


def lines_of_code(source: str) -> int:
    """Lines that hold a token other than a comment or a documentation string."""
    documented = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            documented |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _EMPTY:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - documented)


def test_only_the_standard_library_and_flint_are_imported():
    allowed = set(sys.stdlib_module_names) | {"flint", "recheck"}
    assert FILES
    for path in FILES:
        assert imported(path.read_text()) <= allowed, path


def test_a_foreign_import_would_be_seen():
    assert imported("def f():\n    import numpy.linalg") == {"numpy"}
    assert imported("from certify.enclosure import Enclosure") == {"certify"}


def test_nothing_is_evaluated_or_imported_by_name():
    forbidden = {"eval", "exec", "compile", "__import__", "importlib", "pickle", "marshal", "subprocess", "ctypes"}
    for path in FILES:
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & forbidden, path
        assert not imported(path.read_text()) & forbidden, path


def test_the_program_has_at_most_4000_lines_of_code():
    assert lines_of_code('"""text"""\n\n# note\nx = (1,\n  2)\n') == 2
    assert sum(lines_of_code(path.read_text()) for path in FILES) <= MOST_LINES


def test_it_runs_where_nothing_but_flint_is_installed(tmp_path):
    """A folder that holds the flint package alone stands for an empty environment."""
    home = Path(flint.__file__).parent
    (tmp_path / "flint").symlink_to(home)
    libraries = home.parent / "python_flint.libs"
    if libraries.exists():
        (tmp_path / "python_flint.libs").symlink_to(libraries)
    (tmp_path / "recheck").symlink_to(ROOT / "recheck")
    (tmp_path / "broken.json").write_text("{}")
    program = (
        "import sys, recheck\n"
        "from recheck.cli import main\n"
        "foreign = {'numpy', 'jax', 'scipy', 'sympy', 'certify', 'stabproof', 'foundation', 'msgspec'}\n"
        "assert not foreign & {name.split('.')[0] for name in sys.modules}, sys.modules\n"
        "raise SystemExit(main(['broken.json']))\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    result = subprocess.run(
        [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 2, result.stderr
    assert "bad input" in result.stderr
