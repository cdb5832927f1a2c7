"""The Morse class of a scalar function on a box: no critical points, only regular ones, or a degenerate one."""

from certify.morse.critical_points import CriticalPoint
from certify.morse.degenerate import is_critical, is_degenerate
from certify.morse.degenerate_zero import DegenerateZero
from certify.morse.partition import pack
from certify.morse.problem import LARGEST_DIMENSION, MorseProblem
from certify.morse.prove import described_points, prove_morse_class

__all__ = [
    "LARGEST_DIMENSION",
    "CriticalPoint",
    "DegenerateZero",
    "MorseProblem",
    "described_points",
    "is_critical",
    "is_degenerate",
    "pack",
    "prove_morse_class",
]
