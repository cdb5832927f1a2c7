"""Which arithmetic proves a minimum: the cheapest that encloses its sharpness narrowly."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from certify.certificate import MinimumCertificate
from foundation import InputError
from search.minimum.extended import extensions
from stabproof.progress import Progress

# The relative width of the sharpness from which on more digits are not looked for.
_NARROW = 1e-8


def cheapest(
    prove: Callable[[dict[str, Any]], MinimumCertificate],
    statement: dict[str, Any],
    witness: dict[str, Any],
    rows: Callable[[], np.ndarray],
    report: Progress,
) -> MinimumCertificate:
    """The certificate of the cheapest arithmetic that encloses the sharpness narrowly; else the best one that it took.

    The proof in float64 balls comes first. Where the verdict is open for another reason than width, it stays.
    """
    best, refusal = _attempt(prove, witness)
    if _width(best) <= _NARROW or "inverse_gram" not in witness or "replaced" in statement:
        return _or_raise(best, refusal)
    for extension in extensions(statement, witness, rows()):
        report("proving with more digits", 0.6)
        found, _ = _attempt(prove, witness | extension)
        if _is_better(found, best):
            best = found
        if _width(best) <= _NARROW:
            break
    return _or_raise(best, refusal)


def _attempt(
    prove: Callable[[dict[str, Any]], MinimumCertificate], witness: dict[str, Any]
) -> tuple[MinimumCertificate | None, InputError | None]:
    """The certificate, or what stands against one: a comparison that this arithmetic leaves open, a domain left."""
    try:
        return prove(witness), None
    except InputError as error:
        return None, error


def _or_raise(best: MinimumCertificate | None, refusal: InputError | None) -> MinimumCertificate:
    if best is None:
        raise refusal or InputError("no arithmetic proves anything about these parameters")
    return best


def _is_better(found: MinimumCertificate | None, best: MinimumCertificate | None) -> bool:
    """Whether a certificate says more: existence, then a narrower sharpness."""
    if found is None or best is None:
        return best is None and found is not None
    exists = [c.outcome.claim("existence_radius") is not None for c in (found, best)]
    return exists[0] > exists[1] or _width(found) < _width(best)


def _width(certificate: MinimumCertificate | None) -> float:
    """The relative width of the sharpness; infinite where none is proved."""
    claim = None if certificate is None else certificate.outcome.claim("sharpness")
    if claim is None or claim.enclosure is None or not claim.enclosure.upper > 0:
        return math.inf
    return (claim.enclosure.upper - claim.enclosure.lower) / claim.enclosure.upper
