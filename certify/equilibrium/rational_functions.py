"""Rational functions as a number system: a program evaluated in it becomes an exact identity.

The value of a transcendental function is a new independent variable, one for each argument: what vanishes as a rational
function of all variables vanishes wherever the program is defined.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, final

import flint
import numpy as np

from certify.program.arb import as_fraction
from foundation import InputError

# Above these the identity is given up: no proof, no refutation.
_MOST_ATOMS = 1000
_MOST_TERMS = 40_000
_MOST_COMMON = 20_000  # product of the numbers of terms of two polynomials whose common factor is looked for
_MOST_POWER = 64

_ODD = frozenset({"sin", "tan", "tanh", "sinh", "asin", "atan", "asinh", "atanh", "erf", "cbrt", "sign"})
_EVEN = frozenset({"cos", "cosh", "abs"})


class NotRational(InputError):
    """The program has no form as a rational function of moderate size."""


@final
class Quotient:
    """p / q for polynomials p, q with rational coefficients, without common factors, q monic."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Any, denominator: Any) -> None:
        if len(numerator) > _MOST_TERMS or len(denominator) > _MOST_TERMS:
            raise NotRational("the rational function has too many terms")
        if not denominator.is_constant():
            if len(numerator) * len(denominator) > _MOST_COMMON:
                raise NotRational("the rational function has too many terms for a common factor")
            common = numerator.gcd(denominator)
            numerator, denominator = numerator // common, denominator // common
        lead = denominator.leading_coefficient()
        self.numerator, self.denominator = numerator / lead, denominator / lead

    @property
    def is_zero(self) -> bool:
        return bool(self.numerator == 0)

    @property
    def key(self) -> str:
        """Equal for equal functions."""
        return f"({self.numerator})/({self.denominator})"

    @property
    def is_negative(self) -> bool:
        """Whether the leading coefficient is negative: true for exactly one of x and -x, unless x = 0."""
        return not self.is_zero and self.numerator.leading_coefficient() < 0

    def __add__(self, other: "Quotient") -> "Quotient":
        if self.denominator == other.denominator:
            return Quotient(self.numerator + other.numerator, self.denominator)
        crossed = self.numerator * other.denominator + other.numerator * self.denominator
        return Quotient(crossed, self.denominator * other.denominator)

    def __neg__(self) -> "Quotient":
        return Quotient(-self.numerator, self.denominator)

    def __sub__(self, other: "Quotient") -> "Quotient":
        return self + (-other)

    def __mul__(self, other: "Quotient") -> "Quotient":
        return Quotient(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: "Quotient") -> "Quotient":
        if other.is_zero:
            raise NotRational("division by zero")
        return Quotient(self.numerator * other.denominator, self.denominator * other.numerator)


class QuotientSystem:
    """What number systems of `Quotient`s in object arrays share: the field's operations; comparisons are refused.

    names: of the variables of the polynomials. largest_power: powers with a larger exponent are refused.
    """

    split = False

    def __init__(self, names: tuple[str, ...], largest_power: int) -> None:
        self.context = flint.fmpq_mpoly_ctx.get(names, "lex")
        self._one, self._largest_power = self.context.constant(1), largest_power

    def variable(self, position: int) -> Quotient:
        """The variable with this number."""
        return Quotient(self.context.gen(position), self._one)

    def number(self, value: Any) -> Quotient:
        """An exact number: a float or a rational."""
        exact = as_fraction(value)
        return Quotient(self.context.constant(flint.fmpq(exact.numerator, exact.denominator)), self._one)

    def constant(self, array: np.ndarray) -> np.ndarray:
        return _each(lambda v: self.number(float(v)), array)

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        _refuse("an interval")

    def bounds(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _refuse("a comparison")

    def ends(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _refuse("a comparison")

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return self._filled(structural(x))

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def where(self, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(condition, x, y)

    def hull(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        _refuse("a hull")

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        return _each(_FIELD_OPERATIONS.get(name) or (lambda *values: self._applied(name, values)), *operands)

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        return _each(lambda value: self._power(value, exponent), x)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self.sum(np.multiply(x[..., :, :, None], y[..., None, :, :]), (max(x.ndim, y.ndim) - 1,))

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return self._filled(np.sum(x, axis=axes))

    def cumulative_sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.add.accumulate(x, axis), dtype=object)

    def segment_sum(self, x: np.ndarray, order: np.ndarray, starts: np.ndarray) -> np.ndarray:
        return np.add.reduceat(x[:, order], starts, axis=1)

    def extremum(self, x: np.ndarray, axes: tuple[int, ...], largest: bool) -> np.ndarray:
        _refuse("a maximum")

    def _filled(self, array: Any) -> np.ndarray:
        """Zeros that NumPy made become the zero function."""
        return _each(lambda v: v if isinstance(v, Quotient) else self.number(v), np.asarray(array, dtype=object))

    def _power(self, x: Quotient, exponent: int) -> Quotient:
        if abs(exponent) > self._largest_power:
            _refuse(f"a power with exponent {exponent}")
        one = self.number(1)
        result = one
        for _ in range(abs(exponent)):
            result = result * x
        return result if exponent >= 0 else one / result

    def _applied(self, name: str, values: tuple[Quotient, ...]) -> Quotient:
        """A function's value at these arguments."""
        _refuse(name)


@final
class RationalFunctions(QuotientSystem):
    """Implements `NumberSystem` in `count` variables, with a further variable for each function value."""

    def __init__(self, count: int) -> None:
        names = tuple(f"x{i}" for i in range(count)) + tuple(f"f{i}" for i in range(_MOST_ATOMS))
        super().__init__(names, _MOST_POWER)
        self._count = count
        self._atoms: dict[tuple[str, ...], int] = {}

    def variables(self) -> np.ndarray:
        """The independent variables, shape (count,)."""
        return _objects([self.variable(i) for i in range(self._count)])

    @property
    def has_atoms(self) -> bool:
        """Whether a function's value became a variable: the result is then no rational function of the variables."""
        return bool(self._atoms)

    def _applied(self, name: str, values: tuple[Quotient, ...]) -> Quotient:
        """The variable that stands for the function's value at these arguments."""
        if name in _ODD and values[0].is_zero:
            return values[0]
        flip = len(values) == 1 and name in _ODD | _EVEN and values[0].is_negative
        arguments = (-values[0],) if flip else values
        key = (name, *(value.key for value in arguments))
        position = self._atoms.setdefault(key, len(self._atoms))
        if position >= _MOST_ATOMS:
            _refuse(f"more than {_MOST_ATOMS} function values")
        atom = self.variable(self._count + position)
        return -atom if flip and name in _ODD else atom


def _refuse(what: str) -> NoReturn:
    raise NotRational(f"{what} has no form as a rational function")


def _each(rule: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(rule, len(arrays), 1)(*arrays), dtype=object)


def _objects(values: list[Quotient]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


_FIELD_OPERATIONS: dict[str, Callable[..., Quotient]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "square": lambda x: x * x,
}
