"""Law of large numbers and central limit theorem of a network: at the start, and later in a solvable flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import sympy

from cases.common.particle_loss import SOURCE
from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, IsRoot, SignIs
from symbolic.derivation import Derivation, Step


@final
@dataclass(frozen=True)
class Moments:
    """Moments of the unit over random positions, E phi^k for k = 1 .. 4, and of the charge, E c and E c^2."""

    unit: Mapping[int, sympy.Expr]
    charge: sympy.Expr
    charge_square: sympy.Expr


def unit_moment(power: int, kappa: sympy.Expr, variance: sympy.Expr, x: sympy.Expr) -> sympy.Expr:
    """E exp(-power kappa (x - Y)^2/2) for Y ~ N(0, variance)."""
    width = 1 + power * kappa * variance
    return sympy.exp(-power * kappa * x**2 / (2 * width)) / sympy.sqrt(width)


def network_mean(moments: Moments) -> sympy.Expr:
    """E f_n(0, x)."""
    return moments.charge * moments.unit[1]


def start_variance(moments: Moments) -> sympy.Expr:
    """C_phi = n Var f_n(0, x)."""
    return moments.charge_square * moments.unit[2] - network_mean(moments) ** 2


def limit_path(moments: Moments, target: sympy.Expr, t: sympy.Expr) -> sympy.Expr:
    """f_0(t, x) when only the charges move and x is the only point of the measure."""
    return target + (network_mean(moments) - target) * sympy.exp(-moments.unit[2] * t)


def later_variance(moments: Moments, target: sympy.Expr, t: sympy.Expr) -> sympy.Expr:
    """The limit of n Var f_n(t, x) in that flow: e^(-2 M t) Var(c phi - t (E c phi - f) phi^2), M = E phi^2."""
    mean, rate = network_mean(moments), moments.unit[2]
    lever = t * (mean - target)
    mixed = moments.charge * moments.unit[3] - mean * rate
    fourth = moments.unit[4] - rate**2
    return sympy.exp(-2 * rate * t) * (start_variance(moments) - 2 * lever * mixed + lever**2 * fourth)


def derive_start(kappa: sympy.Expr, variance: sympy.Expr) -> Derivation:
    """The mean and the variance of f_n(0, x), for independent particles."""
    n, a, b = sympy.Symbol("n", positive=True), sympy.Symbol("a", real=True), sympy.Symbol("b", real=True)
    x, y = sympy.symbols("x y", real=True)
    xi = sympy.Symbol("xi", real=True)
    density = sympy.exp(-(y**2) / (2 * variance)) / sympy.sqrt(2 * sympy.pi * variance)
    integrals = tuple(
        Equal(
            sympy.Integral(sympy.exp(-power * kappa * (x - y) ** 2 / 2) * density, (y, -sympy.oo, sympy.oo)),
            unit_moment(power, kappa, variance, x),
        )
        for power in (1, 2)
    )
    return Derivation(
        "Fluctuations at the start",
        ((n, "number of particles"), (a, "mean of c phi"), (b, "mean of (c phi)^2"), (xi, "exponent"), (x, "place")),
        (
            Step(
                "The mean of (f_n)^2 has n terms with one particle and n (n - 1) with two independent ones, so the "
                "variance of f_n(0, x) is (b - a^2)/n = C_phi/n.",
                reason="Independence.",
                reference=f"{SOURCE}, (2.16), (2.17)",
                check=Equal((n * b + n * (n - 1) * a**2) / n**2 - a**2, (b - a**2) / n),
            ),
            Step(
                "On the scale n^-xi the mean square in (2.21) for p = 1 is n^(xi - 1) C_phi.",
                reason="n^(-xi) times n^(2 xi) times the variance.",
                reference=f"{SOURCE}, (2.21)",
                check=Equal(n ** (-xi) * n ** (2 * xi) * (b - a**2) / n, n ** (xi - 1) * (b - a**2)),
            ),
            Step(
                "The moments of the Gaussian unit over Gaussian positions, here of the first and the second power.",
                reason="Integration.",
                check=AllOf(integrals),
            ),
        ),
    )


def derive_later() -> Derivation:
    """One point of the measure, positions at rest: the exact path, and its limit law by the delta method."""
    f, a, m, t = sympy.symbols("f a M t", real=True)
    path = sympy.Symbol("h")
    c, phi = sympy.symbols("c1 c2", real=True), sympy.symbols("p1 p2", real=True)
    network = (c[0] * phi[0] + c[1] * phi[1]) / 2
    rate = (phi[0] ** 2 + phi[1] ** 2) / 2
    v, w, k = sympy.symbols("v w k", real=True)
    value = f + (a - f) * sympy.exp(-m * t)
    by_a, by_m = sympy.exp(-m * t), -t * (a - f) * sympy.exp(-m * t)
    return Derivation(
        "Fluctuations at later times, in a solvable flow",
        (
            (f, "target at the only point"),
            (a, "f_n(0)"),
            (m, "M, mean of phi^2 over the particles"),
            (path, "f_n(t)"),
            *((x, "charge") for x in c),
            *((x, "unit at the point") for x in phi),
            (v, "variance of c phi"),
            (k, "covariance of c phi and phi^2"),
            (w, "variance of phi^2"),
            (t, "time"),
        ),
        (
            Step(
                "When only the charges move, dc_i/dt = phi_i (f - f_n) by (2.1), so d f_n/dt = -M (f_n - f), M "
                "constant.",
                reason="(2.1) with one point.",
                check=Equal(
                    (phi[0] ** 2 * (f - network) + phi[1] ** 2 * (f - network)) / 2,
                    -rate * (network - f),
                ),
            ),
            Step("The path.", reason="Solution of a linear equation.", check=Definition(path, value)),
            Step(
                "It solves the equation and starts at f_n(0).",
                reason="Differentiation.",
                check=AllOf(
                    (DerivativeIs(path, (t,), -m * (path - f)), IsRoot((value - a,), ((t, sympy.Integer(0)),)))
                ),
            ),
            Step(
                "f_n(0) and M are means over independent particles; the derivatives of the path by them.",
                reason="Differentiation.",
                check=AllOf((DerivativeIs(path, (a,), by_a), DerivativeIs(path, (m,), by_m))),
            ),
            Step(
                "So n Var f_n(t) tends to e^(-2 M t) (v - 2 t (a - f) k + t^2 (a - f)^2 w), with a and M at their "
                "means: the order 1/n stays, the amplitude decays exponentially, at a rate without n.",
                reason="Delta method: the limit covariance between the two derivatives.",
                reference=f"{SOURCE}, (2.32), (2.51)",
                check=Equal(
                    by_a**2 * v + 2 * by_a * by_m * k + by_m**2 * w,
                    sympy.exp(-2 * m * t) * (v - 2 * t * (a - f) * k + t**2 * (a - f) ** 2 * w),
                ),
            ),
        ),
    )


def derive_fluctuation_erratum() -> Derivation:
    """(2.32), (2.33) subtract rho_0 from the rescaled fluctuation: the total mass of that diverges."""
    n, xi = sympy.symbols("n xi", positive=True)
    mass = sympy.Symbol("m")
    return Derivation(
        "What is rescaled in the central limit theorem",
        ((n, "number of particles"), (xi, "exponent"), (mass, "total mass of the fluctuation (2.14)")),
        (
            Step(
                "rho_n and rho_0 have total mass 1, so the fluctuation n^xi (rho_n - rho_0) of (2.14) has mass 0, as "
                "the limit in (2.32) must.",
                reason="(2.14), tested with 1.",
                check=Definition(mass, n**xi * (sympy.Integer(1) - sympy.Integer(1))),
            ),
            Step(
                "n^xi times (fluctuation - rho_0), as printed, has the mass -n^xi, which tends to minus infinity.",
                reason="Subtraction; limit.",
                reference=f"{SOURCE}, (2.32), (2.33)",
                check=AllOf((Equal(n**xi * (mass - 1), -(n**xi)), SignIs(-(n**xi), "<"))),
            ),
        ),
    )
