"""The spherical 3-spin function learned by exponential units: gradient, multiplier, exact loss, four slips."""

import itertools
from fractions import Fraction

import numpy as np
import sympy

from cases.common.particle_loss import SOURCE
from cases.kernels.derivation import sphere_moment
from symbolic.checks import AllOf, Definition, DerivativeIs, EigenvaluesAre, Equal, GradientIs, IsRoot, SignIs
from symbolic.checks.claim import at, total
from symbolic.derivation import Derivation, Step


def exact_half_mean_square(coefficients: np.ndarray) -> sympy.Rational:
    """C_f over |x|^2 = d by the moments of all monomials; the coefficients are floats, taken exactly."""
    d = len(coefficients)
    polynomial: dict[tuple[int, ...], Fraction] = {}
    for index in itertools.product(range(d), repeat=3):
        powers = tuple(index.count(k) for k in range(d))
        polynomial[powers] = polynomial.get(powers, Fraction(0)) + Fraction(float(coefficients[index]))
    total, moments = Fraction(0), {}
    for first, a in polynomial.items():
        for second, b in polynomial.items():
            powers = tuple(sorted((p + q for p, q in zip(first, second, strict=True)), reverse=True))
            if powers not in moments:
                moments[powers] = Fraction(str(sphere_moment([sympy.Integer(0)] * d, powers)))
            total += a * b * moments[powers]
    value = total / (2 * d * d)
    return sympy.Rational(value.numerator, value.denominator)


def derive_three_spin() -> Derivation:
    """(4.6), the multiplier of (4.5), and the loss in closed form; in two dimensions, with all coefficients free."""
    d = 2
    x = sympy.symbols("x1 x2", real=True)
    a = {
        index: sympy.Symbol("a" + "".join(str(k + 1) for k in index)) for index in itertools.product(range(d), repeat=3)
    }
    f = sympy.Add(*[a[p, q, r] * x[p] * x[q] * x[r] for p, q, r in a]) / d
    printed = sympy.ImmutableMatrix(
        [
            sympy.Add(*[(a[p, q, r] + a[r, p, q] + a[q, r, p]) * x[q] * x[r] for q in range(d) for r in range(d)]) / d
            for p in range(d)
        ]
    )
    name = sympy.Symbol("f")
    v = sympy.symbols("v1 v2", real=True)
    multiplier = (v[0] * x[0] + v[1] * x[1]) / (x[0] ** 2 + x[1] ** 2)
    tangent = [v[k] - multiplier * x[k] for k in range(d)]
    return Derivation(
        "Gradient, multiplier and loss",
        ((name, "the 3-spin function"), *((s, "place") for s in x), *((s, "velocity") for s in v)),
        (
            Step("The 3-spin function in two dimensions.", reason="(4.1).", check=Definition(name, f)),
            Step(
                "Its gradient has the three cyclic permutations of a.",
                reason="Differentiation.",
                reference=f"{SOURCE}, (4.6)",
                check=GradientIs(name, x, printed),
            ),
            Step(
                "The multiplier lambda = v . y / |y|^2 removes the radial part of a velocity v: |y|^2 stays constant.",
                reason="The derivative of |y|^2 is 2 y . (v - lambda y).",
                reference=f"{SOURCE}, (4.5)",
                check=Equal(2 * (x[0] * tangent[0] + x[1] * tangent[1]), sympy.Integer(0)),
            ),
            *_loss_steps(d),
        ),
    )


def _loss_steps(d: int) -> tuple[Step, ...]:
    b = sympy.symbols("b1 b2", real=True)
    w = sympy.Symbol("w", real=True)
    s = {
        index: sympy.Symbol("s" + "".join(str(k + 1) for k in sorted(index)))
        for index in itertools.product(range(d), repeat=3)
    }
    square = b[0] ** 2 + b[1] ** 2
    power = sympy.exp(w * square)
    third = sympy.Add(*[s[p, q, r] * sympy.Derivative(power, b[p], b[q], b[r]) for p, q, r in s])
    cubic = sympy.Add(*[s[p, q, r] * b[p] * b[q] * b[r] for p, q, r in s])
    linear = sympy.Add(*[s[p, p, r] * b[r] for p in range(d) for r in range(d)])
    moments = {
        (i, j): sphere_moment([sympy.Integer(0)] * d, (i, j))
        for i, j in itertools.product(range(7), repeat=2)
        if i + j == 6
    }
    terms = [(s[i] * s[j], moments[(i.count(0) + j.count(0), i.count(1) + j.count(1))]) for i in s for j in s]
    mean = sympy.Add(*[term * value for term, value in terms])
    norm = sympy.Add(*[value**2 for value in s.values()])
    trace = sympy.Add(*[sympy.Add(*[s[p, p, r] for p in range(d)]) ** 2 for r in range(d)])
    return (
        Step(
            "F(y) is the third derivative by b of the mean g(|b|^2) of exp(b . x) at b = alpha y, contracted with the "
            "symmetrised coefficients s: 8 g''' s(b, b, b) + 12 g'' trace(s) . b. Shown for g(u) = exp(w u), all w: "
            "both sides are linear in g.",
            reason="Chain rule.",
            check=Equal(
                third,
                sympy.expand((8 * w**3 * cubic + 12 * w**2 * linear) * power),
            ),
        ),
        Step(
            "The mean of s(x, x, x)^2 is d^2/((d + 2)(d + 4)) (6 |s|^2 + 9 |trace s|^2).",
            reason="The fifteen pairings of six indices; all moments of degree six.",
            check=Equal(
                sympy.expand(mean),
                sympy.Mul(sympy.Rational(d**2, (d + 2) * (d + 4)), 6 * norm + 9 * trace, evaluate=False),
            ),
        ),
    )


def derive_single_particle() -> Derivation:
    """One particle: equilibria are the critical points of f on the sphere, with c = f(y) e^(-alpha d)."""
    c, f = sympy.symbols("c f", real=True)
    alpha, d = sympy.symbols("alpha d", positive=True)
    energy = sympy.Symbol("E")
    kernel = sympy.exp(alpha * d)
    return Derivation(
        "Equilibria of one particle",
        ((c, "charge"), (f, "f(y)"), (energy, "the energy (2.2) with f for F and phi for K")),
        (
            Step(
                "On the sphere phi(y, y) = e^(alpha d) does not depend on y.",
                reason="|y|^2 = d.",
                check=Definition(energy, -c * f + c**2 * kernel / 2),
            ),
            Step(
                "The charge rests at c = f(y) e^(-alpha d); where it does not vanish, y rests at the critical points "
                "of f on the sphere.",
                reason="Derivative by c; the tangent part of c grad f is the only force on y.",
                check=AllOf(
                    (
                        DerivativeIs(energy, (c,), -f + c * kernel),
                        IsRoot((-f + c * kernel,), ((c, f / kernel),)),
                    )
                ),
            ),
            Step(
                "There the energy is -f(y)^2 e^(-alpha d)/2: the isolated stable equilibria are local maxima of f^2.",
                reason="Substitution.",
                check=IsRoot((energy + f**2 / kernel / 2,), ((c, f / kernel),)),
            ),
        ),
    )


def derive_kernel_sign_erratum() -> Derivation:
    """exp(-alpha x . y) is not the Gaussian kernel: it is indefinite, and opposite charges grow exponentially."""
    alpha, d, t = sympy.symbols("alpha d t", positive=True)
    s, f = sympy.symbols("s f", real=True)
    a = alpha * d
    gram = sympy.ImmutableMatrix([[sympy.exp(-a), sympy.exp(a)], [sympy.exp(a), sympy.exp(-a)]])
    growth = sympy.sinh(a)
    wrong, right = f * (sympy.exp(growth * t) - 1) / growth, f * (1 - sympy.exp(-growth * t)) / growth
    return Derivation(
        "The sign in the exponential kernel",
        ((alpha, "rate"), (d, "dimension, |x|^2 = |y|^2 = d"), (s, "x . y"), (f, "f(y)"), (t, "time")),
        (
            Step(
                "|x - y|^2 = 2 d - 2 x . y on the sphere, so (4.2) is e^(-alpha d) e^(+alpha x . y).",
                reason="Expansion.",
                reference=f"{SOURCE}, (4.2), (4.3)",
                check=Equal(sympy.exp(-alpha * (2 * d - 2 * s) / 2), sympy.exp(-a) * sympy.exp(alpha * s)),
            ),
            Step(
                "The printed kernel e^(-alpha x . y) on the points y, -y has an eigenvalue e^(-alpha d) - e^(alpha d) "
                "< 0, along opposite charges: it is indefinite, and (2.2) has no lower bound. (It is the reflection of "
                "the positive definite kernel, which changes the sign on all odd functions; f is odd.)",
                reason="Eigenvalues of a 2 x 2 matrix.",
                check=AllOf(
                    (
                        EigenvaluesAre(gram, ((sympy.exp(-a) + sympy.exp(a), 1), (sympy.exp(-a) - sympy.exp(a), 1))),
                        Equal(sympy.exp(-a) - sympy.exp(a), -2 * growth),
                        SignIs(-2 * growth, "<"),
                    )
                ),
            ),
            Step(
                "Two particles with charges c, -c at a critical point y of f on the sphere and at -y: all forces on "
                "them are radial, and with the printed kernel dc/dt = f(y) + sinh(alpha d) c, an exact solution of "
                "(4.5) that grows like exp(t sinh(alpha d)) when f(y) is not 0.",
                reason="(4.5) with n = 2; f(-y) = -f(y).",
                check=AllOf(
                    (
                        Equal(sympy.Derivative(wrong, t), f + growth * wrong),
                        Equal(at(wrong, (t, sympy.Integer(0))), sympy.Integer(0)),
                        SignIs(growth, ">"),
                    )
                ),
            ),
            Step(
                "With e^(+alpha x . y) it is dc/dt = f(y) - sinh(alpha d) c, and c tends to f(y)/sinh(alpha d).",
                reason="The same with the other sign.",
                check=AllOf(
                    (
                        Equal(sympy.Derivative(right, t), f - growth * right),
                        Equal(at(right, (t, sympy.Integer(0))), sympy.Integer(0)),
                    )
                ),
            ),
        ),
    )


def derive_charge_product_erratum() -> Derivation:
    """-grad of the energy holds C_i C_j, not C_j C_j."""
    y = sympy.symbols("y1 y2", real=True)
    c = sympy.symbols("c1 c2", real=True)
    alpha = sympy.Symbol("alpha", positive=True)
    f = sympy.Function("f")
    kernel = {(i, j): sympy.exp(alpha * y[i] * y[j]) for i in range(2) for j in range(2)}
    energy = (
        -sympy.Add(*[c[i] * f(y[i]) for i in range(2)])
        + sympy.Add(*[c[i] * c[j] * kernel[i, j] for i, j in kernel]) / 4
    )
    name = sympy.Symbol("E")
    right = c[0] * sympy.diff(f(y[0]), y[0]) - alpha / 2 * sympy.Add(
        *[c[0] * c[j] * y[j] * kernel[0, j] for j in range(2)]
    )
    gap = alpha / 2 * c[1] * (c[1] - c[0]) * y[1] * kernel[0, 1]
    printed = c[0] * sympy.diff(f(y[0]), y[0]) - alpha / 2 * sympy.Add(
        *[c[j] * c[j] * y[j] * kernel[0, j] for j in range(2)]
    )
    return Derivation(
        "The charges in the force",
        (
            (name, "the energy of two particles"),
            (alpha, "rate"),
            *((s, "position") for s in y),
            *((s, "charge") for s in c),
        ),
        (
            Step("The energy (2.2) of two particles.", reason="f for F, phi for K.", check=Definition(name, energy)),
            Step(
                "Minus its derivative by y_1 holds C_1 C_j.",
                reason="Differentiation.",
                check=DerivativeIs(-name, (y[0],), right),
            ),
            Step(
                "With C_j C_j the force differs: at c_1 = 1, c_2 = 2, y_1 = y_2 = 1 by alpha e^alpha > 0.",
                reason="Subtraction.",
                reference=f"{SOURCE}, (4.5); (3.1) has the same slip",
                check=AllOf(
                    (
                        Equal(total(right, -printed), gap),
                        Equal(
                            at(gap, (c[0], sympy.S.One), (c[1], sympy.S(2)), (y[0], sympy.S.One), (y[1], sympy.S.One)),
                            alpha * sympy.exp(alpha),
                        ),
                        SignIs(alpha * sympy.exp(alpha), ">"),
                    )
                ),
            ),
        ),
    )


def derive_time_step_erratum() -> Derivation:
    """Time step 1000: the charges' linear equation has a multiplier beyond -1 for every n up to 256."""
    step, eigenvalue = sympy.symbols("h kappa", positive=True)
    n, index = sympy.Symbol("n", positive=True, integer=True), sympy.Symbol("i", integer=True)
    trace = sympy.exp(5)
    return Derivation(
        "The time step",
        ((step, "time step"), (eigenvalue, "an eigenvalue of the matrix phi(Y_i, Y_j)/n"), (n, "number of particles")),
        (
            Step(
                "With positions at rest an Euler step of the charges has the multipliers 1 - h kappa; it is unstable "
                "when h kappa > 2.",
                reason="|1 - h kappa| > 1.",
                check=Equal((1 - step * eigenvalue) ** 2 - 1, step * eigenvalue * (step * eigenvalue - 2)),
            ),
            Step(
                "The matrix is positive definite with trace phi(Y, Y) = e^5 (d = 5, alpha = 1), so its largest "
                "eigenvalue lies between e^5/n and e^5.",
                reason="The n eigenvalues add up to the trace n e^5/n.",
                check=Equal(sympy.Sum(trace / n, (index, 1, n)), trace),
            ),
            Step(
                "With h = 10^3 and n <= 256 the largest h kappa is above 2: the iteration diverges. With h = 10^-3 it "
                "is below 2 for every n.",
                reason="Certified values of e^5.",
                reference=f"{SOURCE}, section 4.1",
                check=AllOf((SignIs(1000 * trace / 256 - 2, ">"), SignIs(trace / 1000 - 2, "<"))),
            ),
        ),
    )
