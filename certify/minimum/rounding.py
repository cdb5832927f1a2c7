"""How far an evaluation of the network in float32 may be from the real network, over the data."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, claim
from certify.enclosure import Enclosure
from certify.minimum.statement import MinimumStatement
from certify.program import evaluate
from certify.program.single_precision import ULPS, rounded_outputs
from foundation import CertificateError

FLOAT32 = "float32"


def rounding_claims(problem: Mapping[str, Any]) -> tuple[Claim, ...]:
    """The bound of |float32 - real| at the given parameters, over outputs and examples, where it is asked for."""
    if problem.get("precision") != FLOAT32:
        raise CertificateError("the certificate's precision is none that is known; float32 is")
    statement = MinimumStatement.from_tree(problem)
    arguments, marks = [Ball.exact(statement.params), Ball.exact(statement.cases)], [False, True]
    (real,) = evaluate(statement.predict, arguments, batch=marks)
    (computed,) = rounded_outputs(statement.predict, arguments, marks)
    bound = float((computed - real).magnitude.max())
    if not np.isfinite(bound):
        raise CertificateError("the error of float32 has no finite bound")
    return (claim("minimum.float32-error", Enclosure(0.0, bound), ulps=ULPS),)
