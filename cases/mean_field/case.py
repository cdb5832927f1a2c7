"""Mean-field limits: Dobrushin's estimate of the Wasserstein distance of two solutions, and when it is an equality."""

from fractions import Fraction

from cases.common.parameters import one_of, whole_number
from cases.common.readers import bounded_rational
from cases.mean_field.derivation import symbolic_view
from cases.mean_field.numeric_view import numeric_view
from cases.mean_field.proofs import certified_view
from cases.mean_field.system import FIRST, GROWTH, LIPSCHITZ
from cases.model import Known, case_of

CASE = case_of(
    "mean-field",
    readers={
        "coupling": one_of("linear", "sine", "cubic"),
        "a": bounded_rational(-3, 3),
        "b": bounded_rational(-3, 3),
        "time": bounded_rational(0, 5, open_below=True),
        "shift": bounded_rational(-2, 2),
        "width": bounded_rational(0, 2),
        "radius": bounded_rational(Fraction(1, 10), 10),
        "particles": whole_number(10, 1000000),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(GROWTH, "7.38905609893065", "e^2"),
        Known(LIPSCHITZ, "1", "g = x + y"),
        Known(FIRST, "1/10", "the shift"),
    ),
)
