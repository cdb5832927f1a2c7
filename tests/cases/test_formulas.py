"""Formulas written by a user: both arithmetics agree with SymPy, nothing is executed, clear refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from cases.common.formulas import SYMBOLIC, TRACED, formulas
from certify.program import evaluate, trace
from foundation import InputError

READ = formulas(3, 3)
X1, X2, X3 = sympy.symbols("x1:4", real=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x1^2 - x2/3 + 0.1", X1**2 - X2 / 3 + sympy.Rational(1, 10)),
        ("-sin(x)*exp(-(x2)**2)", -sympy.sin(X1) * sympy.exp(-(X2**2))),
        ("+2*x3 - (1 - x1)^3/7", 2 * X3 - (1 - X1) ** 3 / 7),
        ("tanh(atan(cosh(x1) - sinh(x2)))", sympy.tanh(sympy.atan(sympy.cosh(X1) - sympy.sinh(X2)))),
    ],
)
def test_a_formula_is_read(text, expected):
    formula = READ(text, "target")
    assert sympy.simplify(formula.at((X1, X2, X3), SYMBOLIC)[0] - expected) == 0
    point = (0.3, -0.7, 1.1)
    with jax.enable_x64(True):
        value = float(formula.at(tuple(map(jnp.float64, point)), TRACED)[0])
    assert value == pytest.approx(float(expected.subs(dict(zip((X1, X2, X3), point, strict=True)))), rel=1e-13)


def test_constants_stay_exact_in_a_trace():
    formula = READ("x1/3 + 0.1", "target")
    with jax.enable_x64(True):
        program = trace(lambda x: formula.at((x,), TRACED)[0], np.float64(0.0))
    (value,) = evaluate(program, [np.float64(1.0)], precision=200)
    (exact,) = np.ravel(value)
    third = sympy.Rational(13, 30)
    assert abs(sympy.Rational(str(exact.mid().str(50, radius=False))) - third) < sympy.Rational(1, 10**45)


@pytest.mark.parametrize(
    "text",
    [
        *("", ";", "y", "x0", "x4", "x1;x1;x1;x1", "x1/x2", "1/0", "x/(1-1)", "x^13", "x^-1", "x^x", "x^2.0", "2^0"),
        *("sin", "sin()", "sin(x, x)", "log(x)", "sqrt(x)", "x.real", "[x]", "x if x else x", "lambda: x", "True"),
        *(
            "__import__('os')",
            "().__class__",
            "'x'",
            "1e9",
            "x" * 500,
            "(" * 300 + "x" + ")" * 300,
            "x\0",
            None,
            3,
            ["x"],
        ),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        READ(text, "target")
