"""How long work reports what it does."""

from foundation.progress import Progress, ProgressOption, silent, with_progress
from search.progress import counting

__all__ = ["Progress", "ProgressOption", "counting", "silent", "with_progress"]
