"""Checks of identities and derivatives."""

import math
from dataclasses import dataclass
from typing import final

import sympy

from symbolic.checks.claim import Check, Definitions, compare, equation, resolve
from symbolic.outcome import CheckResult, combine, failed, passed


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
        return compare(left, right, "the difference is zero by exact algebra")


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
        return compare(derivative, resolve(self.result, definitions), "differentiated again")


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
        return compare(column, resolve(self.result, definitions), "differentiated again")


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
        return compare(matrix, resolve(self.result, definitions), "differentiated again")


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
        return compare(jacobian, resolve(self.result, definitions), "differentiated again")

    def _column(self, definitions: Definitions) -> sympy.Basic:
        return resolve(self.of, definitions)


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
        return compare(sympy.Add(*terms), resolve(self.result, definitions), "derivatives computed again")


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
