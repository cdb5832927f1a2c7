"""How long work reports what it does."""

from search.progress import Progress, counting, silent

__all__ = ["Progress", "counting", "silent"]
