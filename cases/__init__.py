"""Systems from the literature, one file each: three views, known answers, errata."""

from cases.case import Case, CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task
from cases.common.plot import Plot, Series
from cases.registry import case, case_names

__all__ = [
    "Case",
    "CertifiedView",
    "Erratum",
    "Estimate",
    "Known",
    "NumericView",
    "Plot",
    "Series",
    "SymbolicView",
    "Task",
    "case",
    "case_names",
]
