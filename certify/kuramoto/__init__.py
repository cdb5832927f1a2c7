"""Phase oscillators on graphs: locked states, their stability, and their absence, proved at large sizes."""

from certify.kuramoto.cuts import cut_excess
from certify.kuramoto.kuramoto import Kuramoto
from certify.kuramoto.monotone import MonotoneProof, prove_monotone, uniqueness_holds
from certify.kuramoto.network import PhaseNetwork
from certify.kuramoto.prove import prove_locked_state
from certify.kuramoto.twisted import twisted_spectrum

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
