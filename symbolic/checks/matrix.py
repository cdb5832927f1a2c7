"""Checks of kernels, ranks and spectra."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.polys.matrices import DomainMatrix

from symbolic.checks.claim import Definitions, compare, equation, frozen, resolve
from symbolic.decide_zero import is_zero
from symbolic.outcome import CheckResult, combine, decide
from symbolic.prove_sign import prove_sign


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
        """Computes the determinant again: of a rational matrix at as many places as decide, else by Berkowitz."""
        matrix = resolve(self.matrix, definitions)
        expected = resolve(self.polynomial, definitions)
        if _agree_at_integers(matrix, self.variable, expected):
            return decide(True, f"both sides agree at {matrix.rows + 1} integers and have degree {matrix.rows}", "", "")
        computed = (self.variable * sympy.eye(matrix.rows) - matrix).det(method="berkowitz")
        return compare(computed, expected, "the determinant computed again")


def _agree_at_integers(matrix: sympy.MatrixBase, variable: sympy.Symbol, expected: sympy.Expr) -> bool:
    """Whether det(z I - M) = p(z) at z = 0, ..., n for a rational M and a rational p of degree at most n."""
    size = matrix.rows
    if not all(entry.is_Rational for entry in matrix) or expected.free_symbols - {variable}:
        return False
    polynomial = sympy.Poly(expected, variable) if expected.is_polynomial(variable) else None
    if polynomial is None or not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ) or polynomial.degree() > size:
        return False
    rational = DomainMatrix.from_Matrix(sympy.Matrix(matrix)).convert_to(sympy.QQ)
    unit = DomainMatrix.eye(size, sympy.QQ)
    return all(
        sympy.QQ.to_sympy((sympy.QQ(place) * unit - rational).det()) == polynomial.eval(place)
        for place in range(size + 1)
    )


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
        product = sympy.MatMul(frozen(self.matrix), frozen(self.basis), evaluate=False)
        return equation(product, sympy.zeros(rows, columns))

    def verify(self, definitions: Definitions) -> CheckResult:
        """M V = 0; V has a non-zero maximal minor; M has a non-zero minor of order (columns of M) - (columns of V)."""
        matrix, basis = resolve(self.matrix, definitions), resolve(self.basis, definitions)
        product = compare(matrix * basis, sympy.zeros(matrix.rows, basis.cols).as_immutable(), "M V = 0")
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
