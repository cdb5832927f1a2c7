"""Tables: long exact numbers are shown in words."""

import sympy

from stabproof.tables import exact_text


def test_long_exact_numbers_fit_a_table():
    assert exact_text(sympy.sqrt(2) / 3) == "sqrt(2)/3"
    assert exact_text(sympy.Rational(2, 3) ** 20) == str(sympy.Rational(2, 3) ** 20)
    assert (
        exact_text(sympy.Rational(1, 3) + sympy.Rational(1, 7**800)) == "exact rational number, about 0.333333333333…"
    )


def test_integers_that_python_refuses_to_write_out():
    """1 + 7^-6000 has two integers of 5071 digits."""
    assert exact_text(1 + sympy.Rational(1, 7**6000)) == "exact rational number, about 1.00000000000…"
