"""Proved: arrays and programs in, enclosures and certificates out."""

from certify import *  # noqa: F403
from certify import __all__  # noqa: F401
