"""Continuous Hopfield networks: all equilibria and their stability, pitchfork and Hopf bifurcations, large memories."""

from cases.common.matrix_parameters import rational_matrix
from cases.common.parameters import whole_number
from cases.common.readers import bounded_rational, bounded_vector
from cases.hopfield.derivation import (
    derive_bias_erratum,
)
from cases.hopfield.numeric_view import numeric_view
from cases.hopfield.proofs import certified_view
from cases.hopfield.symbolic_view import symbolic_view
from cases.hopfield.system import ABSCISSA, COUNT, LOWEST, STABLE, STATE
from cases.model import Erratum, Known, case_of

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"


CASE = case_of(
    "hopfield",
    readers={
        "weights": rational_matrix(6, square=True),
        "bias": bounded_vector(-1000, 1000, 6),
        "decay": bounded_rational(0, 1000, open_below=True),
        "large": whole_number(100, 20_000),
        "seed": whole_number(0, 2**31),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(STATE, "1.915008048154537", "x = 2 tanh x, bracketed in high precision"),
        Known(ABSCISSA, "-0.83362791", "-1 + 2 (1 - tanh^2 x), the same"),
        Known(LOWEST, "-1.16637209", "-1 - 2 (1 - tanh^2 x), the same"),
        Known(COUNT, "3", "a mutually exciting pair with w > alpha"),
        Known(STABLE, "2", "a mutually exciting pair with w > alpha"),
    ),
    errata=(
        Erratum(
            "(33): the local dynamics of a Hopfield neuron is f_i(x_i) = -alpha x_i - b_i.",
            "f_i(x_i) = -alpha x_i + b_i, as in (26); or b is replaced by -b in one of the two.",
            lambda values: derive_bias_erratum(),
        ),
    ),
)
