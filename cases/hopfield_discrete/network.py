"""A network of threshold neurons."""

from dataclasses import dataclass
from fractions import Fraction
from typing import final

from cases.common.matrix_parameters import Matrix


@final
@dataclass(frozen=True)
class Network:
    """Symmetric weights with zero diagonal, and biases; exact."""

    weights: Matrix
    biases: tuple[Fraction, ...]
