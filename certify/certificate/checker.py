"""Repeats the proof in a certificate from its file alone."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from certify.certificate.comparison import compared
from certify.certificate.file import read_certificate
from certify.certificate.model import Certificate, ProofResult
from certify.certificate.problems import check_entries
from certify.certificate.tracking import read_part, tracked, unread
from certify.effort import DEFAULT_BUDGET, counting, work_of
from certify.floating_point_environment import require_environment
from foundation import CertificateError, InputError, load, positive_number

Prover = Callable[[dict[str, Any], dict[str, Any]], ProofResult]

# kind -> module:function of the prover that repeats it; none of them imports jax or a user's module
PROVERS = {
    "minimum": "certify.minimum:prove_minimum",
    "strict-minimum": "certify.minimum.strict_loss:prove_strict_minimum",
    "symmetric-minimum": "certify.minimum.symmetric_loss:prove_symmetric_minimum",
    "locked-state": "certify.kuramoto:prove_locked_state",
    "hopfield": "certify.hopfield:prove_contraction",
    "equilibrium": "certify.equilibrium.prove:prove_equilibrium",
    "all-equilibria": "certify.equilibrium.prove_all:prove_all_equilibria",
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
    "branch": "certify.branch:prove_branch",
    "sharpness": "certify.sharpness:prove_sharpness",
    "inequality": "certify.inequality:prove_inequality",
    "lyapunov-function": "certify.inequality:prove_lyapunov_function",
    "contraction": "certify.inequality:prove_contraction_metric",
    "values": "certify.values:prove_values",
    "opinions": "certify.opinions:prove_opinions",
}

_LONGEST_DETAIL = 500
# What the counts of a proof may differ by on another machine, whose rounding decides where a search stops.
_EFFORT_SLACK = 2.0
_LEAST_EFFORT = 1.0


def check(certificate: str | os.PathLike[str] | Certificate, *, budget: float | None = None) -> Certificate:
    """Repeat the proof of a certificate (a path, or the object) and return it; imports neither jax nor user code.

    The prover of the certificate's kind is run again on the stored problem and witness, without searching. What
    it proves must imply what the certificate says: the same verdict, theorem and hypotheses, and for each claim
    an enclosure inside the stated one. Everything else that the returned certificate shows is what was found now.
    budget: how much work may be done, in units that a laptop does in about a second, 60 by default; a certificate
    that declares more is refused at once, and one that needs more than it declares while it is checked. Raises
    `CertificateError` with the reason, and `InputError` when the file cannot be read.
    """
    allowed = DEFAULT_BUDGET if budget is None else positive_number(budget, "budget")
    stored = certificate if isinstance(certificate, Certificate) else read_certificate(certificate)
    require_environment()
    proved, witness = _repeated(stored, _allowed(stored, allowed))
    outcome = compared(proved, stored.outcome, stored.format)
    if outcome == stored.outcome and stored.format == 2:
        return stored
    return replace(stored, outcome=outcome, witness=witness, format=2)


def prover(kind: str) -> Prover:
    """The function that proves certificates of this kind; raises `CertificateError` for an unknown kind."""
    if kind not in PROVERS:
        raise CertificateError(f"the certificate is of the unknown kind {kind!r:.80}; known are {', '.join(PROVERS)}")
    module, _, name = PROVERS[kind].partition(":")
    return getattr(load(module), name)


def _allowed(stored: Certificate, budget: float) -> float:
    """The work that the proof may do: the budget, or what the certificate declares where that is less."""
    if not stored.effort:
        return budget
    declared = work_of(stored.effort)
    if declared > budget:
        raise CertificateError(
            f"the certificate declares {declared:.4g} units of work (a laptop does one in about a second), more than "
            f"the budget of {budget:.4g}; pass a larger budget"
        )
    return min(budget, max(_EFFORT_SLACK * declared, _LEAST_EFFORT))


def _prove(stored: Certificate, budget: float | None = None) -> ProofResult:
    return _repeated(stored, budget)[0]


def _repeated(stored: Certificate, budget: float | None) -> tuple[ProofResult, dict[str, Any]]:
    """What the data prove, and the witness as far as the proof read it."""
    repeat = prover(stored.kind)
    check_entries(stored.kind, stored.problem)
    witness = tracked(stored.witness)
    try:
        with np.errstate(all="ignore"), counting(budget):
            outcome = repeat(tracked(stored.problem), witness)
    except CertificateError:
        raise
    except InputError as error:
        raise CertificateError(f"the proof cannot be repeated: {_one_line(error)}") from None
    except Exception as error:  # whatever data that nobody wrote make of a prover, they prove nothing
        detail = f"{type(error).__name__}: {_one_line(error)}"
        raise CertificateError(f"the certificate's problem or witness is malformed ({detail})") from None
    unused = unread(witness)
    if unused and stored.format != 1:
        raise CertificateError(f"the witness of the certificate has the entry {unused[0]!r:.80}, which no proof reads")
    return outcome, read_part(witness)


def _one_line(error: Exception) -> str:
    """The message without line breaks: it may quote arrays."""
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}..."
