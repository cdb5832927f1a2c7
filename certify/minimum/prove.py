"""The prover of minimum certificates: existence, curvature, verdict, from the problem and the witness alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.certificate.model import Claim, Outcome, claim
from certify.enclosure import Enclosure
from certify.minimum import deterministic, stochastic
from certify.minimum.existence import ExactMinimum, moved_distance, prove_critical_point, prove_interpolation
from certify.minimum.hypotheses import smooth
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided
from foundation import CertificateError


def prove_minimum(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """Prove what can be proved about the minimum near `witness["point"]`, deterministically.

    problem: predict (a `Program`), params (D,), inputs (N, ...), targets (N, q), optimizer (settings).
    witness: point (D,), the polished parameters; inverse_gram (m, m) for interpolating minima or inverse_hessian
    (D, D) for strict ones. Wrong witnesses lead to UNDECIDED, never to a wrong proof.
    """
    statement = MinimumStatement.from_tree(problem)
    point = _matrix(witness, "point", (statement.dimension,))
    polished = statement.at(point)
    minimum = _minimum(polished, witness)
    if isinstance(minimum, Undecided):
        reason, advice = say("minimum.not-proved", detail=minimum.reason), say("minimum.next", detail=minimum.next_step)
        return Outcome(Verdict.UNDECIDED, "", (), (), reason, advice)
    claims = (existence_claim(statement.params, point, minimum),)
    roughness = polished.roughness(minimum.box)
    if roughness:
        return _rough(claims if minimum.interpolating else (), roughness)
    if is_stochastic(statement):
        return stochastic.decide(polished, minimum, claims, witness) if minimum.interpolating else _moving(claims)
    return deterministic.decide(polished, minimum, claims)


def _rough(claims: tuple[Claim, ...], obstacle: str) -> Outcome:
    """No theorem speaks about a minimum at which the loss is not proved to be twice differentiable."""
    reason, advice = say("minimum.rough", detail=obstacle), say("minimum.smooth-it")
    return Outcome(Verdict.UNDECIDED, "", claims, (smooth(obstacle),), reason, advice)


def _moving(claims: tuple[Claim, ...]) -> Outcome:
    """SGD does not rest at a minimum that leaves residuals."""
    return Outcome(Verdict.UNDECIDED, "", claims, (), say("minimum.moving"), say("minimum.gram-or-descent"))


def exact_minimum(
    problem: Mapping[str, Any], witness: Mapping[str, Any]
) -> tuple[MinimumStatement, ExactMinimum | None]:
    """The statement at the polished point, and the minimum that is proved to exist there (None: not proved)."""
    statement = MinimumStatement.from_tree(problem)
    polished = statement.at(_matrix(witness, "point", (statement.dimension,)))
    minimum = _minimum(polished, witness)
    return polished, None if isinstance(minimum, Undecided) else minimum


def is_stochastic(statement: MinimumStatement) -> bool:
    """Whether the optimiser draws batches; full batches make SGD gradient descent, or heavy ball with momentum."""
    settings = statement.optimizer
    return settings.get("name") == "sgd" and settings.get("batch_size") != statement.examples


def _minimum(statement: MinimumStatement, witness: Mapping[str, Any]) -> ExactMinimum | Undecided:
    if "inverse_gram" in witness:
        size = statement.residuals
        return prove_interpolation(statement, _matrix(witness, "inverse_gram", (size, size)))
    size = statement.dimension
    return prove_critical_point(statement, _matrix(witness, "inverse_hessian", (size, size)))


def existence_claim(params: np.ndarray, point: np.ndarray, minimum: ExactMinimum) -> Claim:
    """How far the exact minimum is from the parameters that the user gave."""
    radius = np.nextafter(moved_distance(params, point) + minimum.distance, np.inf)
    what = "interpolating" if minimum.interpolating else "critical"
    return claim("minimum.existence-radius", Enclosure(0.0, float(radius)), what=what)


def _matrix(witness: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> np.ndarray:
    value = witness.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.shape != shape:
        raise CertificateError(f"the certificate's witness has no float array {name!r} of shape {shape}")
    if not np.isfinite(value).all():
        raise CertificateError(f"the certificate's witness {name!r} holds entries that are not finite")
    return value
