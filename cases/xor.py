"""The XOR data set: the sign of b x_2^2 - a x_1^2."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cases.case import Case, Known
from cases.common.parameters import Parameter, positive_rational, rational_vector
from cases.common.quadratic_views import Quadratic, certified_view, numeric_view, symbolic_view


def _quadratic(values: Mapping[str, Any]) -> Quadratic:
    title = f"The XOR data set, Psi = b x2^2 - a x1^2 with a = {values['a']}, b = {values['b']}"
    curvatures = (-2 * values["a"], 2 * values["b"])
    return Quadratic(title, curvatures, values["centre"], Fraction(0), values["half_width"])


CASE = Case(
    name="xor",
    title="The XOR data set and its Morse function",
    group="B",
    source="Chemnitz, Engel, Kuehn, Kuntz, Figure 4 (b)",
    summary=(
        "Points are labelled by the sign of Psi(x) = b x2^2 - a x1^2 (x measured from the centre): opposite sectors of "
        "the plane belong together. Psi is a Morse function of class C2: its only critical point is a saddle with "
        "Hessian diag(-2a, 2b)."
    ),
    parameters=(
        Parameter("a", 1, "a > 0", positive_rational),
        Parameter("b", 1, "b > 0", positive_rational),
        Parameter("centre", "0,0", "the critical point", rational_vector(2)),
        Parameter("half_width", "3/2", "half the side of the square around it", positive_rational),
    ),
    symbolic=lambda values: symbolic_view(_quadratic(values)),
    numeric=lambda values: numeric_view(_quadratic(values)),
    certified=lambda values: certified_view(_quadratic(values)),
    known=(
        Known("critical points", "1", "Figure 4 (b)"),
        Known("smallest Hessian eigenvalue", "-2", "exact: the Hessian is diag(-2, 2)"),
        Known("largest Hessian eigenvalue", "2", "exact: the Hessian is diag(-2, 2)"),
        Known("Morse class", "2", "Figure 4: class C2"),
    ),
)
