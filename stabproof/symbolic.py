"""Exact derivations: SymPy in, SymPy out, every step re-checked by machine."""

from symbolic import *  # noqa: F403
from symbolic import __all__  # noqa: F401
