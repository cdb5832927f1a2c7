"""Builds the wheel, installs it into an environment of its own, and runs the documents' examples there.

    python tests/wheel/run.py

The environment sees the dependencies of the one that runs this script, but not the repository: what a document imports
must be in the wheel, under `stabproof`. Exits with pytest's code, or with 2 when the wheel owns another name.
"""

import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# the examples of these need what only the repository has, or minutes
_LEFT_OUT = ("tracking.md",)
_ALONE = """
import importlib.util, stabproof
names = [n for n in ("certify", "search", "symbolic", "numeric", "cases", "foundation") if importlib.util.find_spec(n)]
raise SystemExit(f"the environment has the top-level names {names}" if names else 0)
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="stabproof-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        strangers = {entry.partition("/")[0] for entry in zipfile.ZipFile(wheel).namelist()} - {"stabproof"}
        if any(not stranger.endswith(".dist-info") for stranger in strangers):
            print(f"the wheel owns other names than stabproof: {sorted(strangers)}")
            return 2
        python = environment(folder, wheel)
        if subprocess.run([python, "-c", _ALONE], cwd=folder).returncode:
            return 2
        left_out = " and ".join(f"not {document}" for document in _LEFT_OUT)
        tests = [str(ROOT / "tests" / "test_documents.py"), "-k", left_out]
        options = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
        return subprocess.run([python, "-P", "-m", "pytest", *options, *tests], cwd=folder).returncode


def build(folder: Path) -> Path:
    """The path of the wheel."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob("stabproof-*.whl"))


def environment(folder: Path, wheel: Path) -> Path:
    """The interpreter of a new environment with the wheel, and this environment's packages behind it."""
    home = folder / "environment"
    venv.create(home, with_pip=False)
    packages = next(home.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # a path that a .pth file adds is not searched for .pth files: the editable repository stays out
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "python"


if __name__ == "__main__":
    sys.exit(main())
