"""The kinds of machine check: each is data, displays the claim it stands for, and decides it anew when asked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.bernstein import Box, nonnegative_on_box
from symbolic.compare_conditions import check_equivalent, check_implies, real_roots_of
from symbolic.decide_zero import is_zero, matrix_is_zero, zero_witness
from symbolic.outcome import CheckResult, combine, decide, failed, passed, undecided
from symbolic.prove_sign import counterexample, prove_sign

Definitions = Mapping[sympy.Basic, sympy.Basic]

_RELATIONS = {
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    "!=": sympy.Unequality,
    "==": sympy.Equality,
}


class Check(Protocol):
    """One statement that can be decided by exact computation.

    `claim` is the statement as a SymPy object, for display; `verify` decides it after replacing the names that earlier
    definitions introduced. A check stores no answer.
    """

    @property
    def claim(self) -> sympy.Basic:
        """The statement, unevaluated."""

    def verify(self, definitions: Definitions) -> CheckResult:
        """The statement decided anew."""


def resolve(expression: sympy.Basic, definitions: Definitions) -> sympy.Basic:
    """`expression` with every defined name replaced by what it stands for."""
    for _ in range(len(definitions) + 1):
        replaced = expression.xreplace(dict(definitions))
        if replaced == expression:
            break
        expression = replaced
    if isinstance(expression, sympy.MatrixBase):
        return expression.as_immutable()
    if isinstance(expression, sympy.MatrixExpr):
        return expression.doit().as_explicit().as_immutable()
    return expression


def equation(left: sympy.Basic, right: sympy.Basic) -> sympy.Equality:
    """left = right, kept as written."""
    return sympy.Eq(_frozen(left), _frozen(right), evaluate=False)


def _frozen(expression: sympy.Basic) -> sympy.Basic:
    return (
        expression.as_immutable()
        if isinstance(expression, sympy.MatrixBase)
        else sympy.sympify(expression, strict=True)
    )


def _compare(left: sympy.Basic, right: sympy.Basic, how: str) -> CheckResult:
    if isinstance(left, sympy.MatrixBase) or isinstance(right, sympy.MatrixBase):
        return _compare_matrices(left, right, how)
    left, right = left.doit(), right.doit()
    difference = left - right
    answer = is_zero(difference)
    witness = zero_witness(difference) if answer is False and difference.free_symbols else None
    place = f" at {witness}" if witness else ""
    return decide(answer, how, f"{left} and {right} differ{place}", f"whether {difference} is zero was not decided")


def _compare_matrices(left: sympy.Basic, right: sympy.Basic, how: str) -> CheckResult:
    if getattr(left, "shape", None) != getattr(right, "shape", None):
        return failed(f"the shapes of {left} and {right} differ")
    difference = (left - right).doit()
    answer = matrix_is_zero(difference)
    return decide(answer, how, f"the entries differ by {difference.tolist()}", "whether all entries agree is undecided")


@final
@dataclass(frozen=True)
class Definition:
    """A name for an expression; later checks see the name replaced by `value`, so an error in it fails them."""

    name: sympy.Basic
    value: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """name = value."""
        return equation(self.name, self.value)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Passed when the name is new and not used in its own definition: a definition asserts nothing else."""
        if self.name in definitions:
            return failed(f"{self.name} is defined twice")
        if self.value.has(self.name):
            return failed(f"{self.name} is defined by itself")
        return passed("a definition; it introduces notation and asserts nothing")


@final
@dataclass(frozen=True)
class Equal:
    """left = right for all values of the symbols (scalars or matrices)."""

    left: sympy.Basic
    right: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """left = right."""
        return equation(self.left, self.right)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Exact zero test of the difference."""
        left, right = resolve(self.left, definitions), resolve(self.right, definitions)
        return _compare(left, right, "the difference is zero by exact algebra")


@final
@dataclass(frozen=True)
class DerivativeIs:
    """The partial derivative of `of` by the symbols `by`, in this order, is `result`."""

    of: sympy.Expr
    by: tuple[sympy.Symbol, ...]
    result: sympy.Expr

    @property
    def claim(self) -> sympy.Basic:
        """d of / d by = result."""
        return equation(sympy.Derivative(self.of, *self.by), self.result)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Differentiates again."""
        derivative = sympy.diff(resolve(self.of, definitions), *self.by)
        return _compare(derivative, resolve(self.result, definitions), "differentiated again")


@final
@dataclass(frozen=True)
class GradientIs:
    """The column of partial derivatives of `of` by `parameters` is `result`."""

    of: sympy.Expr
    parameters: tuple[sympy.Symbol, ...]
    result: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """The gradient as a column = result."""
        column = sympy.ImmutableMatrix([sympy.Derivative(self.of, symbol) for symbol in self.parameters])
        return equation(column, self.result)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Differentiates again."""
        value = resolve(self.of, definitions)
        column = sympy.ImmutableMatrix([sympy.diff(value, symbol) for symbol in self.parameters])
        return _compare(column, resolve(self.result, definitions), "differentiated again")


@final
@dataclass(frozen=True)
class HessianIs:
    """The matrix of second derivatives of `of` by `parameters` is `result`."""

    of: sympy.Expr
    parameters: tuple[sympy.Symbol, ...]
    result: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """The Hessian = result."""
        rows = [[sympy.Derivative(self.of, a, b) for b in self.parameters] for a in self.parameters]
        return equation(sympy.ImmutableMatrix(rows), self.result)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Differentiates again."""
        matrix = sympy.hessian(resolve(self.of, definitions), self.parameters).as_immutable()
        return _compare(matrix, resolve(self.result, definitions), "differentiated again")


@final
@dataclass(frozen=True)
class JacobianIs:
    """The Jacobian of the column `of` by `parameters` is `result`."""

    of: sympy.Basic
    parameters: tuple[sympy.Symbol, ...]
    result: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """d(of)/d(parameters) = result."""
        rows = [[sympy.Derivative(entry, symbol) for symbol in self.parameters] for entry in self._column({})]
        return equation(sympy.ImmutableMatrix(rows), self.result)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Differentiates again."""
        jacobian = sympy.Matrix(list(self._column(definitions))).jacobian(list(self.parameters)).as_immutable()
        return _compare(jacobian, resolve(self.result, definitions), "differentiated again")

    def _column(self, definitions: Definitions) -> sympy.Basic:
        return resolve(self.of, definitions)


@final
@dataclass(frozen=True)
class SignIs:
    """expression relation 0 for all values that the assumptions of the symbols allow; relation in > >= < <= != ==."""

    expression: sympy.Expr
    relation: str

    @property
    def claim(self) -> sympy.Basic:
        """expression relation 0."""
        return _RELATIONS[self.relation](self.expression, 0, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Exact sign rules, Sturm sequences and, for numbers, Arb balls; a rational witness refutes."""
        value = resolve(self.expression, definitions).doit()
        if self.relation == "==":
            return _compare(value, sympy.Integer(0), "zero by exact algebra")
        witness = counterexample(value, self.relation)
        if witness is not None:
            return failed(f"{value} {self.relation} 0 is false at {witness or 'this number'}")
        sign = prove_sign(value)
        if sign is None:
            return undecided(f"no sign rule settles {value} {self.relation} 0")
        side = 1 if self.relation[0] == ">" else -1
        shown = sign.strict if self.relation == "!=" else sign.side == side and (sign.strict or "=" in self.relation)
        return passed("by exact sign rules") if shown else undecided(f"only a weaker sign of {value} is shown")


@final
@dataclass(frozen=True)
class PositiveOnBox:
    """polynomial >= 0 (> 0 when `strict`) for all points of the closed rational `box`."""

    polynomial: sympy.Expr
    box: Box
    strict: bool = False

    @property
    def claim(self) -> sympy.Basic:
        """Box conditions imply the inequality."""
        bounds = [
            sympy.And(sympy.Le(low, symbol, evaluate=False), sympy.Le(symbol, high, evaluate=False), evaluate=False)
            for symbol, low, high in self.box
        ]
        relation = _RELATIONS[">" if self.strict else ">="](self.polynomial, 0, evaluate=False)
        return sympy.Implies(sympy.And(*bounds, evaluate=False), relation, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Exact Bernstein coefficients on sub-boxes."""
        value = resolve(self.polynomial, definitions)
        answer = nonnegative_on_box(sympy.expand(value), self.box, self.strict)
        return decide(
            answer,
            "all Bernstein coefficients on the sub-boxes have the sign",
            "a corner of a sub-box has the other sign",
            "the sub-boxes are too large for the Bernstein bound; shrink the box",
        )


@final
@dataclass(frozen=True)
class IsRoot:
    """All `expressions` vanish after the substitution."""

    expressions: tuple[sympy.Expr, ...]
    substitution: tuple[tuple[sympy.Symbol, sympy.Expr], ...]

    @property
    def claim(self) -> sympy.Basic:
        """The substituted equations, as a conjunction of equalities."""
        names = sympy.Tuple(*[symbol for symbol, _ in self.substitution])
        values = sympy.Tuple(*[value for _, value in self.substitution])
        column = sympy.ImmutableMatrix(list(self.expressions))
        premise = equation(names[0], values[0]) if len(names) == 1 else equation(names, values)
        target = column[0] if len(column) == 1 else column
        zero = sympy.Integer(0) if len(column) == 1 else sympy.zeros(len(column), 1)
        return sympy.Implies(premise, equation(target, zero), evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Substitutes and tests for zero."""
        point = {symbol: resolve(value, definitions) for symbol, value in self.substitution}
        column = [resolve(item, definitions).doit().subs(point, simultaneous=True) for item in self.expressions]
        return combine([_compare(item, sympy.Integer(0), "zero after substitution") for item in column])


@final
@dataclass(frozen=True)
class RealRootsAre:
    """The distinct real roots of a rational polynomial are exactly `roots`."""

    polynomial: sympy.Expr
    variable: sympy.Symbol
    roots: tuple[sympy.Expr, ...]

    @property
    def claim(self) -> sympy.Basic:
        """{x : p(x) = 0} = {roots}."""
        condition = equation(self.polynomial, sympy.Integer(0))
        return equation(
            sympy.ConditionSet(self.variable, condition, sympy.S.Reals), sympy.FiniteSet(*self.roots, evaluate=False)
        )

    def verify(self, definitions: Definitions) -> CheckResult:
        """Isolates the real roots again and matches them one by one."""
        value = sympy.fraction(sympy.together(resolve(self.polynomial, definitions)))[0]
        found = real_roots_of(value, self.variable)
        if found is None:
            return undecided(f"the real roots of {value} cannot be isolated exactly")
        if len(found) != len(self.roots):
            return failed(f"there are {len(found)} distinct real roots, not {len(self.roots)}")
        matches = [[is_zero(root - other) for other in found] for root in self.roots]
        if any(all(entry is False for entry in row) for row in matches):
            return failed("one of the listed numbers is not a root")
        if any(row.count(True) != 1 for row in matches):
            return undecided("whether the listed numbers are the roots was not decided")
        columns = {row.index(True) for row in matches}
        return passed("real roots isolated again") if len(columns) == len(found) else failed("a root is listed twice")


@final
@dataclass(frozen=True)
class SolvesFor:
    """`equation_` = 0, linear in `variable`, holds exactly when variable = solution (real numbers)."""

    equation_: sympy.Expr
    variable: sympy.Symbol
    solution: sympy.Expr

    @property
    def claim(self) -> sympy.Basic:
        """equation = 0 iff variable = solution."""
        return sympy.Equivalent(
            equation(self.equation_, sympy.Integer(0)), equation(self.variable, self.solution), evaluate=False
        )

    def verify(self, definitions: Definitions) -> CheckResult:
        """equation = A v + B with solution -B/A; A and B must have no common zero (a sign, or Groebner basis 1)."""
        polynomial = sympy.Poly(sympy.expand(resolve(self.equation_, definitions)), self.variable)
        if polynomial.degree() != 1:
            return failed(f"the equation is not linear in {self.variable}")
        slope, constant = polynomial.all_coeffs()
        compared = _compare(resolve(self.solution, definitions), -constant / slope, "linear in the variable")
        signs = prove_sign(slope), prove_sign(constant)
        if any(sign is not None and sign.strict for sign in signs):
            return compared
        basis = sympy.groebner([slope, constant], *sorted(slope.free_symbols | constant.free_symbols, key=str))
        if basis.exprs != [1]:
            return undecided(f"{slope} and {constant} may vanish together")
        return compared


@final
@dataclass(frozen=True)
class CharacteristicPolynomialIs:
    """det(variable I - matrix) = polynomial."""

    matrix: sympy.Basic
    variable: sympy.Symbol
    polynomial: sympy.Expr

    @property
    def claim(self) -> sympy.Basic:
        """det(z I - M) = p(z)."""
        matrix = resolve(self.matrix, {})
        if isinstance(matrix, sympy.MatrixBase):
            shifted = self.variable * sympy.eye(matrix.rows) - matrix
            return equation(sympy.Determinant(shifted.as_immutable()), self.polynomial)
        return equation(sympy.Determinant(self.variable * sympy.Identity(matrix.shape[0]) - matrix), self.polynomial)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Computes the determinant again, division-free (Berkowitz)."""
        matrix = resolve(self.matrix, definitions)
        computed = (self.variable * sympy.eye(matrix.rows) - matrix).det(method="berkowitz")
        return _compare(computed, resolve(self.polynomial, definitions), "the determinant computed again")


@final
@dataclass(frozen=True)
class EigenvaluesAre:
    """The eigenvalues of `matrix` with algebraic multiplicities are `eigenvalues`."""

    matrix: sympy.Basic
    eigenvalues: tuple[tuple[sympy.Expr, int], ...]
    variable: sympy.Symbol = sympy.Symbol("z")  # noqa: RUF009 - a symbol is immutable

    @property
    def claim(self) -> sympy.Basic:
        """det(z I - M) = the product of (z - eigenvalue)^multiplicity."""
        return CharacteristicPolynomialIs(self.matrix, self.variable, self._product()).claim

    def verify(self, definitions: Definitions) -> CheckResult:
        """Multiplies the factors and compares with the determinant computed again.

        A complete set of roots of one irreducible polynomial is multiplied by writing that polynomial.
        """
        return CharacteristicPolynomialIs(self.matrix, self.variable, self._grouped()).verify(definitions)

    def _grouped(self) -> sympy.Expr:
        product = sympy.Integer(1)
        families: dict[sympy.PurePoly, dict[int, int]] = {}
        for value, power in self.eigenvalues:
            if isinstance(value, sympy.CRootOf):
                families.setdefault(value.poly, {})[value.index] = power
            else:
                product *= (self.variable - value) ** power
        for polynomial, powers in families.items():
            if sorted(powers) != list(range(polynomial.degree())) or len(set(powers.values())) != 1:
                return self._product()
            monic = polynomial.as_expr().subs(polynomial.gen, self.variable) / polynomial.LC()
            product *= monic ** next(iter(powers.values()))
        return product

    def _product(self) -> sympy.Expr:
        return sympy.Mul(*[(self.variable - value) ** power for value, power in self.eigenvalues])


@final
@dataclass(frozen=True)
class KernelIs:
    """The columns of `basis` are a basis of the kernel of `matrix`, for all values of the symbols."""

    matrix: sympy.Basic
    basis: sympy.Basic

    @property
    def claim(self) -> sympy.Basic:
        """M V = 0 (the check shows also that V has full rank and exhausts the kernel)."""
        rows, columns = self.matrix.shape[0], self.basis.shape[1]
        product = sympy.MatMul(_frozen(self.matrix), _frozen(self.basis), evaluate=False)
        return equation(product, sympy.zeros(rows, columns))

    def verify(self, definitions: Definitions) -> CheckResult:
        """M V = 0; V has a non-zero maximal minor; M has a non-zero minor of order (columns of M) - (columns of V)."""
        matrix, basis = resolve(self.matrix, definitions), resolve(self.basis, definitions)
        product = _compare(matrix * basis, sympy.zeros(matrix.rows, basis.cols).as_immutable(), "M V = 0")
        rank = matrix.cols - basis.cols
        independent = has_rank_at_least(basis, basis.cols)
        exhausted = has_rank_at_least(matrix, rank)
        return combine(
            [
                product,
                decide(independent, "the basis is independent", "the columns are dependent", "independence undecided"),
                decide(exhausted, f"the rank is {rank}", "the kernel is larger", f"rank {rank} not shown"),
            ]
        )


@final
@dataclass(frozen=True)
class EquivalentTo:
    """Two conditions on real symbols hold for the same values."""

    left: Boolean
    right: Boolean

    @property
    def claim(self) -> sympy.Basic:
        """left iff right."""
        return sympy.Equivalent(self.left, self.right, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Both implications, by exact evaluation on cells (one symbol) or non-negative combinations."""
        return check_equivalent(resolve(self.left, definitions), resolve(self.right, definitions))


@final
@dataclass(frozen=True)
class Implied:
    """The premise implies the conclusion for all real values."""

    premise: Boolean
    conclusion: Boolean

    @property
    def claim(self) -> sympy.Basic:
        """premise => conclusion."""
        return sympy.Implies(self.premise, self.conclusion, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """By exact evaluation on cells (one symbol) or non-negative combinations."""
        return check_implies(resolve(self.premise, definitions), resolve(self.conclusion, definitions))


@final
@dataclass(frozen=True)
class TaylorIs:
    """The Taylor polynomial of `of` in `variable` at `point`, up to and including `order`, is `result`."""

    of: sympy.Expr
    variable: sympy.Symbol
    point: sympy.Expr
    order: int
    result: sympy.Expr

    @property
    def claim(self) -> sympy.Basic:
        """of = result + O((variable - point)^(order + 1))."""
        remainder = sympy.Order((self.variable - self.point) ** (self.order + 1), (self.variable, self.point))
        return equation(self.of, sympy.Add(self.result, remainder, evaluate=False))

    def verify(self, definitions: Definitions) -> CheckResult:
        """Computes the derivatives again and compares with the polynomial `result`."""
        value = resolve(self.of, definitions)
        step = self.variable - self.point
        terms = [
            sympy.diff(value, self.variable, k).subs(self.variable, self.point) / math.factorial(k) * step**k
            for k in range(self.order + 1)
        ]
        return _compare(sympy.Add(*terms), resolve(self.result, definitions), "derivatives computed again")


@final
@dataclass(frozen=True)
class AllOf:
    """Several checks that belong to one step."""

    checks: tuple[Check, ...]

    @property
    def claim(self) -> sympy.Basic:
        """The claims, one after the other."""
        return sympy.Tuple(*[check.claim for check in self.checks])

    def verify(self, definitions: Definitions) -> CheckResult:
        """Passed when every one passes."""
        return combine([check.verify(definitions) for check in self.checks])


def has_rank_at_least(matrix: sympy.MatrixBase, rank: int) -> bool | None:
    """True when a minor of order `rank`, or the sum of their squares, is shown to be non-zero for all values."""
    if rank == 0:
        return True
    if rank > min(matrix.shape):
        return False
    rows = list(sympy.utilities.iterables.subsets(range(matrix.rows), rank))
    columns = list(sympy.utilities.iterables.subsets(range(matrix.cols), rank))
    minors = []
    for row in rows:
        for column in columns:
            minor = sympy.together(matrix.extract(list(row), list(column)).det(method="berkowitz"))
            sign = prove_sign(minor)
            if sign is not None and sign.strict:
                return True
            minors.append(minor)
    if all(is_zero(minor) for minor in minors):
        return False
    sign = prove_sign(sympy.Add(*[minor**2 for minor in minors]))
    return True if sign is not None and sign.strict else None
