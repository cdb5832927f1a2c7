"""The Routh-Hurwitz criterion: when do all roots of a polynomial lie in the open left half plane?"""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from foundation import InputError
from symbolic.checks import Definitions, equation, resolve
from symbolic.outcome import CheckResult, undecided
from symbolic.stability_polynomials import check_root_condition, coefficients_of

REFERENCE = "F. R. Gantmacher, The Theory of Matrices II, chapter XV, sections 6 and 13"


def hurwitz_matrix(polynomial: sympy.Expr, variable: sympy.Symbol) -> sympy.ImmutableMatrix:
    """The n x n Hurwitz matrix with entry (i, j) = a_{n - 1 - 2 j + i}, the coefficient of z^(n - 1 - 2 j + i)."""
    a = coefficients_of(polynomial, variable)
    n = len(a) - 1

    def entry(i: int, j: int) -> sympy.Expr:
        place = 2 * j - i + 1
        return a[place] if 0 <= place <= n else sympy.Integer(0)

    return sympy.ImmutableMatrix(n, n, entry)


def hurwitz_conditions(polynomial: sympy.Expr, variable: sympy.Symbol) -> tuple[sympy.Expr, ...]:
    """Expressions that are all positive iff all roots lie in the open left half plane: the leading principal minors."""
    matrix = hurwitz_matrix(polynomial, variable)
    return tuple(sympy.expand(matrix[:k, :k].det(method="berkowitz")) for k in range(1, matrix.rows + 1))


def hurwitz_condition(polynomial: sympy.Expr, variable: sympy.Symbol) -> Boolean:
    """The Hurwitz conditions as one conjunction of strict inequalities."""
    return sympy.And(*[sympy.StrictGreaterThan(entry, 0) for entry in hurwitz_conditions(polynomial, variable)])


@final
@dataclass(frozen=True)
class RootsInLeftHalfPlane:
    """All roots of `polynomial` in `variable` have negative real part if and only if `condition` holds."""

    polynomial: sympy.Expr
    variable: sympy.Symbol
    condition: Boolean

    @property
    def claim(self) -> sympy.Basic:
        """p(z) = 0 => Re z < 0, iff condition."""
        inside = sympy.Implies(
            equation(self.polynomial, sympy.Integer(0)),
            sympy.StrictLessThan(sympy.re(self.variable), 0, evaluate=False),
            evaluate=False,
        )
        return sympy.Equivalent(inside, self.condition, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Derives the conditions again, compares them, and tests both against isolated roots at rational points."""
        polynomial, condition = resolve(self.polynomial, definitions), resolve(self.condition, definitions)
        try:
            derived = hurwitz_condition(polynomial, self.variable)
        except InputError as error:
            return undecided(str(error))
        return check_root_condition(polynomial, self.variable, derived, condition, "left half plane")
