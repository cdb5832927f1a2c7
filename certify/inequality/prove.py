"""The prover of inequalities: f > 0 on a set, from a subdivision or a counterexample."""

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.inequality.problem import InequalityProblem, sharp_value
from certify.inequality.subdivision import open_parts
from certify.morse.partition import unpack
from certify.program.poles import defined_on
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

EXHAUSTED = ("boxes", "time", "narrow")


def prove_inequality(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove f > 0 on the set, or refute it at a point, or say on how many parts of the box nothing is decided.

    problem: see `InequalityProblem`. witness: counterexample (d,), or: parts, the subdivision; lowest (d,), a point
    of the set, if one is known, where f is small; exhausted: what ended the search, where parts are left open.
    """
    statement = InequalityProblem.from_tree(problem)
    size = len(statement.lower)
    if "counterexample" in witness:
        return _refuted(statement, floats(witness, "counterexample", (size,)))
    test = PositiveOrOutside(statement)
    left = len(open_parts(test, unpack(witness.get("parts")), statement.lower, statement.upper)[0])
    theorem = say("inequality.subdivision")
    if left:
        spent = witness.get("exhausted")
        if spent not in EXHAUSTED:
            raise CertificateError(f"the certificate's search was ended by {spent!r:.40}, which ends none")
        claims = (claim("inequality.undecided-boxes", Enclosure(float(left), float(left))),)
        reason, advice = say("inequality.open", count=left, why=spent), say(f"inequality.after-{spent}")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, advice)
    return ProofResult(Verdict.PROVED, theorem, (_infimum(statement, test, witness),))


def _refuted(statement: InequalityProblem, point: np.ndarray) -> ProofResult:
    value = sharp_value(statement.function, point)
    if not statement.holds(point) or value is None or not value[1][0] <= 0:
        raise CertificateError("the certificate's counterexample is not proved to be one")
    found = claim("inequality.counterexample", Enclosure(float(value[0][0]), float(value[1][0])))
    return ProofResult(Verdict.REFUTED, say("inequality.evaluation"), (found,))


def _infimum(statement: InequalityProblem, test: "PositiveOrOutside", witness: Mapping[str, Any]) -> Claim:
    if test.margin == math.inf:
        return claim("inequality.empty")
    above = math.inf
    if "lowest" in witness:
        point = floats(witness, "lowest", (len(statement.lower),))
        value = sharp_value(statement.function, point)
        if not statement.holds(point) or value is None:
            raise CertificateError("the certificate's lowest point is not proved to belong to the set")
        above = float(value[1][0])
    return claim("inequality.infimum", Enclosure(test.margin, max(test.margin, above)))


@final
class PositiveOrOutside:
    """The test of a part: it does not meet the set, or f has a value > 0 at all its points. margin: the smallest lower
    bound that was used.
    """

    def __init__(self, statement: InequalityProblem) -> None:
        self._statement = statement
        self.margin = math.inf
        self.influence = np.zeros((0, len(statement.lower)))

    def __call__(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        outside = self._statement.outside(lower, upper)
        inside = np.flatnonzero(~outside)
        found = self._statement.bounds.lower(lower[inside], upper[inside], wanted=0.0)
        self.influence = np.ones(lower.shape)
        self.influence[inside] = found.influence
        positive = found.values > 0
        positive[positive] = defined_on(self._statement.function, Ball.from_bounds(lower, upper)[inside[positive]])
        self.margin = min(self.margin, float(found.values[positive].min(initial=math.inf)))
        passed = outside.copy()
        passed[inside] = positive
        return passed
