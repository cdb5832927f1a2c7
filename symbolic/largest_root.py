"""Exact eigenvalues of small rational matrices, and the largest modulus among them."""

from collections.abc import Sequence

import sympy

_VARIABLE = sympy.Symbol("z")


def exact_roots(polynomial: sympy.Poly) -> list[tuple[sympy.Expr, int]] | None:
    """All roots of a rational polynomial with multiplicities, or None.

    Radicals for factors of degree two, real algebraic numbers for factors with real roots only, and square roots of
    these for even factors; None when another factor has complex roots.
    """
    roots: list[tuple[sympy.Expr, int]] = []
    for factor, power in polynomial.factor_list()[1]:
        if factor.degree() <= 2:
            found = [root for root, count in sympy.roots(factor).items() for _ in range(count)]
        elif factor.count_roots() == factor.degree():
            found = factor.real_roots()
        else:
            pairs = _opposite_roots(factor)
            if pairs is None:
                return None
            found = pairs
        roots += [(root, power) for root in found]
    return roots


def _opposite_roots(factor: sympy.Poly) -> list[sympy.Expr] | None:
    """The roots +-sqrt(w) of q(z^2), when all roots w of q are real."""
    coefficients = factor.all_coeffs()
    if any(coefficients[1::2]) or factor.degree() % 2:
        return None
    inner = sympy.Poly(coefficients[::2], factor.gen, domain="QQ")
    if inner.count_roots() < inner.degree():
        return None
    roots = []
    for square in inner.real_roots():
        root = sympy.sqrt(square) if square.evalf(30) > 0 else sympy.I * sympy.sqrt(-square)
        roots += [root, -root]
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
    factor = (number / sympy.I).expand()
    if factor.is_real:
        return sympy.Abs(factor)
    real, imaginary = number.as_real_imag()
    return sympy.sqrt(sympy.expand(real**2 + imaginary**2))


def real_part(number: sympy.Expr) -> sympy.Expr:
    """Re z of an algebraic number."""
    if number.is_real:
        return number
    factor = (number / sympy.I).expand()
    return sympy.Integer(0) if factor.is_real else number.as_real_imag()[0]


def largest(numbers: Sequence[sympy.Expr]) -> sympy.Expr:
    """The largest of several real numbers, told apart by 60 decimals."""
    return max(numbers, key=lambda number: number.evalf(60))


def largest_modulus(matrix: sympy.MatrixBase) -> sympy.Expr | None:
    """The spectral radius of a rational matrix in closed form, None when `exact_roots` has none."""
    found = exact_eigenvalues(matrix)
    return None if found is None else largest([modulus(root) for root, _ in found])
