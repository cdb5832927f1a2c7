"""The circle data set: the sign of |x - c|^2 - r^2."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cases.common.parameters import positive_rational, rational_vector
from cases.common.quadratic_views import Quadratic, certified_view, numeric_view, symbolic_view
from cases.model import Known, case_of


def _quadratic(values: Mapping[str, Any]) -> Quadratic:
    title = f"The circle data set, Psi = |x - c|^2 - r^2 with r = {values['radius']}"
    two = Fraction(2)
    return Quadratic(title, (two, two), values["centre"], -(values["radius"] ** 2), values["half_width"])


CASE = case_of(
    "circle",
    readers={
        "radius": positive_rational,
        "centre": rational_vector(2),
        "half_width": positive_rational,
    },
    symbolic=lambda values: symbolic_view(_quadratic(values)),
    numeric=lambda values: numeric_view(_quadratic(values)),
    certified=lambda values: certified_view(_quadratic(values)),
    known=(
        Known("critical points", "1", "Figure 4 (a)"),
        Known("smallest Hessian eigenvalue", "2", "exact: the Hessian is 2 I"),
        Known("largest Hessian eigenvalue", "2", "exact: the Hessian is 2 I"),
        Known("Morse class", "2", "Figure 4: class C2"),
    ),
)
