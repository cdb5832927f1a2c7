"""Formulas of files are defined where the file's own operations are, whatever SymPy makes of them."""

import numpy as np
import pytest
import sympy

import stabproof as sp
from numeric.precision import double_precision
from stabproof.readers.domains import Domain

X, Y, N = sympy.symbols("x y n", real=True)

# formula of y: (what SymPy makes of it, a y without a value, a y with one)
CANCELLED = {
    "exp(ln(y))": (Y, -1.0, 2.0),
    "sqrt(y)^2": (Y, -1.0, 2.0),
    "y*y/y": (Y, 0.0, 2.0),
    "0*ln(y)": (sympy.S.Zero, -1.0, 2.0),
    "sqrt(y)*sqrt(y)^3": (Y**2, -1.0, 2.0),
    "sqrt(y)/sqrt(y)": (sympy.S.One, -1.0, 2.0),
    "sin(asin(y))": (Y, 2.0, 0.5),
    "ln(y)-ln(y)": (sympy.S.Zero, -1.0, 3.0),
    "1/(1/y)": (Y, 0.0, 3.0),
    "y^half*y^half": (Y, -1.0, 3.0),
    "(y-1)^2/(y-1)": (Y - 1, 1.0, 2.0),
    "tan(y)*0": (sympy.S.Zero, None, 1.0),
    "max(ln(y),ln(y))-ln(y)": (sympy.S.Zero, -2.0, 3.0),
}


@double_precision
def value(system, y):
    return float(system.field(np.array([y]))[0])


@pytest.fixture
def read(tmp_path):
    def reader(rate, more=""):
        path = tmp_path / "system.ode"
        path.write_text(f"par half=0.5, one=1\n{more}y'={rate}\ndone\n")
        return sp.from_xpp(path)

    return reader


@pytest.mark.parametrize("formula", CANCELLED)
def test_what_sympy_cancels_stays_asked_for(read, formula):
    kept, outside, inside = CANCELLED[formula]
    system = read(formula)
    with pytest.raises(sp.InputError, match=r"pass system\.field instead"):
        _ = system.expressions
    assert np.isclose(value(system, inside), float(kept.subs(Y, inside)), atol=1e-12)
    assert outside is None or not np.isfinite(value(system, outside))


def test_no_equilibrium_is_proved_where_the_file_has_no_value(read):
    system = read("-exp(ln(y))-1")
    with pytest.raises(sp.InputError):
        sp.certify_equilibrium(system.field, [-1.0])
    found = sp.certify_equilibrium(read("2-exp(ln(y))").field, [2.0])
    assert found.verdict is sp.Verdict.STABLE


SHOWN = [
    "y^2/(1+y^2)",
    "sqrt(y^2)",
    "2*sqrt(4*y)",
    "ln(y)/2-1/y",
    "1/(3*y)*1/y",
    "y*one/one",
    "(y^2)^half",
    "exp(y)/exp(y)",
    "ln(exp(y))",
    "-1/(1-y)",
]


@pytest.mark.parametrize("formula", SHOWN)
def test_what_sympy_shows_needs_no_more(read, formula):
    system = read(formula)
    assert np.isclose(value(system, 0.5), float(system.expressions[0].subs(sympy.Symbol("y", real=True), 0.5)))


def test_parameters_are_checked_as_numbers(read):
    assert read("y*one/one").expressions == (sympy.Symbol("y", real=True),)
    with pytest.raises(sp.InputError, match="not zero"):
        _ = read("y*one/one").with_parameters(one=0).expressions
    with pytest.raises(sp.InputError, match="not zero"):
        _ = read("y*ln(one)/ln(one)").with_parameters(one=-2).field


def test_exponents_that_a_value_makes_whole_ask_for_nothing():
    domain = Domain()
    power = domain.apply(sympy.Pow, X, N)
    square = domain.apply(sympy.Pow, power, sympy.Integer(2))
    assert square == X ** (2 * N)
    (asked,) = domain.dropped
    assert domain.renewed(asked, {N: sympy.Integer(2)}) == frozenset()
    (left,) = domain.renewed(asked, {N: sympy.Rational(1, 2)})
    assert (left.kind, left.of) == ("nonnegative", X)
