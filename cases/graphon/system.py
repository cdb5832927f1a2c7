"""What the views of graph limits share: names of quantities, and the system of the user's parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import sympy

KERNEL, DISCRETE = "top eigenvalue of the graphon", "top eigenvalue of the graph with M nodes"


NORM, DENSITY = "squared Hilbert-Schmidt norm of the graphon", "edge density of the graph"


X, Y = sympy.symbols("x y", positive=True)


@final
@dataclass(frozen=True)
class Graphon:
    """A positive semidefinite kernel p G(x, y): cell averages, eigenpair, squared norm and mean for p = 1."""

    text: str
    below: sympy.Expr  # G(x, y) for x <= y
    eigenvalue: sympy.Expr
    eigenfunction: sympy.Expr
    norm: Fraction
    mean: Fraction
    off_diagonal: Callable[[Fraction, Fraction], Fraction]  # cell averages are G at the cell centres for i != j
    on_diagonal: Callable[[Fraction, Fraction], Fraction]  # of the centre and the width
    values: Callable[[np.ndarray, np.ndarray], np.ndarray]


GRAPHONS = {
    "min": Graphon(
        "min(x, y)",
        X,
        4 / sympy.pi**2,
        sympy.sin(sympy.pi * X / 2),
        Fraction(1, 6),
        Fraction(1, 3),
        lambda x, y: min(x, y),
        lambda x, h: x - h / 6,
        np.minimum,
    ),
    "max": Graphon(
        "1 - max(x, y)",
        1 - Y,
        4 / sympy.pi**2,
        sympy.cos(sympy.pi * X / 2),
        Fraction(1, 6),
        Fraction(1, 3),
        lambda x, y: 1 - max(x, y),
        lambda x, h: 1 - x - h / 6,
        lambda x, y: 1 - np.maximum(x, y),
    ),
    "bridge": Graphon(
        "min(x, y) - x y",
        X * (1 - Y),
        1 / sympy.pi**2,
        sympy.sin(sympy.pi * X),
        Fraction(1, 90),
        Fraction(1, 12),
        lambda x, y: min(x, y) - x * y,
        lambda x, h: x - h / 6 - x * x,
        lambda x, y: np.minimum(x, y) - x * y,
    ),
    "constant": Graphon(
        "1",
        sympy.Integer(1),
        sympy.Integer(1),
        sympy.Integer(1),
        Fraction(1),
        Fraction(1),
        lambda x, y: Fraction(1),
        lambda x, h: Fraction(1),
        lambda x, y: np.ones(np.broadcast_shapes(x.shape, y.shape)),
    ),
}


def cell_averages(values: Mapping[str, Any]) -> np.ndarray:
    """M^2 times the cell integrals, as exact rationals (object array)."""
    graphon, size = GRAPHONS[values["graphon"]], values["nodes"]
    centres = [Fraction(2 * k + 1, 2 * size) for k in range(size)]
    matrix = np.empty((size, size), dtype=object)
    for i, x in enumerate(centres):
        for j in range(i + 1):
            average = graphon.on_diagonal(x, Fraction(1, size)) if i == j else graphon.off_diagonal(x, centres[j])
            matrix[i, j] = matrix[j, i] = values["weight"] * average
    return matrix
