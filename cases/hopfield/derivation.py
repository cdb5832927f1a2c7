"""Continuous Hopfield networks: Jacobian, pitchfork, Hopf bifurcation, mutual pairs, and the sign of the bias."""

import sympy

from symbolic.checks import (
    AllOf,
    CharacteristicPolynomialIs,
    DerivativeIs,
    EigenvaluesAre,
    Equal,
    IsRoot,
    JacobianIs,
    SignIs,
    TaylorIs,
)
from symbolic.derivation import Derivation, Step
from symbolic.routh_hurwitz import RootsInLeftHalfPlane

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (26)"


def derive_hopfield_jacobian() -> Derivation:
    """Two neurons with any weights: the Jacobian, and at the origin the thresholds in trace and determinant."""
    a, b, c, d = sympy.symbols("a11 a12 a21 a22", real=True)
    alpha = sympy.Symbol("alpha", positive=True)
    x, y, u, v = sympy.symbols("x1 x2 b1 b2", real=True)
    z = sympy.Symbol("z")
    h = sympy.tanh
    field = sympy.ImmutableMatrix([-alpha * x + a * h(x) + b * h(y) + u, -alpha * y + c * h(x) + d * h(y) + v])
    p, q = 1 - h(x) ** 2, 1 - h(y) ** 2
    jacobian = sympy.ImmutableMatrix([[-alpha + a * p, b * q], [c * p, -alpha + d * q]])
    trace, determinant = a + d - 2 * alpha, (a - alpha) * (d - alpha) - b * c
    at_origin = jacobian.subs({x: 0, y: 0})
    polynomial = z**2 - trace * z + determinant
    steps = (
        Step(
            "The Jacobian is -alpha I + A diag(1 - tanh^2 x_j).",
            reason="Differentiation.",
            reference=_PAPER,
            check=JacobianIs(field, (x, y), jacobian),
        ),
        Step(
            "At the origin, an equilibrium where there is no bias, all slopes are 1: the eigenvalues are those of A "
            "less alpha.",
            reason="Determinant.",
            check=CharacteristicPolynomialIs(at_origin, z, polynomial),
        ),
        Step(
            "They lie in the open left half-plane exactly when the trace is negative and the determinant positive: the "
            "origin loses its stability through 0 where the determinant vanishes (pitchfork) and through a purely "
            "imaginary pair where the trace does with positive determinant (Hopf).",
            reason="Routh-Hurwitz.",
            check=RootsInLeftHalfPlane(polynomial, z, sympy.And(trace < 0, determinant > 0)),
        ),
    )
    meaning = ((alpha, "decay"), (a, "weight"), (u, "bias"), (x, "state of a neuron"))
    return Derivation("Two neurons", meaning, steps)


def derive_hopfield_pitchfork() -> Derivation:
    """x' = -alpha x + a tanh x: a supercritical pitchfork at a = alpha."""
    x = sympy.Symbol("x", real=True)
    alpha, a = sympy.Symbol("alpha", positive=True), sympy.Symbol("a", positive=True)
    field = -alpha * x + a * sympy.tanh(x)
    steps = (
        Step(
            "To third order at the origin.",
            reason="Taylor's formula.",
            check=TaylorIs(field, x, sympy.Integer(0), 3, (a - alpha) * x - a * x**3 / 3),
        ),
        Step(
            "The cubic coefficient is negative: the pitchfork at a = alpha is supercritical, and two stable equilibria "
            "branch off for a > alpha.",
            reason="Sign.",
            reference="J. Guckenheimer, P. Holmes, Nonlinear Oscillations, section 3.4",
            check=SignIs(-a / 3, "<"),
        ),
        Step(
            "The slope of tanh falls with the distance from 0, so tanh x / x falls too and takes the value alpha/a at "
            "most once for x > 0: there are exactly three equilibria for a > alpha and one for a <= alpha.",
            reason="Second derivative.",
            check=DerivativeIs(sympy.tanh(x), (x, x), -2 * sympy.tanh(x) * (1 - sympy.tanh(x) ** 2)),
        ),
    )
    return Derivation("The pitchfork of one neuron", ((alpha, "decay"), (a, "weight of a neuron on itself")), steps)


def derive_hopfield_hopf() -> Derivation:
    """A = [[a, -w], [w, a]]: a supercritical Hopf bifurcation at a = alpha with frequency w."""
    x, y = sympy.symbols("x y", real=True)
    alpha, a, w = sympy.symbols("alpha a w", positive=True)
    matrix = sympy.ImmutableMatrix([[a - alpha, -w], [w, a - alpha]])
    eigenvalues = ((a - alpha + sympy.I * w, 1), (a - alpha - sympy.I * w, 1))

    def cubic(z: sympy.Symbol) -> sympy.Expr:
        return z - z**3 / 3

    f, g = -alpha * x + a * cubic(x) - w * cubic(y), -alpha * y + w * cubic(x) + a * cubic(y)
    thirds = (
        sympy.Derivative(f, (x, 3))
        + sympy.Derivative(f, x, (y, 2))
        + sympy.Derivative(g, (x, 2), y)
        + sympy.Derivative(g, (y, 3))
    )
    steps = (
        Step(
            "At the origin the eigenvalues are a - alpha +- i w: they cross the imaginary axis at a = alpha, with "
            "speed 1 in a.",
            reason="Characteristic polynomial.",
            check=EigenvaluesAre(matrix, eigenvalues),
        ),
        Step(
            "To third order tanh z is z - z^3/3: there are no quadratic terms.",
            reason="Taylor's formula.",
            check=TaylorIs(sympy.tanh(x), x, sympy.Integer(0), 3, cubic(x)),
        ),
        Step(
            "For the field f, g of third order the first Lyapunov coefficient is (f_xxx + f_xyy + g_xxy + g_yyy)/16 = "
            "-a/4 < 0: the Hopf bifurcation is supercritical, and a stable limit cycle of frequency near w appears for "
            "a > alpha.",
            reason="Differentiation; terms with second derivatives vanish.",
            reference="J. Guckenheimer, P. Holmes, Nonlinear Oscillations, (3.4.11)",
            check=AllOf((Equal(thirds / 16, -a / 4), SignIs(-a / 4, "<"))),
        ),
    )
    return Derivation("The Hopf bifurcation of two neurons", ((a, "self-excitation"), (w, "rotation")), steps)


def derive_hopfield_pair() -> Derivation:
    """x' = -alpha x + w tanh y, y' = -alpha y + w tanh x, w > 0: equilibria have y = x."""
    alpha, w = sympy.Symbol("alpha", positive=True), sympy.Symbol("w", positive=True)
    x, s = sympy.Symbol("x", real=True), sympy.Symbol("s", real=True)
    field = sympy.ImmutableMatrix([-alpha * x + w * sympy.tanh(x)])
    matrix = sympy.ImmutableMatrix([[-alpha, w * s], [w * s, -alpha]])
    steps = (
        Step(
            "Were x > y at an equilibrium, then alpha x = w tanh y < w tanh x = alpha y would give x < y; so y = x, "
            "and x solves -alpha x + w tanh x = 0: three equilibria for w > alpha, one for w <= alpha. The field on "
            "the diagonal has this slope.",
            reason="tanh is increasing.",
            check=DerivativeIs(field[0], (x,), -alpha + w * (1 - sympy.tanh(x) ** 2)),
        ),
        Step(
            "With s = 1 - tanh^2 x the linearisation there has the eigenvalues -alpha +- w s.",
            reason="Eigenvectors (1, 1) and (1, -1).",
            check=EigenvaluesAre(matrix, ((-alpha + w * s, 1), (-alpha - w * s, 1))),
        ),
    )
    return Derivation("A mutually exciting pair", ((alpha, "decay"), (w, "weight"), (s, "slope of tanh")), steps)


def derive_bias_erratum() -> Derivation:
    """(33) has f_i = -alpha x - b_i where (26) has + b_i: without coupling the equilibria are b/alpha and -b/alpha."""
    x, b = sympy.symbols("x b", real=True)
    alpha, level = sympy.Symbol("alpha", positive=True), sympy.Symbol("beta", positive=True)
    steps = (
        Step(
            "Without coupling (26) has the equilibrium b/alpha.",
            reason="Substitution.",
            reference=_PAPER,
            check=IsRoot((-alpha * x + b,), ((x, b / alpha),)),
        ),
        Step(
            "Without coupling (33), as printed, has the equilibrium -b/alpha.",
            reason="Substitution.",
            reference="Chemnitz, Engel, Kuehn, Kuntz, (33)",
            check=IsRoot((-alpha * x - b,), ((x, -b / alpha),)),
        ),
        Step(
            "For b = beta > 0 the right-hand sides differ by 2 beta at every x, so that the two are different systems; "
            "(33) becomes (26) when b is replaced by -b.",
            reason="Subtraction, and sign.",
            check=AllOf(
                (
                    SignIs((-alpha * x + level) - (-alpha * x - level), ">"),
                    Equal(sympy.Subs(-alpha * x - b, b, -b), -alpha * x + b),
                )
            ),
        ),
    )
    return Derivation("The sign of the bias", ((b, "bias"), (alpha, "decay")), steps)
