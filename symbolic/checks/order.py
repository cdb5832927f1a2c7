"""Checks of signs, inequalities and conditions."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.bernstein import Box, nonnegative_on_box
from symbolic.checks.claim import Definitions, compare, resolve
from symbolic.compare_conditions import check_equivalent, check_implies
from symbolic.outcome import CheckResult, decide, failed, passed, undecided
from symbolic.prove_sign import counterexample, prove_sign

_RELATIONS = {
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    "!=": sympy.Unequality,
    "==": sympy.Equality,
}


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
            return compare(value, sympy.Integer(0), "zero by exact algebra")
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
