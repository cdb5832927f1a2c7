"""Phase oscillators on graphs: locked states, their stability, and their absence, proved at large sizes."""

from certify.oscillators.cuts import cut_excess
from certify.oscillators.kuramoto import Kuramoto
from certify.oscillators.monotone import MonotoneProof, prove_monotone, uniqueness_holds
from certify.oscillators.network import PhaseNetwork
from certify.oscillators.prove import prove_locked_state
from certify.oscillators.twisted import twisted_spectrum

__all__ = [
    "Kuramoto",
    "MonotoneProof",
    "PhaseNetwork",
    "cut_excess",
    "prove_locked_state",
    "prove_monotone",
    "twisted_spectrum",
    "uniqueness_holds",
]
