"""The prover of minimum certificates: existence, curvature, verdict, from the problem and the witness alone."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, Status, claim
from certify.enclosure import Enclosure
from certify.minimum import deterministic, sampled_epochs
from certify.minimum.diagnosis import diagnosis
from certify.minimum.existence import (
    ExactMinimum,
    loss_gradient,
    moved_distance,
    prove_critical_point,
    prove_interpolation,
)
from certify.minimum.extended import Extended
from certify.minimum.from_here import basin_claims
from certify.minimum.hessian import hessian
from certify.minimum.hypotheses import naming_arithmetic, no_interpolation, smooth
from certify.minimum.repeated import Distinct, contradiction, distinct
from certify.minimum.rounding import rounding_claims
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.training.anchored import analytic_obstacle, loss_name
from certify.verdict import Verdict
from certify.zeros import Undecided
from foundation import CertificateError


def prove_minimum(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove what can be proved about the minimum near `witness["point"]`, deterministically.

    problem: predict (a `Program`), params (D,), inputs (N, ...), targets (N, q), optimizer (settings).
    With the entry precision, "float32", the rounding error of an evaluation at the given parameters is bounded, too.
    witness: point (D,), the polished parameters; inverse_gram (m, m) for interpolating minima or inverse_hessian
    (D, D) for strict ones. Wrong witnesses lead to UNDECIDED, never to a wrong proof.
    """
    outcome = _along_jax_grad(_of_the_loss(problem, witness), problem)
    if "precision" not in problem:
        return outcome
    return replace(outcome, claims=(*outcome.claims, *rounding_claims(problem)))


def _along_jax_grad(outcome: ProofResult, problem: Mapping[str, Any]) -> ProofResult:
    """Where the network replaces its derivative, what is proved of the loss says nothing about training."""
    if not replaced_of(problem):
        return outcome
    reason = say("loss.replaced", detail=", ".join(replaced_of(problem)))
    advice = say("loss.as-a-field")
    return replace(outcome, verdict=Verdict.UNDECIDED, reason=reason, next_step=advice)


def replaced_of(problem: Mapping[str, Any]) -> list[str]:
    """Where the problem says that the network replaces its derivative; raises `CertificateError` on other words."""
    if "replaced" not in problem:
        return []
    places = problem.get("replaced")
    if isinstance(places, list) and places and all(isinstance(x, str) and _PLACE.fullmatch(x) for x in places):
        return [str(place) for place in places]
    raise CertificateError("the certificate's word on replaced derivatives is not readable")


# What replaces a derivative, and the line that does; no sentence fits into it.
_PLACE = re.compile(r"(stop_gradient|custom_[a-z_]{1,20})( at [\w.-]{1,80}:\d{1,7})?")


def _of_the_loss(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """What is proved where training follows the gradient of the loss."""
    statement = MinimumStatement.from_tree(problem)
    point = _matrix(witness, "point", (statement.dimension,))
    clash = _clash(statement)
    if clash is not None:
        found = no_interpolation(*clash)
        reason, advice = say("minimum.no-interpolation", detail=str(found.reason)), say("minimum.drop-one")
        return ProofResult(Verdict.UNDECIDED, "", (), (found,), reason, advice)
    polished = statement.at(point)
    minimum = _minimum(polished, witness)
    if isinstance(minimum, Undecided):
        reason, advice = say("minimum.not-proved", detail=minimum.reason), say("minimum.next", detail=minimum.next_step)
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)
    from_here = "basin" in witness and not replaced_of(problem)
    return naming_arithmetic(_at(statement, polished, minimum, witness, from_here), minimum)


def _at(
    statement: MinimumStatement,
    polished: MinimumStatement,
    minimum: ExactMinimum,
    witness: Mapping[str, Any],
    from_here: bool,
) -> ProofResult:
    """What is proved at the exact minimum; polished: the statement at the witness's point. from_here: whether the
    basin of the given parameters is asked for, too.
    """
    claims = (existence_claim(statement.params, polished.params, minimum, statement.loss),)
    roughness = minimum.roughness(polished)
    if roughness:
        return _rough(claims if minimum.interpolating else (), roughness)
    if statement.optimizer.get("name") == "optax":
        from certify.minimum import optax_step

        field = (lambda box: loss_gradient(polished, box), lambda box: hessian(polished, box))
        return optax_step.decide(polished, minimum, claims, witness, None if minimum.interpolating else field)
    if is_stochastic(statement) and not minimum.interpolating:
        return _moving(claims)
    if is_stochastic(statement):
        return _with_loss(sampled_epochs.decide(polished, minimum, claims, witness), statement)
    outcome = _with_loss(deterministic.decide(polished, minimum, claims), statement)
    if not from_here:
        return outcome
    away = math.inf if claims[0].enclosure is None else float(claims[0].enclosure.upper)
    found = basin_claims(statement, minimum.interpolating, away, witness)
    return replace(outcome, claims=(*outcome.claims, *found))


def _with_loss(outcome: ProofResult, statement: MinimumStatement) -> ProofResult:
    """H3 rests on an update map that is real-analytic everywhere: the loss has to be, too."""
    obstacle = "" if statement.loss is None else analytic_obstacle(statement.loss)
    if not obstacle:
        return outcome
    reason = say("loss.in-pieces", detail=obstacle)
    weakened = tuple(
        replace(h, status=Status.ASSUMED, reason=reason) if h.name == "H3" and h.status is Status.PROVED else h
        for h in outcome.hypotheses
    )
    return replace(outcome, hypotheses=weakened)


def _rough(claims: tuple[Claim, ...], obstacle: str) -> ProofResult:
    """No theorem speaks about a minimum at which the loss is not proved to be twice differentiable."""
    reason, advice = say("minimum.rough", detail=obstacle), say("minimum.smooth-it")
    return ProofResult(Verdict.UNDECIDED, "", claims, (smooth(obstacle),), reason, advice)


def _moving(claims: tuple[Claim, ...]) -> ProofResult:
    """SGD does not rest at a minimum that leaves residuals."""
    return ProofResult(Verdict.UNDECIDED, "", claims, (), say("minimum.moving"), say("minimum.gram-or-descent"))


def exact_minimum(
    problem: Mapping[str, Any], witness: Mapping[str, Any]
) -> tuple[MinimumStatement, ExactMinimum | None]:
    """The statement at the polished point, and the minimum that is proved to exist there (None: not proved)."""
    statement = MinimumStatement.from_tree(problem)
    polished = statement.at(_matrix(witness, "point", (statement.dimension,)))
    if _clash(statement) is not None:
        return polished, None
    minimum = _minimum(polished, witness)
    return polished, None if isinstance(minimum, Undecided) else minimum


def is_stochastic(statement: MinimumStatement) -> bool:
    """Whether the optimiser draws batches; full batches make SGD gradient descent, or heavy ball with momentum."""
    settings = statement.optimizer
    return settings.get("name") == "sgd" and settings.get("batch_size") != statement.examples


def _clash(statement: MinimumStatement) -> tuple[int, int] | None:
    """Two examples that no parameters meet both; None where nothing interpolates anyway, or the loss is another one."""
    apart = statement.anchored is None and not statement.batched
    if not apart or statement.dimension < statement.residuals:
        return None
    return contradiction(statement.inputs, statement.targets)


def single_examples(statement: MinimumStatement) -> Distinct | None:
    """The distinct examples where some repeat another one, under an optimiser that sees them all in each step."""
    if statement.anchored is not None or statement.batched or statement.optimizer.get("name") == "sgd":
        return None
    found = distinct(statement.inputs, statement.targets)
    return found if found.copies else None


def _minimum(statement: MinimumStatement, witness: Mapping[str, Any]) -> ExactMinimum | Undecided:
    if "inverse_gram" in witness:
        single = single_examples(statement)
        if single is not None:
            kept = single.kept
            statement = replace(statement, inputs=statement.inputs[kept], targets=statement.targets[kept])
        size, stored = statement.residuals, witness.get("extended")
        extended = None if stored is None else Extended.from_tree(statement, stored)
        inverse = _matrix(witness, "inverse_gram", (size, size))
        return explained(statement, prove_interpolation(statement, inverse, extended, single))
    size = statement.dimension
    return prove_critical_point(statement, _matrix(witness, "inverse_hessian", (size, size)))


def explained(statement: MinimumStatement, found: ExactMinimum | Undecided) -> ExactMinimum | Undecided:
    """What was not proved, with a diagnosis where the Gram matrix is nearly singular."""
    if not isinstance(found, Undecided):
        return found
    rows = statement.jacobian(Ball.exact(statement.params)).mid
    told = diagnosis(rows, statement.targets.shape[1])
    if not told:
        return found
    return replace(found, reason=f"{told} (estimates). {found.reason}", next_step=_SINGULAR)


_SINGULAR = (
    "drop or change the examples named, stop training before outputs saturate, or widen the network: the theorems need "
    "independent gradients"
)


def existence_claim(
    params: np.ndarray, point: np.ndarray, minimum: ExactMinimum, loss: Mapping[str, Any] | None = None
) -> Claim:
    """How far the exact minimum is from the parameters that the user gave."""
    radius = np.nextafter(moved_distance(params, point) + minimum.distance, np.inf)
    what = "interpolating" if minimum.interpolating else "critical"
    if minimum.interpolating and loss is not None:
        return claim("minimum.existence-radius-of-loss", Enclosure(0.0, float(radius)), loss=loss_name(loss))
    return claim("minimum.existence-radius", Enclosure(0.0, float(radius)), what=what)


def _matrix(witness: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> np.ndarray:
    value = witness.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.shape != shape:
        raise CertificateError(f"the certificate's witness has no float array {name!r} of shape {shape}")
    if not np.isfinite(value).all():
        raise CertificateError(f"the certificate's witness {name!r} holds entries that are not finite")
    return value
