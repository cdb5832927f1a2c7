"""The prover of the limits of opinions."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.opinions.limits import Undecided, opinion_limits
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

LARGEST = 40


def prove_opinions(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """The limits of x_i' = sum_j (x_j - x_i) 1{-below_i <= x_j - x_i <= above_i} from `start`, for every solution.

    problem: start, below, above, lists of M rationals, thresholds above 0. PROVED: every opinion has a limit, and the
    claims enclose them and count how many differ.
    """
    start, below, above = (_numbers(problem, name) for name in ("start", "below", "above"))
    if not 1 <= len(start) <= LARGEST or not len(start) == len(below) == len(above) or min(*below, *above) <= 0:
        raise CertificateError(f"the certificate needs 1 to {LARGEST} opinions, each with two thresholds above 0")
    found = opinion_limits(start, below, above)
    theorem = say("opinions.events")
    if isinstance(found, Undecided):
        return ProofResult(
            Verdict.UNDECIDED, theorem, (), (), say("opinions.open", detail=found.reason), say("opinions.move")
        )
    count = float(found.clusters.max() + 1)
    claims: list[Claim] = [claim("opinions.clusters", Enclosure(count, count))]
    claims += [claim("opinions.limit", found.limits[k].enclosure(), agent=k + 1) for k in range(len(start))]
    return ProofResult(Verdict.PROVED, theorem, tuple(claims))


def _numbers(problem: Mapping[str, Any], name: str) -> tuple[Fraction, ...]:
    given = problem.get(name)
    if not isinstance(given, list) or not all(isinstance(x, Fraction) for x in given):
        raise CertificateError(f"the certificate's {name} must be a list of rationals")
    return tuple(given)
