"""Taylor coefficients of solutions and of their derivatives with respect to the initial point."""

from collections.abc import Callable, Sequence
from operator import mul

import flint

from certify.flow.recurrences import along, solution
from certify.flow.series_functions import Series
from certify.flow.vector_field import Entries, VectorField, is_bounded
from foundation import InputError


def solution_coefficients(field: VectorField, start: Sequence[flint.arb], order: int) -> list[flint.arb_mat]:
    """x_0, ..., x_order, columns (n, 1), of the solution from each point of the ball `start`.

    x_(k+1) = f(x)_k / (k + 1): the k-th coefficient of f along a series needs only the first k + 1 of its coefficients
    [R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, 9.2]. Raises `InputError` where they have no
    finite enclosure.
    """
    if field.line is not None:
        states = solution(field.line, start, order, field.precision)
        return [_column(entries) for entries in zip(*states, strict=True)]
    coefficients = [list(start)]
    for k in range(order):
        slopes = field.values(_series(coefficients) if k else start)
        following = [_coefficient(value, k) / (k + 1) for value in slopes]
        if not is_bounded(following):
            raise InputError("the Taylor coefficients have no finite enclosure over the box")
        coefficients.append(following)
    return [_column(entries) for entries in coefficients]


def derivative_coefficients(field: VectorField, coefficients: Sequence[flint.arb_mat]) -> list[flint.arb_mat]:
    """V_0 = I, ..., V_order, matrices (n, n), of V' = Df(x(t)) V along the solution x with these coefficients.

    (k + 1) V_(k+1) = sum_(j <= k) A_j V_(k-j), A_j the coefficients of Df along x. These are the derivatives of the
    coefficients of x with respect to x_0.
    """
    n = field.dimension
    found = _slopes(field, [column.entries() for column in coefficients[:-1]])
    slopes = [flint.arb_mat(n, n, entries) for entries in found]
    result = [identity(n)]
    for k in range(len(slopes)):
        total = sum(map(mul, slopes, result[::-1]), flint.arb_mat(n, n))
        result.append(total / (k + 1))
    return result


def _slopes(field: VectorField, coefficients: Sequence[Sequence[flint.arb]]) -> list[list[flint.arb]]:
    """A_0, A_1, ..., each row by row; raises `InputError` where they have no finite enclosure."""
    if field.jacobian_line is not None:
        found = along(field.jacobian_line, [list(x) for x in zip(*coefficients, strict=True)], field.precision)
    else:
        entries = field.jacobian(_series(coefficients))
        found = [[_coefficient(entry, j) for entry in entries] for j in range(len(coefficients))]
    if not all(x.is_finite() for slope in found for x in slope):
        raise InputError("the Jacobian has no finite enclosure over the box")
    return found


def series_coefficients(
    function: Callable[[Sequence[Series]], Entries], path: Sequence[Sequence[flint.arb]]
) -> list[list[flint.arb]]:
    """Row k: coefficient k of each entry of a function along series of equal lengths, one list for each."""
    length = len(path[0])
    entries = function([Series(list(row), length) for row in path])
    return [[_coefficient(entry, k) for entry in entries] for k in range(length)]


def polynomial(coefficients: Sequence[flint.arb_mat], step: flint.arb) -> flint.arb_mat:
    """sum c_k h^k, by Horner's rule."""
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * step + coefficient
    return total


def identity(n: int) -> flint.arb_mat:
    return flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def _series(coefficients: Sequence[Sequence[flint.arb]]) -> Entries:
    length = len(coefficients)
    return [Series(list(entries), length) for entries in zip(*coefficients, strict=True)]


def _coefficient(value: flint.arb | Series, k: int) -> flint.arb:
    if isinstance(value, Series):
        if value.prec <= k:
            raise ArithmeticError(f"a series of {value.prec} coefficients was asked for coefficient {k}")
        return value[k]
    return value if k == 0 else flint.arb(0)


def _column(entries: Sequence[flint.arb]) -> flint.arb_mat:
    return flint.arb_mat(len(entries), 1, list(entries))
