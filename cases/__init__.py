"""Systems from the literature, one folder or file each: three views, known answers, errata."""

from cases.catalogue import Entry
from cases.registry import case, case_names, entry

__all__ = ["Entry", "case", "case_names", "entry"]
