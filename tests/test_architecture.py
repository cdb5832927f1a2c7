"""Every import arrow points down."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "foundation": set(),
    "symbolic": {"foundation"},
    "numeric": {"foundation"},
    "certify": {"foundation"},
    "search": {"foundation", "certify", "numeric"},
    "cases": {"foundation", "symbolic", "numeric", "certify", "search"},
    "stabproof": {"foundation", "symbolic", "numeric", "certify", "search", "cases", "recheck"},
    "recheck": set(),
}


def imported_packages(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else list(ast.walk(tree))
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_down(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        forbidden = imported_packages(path) & (set(ALLOWED) - ALLOWED[package] - {package})
        assert not forbidden, f"{path.relative_to(ROOT)} imports {sorted(forbidden)}"


def test_a_forbidden_arrow_would_be_seen(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("def f():\n    from numeric.problem import Regression\n    return Regression\n")
    assert "numeric" in imported_packages(planted)


def test_the_checker_loads_no_search():
    """Not even by the names that modules are loaded by."""
    program = (
        "import sys; sys.modules['search'] = None\n"
        "from certify.certificate.checker import PROVERS, prover\n"
        "from certify.lyapunov.registry import ENGINES, SGD_ENGINES, engine_named\n"
        "assert all(callable(prover(kind)) for kind in PROVERS)\n"
        "assert all(callable(engine_named(name)._module.prove) for name in ENGINES + SGD_ENGINES)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_certify_imports_jax_only_while_tracing():
    for path in sorted((ROOT / "certify").rglob("*.py")):
        assert "jax" not in imported_packages(path, top_level_only=True), path


def test_the_checker_runs_where_jax_cannot_be_imported():
    program = (
        "import sys; sys.modules['jax'] = None; sys.modules['jaxlib'] = None\n"
        "import certify, certify.certificate, certify.minimum\n"
        "from certify.certificate import check\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_package_init_files_define_nothing():
    for package in ALLOWED:
        for path in (ROOT / package).rglob("__init__.py"):
            for node in ast.parse(path.read_text()).body:
                allowed = isinstance(node, ast.Import | ast.ImportFrom | ast.Expr) or (
                    isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in {"__all__", "__version__"}
                )
                assert allowed, f"{path.relative_to(ROOT)} defines something in line {node.lineno}"
