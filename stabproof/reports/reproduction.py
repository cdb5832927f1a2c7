"""What it takes to make a report again: versions, and hashes of what went in."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import sympy

from stabproof.reports.document import Cell, Table
from symbolic import Derivation

_PACKAGES = ("stabproof", "sympy", "numpy", "scipy", "python-flint", "jax")


def versions() -> dict[str, str]:
    """Python and the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def versions_table() -> Table:
    """The versions that this report was made with."""
    rows = tuple((Cell(name), Cell(version, "number")) for name, version in versions().items())
    return Table("Software", ("package", "version"), rows)


def case_hash(name: str, values: Mapping[str, Any], extra: str = "") -> str:
    """SHA-256 of a case's name, its exact parameters, and the version of stabproof."""
    parameters = {key: str(value) for key, value in sorted(values.items())}
    data = [name, parameters, metadata.version("stabproof"), extra]
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def derivation_hash(derivation: Derivation) -> str:
    """SHA-256 of the steps' statements and formulas, written out by SymPy."""
    data = [(step.statement, _written(step.expression)) for step in derivation.steps]
    return hashlib.sha256(json.dumps([derivation.title, data]).encode()).hexdigest()


def _written(expression: sympy.Basic) -> str:
    """SymPy's exact notation, with long integers in base 16: Python refuses those of more than 4300 decimal digits."""
    long = [n for n in expression.atoms(sympy.Rational) if int(n.p).bit_length() + int(n.q).bit_length() > 4000]
    names = {number: sympy.Symbol(f"{int(number.p):x}/{int(number.q):x}") for number in long}
    return str(sympy.srepr(expression.xreplace(names) if names else expression))
