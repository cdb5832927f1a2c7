"""A second, small checker of certificates: its own reader, arithmetic and theorems on python-flint alone."""

from recheck.main import recheck
from recheck.outcome import VERSION, BadInput, Line, NotCovered, Report, Standing, Undecided

__all__ = ["VERSION", "BadInput", "Line", "NotCovered", "Report", "Standing", "Undecided", "recheck"]
