"""Fields R^n -> R^n as programs: values, derivatives, and the zeros of f (flows) or f - id (maps)."""

from fractions import Fraction
from typing import Any

from flint import Ordering, arb, arb_mat, fmpq, fmpq_mat, fmpq_mpoly_ctx

from recheck.linear import identity, solve
from recheck.outcome import BadInput, NotCovered, Work
from recheck.program.machine import ALGEBRA, Machine
from recheck.program.reader import Program
from recheck.proof import Proof, entry, rational

Entries = list[arb]


def real_function(tree: dict[str, Any], name: str, shape: tuple[int, ...] | None = None) -> Program:
    """The program of that name: a function of one real array with one real array as its value, of this shape."""
    program = entry(tree, name, Program)
    signatures = (*program.inputs, *program.output_signatures)
    good = len(program.inputs) == 1 == len(program.outputs) and all(s.is_real and s.size for s in signatures)
    BadInput.unless(good and shape in (None, signatures[1].shape), f"the program {name!r} is no such real function")
    return program


class Field:
    """f, its displacement (f, or f - id for a map), and their derivatives over balls.

    On an affine subspace x = base + T y, T (n, k) exact, everything is in the coordinates y.
    """

    def __init__(self, program: Program, is_map: bool, work: Work, problem: dict[str, Any] | None = None) -> None:
        self.size = self.ambient = program.inputs[0].size
        BadInput.when(program.output_signatures[0].size != self.size, "the field does not map a space to itself")
        self.is_map, self.machine = is_map, Machine(program, (True,), work)
        self.columns: arb_mat | None = None
        if problem is not None and "vectors" in problem:
            base, vectors = entry(problem, "base", list), entry(problem, "vectors", list)
            widths = {len(row) if isinstance(row, list) else 0 for row in vectors}
            if len(base) != self.ambient or len(vectors) != self.ambient or len(widths) != 1 or widths == {0}:
                raise BadInput("the subspace does not fit the field")
            if not all(isinstance(x, Fraction) for row in [base, *vectors] for x in row):
                raise BadInput("the vectors of the subspace are defective")
            self.size, self.base = widths.pop(), [rational(b) for b in base]
            self.columns = arb_mat([[rational(x) for x in row] for row in vectors])

    def point(self, coordinates: Entries) -> Entries:
        if self.columns is None:
            return coordinates
        moved = (self.columns * arb_mat(self.size, 1, coordinates)).entries()
        return [b + m for b, m in zip(self.base, moved, strict=True)]

    def value(self, coordinates: Entries) -> Entries:
        return self.machine.outputs([self.point(coordinates)])

    def displacement(self, coordinates: Entries) -> Entries:
        point = self.point(coordinates)
        values = self.machine.outputs([point])
        if self.is_map:
            values = [v - x for v, x in zip(values, point, strict=True)]
        if self.columns is not None:
            values = list((self.columns.transpose() * arb_mat(len(values), 1, values)).entries())
        return values

    def derivative(self, coordinates: Entries) -> arb_mat:
        """Of the displacement."""
        matrix = arb_mat(self.machine.jacobian([self.point(coordinates)])[1])
        if self.is_map:
            matrix = matrix - identity(self.ambient)
        return matrix if self.columns is None else self.columns.transpose() * (matrix * self.columns)

    def jacobian(self, coordinates: Entries) -> arb_mat:
        """The linearisation."""
        matrix = arb_mat(self.machine.jacobian([self.point(coordinates)])[1])
        if self.columns is None:
            return matrix
        across = self.columns.transpose()
        return solve(across * self.columns, across * (matrix * self.columns))


class Gradient:
    """The gradient of a scalar program as a field, with its Hessian as derivative."""

    is_map = False

    def __init__(self, program: Program, work: Work) -> None:
        self.size = program.inputs[0].size
        self.machine = Machine(program, (True,), work)

    def displacement(self, point: Entries) -> Entries:
        return self.machine.gradient([point], lambda _: [arb(1)])

    def derivative(self, point: Entries) -> arb_mat:
        return arb_mat(self.machine.second([point], [arb(1)]))


def add_invariance(field: Field, problem: dict[str, Any], proof: Proof) -> None:
    """The hypothesis that the field's subspace is invariant, where it has one."""
    if field.columns is not None:
        proof.needed.add("invariant")
        if is_invariant(problem["field"], problem["base"], problem["vectors"], field.is_map):
            proof.proved.add("invariant")


_POLYNOMIAL = ALGEBRA - {"pad", "take", "scatter_add", "select_n"}
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
    moved = _expanded(program, context, point)
    if is_map:
        moved = [f - b for f, b in zip(moved, start, strict=True)]
    return all(moved[i] - sum(projection[i, j] * moved[j] for j in range(size)) == 0 for i in range(size))


def _expanded(program: Program, context: fmpq_mpoly_ctx, point: list[Any]) -> list[Any]:
    """The outputs of a polynomial program at polynomials."""
    machine = Machine(program, (True,), Work())
    machine.constants = [[context.constant(_fmpq(Fraction(x))) for x in array.data] for array in program.constants]
    return machine.outputs([point])


def exact_derivatives(program: Program, point: list[Fraction]) -> tuple[list[fmpq], fmpq_mat] | None:
    """The gradient and the Hessian of a polynomial program at a point; None for other programs."""
    if not is_polynomial(program):
        return None
    context = fmpq_mpoly_ctx.get([f"x{k}" for k in range(len(point))], Ordering.lex)
    place, whole = [_fmpq(x) for x in point], _expanded(program, context, list(context.gens()))[0]
    slopes = [whole.derivative(k) for k in range(len(point))]
    return [s(*place) for s in slopes], fmpq_mat([[s.derivative(k)(*place) for k in range(len(point))] for s in slopes])


def _fmpq(x: Any) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def is_polynomial(program: Program) -> bool:
    """Whether the program computes polynomials of its input, of a degree that is expanded."""
    degrees = [*(1 for _ in program.inputs), *(0 for _ in program.constants)]
    for equation in program.equations:
        of, name = [degrees[ref] for ref in equation.operands], equation.primitive
        exponent = equation.parameters.get("exponent", 1)
        if name not in _POLYNOMIAL or exponent < 0 or (name == "div" and of[1] > 0):
            return False
        is_product = name in ("mul", "dot_general")
        degrees.append(sum(of) if is_product else 2 * of[0] if name == "square" else max(of) * exponent)
        if degrees[-1] > _HIGHEST:
            return False
    return all(s.is_real for s in program.signatures)
