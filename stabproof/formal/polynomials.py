"""Polynomials with rational coefficients: programs as polynomials, their differences, and their values over a cube."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from certify.equilibrium.rational_functions import QuotientSystem
from certify.program import Program
from certify.program.evaluate import constant_value, run_equations
from certify.program.regularity import piecewise_obstacle
from foundation import InputError

Polynomial = Any  # flint.fmpq_mpoly, which has no public type

# A file for a person: larger systems would compile, but nobody would read them.
_MOST_EQUATIONS = 2000
_LARGEST_POWER = 16


class Polynomials(QuotientSystem):
    """Number system of polynomials in the named variables; whatever else a program does is refused."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(tuple(names), _LARGEST_POWER)
        self.names = tuple(names)

    def affine(self, base: Fraction, factors: Sequence[tuple[int, Fraction]]) -> Any:
        """base + sum of factor * variable, for pairs (position of the variable, factor)."""
        total = self.number(base)
        for position, factor in factors:
            total = total + self.number(factor) * self.variable(position)
        return total

    def value(self, program: Program, point: Sequence[Any], data: Sequence[np.ndarray] = ()) -> list[Polynomial]:
        """The outputs of the program at a point of polynomials and at exact arrays, as a flat list.

        Raises `InputError` when the program is no polynomial.
        """
        if len(program.equations) > _MOST_EQUATIONS:
            raise InputError(f"the program has more than {_MOST_EQUATIONS} equations: too long to export")
        obstacle = piecewise_obstacle(program)
        if obstacle:
            raise InputError(f"only polynomials are exported, and the program is none ({obstacle})")
        first = np.empty(len(point), dtype=object)
        first[:] = list(point)
        values: list[Any] = [first.reshape(1, *program.inputs[0].shape)]
        values += [constant_value(self, np.asarray(array, np.float64)) for array in data]
        values += [constant_value(self, array) for array in program.constants]
        try:
            results = run_equations(self, program, values)
        except (InputError, ArithmeticError) as error:
            raise InputError(f"only polynomials are exported, and the program is none: {error}") from None
        return [self._polynomial(entry) for result in results for entry in np.asarray(result, object).reshape(-1)]

    def _polynomial(self, entry: Any) -> Polynomial:
        if not entry.denominator.is_constant():
            raise InputError("only polynomials are exported, and the program has a quotient")
        return entry.numerator


def difference_quotients(at: Any, count: int) -> list[list[Polynomial]]:
    """E with g_i(u) - g_i(v) = sum_j E_ij(u, v) (u_j - v_j).

    at: takes `count` variables, each 0 (that of u) or 1 (that of v), and returns the list of g_i there, as
    polynomials in the 2 `count` variables u, v. The sum telescopes: one variable after another goes from v to u.
    """
    ends = [at([1] * j + [0] * (count - j)) for j in range(count + 1)]
    context = ends[0][0].context()
    gaps = [context.gen(j) - context.gen(count + j) for j in range(count)]
    return [[(ends[j][i] - ends[j + 1][i]) // gaps[j] for j in range(count)] for i in range(len(ends[0]))]


def bounds(polynomial: Polynomial, box: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction]:
    """Rational bounds of the polynomial over the box, term by term and exact."""
    low = high = Fraction(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term = (Fraction(int(coefficient.numerator), int(coefficient.denominator)),) * 2
        for side, exponent in zip(box, exponents, strict=True):
            term = _product(term, _power(side, int(exponent)))
        low, high = low + term[0], high + term[1]
    return low, high


def _product(x: tuple[Fraction, Fraction], y: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    ends = [a * b for a in x for b in y]
    return min(ends), max(ends)


def _power(x: tuple[Fraction, Fraction], exponent: int) -> tuple[Fraction, Fraction]:
    ends = x[0] ** exponent, x[1] ** exponent
    if exponent and exponent % 2 == 0 and x[0] < 0 < x[1]:
        return Fraction(0), max(ends)
    return min(ends), max(ends)
