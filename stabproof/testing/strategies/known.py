"""What the strategies draw: objects whose exact answers are known from how they were built."""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any, TypeAlias, final

import numpy as np

from certify.enclosure import Enclosure
from foundation import InputError
from stabproof.testing.strategies.derived_spectra import inverted, rescaled, translated
from stabproof.testing.strategies.typed import Shown, Typed, call, text

ExactNumber: TypeAlias = Any
"""A `Fraction`, or a SymPy number where it is irrational or complex."""

Built: TypeAlias = tuple[tuple[Any, ...], tuple[Any, ...]] | None


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownMatrix(Shown):
    """A matrix (n, n) of floats that are exact, and all its eigenvalues, each as often as its multiplicity.

    jordan_blocks: (eigenvalue, size) pairs where the Jordan form is known, otherwise None. `dataclasses.replace` with
    another matrix and the same eigenvalues is refused.
    """

    matrix: np.ndarray
    eigenvalues: tuple[ExactNumber, ...]
    construction: str
    jordan_blocks: tuple[tuple[ExactNumber, int], ...] | None = None
    _built: Built = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.eigenvalues) != len(self.matrix):
            raise InputError(f"{len(self.eigenvalues)} eigenvalues were given for {len(self.matrix)} rows")
        remember(self, (self.matrix,), (self.eigenvalues,), "eigenvalues")

    def __repr__(self) -> str:
        blocks = () if self.jordan_blocks is None else (self.jordan_blocks,)
        return call("KnownMatrix", self.matrix, self.eigenvalues, self.construction, *blocks)

    @property
    def spectral_radius(self) -> ExactNumber:
        """max |lambda|, exact."""
        return largest([abs(eigenvalue) for eigenvalue in self.eigenvalues])

    def scaled(self, factor: Any) -> "KnownMatrix":
        """The matrix times an exact number; `InputError` where a product would be rounded."""
        return KnownMatrix(*rescaled(self.matrix, self.eigenvalues, factor), f"{factor} times: {self.construction}")

    def shifted(self, amount: Any) -> "KnownMatrix":
        """The matrix plus `amount` times the identity; `InputError` where a sum would be rounded."""
        return KnownMatrix(*translated(self.matrix, self.eigenvalues, amount), f"{self.construction}, + {amount} I")

    @property
    def inverse(self) -> "KnownMatrix":
        """s A^-1, with the least power of two or positive integer s that makes its entries floats, and its spectrum.

        The eigenvalues are s / lambda, exact; `InputError` for singular matrices and where no s will do.
        """
        matrix, spectrum, scale = inverted(self.matrix, self.eigenvalues)
        return KnownMatrix(matrix, spectrum, f"{scale} times the inverse of: {self.construction}")


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownRectangle(Shown):
    """A matrix (m, n) of exact floats and its exact singular values, min(m, n) of them, falling."""

    matrix: np.ndarray
    singular_values: tuple[ExactNumber, ...]
    construction: str
    _built: Built = field(default=None, compare=False)

    def __post_init__(self) -> None:
        remember(self, (self.matrix,), (self.singular_values,), "singular_values")

    def __repr__(self) -> str:
        return call("KnownRectangle", self.matrix, self.singular_values, self.construction)

    @property
    def rank(self) -> int:
        """The number of singular values above 0."""
        return sum(value != 0 for value in self.singular_values)


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownFamily(Shown):
    """Random matrices (k, d, d) of exact floats with exact probabilities, and their exact top Lyapunov exponent.

    exponent: a SymPy number, nats per step; -oo where products vanish or shrink faster than any exponential.
    """

    matrices: np.ndarray
    probabilities: tuple[Fraction, ...]
    exponent: Any
    construction: str
    _built: Built = field(default=None, compare=False)

    def __post_init__(self) -> None:
        remember(self, (self.matrices, self.probabilities), (self.exponent,), "exponent")

    def __repr__(self) -> str:
        return call("KnownFamily", self.matrices, self.probabilities, self.exponent, self.construction)


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownMinimum(Shown):
    """A `stabproof.Regression` whose parameters interpolate its data, at least up to the rounding of `predict`.

    gram: J J^T (qN, qN) at the parameters as exact floats, for networks whose arithmetic is exact; otherwise None.
    typed: the call that builds it again.
    """

    problem: Any
    gram: np.ndarray | None
    construction: str
    typed: str = ""
    _built: Built = field(default=None, compare=False)

    def __post_init__(self) -> None:
        remember(self, (self.problem,), () if self.gram is None else (self.gram,), "gram")

    def __repr__(self) -> str:
        return self.typed or f"KnownMinimum({self.problem!r}, {self.construction})"

    @property
    def sharpness(self) -> ExactNumber:
        """The largest eigenvalue of J J^T / N, a real algebraic number; None where `gram` is None."""
        if self.gram is None:
            return None
        import sympy

        rows = [[sympy.Integer(int(entry)) for entry in row] for row in self.gram]
        root = sympy.Matrix(rows).charpoly().as_poly().real_roots()[-1]
        return plain(root / self.problem.number_of_examples)

    @property
    def critical_learning_rate(self) -> ExactNumber:
        """2 / sharpness: gradient descent is stable below it and unstable above it."""
        sharpness = self.sharpness
        return None if sharpness is None else 2 / sharpness


@final
@dataclass(frozen=True, repr=False)
class KnownRate(Shown):
    """A learning rate, and on which side of the threshold it lies, by exact comparison.

    is_below: None for the threshold itself. value: a float, or the exact threshold where no float equals it.
    """

    value: Any
    is_below: bool | None

    def __repr__(self) -> str:
        return call("KnownRate", self.value, self.is_below)


@final
@dataclass(frozen=True, repr=False)
class KnownEnclosure(Shown):
    """An enclosure and an exact number in it; `InputError` for a number outside."""

    enclosure: Any
    value: Fraction

    def __post_init__(self) -> None:
        if not self.enclosure.contains(self.value):
            raise InputError(f"the number {self.value} lies outside of {self.enclosure!r}")

    def __repr__(self) -> str:
        bounds = call("enclosure", self.enclosure.lower, self.enclosure.upper)
        return call("KnownEnclosure", Typed(bounds), self.value)


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownBall(Shown):
    """A ball array and exact numbers in it, one an entry (an object array of `Fraction`s); `InputError` outside."""

    ball: Any
    values: np.ndarray

    def __post_init__(self) -> None:
        if np.shape(self.values) != self.ball.shape:
            raise InputError(f"the ball has shape {self.ball.shape}, but the values have shape {np.shape(self.values)}")
        for index, value in np.ndenumerate(self.values):
            if abs(Fraction(value) - Fraction(float(self.ball.mid[index]))) > self.ball.rad[index]:
                raise InputError(f"the value {value} at {index} lies outside of the ball")

    def __repr__(self) -> str:
        return call("KnownBall", Typed(call("ball", self.ball.mid, self.ball.rad)), Typed(objects(self.values)))


def enclosure(lower: float, upper: float) -> Enclosure:
    """`stabproof.Enclosure(lower, upper)`, under the name that reprs of drawn objects use."""
    return Enclosure(lower, upper)


def ball(mid: Any, rad: Any) -> Any:
    """`stabproof.Ball(mid, rad)`, under the name that reprs of drawn objects use."""
    from certify.arithmetic import Ball

    return Ball(np.asarray(mid, float), np.asarray(rad, float))


def objects(values: np.ndarray) -> str:
    """The text of an object array."""
    return f"np.array({text(values.tolist())}, dtype=object)"


def largest(numbers: list[ExactNumber]) -> ExactNumber:
    """The largest of exact real numbers."""
    from stabproof.testing.exact_value import compare

    return reduce(lambda a, b: b if compare(b, a) == 1 else a, map(plain, numbers))


def plain(number: ExactNumber) -> ExactNumber:
    """Rational SymPy numbers as `Fraction`s."""
    if getattr(number, "is_Rational", False):
        return Fraction(int(number.p), int(number.q))
    return number


def remember(known: Any, asked: tuple[Any, ...], answers: tuple[Any, ...], name: str) -> None:
    """Refuse old answers beside a new question, as `dataclasses.replace` would leave them."""
    if known._built is not None and answers:
        before, told = known._built
        changed = any(a is not b for a, b in zip(asked, before, strict=True))
        if changed and len(told) == len(answers) and all(a is b for a, b in zip(answers, told, strict=True)):
            raise InputError(f"the {name} of another object would remain: pass {name}= too")
    object.__setattr__(known, "_built", (asked, answers))
