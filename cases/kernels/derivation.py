"""Exact averages of monomials times exponentials over spheres (Bessel functions) and Gaussian measures."""

import functools
import math
from collections.abc import Sequence

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, IsRoot
from symbolic.derivation import Derivation, Step

_SPHERE = "NIST Handbook of Mathematical Functions, 10.25.2"


def sphere_moment(exponent: Sequence[sympy.Expr], powers: Sequence[int]) -> sympy.Expr:
    """The average of x^powers exp(b . x) over |x|^2 = d in R^d: derivatives of a Bessel function by b."""
    dimension = len(exponent)
    if all(b == 0 for b in exponent):
        return _monomial_average(dimension, tuple(powers))
    formula, symbols = _sphere_formula(dimension, tuple(powers))
    radius = sympy.sqrt(dimension * sympy.Add(*[b**2 for b in exponent]))
    value = sympy.expand(formula.subs(dict(zip(symbols, exponent, strict=True))).subs(_R, radius))
    pair = (sympy.sinh, sympy.cosh) if dimension % 2 else (functools.partial(sympy.besseli, k) for k in (0, 1))
    return sympy.collect(value, (_P, _Q)).subs({name: f(radius) for name, f in zip((_P, _Q), pair, strict=True)})


def gaussian_moment(
    exponent: Sequence[sympy.Expr], powers: Sequence[int], decay: sympy.Expr, variance: sympy.Expr
) -> sympy.Expr:
    """The mean of x^powers exp(b . x - decay |x|^2/2) under N(0, variance I): derivatives of exp(v b^2/2) by b."""
    b = sympy.Symbol("b", real=True)
    spread = variance / (1 + decay * variance)
    factors = [
        sympy.diff(sympy.exp(spread * b**2 / 2), b, power).subs(b, value) / sympy.sqrt(1 + decay * variance)
        for value, power in zip(exponent, powers, strict=True)
    ]
    return sympy.Mul(*factors)


_P, _Q = sympy.symbols("P Q", real=True)  # sinh r and cosh r in odd dimensions, I_0(r) and I_1(r) in even ones
_R = sympy.Symbol("r", positive=True)


@functools.cache
def _sphere_formula(dimension: int, powers: tuple[int, ...]) -> tuple[sympy.Expr, tuple[sympy.Symbol, ...]]:
    """The moment as a function of b, r = sqrt(d) |b| > 0, P(r) and Q(r)."""
    symbols = sympy.symbols(f"b1:{dimension + 1}", real=True)
    formula = _radial_average(dimension)
    for symbol, power in zip(symbols, powers, strict=True):
        for _ in range(power):
            along = _radial_derivative(formula, dimension) * dimension * symbol / _R
            formula = sympy.expand(along + sympy.diff(formula, symbol))
    return formula, symbols


def _radial_average(dimension: int) -> sympy.Expr:
    """Raised from dimension 2 or 3 two by two: the average in d + 2 is d/r times the derivative of that in d."""
    first = 3 if dimension % 2 else 2
    average = _P / _R if dimension % 2 else _P
    for below in range(first, dimension, 2):
        average = sympy.expand(below * _radial_derivative(average, dimension) / _R)
    return average


def _radial_derivative(formula: sympy.Expr, dimension: int) -> sympy.Expr:
    """By r, with sinh' = cosh, cosh' = sinh; I_0' = I_1, I_1' = I_0 - I_1/r."""
    second = _P if dimension % 2 else _P - _Q / _R
    return sympy.diff(formula, _R) + sympy.diff(formula, _P) * _Q + sympy.diff(formula, _Q) * second


def _monomial_average(dimension: int, powers: tuple[int, ...]) -> sympy.Expr:
    """The average of x^powers over |x|^2 = d: d^(k/2) prod (p_i - 1)!! / (d (d + 2) ... (d + k - 2)), k even."""
    if any(power % 2 for power in powers):
        return sympy.Integer(0)
    degree = sum(powers)
    odd = math.prod(int(sympy.factorial2(power - 1)) for power in powers)
    below = math.prod(dimension + 2 * k for k in range(degree // 2))
    return sympy.Rational(dimension ** (degree // 2) * odd, below)


def derive_gaussian_integrals(kappa: sympy.Expr, variance: sympy.Expr) -> Derivation:
    """F and K of the Gaussian unit in one coordinate, for all positions, by integration."""
    x, y, z, b = sympy.symbols("x y z b", real=True)
    weight = sympy.exp(-(x**2) / (2 * variance)) / sympy.sqrt(2 * sympy.pi * variance)
    spread = variance / (1 + kappa * variance)
    double = variance / (1 + 2 * kappa * variance)
    mass = sympy.exp(spread * b**2 / 2) / sympy.sqrt(1 + kappa * variance)
    single = sympy.exp(b * x - kappa * x**2 / 2) * weight
    left = -kappa * ((x - y) ** 2 + (x - z) ** 2) / 2
    right = -kappa * (y**2 + z**2) / 2 - kappa * x**2 + kappa * (y + z) * x
    return Derivation(
        "F and K of the Gaussian unit, in each coordinate",
        ((x, "place"), (y, "position of a particle"), (z, "position of another"), (b, "exponent")),
        (
            Step(
                "The mean of exp(b x - kappa x^2/2) under the Gaussian measure; its k-th derivative by b is the mean "
                "with the factor x^k.",
                reason="Completing the square; differentiation under the integral, by dominated convergence.",
                check=AllOf(
                    (
                        Equal(sympy.Integral(single, (x, -sympy.oo, sympy.oo)), mass),
                        DerivativeIs(sympy.exp(b * x), (b,), x * sympy.exp(b * x)),
                    )
                ),
            ),
            Step(
                "The product of two units is such an exponential, with 2 kappa for kappa and b = kappa (y + z).",
                reason="Expansion of the squares.",
                check=Equal(sympy.expand(left), sympy.expand(right)),
            ),
            Step(
                "So K(y, z) in one coordinate; K is the product over the coordinates.",
                reason="Integration of the product of two units.",
                check=Equal(
                    sympy.Integral(sympy.exp(right) * weight, (x, -sympy.oo, sympy.oo)),
                    sympy.exp(-kappa * (y**2 + z**2) / 2 + double * kappa**2 * (y + z) ** 2 / 2)
                    / sympy.sqrt(1 + 2 * kappa * variance),
                ),
            ),
        ),
    )


def derive_sphere_integrals(dimension: int) -> Derivation:
    """The average of exp(b . x) over the sphere is a Bessel function: comparison of all coefficients."""
    r, k = sympy.Symbol("r", positive=True), sympy.Symbol("k", integer=True, nonnegative=True)
    half = sympy.Rational(dimension, 2)
    order = half - 1
    moment = dimension**k * sympy.gamma(half) * sympy.gamma(k + sympy.Rational(1, 2))
    moment = moment / (sympy.sqrt(sympy.pi) * sympy.gamma(half + k))
    coefficient = sympy.gamma(half) / (4**k * sympy.gamma(k + 1) * sympy.gamma(half + k))
    term = (r / 2) ** (order + 2 * k) / (sympy.gamma(k + 1) * sympy.gamma(order + k + 1))
    return Derivation(
        f"The average of exp(b . x) over the sphere |x|^2 = {dimension}",
        ((r, "sqrt(d) |b|"), (k, "index of a coefficient")),
        (
            Step(
                "The mean of x_1^(2k) is that of a Beta law. Here it is 1 for k = 0, and the mean of x_1^2 is 1.",
                reason="Rotation invariance: x_1^2/d has the Beta law with parameters 1/2 and (d - 1)/2.",
                check=AllOf(
                    (IsRoot((moment - 1,), ((k, sympy.Integer(0)),)), IsRoot((moment - 1,), ((k, sympy.Integer(1)),)))
                ),
            ),
            Step(
                "So r^(2k) has the coefficient mean(x_1^(2k)) / (d^k (2k)!); the odd ones vanish.",
                reason="Duplication formula of the Gamma function.",
                check=Equal(moment / (dimension**k * sympy.gamma(2 * k + 1)), coefficient),
            ),
            Step(
                "The terms of Gamma(d/2) (2/r)^(d/2 - 1) I_(d/2 - 1)(r) are the same.",
                reason="The series of the modified Bessel function.",
                reference=_SPHERE,
                check=Equal(sympy.gamma(half) * (2 / r) ** order * term, coefficient * r ** (2 * k)),
            ),
            Step(
                "The average in d + 2 dimensions is d/r times the derivative of the average in d dimensions; in 2 "
                "dimensions it is I_0(r), in 3 it is sinh(r)/r. So all are combinations of I_0 and I_1, or of sinh "
                "and cosh.",
                reason="Comparison of the coefficients of r^(2k).",
                check=AllOf(
                    (
                        Equal(
                            dimension * (2 * k + 2) * coefficient.subs(k, k + 1),
                            sympy.gamma(half + 1) / (4**k * sympy.gamma(k + 1) * sympy.gamma(half + 1 + k)),
                        ),
                        Equal(
                            sympy.gamma(sympy.Rational(3, 2))
                            / (4**k * sympy.gamma(k + 1))
                            / ((k + sympy.Rational(1, 2)) * sympy.gamma(k + sympy.Rational(1, 2))),
                            1 / ((2 * k + 1) * sympy.gamma(2 * k + 1)),
                        ),
                    )
                ),
            ),
        ),
    )
