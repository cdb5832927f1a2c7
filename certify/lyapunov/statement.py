"""The prover of exponent certificates: bounds repeated from the stored witnesses."""

from collections.abc import Iterable, Mapping
from typing import Any

from certify.certificate.model import Claim, ProofResult, claim
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import family_from_data
from certify.lyapunov.prove import AnyFamily, prove_one
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError


def prove_exponent_statement(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove the bounds of the exponent of the stored family from the stored witnesses.

    problem: `family_as_data`. witness: proofs, a list of {engine, witness}.
    """
    family = family_from_data(dict(problem))
    claims, total = exponent_claims(family, read_proofs(witness))
    verdict = sign_verdict(total)
    theorem = say("exponent.furstenberg-kesten")
    if verdict is not Verdict.UNDECIDED:
        return ProofResult(verdict, theorem, claims)
    if total.lower == 0 == total.upper:
        return ProofResult(verdict, theorem, claims, (), say("exponent.zero"), say("exponent.beyond-linear"))
    reason = say("exponent.sign-undecided", enclosure=total)
    return ProofResult(verdict, theorem, claims, (), reason, say("exponent.more-budget"))


def exponent_claims(family: AnyFamily, proofs: Iterable[tuple[str, Any]]) -> tuple[tuple[Claim, ...], Enclosure]:
    """The enclosure that the engines prove together, and a claim for it that names them."""
    total, used = Enclosure(float("-inf"), float("inf")), []
    for engine, found in proofs:
        total = total.intersect(prove_one(family, engine, found))
        used.append(engine)
    return (claim("exponent.top", total, engines=list(dict.fromkeys(used))),), total


def sign_verdict(exponent: Enclosure) -> Verdict:
    """STABLE for a proved negative exponent, UNSTABLE for a positive one."""
    if exponent.is_below(0.0):
        return Verdict.STABLE
    return Verdict.UNSTABLE if exponent.is_above(0.0) else Verdict.UNDECIDED


def read_proofs(witness: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(engine, witness) pairs; raises `CertificateError` on anything else."""
    proofs = witness.get("proofs")
    if not isinstance(proofs, list):
        raise CertificateError("the certificate's witness has no list of proofs")
    pairs = []
    for proof in proofs:
        if not isinstance(proof, dict) or not isinstance(proof.get("engine"), str) or "witness" not in proof:
            raise CertificateError("a proof in the certificate's witness names no engine")
        pairs.append((proof["engine"], proof["witness"]))
    return pairs
