"""Invariant affine subspaces of polynomial fields and maps, by exact identities of polynomials."""

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq, fmpq_mat, fmpq_mpoly_ctx

from recheck.outcome import NotCovered
from recheck.program.machine import Machine, Work
from recheck.program.reader import Program

_POLYNOMIAL = {"add", "sub", "mul", "neg", "square", "integer_pow", "div", "dot_general", "reduce_sum", "cumsum"}
_MOVES = {"reshape", "transpose", "broadcast_in_dim", "slice", "rev", "concatenate"}
_HIGHEST, _LARGEST = 16, 60


def is_invariant(program: Program, base: list[Fraction], vectors: list[list[Fraction]], is_map: bool) -> bool:
    """Whether f(base + T y) lies in the span of T, or f(base + T y) - base does (maps), for every y.

    With the orthogonal projection P onto the span, (I - P) f is a vector of polynomials in y: all must be zero.
    False: it is not so, or f is no polynomial by its program.
    """
    size, width = len(base), len(vectors[0])
    if not is_polynomial(program) or size > _LARGEST:
        return False
    context = fmpq_mpoly_ctx.get([f"y{k}" for k in range(width)], Ordering.lex)
    rows = [[_fmpq(x) for x in row] for row in vectors]
    matrix = fmpq_mat(rows)
    across = matrix.transpose()
    try:
        projection = matrix * (across * matrix).inv() * across
    except ZeroDivisionError:
        raise NotCovered("dependent vectors of a subspace are not covered") from None
    start = [context.constant(_fmpq(b)) for b in base]
    moves = [sum(x * y for x, y in zip(row, context.gens(), strict=True)) for row in rows]
    point = [b + m for b, m in zip(start, moves, strict=True)]
    machine = Machine(program, (True,), Work())
    machine.constants = [[context.constant(_fmpq(Fraction(x))) for x in array.data] for array in program.constants]
    moved = machine.outputs([point])
    if is_map:
        moved = [f - b for f, b in zip(moved, start, strict=True)]
    return all(moved[i] - sum(projection[i, j] * moved[j] for j in range(size)) == 0 for i in range(size))


def _fmpq(x: Any) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def is_polynomial(program: Program) -> bool:
    """Whether the program computes polynomials of its input, of a degree that is expanded."""
    degrees = [*(1 for _ in program.inputs), *(0 for _ in program.constants)]
    for equation in program.equations:
        of, name = [degrees[ref] for ref in equation.operands], equation.primitive
        exponent = equation.parameters.get("exponent", 1)
        if name not in _POLYNOMIAL | _MOVES or exponent < 0 or (name == "div" and of[1] > 0):
            return False
        is_product = name in ("mul", "dot_general")
        degrees.append(sum(of) if is_product else 2 * of[0] if name == "square" else max(of) * exponent)
        if degrees[-1] > _HIGHEST:
            return False
    return all(s.is_real for s in program.signatures)
