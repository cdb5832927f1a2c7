"""Opinions under bounded confidence: their limits, proved from event to event."""

from certify.opinions.limits import Limits, Undecided, opinion_limits
from certify.opinions.prove import prove_opinions

__all__ = ["Limits", "Undecided", "opinion_limits", "prove_opinions"]
