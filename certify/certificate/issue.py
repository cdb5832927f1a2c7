"""Turns what a prover concludes into a certificate."""

import math
import platform
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from typing import Any

from certify.certificate.checker import prover
from certify.certificate.model import Certificate, Claim
from certify.enclosure import Enclosure
from certify.ground import require_ground
from certify.program.program import Program

# A checker on another machine rounds differently: the stated enclosures leave it this part of their width.
_MARGIN = 1 / 16
# Verdicts compare with these: the margin uses up at most half of the distance to them.
_THRESHOLDS = (0.0, 1.0)
_PACKAGES = ("stabproof", "numpy", "scipy", "python-flint", "jax")


def issue(kind: str, title: str, problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Certificate:
    """Run the prover of `kind` and state what it proves, with enclosures widened by a small margin.

    Raises what `require_ground` raises when the floating-point ground is not sound, and the prover's `InputError`.
    """
    return issue_all(kind, [(title, problem, witness)])[0]


def issue_all(kind: str, parts: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]]) -> list[Certificate]:
    """`issue` for many (title, problem, witness): the ground is inspected once."""
    ground, software = require_ground().as_data(), software_versions()
    certificates = []
    for title, given_problem, given_witness in parts:
        problem, witness = dict(given_problem), dict(given_witness)
        proved = prover(kind)(problem, witness)
        outcome = replace(proved, claims=tuple(_with_margin(claim) for claim in proved.claims))
        made = Certificate(kind, title, problem, witness, outcome, dict(ground), dict(software), _records(problem))
        certificates.append(made)
    return certificates


def _records(problem: Mapping[str, Any]) -> dict[str, Any]:
    """What the problem's programs were compared with when they were traced."""
    programs = {name: value for name, value in problem.items() if isinstance(value, Program)}
    found = {name: value.record.as_data() for name, value in programs.items() if value.record is not None}
    return {"compared with JAX": found} if found else {}


def software_versions() -> dict[str, str]:
    """Versions of Python and of the packages that a certificate rests on."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _is_count(enclosure: Enclosure) -> bool:
    """Whether only a whole number is known from below, such as how many equilibria were found: no rounding moves it."""
    return enclosure.upper == math.inf and enclosure.lower.is_integer()


def _with_margin(claim: Claim) -> Claim:
    enclosure = claim.enclosure
    if enclosure is None or enclosure.lower == enclosure.upper or _is_count(enclosure):
        return claim
    lower, upper = enclosure.lower, enclosure.upper
    margin = (upper - lower) * _MARGIN if math.isfinite(upper - lower) else 0.0
    for _ in range(4):
        lower, upper = math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf)
    lower, upper = lower - margin, upper + margin
    if enclosure.lower == 0:
        lower = 0.0  # a number that cannot be negative
    for threshold in _THRESHOLDS:
        if enclosure.lower > threshold:
            lower = max(lower, threshold / 2 + enclosure.lower / 2)
        if enclosure.upper < threshold:
            upper = min(upper, threshold / 2 + enclosure.upper / 2)
    return replace(claim, enclosure=Enclosure(lower, upper))
