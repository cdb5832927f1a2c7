"""Exact eigenvalues of small rational matrices, and the largest modulus among them."""

from collections.abc import Sequence

import sympy

_VARIABLE = sympy.Symbol("z")


def exact_roots(polynomial: sympy.Poly) -> list[tuple[sympy.Expr, int]] | None:
    """All roots of a rational polynomial with multiplicities: radicals for factors of degree two, else real
    algebraic numbers; None when a factor of higher degree has a pair of complex roots."""
    roots: list[tuple[sympy.Expr, int]] = []
    for factor, power in polynomial.factor_list()[1]:
        if factor.degree() <= 2:
            found = [root for root, count in sympy.roots(factor).items() for _ in range(count)]
        elif factor.count_roots() == factor.degree():
            found = factor.real_roots()
        else:
            return None
        roots += [(root, power) for root in found]
    return roots


def exact_eigenvalues(matrix: sympy.MatrixBase) -> list[tuple[sympy.Expr, int]] | None:
    """`exact_roots` of the characteristic polynomial of a rational matrix."""
    return exact_roots(sympy.Poly(characteristic_polynomial(matrix), _VARIABLE, domain="QQ"))


def characteristic_polynomial(matrix: sympy.MatrixBase, variable: sympy.Symbol = _VARIABLE) -> sympy.Expr:
    """det(z I - M) by a division-free method."""
    return sympy.Matrix(matrix).charpoly(variable).as_expr()


def modulus(number: sympy.Expr) -> sympy.Expr:
    """|z| of an algebraic number as a real number."""
    if number.is_real:
        return sympy.Abs(number)
    real, imaginary = number.as_real_imag()
    return sympy.sqrt(sympy.nsimplify(sympy.expand(real**2 + imaginary**2)))


def largest(numbers: Sequence[sympy.Expr]) -> sympy.Expr:
    """The largest of several real numbers, told apart by 60 decimals."""
    return max(numbers, key=lambda number: number.evalf(60))


def largest_modulus(matrix: sympy.MatrixBase) -> sympy.Expr | None:
    """The spectral radius of a rational matrix in closed form, None when `exact_roots` has none."""
    found = exact_eigenvalues(matrix)
    return None if found is None else largest([modulus(root) for root, _ in found])
