"""Exact roots and moduli of small rational matrices against their coefficients."""

import sympy

from symbolic.largest_root import exact_eigenvalues, largest_modulus, modulus, real_part


def test_moduli_are_not_rounded():
    """|1 + i e| with e = 10^-30 is above 1."""
    small = sympy.Rational(1, 10**30)
    found = largest_modulus(sympy.Matrix([[1, small], [-small, 1]]))
    assert found == sympy.sqrt(1 + small**2)
    assert found != 1


def test_even_factors_give_imaginary_pairs():
    """z^4 + 5 z^2 + 5: z^2 = (-5 +- sqrt 5)/2, all imaginary."""
    matrix = sympy.Matrix([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [-5, 0, -5, 0]])
    roots = exact_eigenvalues(matrix)
    assert len(roots) == 4
    assert all(real_part(root) == 0 for root, _ in roots)
    expected = sympy.sqrt((5 + sympy.sqrt(5)) / 2)
    assert abs((largest_modulus(matrix) - expected).evalf(40)) < sympy.Rational(1, 10**35)


def test_cubics_with_three_real_roots_and_with_one():
    three = exact_eigenvalues(sympy.Matrix([[0, 1, 0], [0, 0, 1], [1, 3, 0]]))
    assert three is not None
    assert abs(max(float(modulus(root)) for root, _ in three) - 1.8793852415718168) < 1e-12  # 2 cos(pi/9)
    assert exact_eigenvalues(sympy.Matrix([[0, 1, 0], [0, 0, 1], [2, 0, 0]])) is None
