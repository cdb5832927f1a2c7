"""Whether what a proof found implies what a certificate states, by identifiers and numbers, never by words."""

from dataclasses import replace

from certify.certificate.model import Claim, Hypothesis, ProofResult, Status
from certify.enclosure import Enclosure
from certify.statements import Sentence
from foundation import CertificateError


def compared(found: ProofResult, stated: ProofResult, format: int = 2) -> ProofResult:
    """The outcome as found, with the stated numbers; raises `CertificateError` where it does not imply the stated one.

    Files of format 1 state no identifiers: their verdict, numbers and statuses are compared.
    """
    if found.verdict is not stated.verdict:
        raise CertificateError(
            f"the certificate says {stated.verdict.name}, but its data prove {found.verdict.name}. {found.reason}"
        )
    if format == 1:
        return _compared_with_format_1(found, stated)
    if bool(found.reason) != bool(stated.reason) or not _same(found.reason, stated.reason):
        raise CertificateError("the certificate gives a reason that does not belong to its verdict")
    if bool(found.next_step) != bool(stated.next_step) or not _same(found.next_step, stated.next_step):
        raise CertificateError("the certificate gives a next step that does not belong to its reason")
    if bool(found.theorem) != bool(stated.theorem) or not _same(found.theorem, stated.theorem):
        raise CertificateError("the certificate names a theorem that is not the one its proof uses")
    _compare_hypotheses(found, stated)
    if [claim.name for claim in found.claims] != [claim.name for claim in stated.claims]:
        raise CertificateError("the certificate's list of claims is not the one that its data prove")
    claims = (_compared_claim(f, s) for f, s in zip(found.claims, stated.claims, strict=True))
    return replace(found, claims=tuple(claims))


def _compared_with_format_1(found: ProofResult, stated: ProofResult) -> ProofResult:
    for old in stated.hypotheses:
        new = next((h for h in found.hypotheses if h.name == old.name), None)
        if new is None or (old.status is Status.PROVED and new.status is not Status.PROVED):
            raise CertificateError(
                f"the certificate of format 1 states the hypothesis {old.name!r} as {old.status.value}, but it is "
                f"{new.status.value if new else 'no longer one'}; certify the problem again"
            )
    known = {claim.name: claim for claim in stated.claims}
    lost = sorted(set(known) - {claim.name for claim in found.claims})
    if lost or len(known) < len(stated.claims):
        what = f"the claim {lost[0]!r} is not proved any more" if lost else "a claim is listed twice"
        raise CertificateError(f"the certificate of format 1 does not hold: {what}; certify the problem again")
    claims = (_with_numbers_of(claim, known[claim.name]) if claim.name in known else claim for claim in found.claims)
    return replace(found, claims=tuple(claims))


def _same(found: str, stated: str) -> bool:
    """Whether two sentences have one identifier and equal exact parameters; words without identifier are not read."""
    if isinstance(found, Sentence) or isinstance(stated, Sentence):
        return isinstance(found, Sentence) and found.says_the_same(stated)
    return True


def _compare_hypotheses(found: ProofResult, stated: ProofResult) -> None:
    if len(found.hypotheses) != len(stated.hypotheses):
        raise CertificateError("the certificate's list of hypotheses is not the one of its proof")
    for f, s in zip(found.hypotheses, stated.hypotheses, strict=True):
        if f.name != s.name or f.status is not s.status or not _same(f.statement, s.statement) or not _reasons(f, s):
            raise CertificateError(f"the certificate's hypothesis {s.name!r} does not stand as stated")


def _reasons(found: Hypothesis, stated: Hypothesis) -> bool:
    return bool(found.reason) == bool(stated.reason) and _same(found.reason, stated.reason)


def _compared_claim(found: Claim, stated: Claim) -> Claim:
    if not _same(found.statement, stated.statement):
        raise CertificateError(f"the claim {stated.name!r} states something else than what its data prove")
    return _with_numbers_of(found, stated)


def _with_numbers_of(found: Claim, stated: Claim) -> Claim:
    """The claim as found, with the stated enclosure."""
    if (found.enclosure is None) != (stated.enclosure is None):
        raise CertificateError(f"the claim {stated.name!r} and its proof disagree on whether there is a number")
    if found.enclosure is None or stated.enclosure is None:
        return found
    if not implies(found, stated.enclosure):
        raise CertificateError(
            f"the claim {stated.name!r} states {_shown(stated.enclosure)}, but its data prove only "
            f"{_shown(found.enclosure)}"
        )
    return replace(found, enclosure=stated.enclosure)


def implies(found: Claim, stated: Enclosure) -> bool:
    """Whether what was found implies the stated number: exactly for counts, from above for promises."""
    assert found.enclosure is not None
    if found.number in ("promise", "guarantee"):
        # the statement holds up to the number found: a smaller one promises less
        return stated.lower == stated.upper <= found.enclosure.lower
    if found.number == "count" or found.enclosure.lower == found.enclosure.upper:
        return stated == found.enclosure
    return stated.encloses(found.enclosure)


def _shown(enclosure: Enclosure) -> str:
    """Both bounds with all their digits, so that the last ones can be told apart."""
    return f"[{enclosure.lower!r}, {enclosure.upper!r}]"
