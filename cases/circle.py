"""The circle data set: the sign of |x - c|^2 - r^2."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cases.case import Case, Known
from cases.common.parameters import Parameter, positive_rational, rational_vector
from cases.common.quadratic_views import Quadratic, certified_view, numeric_view, symbolic_view


def _quadratic(values: Mapping[str, Any]) -> Quadratic:
    title = f"The circle data set, Psi = |x - c|^2 - r^2 with r = {values['radius']}"
    two = Fraction(2)
    return Quadratic(title, (two, two), values["centre"], -(values["radius"] ** 2), values["half_width"])


CASE = Case(
    name="circle",
    title="The circle data set and its Morse function",
    group="B",
    source="Chemnitz, Engel, Kuehn, Kuntz, Figure 4 (a)",
    summary=(
        "Points are labelled by whether they lie inside or outside of a circle: the sign of Psi(x) = |x - c|^2 - r^2. "
        "Psi is a Morse function of class C2: its only critical point is the centre, a minimum with Hessian 2 I. "
        "No non-augmented network can represent it, since those have no critical point at all."
    ),
    parameters=(
        Parameter("radius", 1, "r", positive_rational),
        Parameter("centre", "0,0", "c", rational_vector(2)),
        Parameter("half_width", "3/2", "half the side of the square around c", positive_rational),
    ),
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
