"""The prover of sharpness: the extreme eigenvalues of a loss's Hessian at given parameters."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.certificate.model import ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.linear_algebra import extreme_eigenvalues
from certify.sharpness.matrix_free import extreme_curvatures
from certify.sharpness.statement import LARGEST_MATRIX, NetworkLoss, ProgramLoss, loss_of
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError


def prove_sharpness(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Enclose the smallest and largest eigenvalue of the Hessian at the problem's parameters.

    problem: see `loss_of`. witness: route, "matrix", or "structure" with low and high (D,), approximate eigenvectors.
    """
    loss = loss_of(problem)
    rough = loss.roughness()
    if rough:
        reason, advice = say("sharpness.rough", detail=rough), say("sharpness.move")
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)
    smallest, largest = _extremes(loss, witness)
    if not all(np.isfinite([smallest.lower, smallest.upper, largest.lower, largest.upper])):
        return ProofResult(Verdict.UNDECIDED, "", (), (), say("sharpness.unbounded"), say("sharpness.move"))
    claims = claim("sharpness.largest", largest), claim("sharpness.smallest", smallest)
    route = say(f"sharpness.{witness['route']}")
    smooth = hypothesis("sharpness.smooth", Status.PROVED, say("sharpness.analytic"))
    return ProofResult(Verdict.PROVED, route, claims, (smooth,))


def _extremes(loss: NetworkLoss | ProgramLoss, witness: Mapping[str, Any]) -> tuple[Enclosure, Enclosure]:
    route = witness.get("route")
    if route not in ("matrix", "structure"):
        raise CertificateError(f"the certificate's witness has the unknown route {route!r:.40}")
    if route == "matrix":
        if loss.dimension > LARGEST_MATRIX:
            raise CertificateError(f"the Hessian of {loss.dimension} parameters is too large to be formed")
        return extreme_eigenvalues(loss.hessian())
    if not isinstance(loss, NetworkLoss):
        raise CertificateError("the certificate asks for the structure of a loss that has none")
    low, high = (floats(witness, name, (loss.dimension,)) for name in ("low", "high"))
    if not low.any() or not high.any():
        raise CertificateError("the certificate's vectors are zero")
    return extreme_curvatures(loss.regression, low, high)
