"""Exact identities of a field: an invariant affine subspace, and symmetries."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from certify.equilibrium.rational_functions import RationalFunctions
from certify.equilibrium.rational_vectors import Vectors, annihilator
from certify.program.evaluate import constant_value, run_equations
from certify.program.program import Program
from certify.program.regularity import has_cuts, piecewise_obstacle
from certify.program.reverse import jacobian_program
from foundation import InputError

# Beyond these sizes the identities are not tried.
_MOST_COORDINATES = 40
_MOST_EQUATIONS = 2000


def subspace_is_invariant(program: Program, base: Sequence[Fraction], directions: Vectors, is_map: bool) -> bool:
    """Whether it is proved that the affine subspace base + span(directions) is invariant; False refutes nothing."""
    return subspace_invariance(program, base, directions, is_map) is True


def subspace_invariance(program: Program, base: Sequence[Fraction], directions: Vectors, is_map: bool) -> bool | None:
    """Whether the affine subspace base + span(directions) is invariant; None: neither proved nor refuted.

    For all y, f(base + V y) (a map: f(x) - x) lies in span V: every linear form that vanishes on V vanishes on it,
    as a rational function of y. A rational function other than 0 refutes it.
    """
    system = _system(program, len(directions[0]))
    if system is None:
        return None
    point = _moved(system, system.number, base, directions, system.variables())
    try:
        value = _value(system, program, point) - (point if is_map else _zeros(system, len(base)))
        return _vanishes(system, [_form(system, row, value) for row in annihilator(directions)])
    except (InputError, ArithmeticError):
        return None


def translations_are_symmetries(program: Program, directions: Vectors, is_map: bool) -> bool:
    """Whether it is proved that f(x + U c) = f(x) (a map: f(x) + U c) for all x and c. False refutes nothing."""
    return translation_symmetry(program, directions, is_map) is True


def translation_symmetry(program: Program, directions: Vectors, is_map: bool) -> bool | None:
    """Whether f(x + U c) = f(x) (a map: f(x) + U c) for all x and c; None: neither proved nor refuted."""
    n = len(directions)
    system = _system(program, n + len(directions[0]))
    if system is None:
        return None
    variables = system.variables()
    point, shift = variables[:n], variables[n:]
    try:
        moved = _moved(system, lambda v: v, point, directions, shift)
        change = _value(system, program, moved) - _value(system, program, point)
        expected = (moved - point) if is_map else _zeros(system, n)
        return _vanishes(system, list(change - expected))
    except (InputError, ArithmeticError):
        return None


def _vanishes(system: RationalFunctions, entries: Sequence[Any]) -> bool | None:
    """Whether all are 0 wherever the program is defined. With values of functions as variables, only a proof counts."""
    if all(entry.is_zero for entry in entries):
        return True
    return None if system.has_atoms else False


def commutes(program: Program, generators: Sequence[Vectors]) -> list[bool | None]:
    """For each S whether Df(x) S x = S f(x) wherever the program is defined; None: neither proved nor refuted.

    Integrated along t it says f(exp(t S) x) = exp(t S) f(x), as long as exp(t S) x stays in the domain: it is tried
    only on programs that are composed of functions analytic on their domains, without jumps there (as of atan2). A
    rational field without the identity is refuted.
    """
    n = len(generators[0])
    system = _system(program, n)
    if system is None or piecewise_obstacle(program) or has_cuts(program):
        return [None] * len(generators)
    point = system.variables()
    try:
        values = _value(system, program, point)
        rows = _value(system, jacobian_program(program, (0,)), point, (n, n))
        return [_is_equivariant(system, matrix, point, values, rows) for matrix in generators]
    except (InputError, ArithmeticError):
        return [None] * len(generators)


def _is_equivariant(
    system: RationalFunctions, generator: Vectors, point: np.ndarray, values: np.ndarray, rows: np.ndarray
) -> bool | None:
    moving, expected = _applied(system, generator, point), _applied(system, generator, values)
    if all((_inner(system, row, moving) - value).is_zero for row, value in zip(rows, expected, strict=True)):
        return True
    return None if system.has_atoms else False


def is_across_orbits(program: Program, generator: Vectors) -> bool:
    """Whether it is proved that <S x, f(x)> = 0 wherever the program is defined. False refutes nothing."""
    system = _system(program, len(generator))
    if system is None:
        return False
    point = system.variables()
    try:
        product = _inner(system, _applied(system, generator, point), _value(system, program, point))
        return bool(product.is_zero)
    except (InputError, ArithmeticError):
        return False


def vanishes_identically(program: Program) -> bool:
    """Whether the output of a program of one array is proved to be 0 wherever it is defined. False refutes nothing."""
    system = _system(program, program.inputs[0].size)
    if system is None:
        return False
    try:
        value = _value(system, program, system.variables(), program.output_signatures[0].shape)
    except (InputError, ArithmeticError):
        return False
    return all(quotient.is_zero for quotient in value.flat)


def _system(program: Program, count: int) -> RationalFunctions | None:
    small = program.inputs[0].size <= _MOST_COORDINATES and len(program.equations) <= _MOST_EQUATIONS
    return RationalFunctions(count) if small else None


def _value(
    system: RationalFunctions, program: Program, point: np.ndarray, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """The field at a point of rational functions, shape (n,); or another program's value, in its shape."""
    values: list[Any] = [point.reshape(1, *program.inputs[0].shape)]
    values += [constant_value(system, array) for array in program.constants]
    (result,) = run_equations(system, program, values)
    if shape is not None:
        return np.asarray(result.reshape(shape), dtype=object)
    return np.asarray(np.broadcast_to(result.reshape(-1), point.shape), dtype=object)


def _moved(
    system: RationalFunctions, exact: Any, base: Any, directions: Vectors, coordinates: np.ndarray
) -> np.ndarray:
    """base + V y."""
    point = np.empty(len(base), dtype=object)
    for i, start in enumerate(base):
        point[i] = exact(start) + _form(system, directions[i], coordinates)
    return point


def _applied(system: RationalFunctions, matrix: Vectors, values: np.ndarray) -> np.ndarray:
    """The matrix times a vector of rational functions."""
    result = np.empty(len(matrix), dtype=object)
    result[:] = [_form(system, row, values) for row in matrix]
    return result


def _inner(system: RationalFunctions, left: np.ndarray, right: np.ndarray) -> Any:
    total = system.number(0)
    for x, y in zip(left, right, strict=True):
        if not x.is_zero and not y.is_zero:
            total = total + x * y
    return total


def _form(system: RationalFunctions, row: Sequence[Fraction], values: np.ndarray) -> Any:
    total = system.number(0)
    for factor, value in zip(row, values, strict=True):
        if factor:
            total = total + system.number(factor) * value
    return total


def _zeros(system: RationalFunctions, count: int) -> np.ndarray:
    array = np.empty(count, dtype=object)
    array[:] = [system.number(0)] * count
    return array
