"""What the strategies draw: objects whose exact answers are known from how they were built."""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias, final

import numpy as np

ExactNumber: TypeAlias = Any
"""A `Fraction`, or a SymPy number where it is irrational or complex."""


@final
@dataclass(frozen=True, eq=False)
class KnownMatrix:
    """A matrix (n, n) of floats that are exact, and all its eigenvalues, each as often as its multiplicity.

    jordan_blocks: (eigenvalue, size) pairs where the Jordan form is known, otherwise None.
    """

    matrix: np.ndarray
    eigenvalues: tuple[ExactNumber, ...]
    construction: str
    jordan_blocks: tuple[tuple[ExactNumber, int], ...] | None = None

    @property
    def spectral_radius(self) -> ExactNumber:
        """max |lambda|, exact."""
        return largest([abs(eigenvalue) for eigenvalue in self.eigenvalues])


@final
@dataclass(frozen=True, eq=False)
class KnownFamily:
    """Random matrices (k, d, d) of exact floats with exact probabilities, and their exact top Lyapunov exponent.

    exponent: a SymPy number, nats per step.
    """

    matrices: np.ndarray
    probabilities: tuple[Fraction, ...]
    exponent: Any
    construction: str


@final
@dataclass(frozen=True, eq=False)
class KnownMinimum:
    """A `stabproof.Regression` whose parameters interpolate its data, at least up to the rounding of `predict`.

    gram: J J^T (qN, qN) at the parameters as exact floats, for networks whose arithmetic is exact; otherwise None.
    """

    problem: Any
    gram: np.ndarray | None
    construction: str

    @property
    def sharpness(self) -> ExactNumber:
        """The largest eigenvalue of J J^T / N, a real algebraic number; None where `gram` is None."""
        if self.gram is None:
            return None
        import sympy

        rows = [[sympy.Integer(int(entry)) for entry in row] for row in self.gram]
        root = sympy.Matrix(rows).charpoly().as_poly().real_roots()[-1]
        return _plain(root / self.problem.number_of_examples)

    @property
    def critical_learning_rate(self) -> ExactNumber:
        """2 / sharpness: gradient descent is stable below it and unstable above it."""
        sharpness = self.sharpness
        return None if sharpness is None else 2 / sharpness


@final
@dataclass(frozen=True)
class KnownRate:
    """A learning rate, and on which side of the threshold it lies, by exact comparison."""

    value: float
    is_below: bool


@final
@dataclass(frozen=True)
class KnownEnclosure:
    """An enclosure and an exact number in it."""

    enclosure: Any
    value: Fraction


@final
@dataclass(frozen=True, eq=False)
class KnownBall:
    """A ball array and exact numbers in it, one an entry (an object array of `Fraction`s)."""

    ball: Any
    values: np.ndarray


def largest(numbers: list[ExactNumber]) -> ExactNumber:
    """The largest of exact real numbers."""
    from stabproof.testing.exact_value import compare

    return reduce(lambda a, b: b if compare(b, a) == 1 else a, map(_plain, numbers))


def _plain(number: ExactNumber) -> ExactNumber:
    """Rational SymPy numbers as `Fraction`s."""
    if getattr(number, "is_Rational", False):
        return Fraction(int(number.p), int(number.q))
    return number
