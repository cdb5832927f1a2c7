"""The prover of learning-rate ranges: for which rates SGD is proved stable, and for which unstable, at a minimum."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.lyapunov.sgd.certified_range import Segment, prove_range
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum
from certify.minimum.prove import exact_minimum, existence_claim, replaced_of
from certify.minimum.sampled_epochs import epochs_of
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.training.sampling import BOTH, FIXED, IID, fixed_order, sampling_of
from certify.training.sampling.epoch_range import stable_up_to, unstable_from
from certify.training.sampling.scheme import order_of
from certify.verdict import Verdict
from foundation import CertificateError


def prove_rates(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove the bracket of the critical learning rate from the stored segments.

    problem: as for minima, with the optimiser {name: sgd, batch_size}. witness: point, inverse_gram, segments. The
    bracket is PROVED when both of its ends are.
    """
    statement, minimum = exact_minimum(problem, witness)
    settings = statement.optimizer
    if settings.get("name") != "sgd" or ("momentum" in settings and float(setting(settings, "momentum").upper) != 0):
        raise CertificateError("ranges of learning rates are proved for SGD without momentum only")
    if sampling_of(settings) == BOTH:
        raise CertificateError("a range of learning rates is about one way of drawing batches")
    if "replaced" in problem:
        reason = say("loss.replaced", detail=", ".join(replaced_of(problem)))
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, say("loss.own-derivative"))
    if minimum is None or not minimum.interpolating:
        reason, advice = say("learning-rates.no-minimum"), say("learning-rates.train")
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)
    batch_size, outputs = int(statement.optimizer["batch_size"]), statement.targets.shape[1]
    if sampling_of(settings) == IID:
        stable, unstable, reach = prove_range(minimum.curvature, batch_size, outputs, read_segments(witness))
    else:
        stable, unstable, reach = _of_epochs(statement, minimum)
    roughness = minimum.roughness(statement)
    if roughness:
        reason, advice = say("minimum.rough", detail=roughness), say("learning-rates.smooth")
        return ProofResult(Verdict.UNDECIDED, "", (), (requirement.smooth(roughness),), reason, advice)
    independent = sampling_of(settings) == IID
    theorem = say("learning-rates.sign" if independent else "learning-rates.sign-epochs")
    found = _requirements(batch_size) if independent else _of_a_loader(sampling_of(settings))
    claims = (
        existence_claim(problem["params"], statement.params, minimum, statement.loss),
        *_claims(stable, unstable, reach),
    )
    if stable > 0 and unstable < float("inf"):
        return ProofResult(Verdict.PROVED, theorem, claims, found)
    reason, advice = say("learning-rates.one-end"), say("learning-rates.more-budget")
    return ProofResult(Verdict.UNDECIDED, theorem, claims, found, reason, advice)


def _of_epochs(statement: MinimumStatement, minimum: ExactMinimum) -> tuple[float, float, float]:
    """Contraction in every order from zero on; growing determinants for ever from the other end on."""
    epochs = epochs_of(statement, minimum)
    if sampling_of(statement.optimizer) == FIXED:
        order = order_of(statement.optimizer, statement.examples)
        unstable = unstable_from(epochs, fixed_order.batches_of(epochs, order))
    else:
        unstable = unstable_from(epochs)
    return stable_up_to(epochs), unstable, math.inf


def _of_a_loader(scheme: str) -> tuple[Hypothesis, ...]:
    singular = say("learning-rates.singular")
    found = (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        requirement.non_singular(Status.ASSUMED, "batch-at-each-rate", singular),
    )
    if scheme == FIXED:
        return found
    return (*found, hypothesis("sampling.shuffling", Status.ASSUMED, say("sampling.loader")))


def _requirements(batch_size: int) -> tuple[Hypothesis, ...]:
    """What turns a positive exponent into instability is stated for each rate, and proved for none here."""
    singular, irregular = say("learning-rates.singular"), say("learning-rates.irregular")
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        requirement.non_singular(Status.ASSUMED, "batch-at-each-rate", singular),
        requirement.independent_batches(batch_size),
        requirement.regular_minimum(Status.ASSUMED, irregular),
    )


def _claims(stable: float, unstable: float, reach: float) -> tuple[Claim, ...]:
    bracket = claim("learning-rates.bracket", Enclosure(stable, unstable))
    extent = claim("learning-rates.positive-up-to", Enclosure(reach, reach))
    return (bracket, extent) if unstable < float("inf") else (bracket,)


def write_segments(segments: Iterable[Segment]) -> list[dict[str, Any]]:
    """Segments as certificate data."""
    return [
        {"lower": s.lower, "upper": s.upper, "verdict": s.verdict.name, "method": s.method, "witness": s.witness}
        for s in segments
    ]


def read_segments(witness: Mapping[str, Any]) -> list[Segment]:
    """The inverse of `write_segments`; raises `CertificateError` on anything else."""
    stored = witness.get("segments")
    if not isinstance(stored, list):
        raise CertificateError("the certificate's witness has no list of segments")
    try:
        return [Segment(s["lower"], s["upper"], Verdict[s["verdict"]], s["method"], s["witness"]) for s in stored]
    except (KeyError, TypeError):
        raise CertificateError("a segment in the certificate's witness is malformed") from None
