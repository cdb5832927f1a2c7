"""Kuramoto oscillators: the weighted Laplacian, twisted states of circulants, the critical coupling of three, trees."""

from fractions import Fraction

import sympy

from symbolic.checks import (
    AllOf,
    EigenvaluesAre,
    Equal,
    IsRoot,
    JacobianIs,
    RealRootsAre,
    SignIs,
)
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (30)"


def derive_weighted_laplacian() -> Derivation:
    """Three oscillators with any couplings: the linearisation is minus a Laplacian."""
    phases = sympy.symbols("theta1:4", real=True)
    omega = sympy.symbols("omega1:4", real=True)
    pairs = {(0, 1): sympy.Symbol("a12", real=True), (0, 2): sympy.Symbol("a13", real=True)}
    pairs[(1, 2)] = sympy.Symbol("a23", real=True)
    field = sympy.Matrix(omega)
    laplacian = sympy.zeros(3, 3)
    for (i, j), a in pairs.items():
        field[i] += a * sympy.sin(phases[j] - phases[i])
        field[j] += a * sympy.sin(phases[i] - phases[j])
        weight = a * sympy.cos(phases[j] - phases[i])
        laplacian[i, i] += weight
        laplacian[j, j] += weight
        laplacian[i, j] = laplacian[j, i] = -weight
    delta = sympy.Matrix(sympy.symbols("delta1:4", real=True))
    form = sum(
        (a * sympy.cos(phases[j] - phases[i]) * (delta[j] - delta[i]) ** 2 for (i, j), a in pairs.items()),
        sympy.Integer(0),
    )
    steps = (
        Step(
            "The Jacobian is -L, with L the Laplacian of the weights a_ij cos(theta_j - theta_i).",
            reason="Differentiation; shown for three oscillators, every pair of a larger network acts alike.",
            reference=_PAPER,
            check=JacobianIs(field.as_immutable(), phases, (-laplacian).as_immutable()),
        ),
        Step(
            "Its quadratic form is a sum over pairs: with positive weights on a connected graph only equal shifts of "
            "all phases make it vanish, so that L has one eigenvalue 0 and all others are positive.",
            reason="Expansion.",
            reference="M. Fiedler, Algebraic connectivity of graphs (1973)",
            check=Equal((delta.T * laplacian * delta)[0], form),
        ),
    )
    meaning = ((pairs[(0, 1)], "coupling of a pair"), (omega[0], "natural frequency"), (delta[0], "change of a phase"))
    return Derivation("The linearisation is a weighted Laplacian", meaning, steps)


def derive_three_oscillators() -> Derivation:
    """omega = (-1, 0, 1), all-to-all coupling K/3: locked states exist exactly for K >= K_c."""
    a, b = sympy.symbols("a b", real=True)
    coupling, c = sympy.Symbol("K", positive=True), sympy.Symbol("c", real=True)
    critical, quadratic = three_oscillators_coupling(), 4 * c**2 + c - 2
    first, third = coupling / 3 * (sympy.sin(a) + sympy.sin(a + b)), coupling / 3 * (sympy.sin(b) + sympy.sin(a + b))
    laplacian = (
        coupling
        / 3
        * sympy.Matrix([[c + 2 * c**2 - 1, -c, 1 - 2 * c**2], [-c, 2 * c, -c], [1 - 2 * c**2, -c, c + 2 * c**2 - 1]])
    )
    steps = (
        Step(
            "With a = theta_2 - theta_1 and b = theta_3 - theta_2 the first and the third oscillator are locked when "
            "these two forces are 1; their difference is K/3 (sin b - sin a), so b = a, or a + b = pi modulo 2 pi.",
            reason="Subtraction.",
            reference=_PAPER,
            check=Equal(third - first, coupling / 3 * (sympy.sin(b) - sympy.sin(a))),
        ),
        *_symmetric_branch(a, c, coupling, quadratic),
        Step(
            "On the branch a + b = pi the condition is K sin a = 3, which needs K >= 3 > K_c: no locked state exists "
            "for K < K_c.",
            reason="Comparison of numbers.",
            check=SignIs(3 - critical, ">"),
        ),
        Step(
            "At a locked state with b = a, c = cos a, the linearisation has the eigenvalues 0, -K c and "
            "-K (c + 2 cos 2a)/3; both of the others are negative for c above (sqrt 33 - 1)/8, where c + 2 cos 2a = "
            "4 c^2 + c - 2 is positive.",
            reason="Eigenvectors (1, 1, 1), (1, -2, 1) and (-1, 0, 1).",
            check=EigenvaluesAre(
                (-laplacian).as_immutable(), ((sympy.Integer(0), 1), (-coupling * c, 1), (-coupling * quadratic / 3, 1))
            ),
        ),
    )
    meaning = ((a, "theta_2 - theta_1"), (b, "theta_3 - theta_2"), (coupling, "coupling; each pair has K/3"))
    return Derivation("The critical coupling of three oscillators", meaning, steps)


def _symmetric_branch(
    a: sympy.Symbol, c: sympy.Symbol, coupling: sympy.Symbol, quadratic: sympy.Expr
) -> tuple[Step, ...]:
    """The branch b = a: the smallest coupling at which it exists."""
    critical = three_oscillators_coupling()
    other, cosine = (-sympy.sqrt(33) - 1) / 8, (sympy.sqrt(33) - 1) / 8

    def square(x: sympy.Expr) -> sympy.Expr:
        return (1 - x**2) * (1 + 2 * x) ** 2

    return (
        Step(
            "On the branch b = a the condition is K (sin a + sin 2a) = 3. With c = cos a the square of sin a + sin 2a "
            "is (1 - c^2)(1 + 2c)^2.",
            reason="Double angle and sin^2 + cos^2 = 1.",
            check=Equal((sympy.sin(a) * (1 + 2 * sympy.cos(a))) ** 2, square(sympy.cos(a))),
        ),
        Step(
            "Its critical points are c = -1/2, where it vanishes, and the roots of 4 c^2 + c - 2.",
            reason="Differentiation and factoring.",
            check=AllOf(
                (
                    Equal(sympy.diff(square(c), c), -2 * (1 + 2 * c) * quadratic),
                    RealRootsAre(quadratic, c, (other, cosine)),
                )
            ),
        ),
        Step(
            "The largest value is taken at c = (sqrt 33 - 1)/8.",
            reason="Comparison of the two values.",
            check=SignIs(square(cosine) - square(other), ">"),
        ),
        Step(
            "There K_c^2 (1 - c^2)(1 + 2c)^2 = 9, and K_c is a root of K^4 - 69 K^2 + 192.",
            reason="Arithmetic with square roots.",
            check=AllOf(
                (
                    Equal(critical**2 * square(cosine), sympy.Integer(9)),
                    IsRoot((coupling**4 - 69 * coupling**2 + 192,), ((coupling, critical),)),
                )
            ),
        ),
    )


def three_oscillators_coupling() -> sympy.Expr:
    """The smallest positive root of K^4 - 69 K^2 + 192."""
    return sympy.sqrt((69 - 11 * sympy.sqrt(33)) / 2)


def three_oscillators_cosine(ratio: Fraction) -> sympy.Expr:
    """cos a of the stable locked state: the largest c with (1 - c^2)(1 + 2c)^2 = 9 ratio^2, ratio = spread/K."""
    c = sympy.Symbol("c")
    target = 9 * sympy.Rational(ratio.numerator, ratio.denominator) ** 2
    return sympy.real_roots(sympy.Poly((1 - c**2) * (1 + 2 * c) ** 2 - target, c))[-1]
