"""What every check has: a claim, the definitions it sees, and exact comparison."""

from collections.abc import Mapping
from typing import Protocol

import sympy

from symbolic.decide_zero import is_zero, matrix_is_zero, zero_witness
from symbolic.outcome import CheckResult, decide, failed

Definitions = Mapping[sympy.Basic, sympy.Basic]


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
    return sympy.Eq(frozen(left), frozen(right), evaluate=False)


def frozen(expression: sympy.Basic) -> sympy.Basic:
    """`expression` as an immutable SymPy object; text is refused."""
    return (
        expression.as_immutable()
        if isinstance(expression, sympy.MatrixBase)
        else sympy.sympify(expression, strict=True)
    )


def at(expression: sympy.Expr, *places: tuple[sympy.Symbol, sympy.Expr]) -> sympy.Subs:
    """`expression` at the `places`, substituted only when a check evaluates it, so that a step can display it."""
    symbols, values = zip(*places, strict=True)
    return sympy.Subs(expression, symbols, values)


def product(*factors: sympy.MatrixBase) -> sympy.MatMul:
    """A product of matrices as written, multiplied only when a check evaluates it."""
    return sympy.MatMul(*[factor.as_immutable() for factor in factors], evaluate=False)


def total(*terms: sympy.Expr) -> sympy.Add:
    """A sum as written, in the order of its terms, added only when a check evaluates it."""
    return sympy.Add(*terms, evaluate=False)


def compare(left: sympy.Basic, right: sympy.Basic, how: str) -> CheckResult:
    """Whether two scalars or matrices agree exactly; `how` is the reason when they do."""
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
