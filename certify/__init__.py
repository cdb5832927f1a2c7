"""Proved: arrays and programs in, enclosures and certificates out."""

from certify.enclosure import Enclosure
from certify.verdict import Verdict

__all__ = ["Enclosure", "Verdict"]
