"""Repeats the proof in a certificate from its file alone."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from certify.certificate.file import read_certificate
from certify.certificate.model import Certificate, Claim, Outcome
from certify.ground import require_ground
from foundation import CertificateError, InputError, load

Prover = Callable[[dict[str, Any], dict[str, Any]], Outcome]

# kind -> module:function of the prover that repeats it; none of them imports jax or a user's module
PROVERS = {
    "minimum": "certify.minimum:prove_minimum",
    "strict-minimum": "certify.minimum.strict_loss:prove_strict_minimum",
    "locked-state": "certify.oscillators:prove_locked_state",
    "hopfield": "certify.neurons:prove_contraction",
    "equilibrium": "certify.equilibrium:prove_equilibrium",
    "all-equilibria": "certify.equilibrium:prove_all_equilibria",
    "learning-rates": "certify.minimum.rates:prove_rates",
    "lyapunov-exponent": "certify.lyapunov.statement:prove_exponent_statement",
    "descent": "certify.trajectories:prove_descent",
    "orbit-exponent": "certify.trajectories:prove_orbit_exponent",
    "null-directions": "certify.trajectories:prove_null_directions",
    "periodic-point": "certify.periodic:prove_periodic_point",
    "periodic-orbit": "certify.periodic:prove_periodic_orbit",
    "time-map": "certify.flow:prove_time_map",
    "horseshoe": "certify.horseshoe:prove_horseshoe",
    "morse-class": "certify.morse:prove_morse_class",
}

_LONGEST_DETAIL = 500
_CHOSEN_SIZES = frozenset({"uniqueness_radius", "unstable_up_to"})


def check(certificate: str | os.PathLike[str] | Certificate) -> Certificate:
    """Repeat the proof of a certificate (a path, or the object) and return it; imports neither jax nor user code.

    The prover of the certificate's kind is run again on the stored problem and witness, without searching. What
    it proves must imply what the certificate says: the same verdict, theorem and hypotheses, and for each claim
    an enclosure inside the stated one. Raises `CertificateError` with the reason otherwise, and `InputError`
    when the file cannot be read.
    """
    stored = certificate if isinstance(certificate, Certificate) else read_certificate(certificate)
    require_ground()
    proved = _prove(stored)
    _compare(proved, stored.outcome)
    return stored


def prover(kind: str) -> Prover:
    """The function that proves certificates of this kind; raises `CertificateError` for an unknown kind."""
    if kind not in PROVERS:
        raise CertificateError(f"the certificate is of the unknown kind {kind!r}; known are {', '.join(PROVERS)}")
    module, _, name = PROVERS[kind].partition(":")
    return getattr(load(module), name)


def _prove(stored: Certificate) -> Outcome:
    repeat = prover(stored.kind)
    try:
        with np.errstate(all="ignore"):
            return repeat(stored.problem, stored.witness)
    except CertificateError:
        raise
    except InputError as error:
        raise CertificateError(f"the proof cannot be repeated: {_one_line(error)}") from None
    except Exception as error:  # whatever data that nobody wrote make of a prover, they prove nothing
        detail = f"{type(error).__name__}: {_one_line(error)}"
        raise CertificateError(f"the certificate's problem or witness is defective ({detail})") from None


def _one_line(error: Exception) -> str:
    """The message without line breaks: it may quote arrays."""
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}..."


def _compare(proved: Outcome, stored: Outcome) -> None:
    if proved.verdict is not stored.verdict:
        raise CertificateError(
            f"the certificate says {stored.verdict.name}, but its data prove {proved.verdict.name}. {proved.reason}"
        )
    if bool(proved.reason) != bool(stored.reason):
        raise CertificateError("the certificate gives a reason that does not belong to its verdict")
    if proved.theorem != stored.theorem:
        raise CertificateError("the certificate names a theorem that is not the one its proof uses")
    _compare_hypotheses(proved, stored)
    if [claim.name for claim in proved.claims] != [claim.name for claim in stored.claims]:
        raise CertificateError("the certificate's list of claims is not the one that its data prove")
    for found, stated in zip(proved.claims, stored.claims, strict=True):
        _compare_claim(found, stated)


def _compare_hypotheses(proved: Outcome, stored: Outcome) -> None:
    found = [(h.name, h.statement, h.status) for h in proved.hypotheses]
    stated = [(h.name, h.statement, h.status) for h in stored.hypotheses]
    if found != stated:
        names = [s[0] for f, s in zip(found, stated, strict=False) if f != s] or ["one"]
        raise CertificateError(f"the certificate's hypothesis {names[0]!r} does not stand as stated")


def _compare_claim(found: Claim, stated: Claim) -> None:
    if found.statement != stated.statement or found.unit != stated.unit:
        raise CertificateError(f"the claim {stated.name!r} states something else than what its data prove")
    if (found.enclosure is None) != (stated.enclosure is None):
        raise CertificateError(f"the claim {stated.name!r} and its proof disagree on whether there is a number")
    if found.enclosure is None or stated.enclosure is None:
        return
    # a size that the witness chose is no enclosure of an unknown number: a wider one would promise more
    exact = found.name in _CHOSEN_SIZES
    if not stated.enclosure.encloses(found.enclosure) or (exact and stated.enclosure != found.enclosure):
        raise CertificateError(
            f"the claim {stated.name!r} states {stated.enclosure}, but its data prove only {found.enclosure}"
        )
