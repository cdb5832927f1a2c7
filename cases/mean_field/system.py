"""What the views of mean-field limits share: names of quantities, and the system of the user's parameters."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import jax.numpy as jnp

from cases.common.parameters import as_float

LIPSCHITZ, BOUND = "Lipschitz constant of g on the box", "Dobrushin's factor exp(2 L T)"


FIRST, LAST, GROWTH = "W1 at the start", "W1 at the time T", "growth of W1"


CELLS, RECORDS = 64, 30


def coupling_name(values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
    """g(x, y) as a JAX function; the coefficients are quotients of whole numbers, so that they are exact."""
    a, b = _quotient(values["a"]), _quotient(values["b"])
    if values["coupling"] == "linear":
        return lambda x, y: a() * x + b() * y
    if values["coupling"] == "sine":
        return lambda x, y: a() * jnp.sin(y - x)
    return lambda x, y: a() * x - x * x * x + b() * y


def _quotient(number: Fraction) -> Callable[[], Any]:
    """The exact rational inside a traced function: a quotient of floats that are whole numbers."""
    return lambda: jnp.float64(as_float(Fraction(number.numerator))) / as_float(Fraction(number.denominator))


def bound_holds(values: Mapping[str, Any]) -> bool:
    """Whether L on the box holds along the solutions: globally, or as the box is invariant and holds both laws."""
    if values["coupling"] != "cubic":
        return True
    inside = max(Fraction(1), abs(values["shift"]), abs(values["shift"] + values["width"])) <= values["radius"]
    return inside and values["radius"] ** 2 >= abs(values["a"]) + abs(values["b"])
