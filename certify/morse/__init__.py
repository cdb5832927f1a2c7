"""The Morse class of a scalar function on a box: no critical points, only regular ones, or a degenerate one."""

from certify.morse.critical_points import CriticalPoint
from certify.morse.degenerate import is_critical, is_degenerate, simplest_between
from certify.morse.degenerate_search import guessed_degenerate_zero
from certify.morse.degenerate_zero import DegenerateZero
from certify.morse.partition import pack
from certify.morse.problem import LARGEST_DIMENSION, MorseProblem
from certify.morse.prove import described_points, prove_morse_class
from certify.morse.search import Search, search

__all__ = [
    "LARGEST_DIMENSION",
    "CriticalPoint",
    "DegenerateZero",
    "MorseProblem",
    "Search",
    "described_points",
    "guessed_degenerate_zero",
    "is_critical",
    "is_degenerate",
    "pack",
    "prove_morse_class",
    "search",
    "simplest_between",
]
