"""The XOR data set: the sign of b x_2^2 - a x_1^2."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from cases.common.parameters import positive_rational, rational_vector
from cases.common.quadratic_views import Quadratic, certified_view, numeric_view, symbolic_view
from cases.model import Known, case_of


def _quadratic(values: Mapping[str, Any]) -> Quadratic:
    title = f"The XOR data set, Psi = b x2^2 - a x1^2 with a = {values['a']}, b = {values['b']}"
    curvatures = (-2 * values["a"], 2 * values["b"])
    return Quadratic(title, curvatures, values["centre"], Fraction(0), values["half_width"])


CASE = case_of(
    "xor",
    readers={
        "a": positive_rational,
        "b": positive_rational,
        "centre": rational_vector(2),
        "half_width": positive_rational,
    },
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
