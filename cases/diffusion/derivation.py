"""The exact view of diffusions."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.parameters import as_sympy
from cases.diffusion.metastability import derive_metastability
from cases.diffusion.system import GAP, SECOND, VARIANCE, VIRIAL
from cases.model import SymbolicView
from symbolic import AllOf, Definition, Derivation, EigenvaluesAre, Equal, Step
from symbolic.checks import product

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (52)"


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    epsilon, theta, depth = (as_sympy(values[name]) for name in ("epsilon", "theta", "wells"))
    exact = {VARIANCE: epsilon**2 / (2 * theta), GAP: theta, VIRIAL: epsilon**2 / 2}
    if depth == 0:
        exact[SECOND] = sympy.sqrt(2) * epsilon * sympy.gamma(sympy.Rational(3, 4)) / sympy.gamma(sympy.Rational(1, 4))
    return SymbolicView((_stationary(), _spectrum(), _ehrenfest(), derive_metastability()), exact)


def _stationary() -> Derivation:
    """L* p = -(b p)' + (eps^2/2) p'' vanishes for p = exp(-2V/eps^2), b = -V'."""
    x = sympy.Symbol("x", real=True)
    epsilon, theta, depth = sympy.symbols("epsilon theta a", positive=True)
    potential = sympy.Function("V")(x)
    general = sympy.exp(-2 * potential / epsilon**2)
    gaussian, well = theta * x**2 / 2, x**4 / 4 - depth * x**2 / 2

    def residual(v: sympy.Expr, density: sympy.Expr) -> sympy.Expr:
        return sympy.Derivative(sympy.diff(v, x) * density, x) + epsilon**2 / 2 * sympy.Derivative(density, (x, 2))

    def solves(v: sympy.Expr) -> Equal:
        return Equal(residual(v, sympy.exp(-2 * v / epsilon**2)), sympy.Integer(0))

    current = sympy.diff(potential, x) * general + epsilon**2 / 2 * sympy.Derivative(general, x)
    return Derivation(
        "Stationary densities",
        (
            (epsilon, "noise"),
            (theta, "rate of return"),
            (depth, "the potential is x^4/4 - a x^2/2; for a > 0 the wells lie at +-sqrt a"),
            (potential, "potential"),
        ),
        (
            Step(
                "For the drift b = -V' the probability current of exp(-2V/epsilon^2) vanishes at every x, so L* p = 0.",
                reason="Differentiation; L* p is minus the derivative of the current.",
                reference=_SOURCE,
                check=Equal(current, sympy.Integer(0)),
            ),
            Step(
                "L* p = 0 for the Ornstein-Uhlenbeck process, V = theta x^2/2.",
                reason="Differentiation.",
                check=solves(gaussian),
            ),
            Step("L* p = 0 for the double well, V = x^4/4 - a x^2/2.", reason="Differentiation.", check=solves(well)),
            Step(
                "Integrating (x p)' = p - (2/epsilon^2) x V' p over the line: the mean of x V' is epsilon^2/2. For the "
                "Ornstein-Uhlenbeck process x V' = theta x^2, so the variance is epsilon^2/(2 theta).",
                reason="Integration by parts; x p tends to 0.",
                check=Equal(
                    sympy.Derivative(x * general, x), general - 2 / epsilon**2 * x * sympy.diff(potential, x) * general
                ),
            ),
        ),
    )


def _spectrum() -> Derivation:
    """Hermite polynomials: L f_n = -n theta f_n."""
    x = sympy.Symbol("x", real=True)
    theta, variance = sympy.symbols("theta v", positive=True)
    names = sympy.symbols("f0:6")
    steps = [
        Step("f_0.", reason="Definition.", check=Definition(names[0], sympy.Integer(1))),
        Step("f_1.", reason="Definition.", check=Definition(names[1], x)),
    ]
    for n in range(1, 5):
        steps.append(
            Step(
                f"f_{n + 1}.",
                reason="Hermite's recursion.",
                check=Definition(names[n + 1], x * names[n] - n * variance * names[n - 1]),
            )
        )
    checks = tuple(
        Equal(-theta * x * sympy.Derivative(f, x) + theta * variance * sympy.Derivative(f, (x, 2)), -n * theta * f)
        for n, f in enumerate(names)
    )
    steps.append(
        Step(
            "The backward operator L f = -theta x f' + theta v f'' multiplies f_n by -n theta: the gap is theta, "
            "for every noise.",
            reason="Differentiation. The Hermite polynomials are complete in L^2 of the Gaussian with variance v.",
            reference="G. Pavliotis, Stochastic Processes and Applications, section 4.4",
            check=AllOf(checks),
        )
    )
    symbols = ((variance, "stationary variance epsilon^2/(2 theta)"), (theta, "rate of return"))
    return Derivation("The spectrum of the Ornstein-Uhlenbeck process", symbols, tuple(steps))


def _ehrenfest() -> Derivation:
    """The chain of 4 spins: generator, spectrum 0, -theta, ..., -4 theta, and its drift and variance."""
    theta, count = sympy.Symbol("theta", positive=True), 4
    matrix = sympy.zeros(count + 1)
    for k in range(count):
        matrix[k, k + 1] = theta * (count - k) / 2
        matrix[k + 1, k] = theta * (k + 1) / 2
    for k in range(count + 1):
        matrix[k, k] = -theta * count / 2
    position = sympy.Matrix([2 * k - count for k in range(count + 1)])
    square = position.applyfunc(lambda y: y**2)
    return Derivation(
        "A chain with the same gap: N spins that flip at the rate theta/2",
        ((theta, "rate of return"),),
        (
            Step(
                "The generator of the number of spins up, N = 4: its eigenvalues are 0, -theta, ..., -N theta.",
                reason="Characteristic polynomial.",
                reference="Kac, Random walk and the theory of Brownian motion, Amer. Math. Monthly 54 (1947)",
                check=EigenvaluesAre(matrix.as_immutable(), tuple((-k * theta, 1) for k in range(count + 1))),
            ),
            Step(
                "The magnetisation 2k - N has the drift -theta (2k - N), as the Ornstein-Uhlenbeck process has.",
                reason="Matrix product.",
                check=Equal(product(matrix, position), (-theta * position).as_immutable()),
            ),
            Step(
                "Its square relaxes to N at the rate 2 theta: divided by sqrt N the chain has variance 1 for every N.",
                reason="Matrix product.",
                check=Equal(
                    product(matrix, square),
                    (2 * theta * (count * sympy.ones(count + 1, 1) - square)).applyfunc(sympy.expand).as_immutable(),
                ),
            ),
        ),
    )
