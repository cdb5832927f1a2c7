"""Checks of solutions of equations."""

from dataclasses import dataclass
from typing import final

import sympy

from symbolic.checks.claim import Definitions, compare, equation, resolve
from symbolic.compare_conditions import real_roots_of
from symbolic.decide_zero import is_zero
from symbolic.outcome import CheckResult, combine, failed, passed, undecided
from symbolic.prove_sign import prove_sign


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
        return combine([compare(item, sympy.Integer(0), "zero after substitution") for item in column])


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
        compared = compare(resolve(self.solution, definitions), -constant / slope, "linear in the variable")
        signs = prove_sign(slope), prove_sign(constant)
        if any(sign is not None and sign.strict for sign in signs):
            return compared
        basis = sympy.groebner([slope, constant], *sorted(slope.free_symbols | constant.free_symbols, key=str))
        if basis.exprs != [1]:
            return undecided(f"{slope} and {constant} may vanish together")
        return compared
