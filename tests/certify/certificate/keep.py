"""Issues a small certificate of several kinds and keeps the files, named after the installed versions.

    python tests/certify/certificate/keep.py

The tests check every kept file on whichever versions they run: a certificate outlives the versions that made it.
"""

import importlib.util
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
KINDS = (
    *("minimum-gd", "minimum-sgd", "locked-state", "hopfield", "equilibrium-flow", "equilibrium-map"),
    *("all-equilibria", "learning-rates", "lyapunov-exponent", "periodic-point", "time-map", "horseshoe"),
    "morse-class",
)


def versions() -> str:
    """The folder's name, such as jax-0.10-numpy-2.4."""
    return "-".join(f"{name}-{'.'.join(version(name).split('.')[:2])}" for name in ("jax", "numpy"))


def main() -> None:
    specification = importlib.util.spec_from_file_location("makers", HERE / "conftest.py")
    assert specification is not None
    assert specification.loader is not None
    makers = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(makers)
    folder = HERE / "kept" / versions()
    folder.mkdir(parents=True, exist_ok=True)
    for name in KINDS:
        certificate = makers.MAKERS[name]()
        certificate.save(folder / f"{name}.json")
        print(f"{folder.name}/{name}: {certificate.verdict.name}", flush=True)


if __name__ == "__main__":
    main()
