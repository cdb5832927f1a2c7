"""Coupled double-well particles in exact arithmetic: equilibria of two, consensus of many, the critical noise.

x_i' = x_i - x_i^3 + (K/M) sum_j (x_j - x_i), the potential V = x^4/4 - x^2/2.
"""

import sympy

from symbolic.checks import (
    AllOf,
    CharacteristicPolynomialIs,
    Check,
    DerivativeIs,
    EigenvaluesAre,
    Equal,
    Implied,
    IsRoot,
    SignIs,
    at,
)
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (31)"
_DAWSON = "D. Dawson, Critical dynamics and fluctuations for a mean-field model, J. Stat. Phys. 31 (1983)"
_ZERO = sympy.Integer(0)

_Point = tuple[tuple[sympy.Symbol, sympy.Expr], ...]


def field(places: tuple[sympy.Expr, ...], coupling: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The right-hand side at these positions."""
    mean = sympy.Add(*places) / len(places)
    return tuple(x - x**3 + coupling * (mean - x) for x in places)


def count_of_two(coupling: sympy.Rational) -> tuple[int, int]:
    """(equilibria, stable ones) of two particles; at K = 2/3 and K = 1 a degenerate one is counted as not stable."""
    if 3 * coupling < 2:
        return 9, 4
    return (5, 2) if coupling < 1 else (3, 2)


def critical_noise_at_one() -> sympy.Expr:
    """4 Gamma(3/4)^2 / Gamma(1/4)^2, at K = 1."""
    return 4 * sympy.gamma(sympy.Rational(3, 4)) ** 2 / sympy.gamma(sympy.Rational(1, 4)) ** 2


def derive_two() -> Derivation:
    """All equilibria of two particles, where they exist, and their stability."""
    x, y = sympy.symbols("x1 x2", real=True)
    k = sympy.Symbol("K", positive=True)
    total, gap = sympy.sqrt(1 - 3 * k / 2), sympy.sqrt(1 + k / 2)
    mixed = ((x, (total + gap) / 2), (y, (total - gap) / 2))
    steps = (*_equilibria_of_two(x, y, k, mixed), *_stability_of_two(x, y, k, mixed))
    return Derivation("Two particles: 9, 5 or 3 equilibria", ((k, "coupling strength"),), steps)


def _equilibria_of_two(x: sympy.Symbol, y: sympy.Symbol, k: sympy.Symbol, mixed: _Point) -> tuple[Step, ...]:
    """Where they are; `mixed` is one with x1 != +-x2."""
    s, p = sympy.symbols("s p", real=True)
    first, second = field((x, y), k)
    s2, d2 = 1 - 3 * k / 2, 1 + k / 2
    return (
        Step(
            "Sum and difference of the two equations, with s = x1 + x2 and p = x1 x2, factorise.",
            reason="Expansion.",
            reference=_PAPER,
            check=AllOf(
                (
                    Equal(first + second, (x + y) * (1 - (x + y) ** 2 + 3 * x * y)),
                    Equal(first - second, (x - y) * (1 - k - (x + y) ** 2 + x * y)),
                )
            ),
        ),
        Step(
            "If x1 = x2, then s^2 = 4 p and x (1 - x^2) = 0: the three equilibria 0 and +-1 in consensus, for every K.",
            reason="Substitution.",
            check=Equal(first.subs(y, x), x * (1 - x) * (1 + x)),
        ),
        Step(
            "If s = 0 and x1 differs from x2, then x1^2 = 1 - K: two equilibria, for K < 1.",
            reason="Substitution.",
            check=Equal(at(1 - k - s**2 + p, (s, sympy.Integer(0)), (p, -(x**2))), 1 - k - x**2),
        ),
        Step(
            "Otherwise s^2 - 3 p = 1 and s^2 - p = 1 - K: p = -K/2 and s^2 = 1 - 3 K/2, with (x1 - x2)^2 = s^2 - 4 p "
            "= 1 + K/2. Real with s other than 0 for K < 2/3: four equilibria. So there are 9, 5 or 3 for K < 2/3, "
            "2/3 <= K < 1, 1 <= K.",
            reason="Solution of two linear equations for s^2 and p.",
            check=AllOf(
                (
                    Equal(at(s**2 - 3 * p, (s, sympy.sqrt(s2)), (p, -k / 2)), sympy.Integer(1)),
                    Equal(at(s**2 - p, (s, sympy.sqrt(s2)), (p, -k / 2)), 1 - k),
                    Equal(at(s**2 - 4 * p, (s, sympy.sqrt(s2)), (p, -k / 2)), d2),
                    IsRoot((first, second), mixed),
                )
            ),
        ),
    )


def _stability_of_two(x: sympy.Symbol, y: sympy.Symbol, k: sympy.Symbol, mixed: _Point) -> tuple[Step, ...]:
    """The eigenvalues of the linearisation at each."""
    jacobian = sympy.Matrix(field((x, y), k)).jacobian([x, y])
    root = sympy.sqrt(1 - k)
    apart = jacobian.subs({x: root, y: -root}, simultaneous=True).as_immutable()
    determinant = sympy.expand(jacobian.det())
    return (
        Step(
            "The linearisation at a consensus x has the eigenvalues 1 - 3 x^2 and 1 - 3 x^2 - K: 1 and 1 - K at 0, "
            "-2 and -2 - K at +-1, which are stable.",
            reason="Eigenvalues.",
            check=EigenvaluesAre(jacobian.subs(y, x).as_immutable(), ((1 - 3 * x**2, 1), (1 - 3 * x**2 - k, 1))),
        ),
        Step(
            "At x1 = -x2 = sqrt(1 - K) they are 3 K - 2 and 2 K - 2: stable for K < 2/3, a saddle up to K = 1.",
            reason="Eigenvalues.",
            check=EigenvaluesAre(apart, ((3 * k - 2, 1), (2 * k - 2, 1))),
        ),
        Step(
            "At the four others the determinant of the linearisation is -(2 - 3 K)(2 + K)/2, negative for K < 2/3: "
            "saddles.",
            reason="The determinant is a symmetric polynomial in x1 and x2; substitution.",
            check=AllOf(
                (
                    Equal(sympy.expand(determinant.subs(dict(mixed), simultaneous=True)), -(2 - 3 * k) * (2 + k) / 2),
                    Implied(k < sympy.Rational(2, 3), -(2 - 3 * k) * (2 + k) < 0),
                )
            ),
        ),
    )


def derive_many(count: int, coupling: sympy.Rational) -> Derivation:
    """M particles: a gradient flow, its consensus, and the absence of other equilibria for strong coupling."""
    z, x, y = sympy.Symbol("z"), sympy.Symbol("x", real=True), sympy.Symbol("y", real=True)
    k = sympy.Symbol("K", positive=True)
    places = sympy.symbols(f"x1:{count + 1}", real=True)
    energy = sympy.Add(*[q**4 / 4 - q**2 / 2 for q in places])
    energy += k / (4 * count) * sympy.Add(*[(a - b) ** 2 for a in places for b in places])
    velocities = field(places, k)
    consensus = sympy.Matrix(velocities).jacobian(list(places)).subs(dict.fromkeys(places, x)).as_immutable()
    polynomial = (z - 1 + 3 * x**2) * (z - 1 + 3 * x**2 + k) ** (count - 1)
    excess = sympy.Symbol("c", nonnegative=True)
    slopes: tuple[Check, ...] = tuple(
        DerivativeIs(energy, (q,), sympy.expand(-v)) for q, v in zip(places, velocities, strict=True)
    )
    steps = [
        Step(
            f"The {count} particles descend the energy E = sum V(x_i) + (K/(4 M)) sum (x_i - x_j)^2: every orbit tends "
            "to equilibria.",
            reason="Differentiation; E grows at infinity.",
            reference=_PAPER,
            check=AllOf(slopes),
        ),
        Step(
            "At a consensus x the linearisation has the eigenvalue 1 - 3 x^2 once and 1 - 3 x^2 - K otherwise.",
            reason="Characteristic polynomial.",
            check=CharacteristicPolynomialIs(consensus, z, polynomial),
        ),
        Step(
            "Two particles at x and y in one equilibrium fulfil x - x^3 - K x = y - y^3 - K y, which factorises.",
            reason="Difference of the two equations; the mean drops out.",
            check=Equal((x - x**3 - k * x) - (y - y**3 - k * y), (x - y) * (1 - k - x**2 - x * y - y**2)),
        ),
        Step(
            "For K = 1 + c >= 1 the second factor is -c - (3 (x + y)^2 + (x - y)^2)/4, negative unless x = y = 0: only "
            "the three states of consensus are equilibria.",
            reason="Sum of squares.",
            check=AllOf(
                (
                    Equal(
                        1 - (1 + excess) - x**2 - x * y - y**2,
                        -excess - (3 * (x + y) ** 2 + (x - y) ** 2) / 4,
                    ),
                    SignIs(excess + (3 * (x + y) ** 2 + (x - y) ** 2) / 4, ">="),
                )
            ),
        ),
    ]
    return Derivation(f"{count} particles", ((k, "coupling strength"),), tuple(steps))


def derive_critical_noise() -> Derivation:
    """The self-consistent mean, its slope at zero, and the critical noise at K = 1."""
    x = sympy.Symbol("x", real=True)
    u, d, k = sympy.symbols("u D K", positive=True)
    m = sympy.Symbol("m", real=True)
    potential = sympy.Function("V")(x)
    weight = sympy.exp(-(potential + k * x**2 / 2 - k * m * x) / d)
    current = (-sympy.diff(potential, x) + k * (m - x)) * weight - d * sympy.diff(weight, x)
    quartic = sympy.exp(-(u**4) / (4 * d))
    quarter, third = sympy.Rational(1, 4), sympy.Rational(3, 4)
    moments = {n: _moment(n, d) for n in (0, 2)}
    steps = (
        Step(
            "With the noise sqrt(2 D) dW_i, infinitely many particles with the mean m have the stationary density "
            "exp(-(V + K x^2/2 - K m x)/D)/Z: its probability current vanishes.",
            reason="Differentiation.",
            reference=_DAWSON,
            check=Equal(current, _ZERO),
        ),
        Step(
            "The mean is self-consistent when it is the mean of this density. The derivative of the weight by m is "
            "K x/D times the weight, so the mean of the density has the slope K <x^2>/D at m = 0: the state without "
            "order loses its stability where K <x^2> = D.",
            reason="Differentiation under the integral; <x> = 0 at m = 0.",
            reference=_DAWSON,
            check=DerivativeIs(weight, (m,), k * x / d * weight),
        ),
        Step(
            "At K = 1 the density at m = 0 is exp(-x^4/(4 D))/Z; two of its integrals over x > 0.",
            reason="Gamma integrals.",
            check=AllOf(
                tuple(Equal(sympy.Integral(u**n * quartic, (u, 0, sympy.oo)), value) for n, value in moments.items())
            ),
        ),
        Step(
            "So <x^2> = 2 sqrt(D) Gamma(3/4)/Gamma(1/4), and <x^2> = D at D_c = 4 Gamma(3/4)^2/Gamma(1/4)^2.",
            reason="Quotient of the integrals, and substitution.",
            reference=_DAWSON,
            check=AllOf(
                (
                    Equal(
                        sympy.Mul(moments[2], sympy.Pow(moments[0], -1, evaluate=False), evaluate=False),
                        2 * sympy.sqrt(d) * sympy.gamma(third) / sympy.gamma(quarter),
                    ),
                    Equal(
                        at(2 * sympy.sqrt(d) * sympy.gamma(third) / sympy.gamma(quarter), (d, critical_noise_at_one())),
                        critical_noise_at_one(),
                    ),
                )
            ),
        ),
    )
    return Derivation("The critical noise", ((d, "noise, D dt = half the variance of a step"), (m, "mean")), steps)


def _moment(power: int, d: sympy.Symbol) -> sympy.Expr:
    """The integral of u^n exp(-u^4/(4 D)) over u > 0: (4 D)^((n + 1)/4) Gamma((n + 1)/4)/4."""
    order = sympy.Rational(power + 1, 4)
    return (4 * d) ** order * sympy.gamma(order) / 4


def derive_noise_erratum() -> Derivation:
    """(31) without noise has no transition: for every K > 0 disorder is unstable and the two orders are stable."""
    k = sympy.Symbol("K", positive=True)
    x, y = sympy.symbols("x1 x2", real=True)
    jacobian = sympy.Matrix(field((x, y), k)).jacobian([x, y])
    steps = (
        Step(
            "At x1 = x2 = 0 the linearisation of (31) has the eigenvalue 1 for every K: the state without order is "
            "unstable for every coupling.",
            reason="Eigenvalues, for two particles; for M particles 1 once and 1 - K otherwise.",
            reference=_PAPER,
            check=EigenvaluesAre(jacobian.subs({x: 0, y: 0}).as_immutable(), ((sympy.S.One, 1), (1 - k, 1))),
        ),
        Step(
            "At x1 = x2 = +-1 the eigenvalues are -2 and -2 - K: order is stable for every coupling K > 0.",
            reason="Eigenvalues.",
            check=AllOf(
                (
                    EigenvaluesAre(jacobian.subs({x: 1, y: 1}).as_immutable(), ((sympy.Integer(-2), 1), (-2 - k, 1))),
                    SignIs(-2 - k, "<"),
                )
            ),
        ),
        Step(
            "With the noise sqrt(2 D) dW_i there is a transition: at K = 1 order exists for D below this number, and "
            "not above.",
            reason="See the derivation of the critical noise.",
            reference=_DAWSON,
            check=AllOf(
                (
                    SignIs(critical_noise_at_one() - sympy.Rational(45, 100), ">"),
                    SignIs(critical_noise_at_one() - sympy.Rational(46, 100), "<"),
                )
            ),
        ),
    )
    return Derivation("The transition of the Desai-Zwanzig model needs noise", ((k, "coupling strength"),), steps)
