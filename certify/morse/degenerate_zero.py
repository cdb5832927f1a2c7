"""Degenerate critical points that are no rational points: common zeros of factors of the gradient.

On x = A y + r (A, r rational) the gradient and the determinant of the Hessian are rational functions of y and of values
of transcendental functions. Where m polynomials h_1, ..., h_m, as many as y has entries, have a common zero, and one of
them divides the numerator of each of these functions (or it is 0), the gradient and the determinant vanish there. The
common zero is regular and proved by Krawczyk's test in Arb.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.rational_functions import NotRational, Quotient
from certify.linear_algebra.inverse import approximate_inverse
from certify.morse.dual import coordinates, polynomial_at
from certify.morse.exact_functions import ExactFunctions, determinant, exact_system
from certify.morse.problem import MorseProblem
from certify.program import Program, evaluate, jacobian_program
from certify.program.arb import to_ball
from certify.program.evaluate import constant_value, run_equations
from certify.program.values import Value
from foundation import CertificateError, InputError
from foundation.arb_precision import arb_precision

BITS, _MOST_EQUATIONS = 192, 400
_MOST_TERMS = 4000

Polynomial = list[list[Any]]
"""[[powers, coefficient], ...] in the variables and atoms."""


@final
@dataclass(frozen=True, eq=False)
class DegenerateZero:
    """The witness. x = matrix y + offset, (d, m) and (d,); factors: h_1, ..., h_m; y is within `radius` of `point`."""

    matrix: tuple[tuple[Fraction, ...], ...]
    offset: tuple[Fraction, ...]
    factors: tuple[Polynomial, ...]
    point: tuple[Fraction, ...]
    radius: Fraction

    def as_tree(self) -> dict[str, Any]:
        """The witness as data."""
        return {
            "matrix": [list(row) for row in self.matrix],
            "offset": list(self.offset),
            "factors": [[[list(powers), value] for powers, value in factor] for factor in self.factors],
            "point": list(self.point),
            "radius": self.radius,
        }

    @staticmethod
    def from_tree(tree: Mapping[str, Any], dimension: int) -> "DegenerateZero":
        """The witness of a certificate; raises `CertificateError` when its parts do not fit together."""
        matrix, offset, factors, point = (tree.get(name) for name in ("matrix", "offset", "factors", "point"))
        radius = tree.get("radius")
        lists = all(isinstance(part, list) for part in (matrix, offset, factors, point))
        require(lists and isinstance(radius, Fraction) and radius > 0)
        assert isinstance(matrix, list)
        assert isinstance(offset, list)
        assert isinstance(factors, list)
        assert isinstance(point, list)
        assert isinstance(radius, Fraction)
        require(1 <= len(point) <= dimension == len(matrix) == len(offset) and len(factors) == len(point))
        require(all(isinstance(row, list) and len(row) == len(point) for row in matrix))
        require(all(isinstance(x, Fraction) for x in [*offset, *point, *(x for row in matrix for x in row)]))
        polynomials = tuple(_polynomial(factor) for factor in factors)
        return DegenerateZero(tuple(map(tuple, matrix)), tuple(offset), polynomials, tuple(point), radius)


@final
@dataclass(frozen=True, eq=False)
class ExactHessian:
    """The gradient's entries and the Hessian's determinant on x = A y + r, as rational functions."""

    system: ExactFunctions
    gradient: list[Quotient]
    determinant: Quotient

    @property
    def numerators(self) -> list[Any]:
        """Those that are not zero."""
        return [q.numerator for q in (*self.gradient, self.determinant) if not q.is_zero]


def exact_hessian(
    problem: MorseProblem, matrix: Sequence[Sequence[Fraction]], offset: Sequence[Fraction]
) -> ExactHessian | None:
    """The rational functions on x = matrix y + offset; None where they have no moderate form."""
    count, d = len(matrix[0]), problem.dimension
    hessian = jacobian_program(problem.gradient, (0,))
    if len(hessian.equations) > _MOST_EQUATIONS:
        return None

    def entries(system: ExactFunctions) -> tuple[list[Quotient], Quotient]:
        place = []
        for row, start in zip(matrix, offset, strict=True):
            terms = (system.number(a) * system.variable(k) for k, a in enumerate(row) if a)
            place.append(sum(terms, start=system.number(start)))
        gradient, flat = (_values(program, system, place) for program in (problem.gradient, hessian))
        return gradient, determinant([flat[d * i : d * (i + 1)] for i in range(d)])

    try:
        system, (gradient, value) = exact_system(count, entries)
    except (InputError, ArithmeticError):
        return None
    found = ExactHessian(system, gradient, value)
    return found if all(len(part) <= _MOST_TERMS for part in found.numerators) else None


def vanishes_exactly(problem: MorseProblem, point: Sequence[Fraction]) -> bool:
    """Whether gradient and determinant vanish at a rational point, with exponentials in common form; False: unknown."""
    found = exact_hessian(problem, [()] * len(point), point)
    return found is not None and not found.numerators


def degenerate_enclosure(problem: MorseProblem, witness: DegenerateZero) -> Ball | None:
    """A ball (d,) around a degenerate critical point in the box; None where none is proved."""
    if problem.roughness:
        return None
    found = exact_hessian(problem, witness.matrix, witness.offset)
    if found is None:
        return None
    try:
        factors = [_in_context(found.system, factor) for factor in witness.factors]
        if not all(any(divides(h, part) for h in factors) for part in found.numerators):
            return None
        with arb_precision(BITS):
            return _enclosure(problem, found, factors, witness)
    except (InputError, ArithmeticError):
        return None


def divides(divisor: Any, polynomial: Any) -> bool:
    """Whether a polynomial that is not constant divides another one."""
    return not divisor.is_constant() and bool(divmod(polynomial, divisor)[1] == 0)


def _enclosure(problem: MorseProblem, found: ExactHessian, factors: list[Any], witness: DegenerateZero) -> Ball | None:
    radius = _arb(witness.radius)
    box = [_arb(x) + flint.arb(0, radius.upper()) for x in witness.point]
    image = krawczyk_image(found.system, factors, box)
    if image is None or not all(x.contains_interior(y) for x, y in zip(box, image, strict=True)):
        return None
    place = coordinates(found.system, box)
    for quotient in (*found.gradient, found.determinant):
        if polynomial_at(quotient.denominator, place).value.contains(0):
            return None
    return _inside(problem, witness, image)


def krawczyk_image(system: ExactFunctions, factors: Sequence[Any], box: Sequence[flint.arb]) -> list[flint.arb] | None:
    """m - C h(m) + (I - C h'(X)) (X - m) for the midpoint m of the box X; None where it has no finite bound."""
    count = len(box)
    middle = [x.mid() for x in box]
    slopes = [polynomial_at(h, coordinates(system, box)).slopes for h in factors]
    values = [polynomial_at(h, coordinates(system, middle)).value for h in factors]
    floats = np.array([[float(entry.mid()) for entry in row] for row in slopes])
    scale = np.abs(floats).max(axis=1)
    if not np.isfinite(floats).all() or not (scale > 0).all():
        return None
    guess = approximate_inverse(floats / scale[:, None])
    if guess is None:
        return None
    inverse = [[flint.arb(float(guess[i, j])) / flint.arb(float(scale[j])) for j in range(count)] for i in range(count)]
    image = []
    for i in range(count):
        total = middle[i] - _sum(inverse[i][j] * values[j] for j in range(count))
        for k in range(count):
            defect = int(i == k) - _sum(inverse[i][j] * slopes[j][k] for j in range(count))
            total += defect * (box[k] - middle[k])
        image.append(total)
    return image if all(entry.is_finite() for entry in image) else None


def _inside(problem: MorseProblem, witness: DegenerateZero, image: list[flint.arb]) -> Ball | None:
    """The place in the space of x, when it is proved to lie in the box and in the function's domain."""
    place = np.empty(problem.dimension, dtype=object)
    for i, (row, start) in enumerate(zip(witness.matrix, witness.offset, strict=True)):
        place[i] = _arb(start) + _sum(_arb(a) * y for a, y in zip(row, image, strict=True))
        low, high = flint.arb(float(problem.lower[i])), flint.arb(float(problem.upper[i]))
        exact = not any(row) and Fraction(float(problem.lower[i])) <= start <= Fraction(float(problem.upper[i]))
        if not exact and not (place[i] >= low and place[i] <= high):
            return None
    (gradient,) = evaluate(problem.gradient, [place], precision=BITS)
    defined = all(entry.is_finite() and entry.contains(0) for entry in np.asarray(gradient).reshape(-1))
    return to_ball(place) if defined else None


def _values(program: Program, system: ExactFunctions, place: Sequence[Quotient]) -> list[Quotient]:
    """The program's entries at the exact place."""
    argument = np.empty((1, len(place)), dtype=object)
    argument[0] = list(place)
    values: list[Value] = [argument, *(constant_value(system, array) for array in program.constants)]
    (result,) = run_equations(system, program, values)
    return list(np.asarray(result, dtype=object).reshape(-1))


def _in_context(system: ExactFunctions, factor: Polynomial) -> Any:
    size = len(system.context.gens())
    terms: dict[tuple[int, ...], Any] = {}
    used = system.count + len(system.atoms)
    for powers, value in factor:
        if len(powers) > used:
            raise NotRational("a factor has more variables than the program")
        terms[(*powers, *[0] * (size - len(powers)))] = flint.fmpq(value.numerator, value.denominator)
    return system.context.from_dict(terms)


def _polynomial(factor: Any) -> Polynomial:
    require(isinstance(factor, list) and 0 < len(factor) <= _MOST_TERMS)
    for term in factor:
        require(isinstance(term, list) and len(term) == 2 and isinstance(term[0], list))
        require(isinstance(term[1], Fraction) and all(_is_power(power) for power in term[0]))
    return [list(term) for term in factor]


def _is_power(power: Any) -> bool:
    return isinstance(power, int) and not isinstance(power, bool) and 0 <= power <= 10_000


def _arb(number: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _sum(terms: Any) -> Any:
    return sum(terms, start=flint.arb(0))


def require(condition: bool) -> None:
    if not condition:
        raise CertificateError("the certificate's degenerate critical point is malformed")
