"""Residual networks h_{l+1} = h_l + (T/L) f(h_l): Euler steps of a differential equation, and invertible layers."""

from fractions import Fraction
from typing import Any

from cases.common.matrix_parameters import rational_matrix
from cases.common.numbers_of import numbers_of
from cases.common.parameters import one_of, whole_number
from cases.common.readers import bounded_rational
from cases.model import Known, case_of
from cases.resnet.certified_view import certified_view
from cases.resnet.estimates import numeric_view
from cases.resnet.symbolic_view import symbolic_view
from cases.resnet.system import INJECTIVE, LIPSCHITZ, ORDER, limit_name
from foundation import InputError

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (4)-(7)"


def _read_start(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = numbers_of(value, name)
    if len(numbers) > 16 or max(abs(number) for number in numbers) > 1000:
        raise InputError(f"{name} must hold at most 16 numbers of at most 1000 in size, but is {value!r}")
    return numbers


CASE = case_of(
    "resnet",
    readers={
        "inner": rational_matrix(16),
        "outer": rational_matrix(16),
        "bias": numbers_of,
        "activation": one_of("identity", "tanh", "sigmoid"),
        "start": _read_start,
        "horizon": bounded_rational(0, 1000, open_below=True),
        "layers": whole_number(1, 4096),
        "radius": bounded_rational(0, 1000, open_below=True),
        "seed": whole_number(0, 2**31),
        "width": whole_number(1, 64),
    },
    symbolic=symbolic_view,
    numeric=numeric_view,
    certified=certified_view,
    known=(
        Known(limit_name(0), "1.3591409142295226", "e/2"),
        Known(ORDER, "1", "Euler's method"),
        Known(LIPSCHITZ, "0.015625", "1/64"),
        Known(INJECTIVE, "PROVED", "the Lipschitz constant 1/64 is below one"),
    ),
)
