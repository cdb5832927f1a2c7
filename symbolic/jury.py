"""The Jury (Schur-Cohn) criterion: when do all roots of a polynomial lie in the open unit disc?"""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from foundation import InputError
from symbolic.checks import Definitions, Equal, EquivalentTo, equation, resolve
from symbolic.derivation import Derivation, Step
from symbolic.outcome import CheckResult, undecided
from symbolic.stability_polynomials import check_root_condition, coefficients_of

REFERENCE = "E. I. Jury, Theory and Application of the z-Transform Method (1964), section 3.3"


def jury_table(polynomial: sympy.Expr, variable: sympy.Symbol) -> list[list[sympy.Expr]]:
    """The rows of the Schur-Cohn reduction, highest coefficient first, down to degree 2 (or 1).

    Row k + 1 holds (a_n p(z) - a_0 z^n p(1/z)) / z for row k = p(z). Where a_n > |a_0|, by Rouche's theorem p has all
    its roots in the unit disc if and only if the next row has. Raises `InputError` on an unknown leading sign.
    """
    rows = [coefficients_of(polynomial, variable)]
    while len(rows[-1]) > 3:
        row = rows[-1]
        last = row[-1]
        rows.append([sympy.factor(row[0] * a - last * b) for a, b in zip(row[:-1], reversed(row[1:]), strict=True)])
    return rows


def jury_conditions(polynomial: sympy.Expr, variable: sympy.Symbol) -> tuple[sympy.Expr, ...]:
    """Expressions that are all positive if and only if all roots lie in the open unit disc. Exact.

    Degree 1: a_1 - a_0 and a_1 + a_0. Degree 2: p(1), p(-1), a_2 - a_0. Above: a_n - a_0, a_n + a_0 of every row of
    `jury_table`, then degree 2.
    """
    *upper, last = jury_table(polynomial, variable)
    conditions = [entry for row in upper for entry in (row[0] - row[-1], row[0] + row[-1])]
    if len(last) == 2:
        conditions += [last[0] - last[1], last[0] + last[1]]
    else:
        conditions += [sum(last), last[0] - last[1] + last[2], last[0] - last[2]]
    return tuple(sympy.expand(condition) for condition in conditions)


def schur_condition(polynomial: sympy.Expr, variable: sympy.Symbol) -> Boolean:
    """The Jury conditions as one conjunction of strict inequalities."""
    return sympy.And(*[sympy.StrictGreaterThan(entry, 0) for entry in jury_conditions(polynomial, variable)])


@final
@dataclass(frozen=True)
class RootsInUnitDisc:
    """All roots of `polynomial` in `variable` lie in the open unit disc if and only if `condition` holds."""

    polynomial: sympy.Expr
    variable: sympy.Symbol
    condition: Boolean

    @property
    def claim(self) -> sympy.Basic:
        """p(z) = 0 => |z| < 1, iff condition."""
        inside = sympy.Implies(
            equation(self.polynomial, sympy.Integer(0)),
            sympy.StrictLessThan(sympy.Abs(self.variable), 1, evaluate=False),
            evaluate=False,
        )
        return sympy.Equivalent(inside, self.condition, evaluate=False)

    def verify(self, definitions: Definitions) -> CheckResult:
        """Derives the conditions again, compares them, and tests both against isolated roots at rational points."""
        polynomial, condition = resolve(self.polynomial, definitions), resolve(self.condition, definitions)
        try:
            derived = schur_condition(polynomial, self.variable)
        except InputError as error:
            return undecided(str(error))
        return check_root_condition(polynomial, self.variable, derived, condition, "unit disc")


def derive_jury_triangle() -> Derivation:
    """The conditions for degree 2, z^2 + a z + b with real a and b, from the Moebius map of disc to half plane."""
    a, b = sympy.symbols("a b", real=True)
    z, w = sympy.symbols("z w")
    p = z**2 + a * z + b
    moved = (1 - w) ** 2 * p.subs(z, (1 + w) / (1 - w))
    low, middle, top = 1 + a + b, 2 * (1 - b), 1 - a + b
    triangle = sympy.And(low > 0, top > 0, 1 - b > 0)
    steps = (
        Step(
            "The map z = (1 + w)/(1 - w) takes the open left half plane of w onto the open unit disc of z, and turns "
            "the quadratic into another quadratic in w.",
            reason="Expansion.",
            check=Equal(moved, top * w**2 + middle * w + low),
        ),
        Step(
            "A real quadratic has both roots in the open left half plane exactly when its three coefficients have one "
            "sign (the sum of the roots is negative and their product positive). With all of them negative the sum of "
            "the outer two, 2 + 2 b, and the middle one, 2 - 2 b, could not both be negative; so all are positive.",
            reason="The two quantities add up to 4.",
            check=Equal(sympy.Add(low, top, middle, evaluate=False), sympy.Integer(4)),
        ),
        Step(
            "Hence both roots lie in the open unit disc exactly inside the triangle.",
            reason="A root z = -1 corresponds to a vanishing leading coefficient in w, which the triangle excludes.",
            reference=REFERENCE,
            check=RootsInUnitDisc(p, z, triangle),
        ),
        Step(
            "The triangle is the region |a| < 1 + b, b < 1.",
            reason="Rewriting.",
            check=EquivalentTo(triangle, sympy.And(sympy.Abs(a) < 1 + b, b < 1)),
        ),
    )
    return Derivation("The stability triangle of a real quadratic", ((a, "coefficient"), (b, "coefficient")), steps)
