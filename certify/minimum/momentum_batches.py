"""SGD with momentum and independent batches, without a list of them: what norms and the second moment prove."""

import math
from collections.abc import Mapping
from typing import Any

from certify.certificate.model import Claim, claim
from certify.enclosure import Enclosure
from certify.lyapunov.norms.second_moment import mean_square_verdict
from certify.lyapunov.sgd import momentum_moment
from certify.minimum.existence import ExactMinimum
from certify.minimum.linearised import epochs_of, plain_family
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.training.sampling import order_free
from foundation import CertificateError


def norm_claims(
    statement: MinimumStatement, minimum: ExactMinimum, witness: Mapping[str, Any]
) -> tuple[tuple[Claim, ...], Enclosure]:
    """The claims on the exponent and on the mean-square growth, and the exponent's enclosure.

    The norm on parameters and memory that no batch expands; the metric in `witness["momentum_moment"]`, which bounds
    the mean-square growth from both sides and the exponent from above by Jensen's inequality.
    """
    epochs = epochs_of(statement, minimum)
    high = order_free.independent_bound(epochs)
    used = ["every-order"] if high < math.inf else []
    growth = Enclosure(-math.inf, 2 * high)
    family, stored = plain_family(statement, minimum), witness.get("momentum_moment")
    if stored is not None and momentum_moment.applies(family) is None:
        if not isinstance(stored, dict) or "metric" not in stored:
            raise CertificateError("the witness of the second moment with momentum has no metric")
        growth = growth.intersect(momentum_moment.prove(family, setting(statement.optimizer, "momentum"), stored))
        used.append("second-moment")
    exponent = Enclosure(-math.inf, min(high, growth.upper / 2))
    claims = [claim("sampling.momentum-exponent", exponent, engines=used)]
    if growth.upper < math.inf or growth.lower > -math.inf:
        claims.append(claim("minimum.second-moment", growth, verdict=mean_square_verdict(growth).value))
    critical = order_free.critical_rate(epochs) if epochs.curvature[0] > 0 else 0.0
    if critical > 0:
        claims.append(claim("sampling.contracting-learning-rate-with-momentum", Enclosure(critical, critical)))
    return tuple(claims), exponent
