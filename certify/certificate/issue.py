"""Turns what a prover concludes into a certificate."""

import functools
import math
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import metadata
from typing import Any

from certify.certificate.checker import prover
from certify.certificate.encoding import Tree
from certify.certificate.kinds import certificate_of
from certify.certificate.model import Claim
from certify.certificate.problems import check_entries
from certify.certificate.records import PACKAGES
from certify.certificate.traced import records_of
from certify.certificate.tracking import read_part, tracked
from certify.effort import counting
from certify.enclosure import Enclosure
from certify.floating_point_environment import require_environment

# A checker on another machine rounds differently: the stated enclosures leave it this part of their width.
_MARGIN = 1 / 16
# A side without a partner has no width: its margin is this part of its own size, and so is that of a promise.
_ONE_SIDED = 1 / 256
# Verdicts compare with these: the margin uses up at most half of the distance to them.
_THRESHOLDS = (0.0, 1.0)
_ULPS = 4
# The spectral bounds of a network of oscillators are narrow, and BLAS and LAPACK of another machine may move them by so
# many units in the last place; no more than their width is given up for that on either side.
_OTHER_KERNEL = {"locked-state": 128}
_STATED_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE)


def issue(kind: str, problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Any:
    """Run the prover of `kind` and state what it proves, with enclosures widened by a small margin.

    The certificate holds of the witness what the proof reads. Raises what `require_environment` raises when the
    floating-point ground is not sound, and the prover's `InputError`. The certificate is of the class of its kind, see
    `certify.certificate.kinds`, so that each caller can say which.
    """
    return issue_all(kind, [(problem, witness)])[0]


def issue_all(kind: str, parts: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> list[Any]:
    """`issue` for many (problem, witness): the ground is inspected once."""
    environment, software = _plain(require_environment().as_data()), software_versions()
    certificates = []
    for given_problem, given_witness in parts:
        problem, witness = dict(given_problem), tracked(dict(given_witness))
        prove = prover(kind)
        check_entries(kind, problem)
        with counting() as effort:
            proved = prove(tracked(problem), witness)
        outcome = replace(proved, claims=tuple(_with_margin(claim, kind) for claim in proved.claims))
        facts = (dict(environment), dict(software), dict(effort.counts), records_of(problem))
        certificates.append(certificate_of(kind, problem, read_part(witness), outcome, *facts))
    return certificates


def software_versions() -> dict[str, str]:
    """Versions of Python and of the packages that a certificate rests on."""
    return {"python": platform.python_version(), **{package: _version(package) for package in PACKAGES[1:]}}


@functools.cache
def _version(package: str) -> str:
    """Read once, from the header alone: parsing whole licences takes as long as a small proof."""
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return "not installed"
    stated = _STATED_VERSION.search((found.read_text("METADATA") or "").partition("\n\n")[0])
    return stated[1] if stated else found.version


def _plain(tree: Tree) -> Tree:
    """Tuples as lists, as a file holds them."""
    if isinstance(tree, dict):
        return {key: _plain(value) for key, value in tree.items()}
    return [_plain(item) for item in tree] if isinstance(tree, list | tuple) else tree


def _with_margin(claim: Claim, kind: str) -> Claim:
    enclosure = claim.enclosure
    if enclosure is None or claim.number in ("count", "promise"):
        return claim
    if claim.number == "guarantee":
        less = enclosure.lower * (1 - _ONE_SIDED)
        return replace(claim, enclosure=Enclosure(less, less))
    if enclosure.lower == enclosure.upper or _is_count(claim):
        return claim
    return replace(claim, enclosure=widened(enclosure, _OTHER_KERNEL.get(kind, 0)))


def _is_count(claim: Claim) -> bool:
    """Whether only a whole number is known from below, such as how many equilibria were found: no rounding moves it."""
    enclosure = claim.enclosure
    return enclosure is not None and enclosure.upper == math.inf and enclosure.lower.is_integer()


def widened(enclosure: Enclosure, units: int = 0) -> Enclosure:
    """The enclosure with its margin, on the side of every threshold on which it lies itself; see `_OTHER_KERNEL`."""
    lower, upper = (_outward(enclosure, side, units) for side in (-1, 1))
    if enclosure.lower == 0:
        lower = 0.0  # a number that cannot be negative
    for threshold in _THRESHOLDS:
        if enclosure.lower > threshold:
            lower = max(lower, _halfway(threshold, enclosure.lower))
        if enclosure.upper < threshold:
            upper = min(upper, _halfway(threshold, enclosure.upper))
    return Enclosure(lower, upper)


def _halfway(threshold: float, end: float) -> float:
    """Half of the way from the end to the threshold, never at it, even where the half underflows."""
    half = threshold / 2 + end / 2
    return end if half == threshold else half


def _outward(enclosure: Enclosure, side: int, units: int) -> float:
    """The bound on this side, moved outward by a few floats and the margin."""
    end = enclosure.lower if side < 0 else enclosure.upper
    if math.isinf(end):
        return end
    width = enclosure.upper - enclosure.lower
    margin = abs(end) * _ONE_SIDED
    if math.isfinite(width):
        margin = max(width * _MARGIN, min(width, units * math.ulp(end)))
    for _ in range(_ULPS):
        end = math.nextafter(end, side * math.inf)
    return end + side * margin
