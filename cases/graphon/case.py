"""Graph limits: the top eigenvalue of a graphon, enclosed by that of its discretisation, and Nystrom's estimate."""

from cases.common.parameters import one_of, whole_number
from cases.common.readers import bounded_rational
from cases.graphon.derivation import factor_erratum, heat_erratum, symbolic_view
from cases.graphon.estimates import numeric_view
from cases.graphon.proofs import certified_view
from cases.graphon.system import DENSITY, GRAPHONS, KERNEL, NORM
from cases.model import Erratum, Known, case_of

CASE = case_of(
    "graphon",
    readers={
        "graphon": one_of(*GRAPHONS),
        "weight": bounded_rational(0, 1000, open_below=True),
        "nodes": whole_number(1, 200),
        "nystrom": whole_number(10, 4000),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(KERNEL, "0.405284734569351", "4/pi^2"),
        Known(NORM, "1/6", "integral of min(x, y)^2"),
        Known(DENSITY, "1/3", "integral of min(x, y)"),
    ),
    errata=(
        Erratum(
            "(48) adds the diffusion term with the sign of +1/2 d^2/dx^2 on the left, a backward heat equation.",
            "The term must be subtracted: d/dt mu + d/dx(...) - (1/2) d^2/dx^2 (...) = 0.",
            heat_erratum,
        ),
        Erratum(
            "(44) takes the integral of the graphon over a cell as the weight a_ij in (28).",
            "The weight must be M times that integral (or M^2 times it when the sum is divided by M).",
            factor_erratum,
        ),
    ),
)
