"""How long work reports what it does."""

from search.progress import Progress, counting, dividing, silent

__all__ = ["Progress", "counting", "dividing", "silent"]
