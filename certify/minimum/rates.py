"""The prover of learning-rate ranges: for which rates SGD is proved stable, and for which unstable, at a minimum."""

from collections.abc import Iterable, Mapping
from typing import Any

from certify.certificate.model import Claim, Hypothesis, Outcome, Status, claim
from certify.enclosure import Enclosure
from certify.lyapunov.sgd.certified_range import Segment, prove_range
from certify.minimum import hypotheses as requirement
from certify.minimum.prove import exact_minimum, existence_claim, replaced_of
from certify.minimum.settings import setting
from certify.statements import say
from certify.training.sampling import IID, sampling_of
from certify.verdict import Verdict
from foundation import CertificateError


def prove_rates(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """Prove the bracket of the critical learning rate from the stored segments.

    problem: as for minima, with the optimiser {name: sgd, batch_size}. witness: point, inverse_gram, segments. The
    bracket is PROVED when both of its ends are.
    """
    statement, minimum = exact_minimum(problem, witness)
    settings = statement.optimizer
    if settings.get("name") != "sgd" or ("momentum" in settings and float(setting(settings, "momentum").upper) != 0):
        raise CertificateError("ranges of learning rates are proved for SGD without momentum only")
    if sampling_of(settings) != IID:
        raise CertificateError("ranges of learning rates are proved for independent batches only")
    if "replaced" in problem:
        reason = say("loss.replaced", detail=", ".join(replaced_of(problem)))
        return Outcome(Verdict.UNDECIDED, "", (), (), reason, say("loss.own-derivative"))
    if minimum is None or not minimum.interpolating:
        reason, advice = say("learning-rates.no-minimum"), say("learning-rates.train")
        return Outcome(Verdict.UNDECIDED, "", (), (), reason, advice)
    batch_size, outputs = int(statement.optimizer["batch_size"]), statement.targets.shape[1]
    stable, unstable, reach = prove_range(minimum.curvature, batch_size, outputs, read_segments(witness))
    roughness = statement.roughness(minimum.box)
    if roughness:
        reason, advice = say("minimum.rough", detail=roughness), say("learning-rates.smooth")
        return Outcome(Verdict.UNDECIDED, "", (), (requirement.smooth(roughness),), reason, advice)
    theorem, found = say("learning-rates.sign"), _requirements(batch_size)
    claims = (
        existence_claim(problem["params"], statement.params, minimum, statement.loss),
        *_claims(stable, unstable, reach),
    )
    if stable > 0 and unstable < float("inf"):
        return Outcome(Verdict.PROVED, theorem, claims, found)
    reason, advice = say("learning-rates.one-end"), say("learning-rates.more-budget")
    return Outcome(Verdict.UNDECIDED, theorem, claims, found, reason, advice)


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
