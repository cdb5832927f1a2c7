"""The prover of learning-rate ranges: for which rates SGD is proved stable, and for which unstable, at a minimum."""

from collections.abc import Iterable, Mapping
from typing import Any

from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.lyapunov.certified_range import Segment, prove_range
from certify.minimum import hypotheses as requirement
from certify.minimum.prove import exact_minimum, existence_claim
from certify.minimum.settings import setting
from certify.training.sampling import IID, sampling_of
from certify.verdict import Verdict
from foundation import CertificateError

THEOREM = (
    "The sign of the Lyapunov exponent of the linearised updates, as in Theorem B of D. Chemnitz and M. Engel, "
    "Characterizing dynamical stability of stochastic gradient descent in overparameterized learning, for batches that "
    "are drawn independently in each step."
)


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
        reason = "the network replaces its derivative, so that training follows another field than the loss's gradient"
        return Outcome(Verdict.UNDECIDED, "", (), (), reason, "write the network with its own derivative")
    if minimum is None or not minimum.interpolating:
        reason = "no interpolating minimum is proved to exist near the parameters"
        return Outcome(Verdict.UNDECIDED, "", (), (), reason, "train further, or use a wider network")
    batch_size, outputs = int(statement.optimizer["batch_size"]), statement.targets.shape[1]
    stable, unstable, reach = prove_range(minimum.curvature, batch_size, outputs, read_segments(witness))
    roughness = statement.roughness(minimum.box)
    if roughness:
        reason = f"the network is not proved to be differentiable near the minimum: {roughness}"
        return Outcome(Verdict.UNDECIDED, "", (), (requirement.smooth(roughness),), reason, "smooth the network")
    found = _requirements(batch_size)
    claims = (
        existence_claim(problem["params"], statement.params, minimum, statement.loss),
        *_claims(stable, unstable, reach),
    )
    if stable > 0 and unstable < float("inf"):
        return Outcome(Verdict.PROVED, THEOREM, claims, found)
    reason = "one end of the bracket could not be proved"
    return Outcome(Verdict.UNDECIDED, THEOREM, claims, found, reason, "raise the budget or narrow the input")


def _requirements(batch_size: int) -> tuple[Hypothesis, ...]:
    """What turns a positive exponent into instability is stated for each rate, and proved for none here."""
    singular = "Proved by certificates of single rates; it fails where eta makes an update's determinant vanish."
    irregular = "Proved by certificates of single rates; it fails at the finitely many rates with eta K_ii = 1 or 2."
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        requirement.non_singular(Status.ASSUMED, "at each rate, the update of each batch", singular),
        requirement.independent_batches(batch_size),
        requirement.regular_minimum(Status.ASSUMED, irregular),
    )


def _claims(stable: float, unstable: float, reach: float) -> tuple[Claim, ...]:
    bracket = Claim(
        "critical_learning_rate",
        "SGD has a negative exponent at every positive rate up to the lower end of this bracket, and a positive one "
        "from its upper end on, as far as the next number says.",
        Enclosure(stable, unstable),
    )
    text = "At every rate between the bracket's upper end and this one the exponent is positive."
    extent = Claim("unstable_up_to", text, Enclosure(reach, reach))
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
        raise CertificateError("a segment in the certificate's witness is defective") from None
