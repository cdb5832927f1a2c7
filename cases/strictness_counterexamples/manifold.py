"""For almost all data the interpolating parameters form a manifold: regular values, and Sard's theorem."""

import sympy

from symbolic import AllOf, Definition, Derivation, Equal, GradientIs, Implied, IsRoot, Step
from symbolic.checks import at

TITLE = "Almost all data have a manifold of interpolating parameters"
_SARD = "A. Sard, Bull. Amer. Math. Soc. 48 (1942); H. Whitney, Duke Math. J. 1 (1935)"
_LEE = "J. M. Lee, Introduction to Smooth Manifolds, Corollary 5.14 and Theorem 6.10"


def derive_manifold_of_interpolation() -> Derivation:
    """Theorem 3.1 from Sard's theorem, with the smoothness that this needs; one residual of two parameters shows it."""
    x, y, slope = sympy.symbols("t1 t2 s", real=True)
    d, m, k = sympy.symbols("D m k", real=True)
    first, second = sympy.symbols("f_1 f_2", real=True)
    name = sympy.Symbol("Phi")
    zero = sympy.Integer(0)
    return Derivation(
        TITLE,
        (
            (d, "number D of parameters"),
            (m, "number m = qN of equations, m < D"),
            (k, "how many times the network is continuously differentiable"),
            (first, "partial derivative of the output by t1"),
            (second, "by t2, not 0 where the value is regular"),
            (slope, "slope of the graph t2 = g(t1) on which the output stays the same"),
            (name, "the network t1 t2"),
        ),
        (
            Step(
                "Interpolating parameters are where the outputs have the wanted values. Where their derivative has the "
                "full rank m, m of the parameters are functions of the others: a graph of dimension D - m. For one "
                "output of two parameters its slope is -f_1/f_2, with which the output does not change.",
                reason="Implicit function theorem.",
                reference=_LEE,
                check=Equal(at(first + slope * second, (slope, -first / second)), zero),
            ),
            Step("An example.", reason="Definition.", check=Definition(name, x * y)),
            Step(
                "Its gradient vanishes at the origin only, where the output is 0: every other target is a regular "
                "value.",
                reason="Differentiation and substitution.",
                check=AllOf(
                    (
                        GradientIs(name, (x, y), sympy.ImmutableMatrix([y, x])),
                        IsRoot((x * y,), ((x, zero), (y, zero))),
                    )
                ),
            ),
            Step(
                "For the target 0 the interpolating parameters are two lines that cross at a saddle: no manifold "
                "there. One target, a null set, is lost.",
                reason="The Hessian is indefinite.",
                check=Equal(sympy.Determinant(sympy.hessian(x * y, (x, y)).as_immutable()), sympy.Integer(-1)),
            ),
            Step(
                "In general the targets that are no regular values are a null set if k >= D - m + 1, and so, inputs "
                "included, are the data. For m < D that asks for two derivatives at least: one, as printed, is not "
                "enough for this proof, since a function with one need not be constant on a connected set of critical "
                "points. Real-analytic networks have all derivatives.",
                reason="Sard's theorem, and Fubini's; Whitney's example.",
                reference=_SARD,
                check=Implied(sympy.And(k >= d - m + 1, d >= m + 1), k >= 2),
            ),
        ),
    )
