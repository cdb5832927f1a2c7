"""The assertion of Morse classes: proved, refuted, undecided."""

import pytest
import sympy

from foundation import InputError
from stabproof.testing import Refuted, Undecided, assert_morse_class

X = sympy.Symbol("x", real=True)


def test_a_proved_class_is_returned():
    certificate = assert_morse_class(X**2 - 1, (-1, 2), "C2")
    assert certificate.number("critical_points").lower == 1


def test_another_class_is_refuted():
    with pytest.raises(Refuted, match="it is proved C2"):
        assert_morse_class(X**2, (-1, 2), "C1")


def test_an_undecided_class():
    with pytest.raises(Undecided, match="undecided"):
        # degenerate at pi/2, where no factor of the derivative has a simple zero
        assert_morse_class((sympy.sin(X) - 1) ** 2, (1, 2), "C1", budget=2)


def test_an_unknown_class():
    with pytest.raises(InputError, match="C1"):
        assert_morse_class(X**2, (-1, 1), "C4")
