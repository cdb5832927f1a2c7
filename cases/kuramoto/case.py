"""Kuramoto's phase oscillators on graphs: locked states, their stability, and the critical coupling."""

from fractions import Fraction
from typing import Any

from cases.common.parameters import one_of, whole_number
from cases.common.readers import bounded_rational, bounded_vector
from cases.kuramoto.graphs import KINDS
from cases.kuramoto.numeric_view import numeric_view
from cases.kuramoto.proofs import certified_view
from cases.kuramoto.symbolic_view import symbolic_view
from cases.kuramoto.system import CRITICAL, VELOCITY, VERDICT
from cases.model import Known, case_of

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"


def _scaling(value: Any, name: str) -> str | Fraction:
    """The letter M, or the number by which K is divided."""
    return "M" if value == "M" else bounded_rational(0, 2**60, open_below=True)(value, name)


CASE = case_of(
    "kuramoto",
    readers={
        "graph": one_of(*KINDS),
        "nodes": whole_number(2, 200_000),
        "neighbours": whole_number(1, 50),
        "coupling": bounded_rational(0, 2**60, open_below=True),
        "scaling": _scaling,
        "frequencies": bounded_vector(-(2**60), 2**60, 200_000),
        "spread": bounded_rational(0, 2**60, open_below=True),
        "twist": whole_number(-(10**6), 10**6),
        "seed": whole_number(0, 2**31),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(CRITICAL, "1.7043783", "K^4 - 69 K^2 + 192 = 0 by the quadratic formula"),
        Known(VERDICT, "STABLE", "2 is above the critical coupling"),
        Known(VELOCITY, "0", "mean of -1, 0, 1"),
    ),
)
