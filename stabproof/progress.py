"""How long work reports what it does."""

from foundation.progress import Progress, ProgressOption, silent, with_progress
from search.progress import counting, dividing

__all__ = ["Progress", "ProgressOption", "counting", "dividing", "silent", "with_progress"]
