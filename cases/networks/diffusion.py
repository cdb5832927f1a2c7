"""Diffusions dX = b(X) dt + eps dW: stationary densities, spectra and gaps (Ornstein-Uhlenbeck, double well)."""

import itertools
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import jax
import numpy as np
import scipy.linalg
import sympy

from cases.case import Case, CertifiedView, Estimate, Known, NumericView, SymbolicView
from cases.parameters import Parameter, as_float, as_sympy, whole_number
from cases.plot import Plot, Series
from cases.readers import bounded_rational
from certify.arithmetic import Ball, exp, sqrt
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb, integral_arb
from certify.linear_algebra import symmetric_eigenvalues
from foundation.arb_precision import arb_precision
from numeric.langevin import langevin_ensemble
from symbolic import AllOf, Definition, Derivation, EigenvaluesAre, Equal, Step

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (52)"
_VARIANCE, _GAP = "Ornstein-Uhlenbeck: stationary variance", "Ornstein-Uhlenbeck: spectral gap (Ehrenfest chain)"
_SECOND, _VIRIAL = "double well: mean of x^2", "double well: mean of x V'(x)"
_WELL_GAP = "double well: spectral gap of the discretised generator"
_BITS = 160


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    epsilon, theta, depth = (as_sympy(values[name]) for name in ("epsilon", "theta", "wells"))
    exact = {_VARIANCE: epsilon**2 / (2 * theta), _GAP: theta, _VIRIAL: epsilon**2 / 2}
    if depth == 0:
        exact[_SECOND] = sympy.sqrt(2) * epsilon * sympy.gamma(sympy.Rational(3, 4)) / sympy.gamma(sympy.Rational(1, 4))
    return SymbolicView((_stationary(), _spectrum(), _ehrenfest()), exact)


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

    current = sympy.diff(potential, x) * general + epsilon**2 / 2 * sympy.diff(general, x)
    return Derivation(
        "Stationary densities",
        ((epsilon, "noise"), (theta, "rate of return"), (depth, "the wells lie at +-sqrt a"), (potential, "potential")),
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
                    sympy.diff(x * general, x), general - 2 / epsilon**2 * x * sympy.diff(potential, x) * general
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
                check=Equal((matrix * position).as_immutable(), (-theta * position).as_immutable()),
            ),
            Step(
                "Its square relaxes to N at the rate 2 theta: divided by sqrt N the chain has variance 1 for every N.",
                reason="Matrix product.",
                check=Equal(
                    (matrix * square).as_immutable(),
                    (2 * theta * (count * sympy.ones(count + 1, 1) - square)).applyfunc(sympy.expand).as_immutable(),
                ),
            ),
        ),
    )


def _numeric(values: Mapping[str, Any]) -> NumericView:
    epsilon, theta, depth = (as_float(values[name]) for name in ("epsilon", "theta", "wells"))
    count = values["particles"]
    unit = langevin_ensemble(lambda x: -x, math.sqrt(2.0), np.zeros(count), 0.01, 800, key=jax.random.key(0))
    ornstein = unit * math.sqrt(epsilon**2 / (2 * theta))
    variance = float(np.mean(ornstein**2))
    well = _double_well(epsilon, depth, count)
    squares, virial = well**2, well**4 - depth * well**2
    gap = np.sort(-scipy.linalg.eigvalsh_tridiagonal(*_ehrenfest_matrix(values["cells"], theta)))[1]
    diagonal, side = _well_chain(values)
    rates = -scipy.linalg.eigvalsh_tridiagonal(diagonal.mid, np.full(len(diagonal) - 1, float(side.mid)))
    estimates = {
        _VARIANCE: Estimate(variance, (5 * math.sqrt(2 / count) + 0.02) * variance),
        _GAP: Estimate(float(gap), 1e-11 * theta * values["cells"]),
        _SECOND: _sampled(squares),
        _VIRIAL: _sampled(virial, 0.03 * float(np.mean(np.abs(virial)))),
        _WELL_GAP: Estimate(float(np.sort(rates)[1]), 1e-12 * float(np.abs(rates).max())),
    }
    pictures = (
        _histogram(ornstein, lambda x: theta * x**2 / 2, epsilon, "Ornstein-Uhlenbeck process"),
        _histogram(well, lambda x: (x**2 - depth) ** 2 / 4, epsilon, "Double well"),
    )
    return NumericView(estimates, pictures)


def _double_well(epsilon: float, depth: float, count: int) -> np.ndarray:
    """Particles that start in both wells; the time unit is that of relaxation within a well."""
    rate = max(depth, epsilon)
    start = math.sqrt(max(depth, epsilon)) * np.where(np.arange(count) % 2, 1.0, -1.0)
    return langevin_ensemble(lambda x: depth * x - x**3, epsilon, start, 0.004 / rate, 3000, key=jax.random.key(1))


def _sampled(sample: np.ndarray, bias: float = 0.0) -> Estimate:
    mean = float(sample.mean())
    return Estimate(mean, 6 * float(sample.std()) / math.sqrt(len(sample)) + 0.02 * abs(mean) + bias)


def _ehrenfest_matrix(count: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(count)
    return np.full(count + 1, -theta * count / 2), theta / 2 * np.sqrt((k + 1.0) * (count - k))


def _histogram(sample: np.ndarray, potential: Any, epsilon: float, title: str) -> Plot:
    reach = float(np.abs(sample).max())
    counts, edges = np.histogram(sample, bins=60, range=(-reach, reach), density=True)
    grid = np.linspace(-reach, reach, 601)
    density = np.exp(-2 * potential(grid) / epsilon**2)
    density /= float(((density[1:] + density[:-1]) / 2).sum() * (grid[1] - grid[0]))
    return Plot(
        f"{title}: {len(sample)} particles and the stationary density",
        "x",
        "probability density",
        (
            Series("bars", (edges[1:] + edges[:-1]) / 2, counts, "particles"),
            Series("line", grid, density, "exp(-2 V / eps^2) / Z", emphasis=True),
        ),
        f"A histogram of the particles follows the stationary density, whose largest value is {density.max():.3g} at "
        f"x = {round(abs(float(grid[int(np.argmax(density))])), 9):.3g}.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    theta, count = values["theta"], values["cells"]
    second, virial = _well_means(values["epsilon"], values["wells"])
    gaussian = _gaussian_variance(values["epsilon"], theta)
    proved: dict[str, Any] = {
        _VARIANCE: gaussian,
        _GAP: _gap(_ehrenfest_ball(count, theta)),
        _SECOND: second,
        _VIRIAL: virial,
        _WELL_GAP: _gap(_tridiagonal(*_well_chain(values))),
    }
    return CertifiedView(values=proved)


def _gap(generator: Ball) -> Enclosure:
    """Minus the second largest eigenvalue of a symmetrised generator."""
    found = symmetric_eigenvalues(generator)
    return Enclosure(-float(found.upper[-2]), -float(found.lower[-2]))


def _ehrenfest_ball(count: int, theta: Fraction) -> Ball:
    """diag(pi)^(1/2) Q diag(pi)^(-1/2): symmetric, with the spectrum of the generator Q."""
    products = Ball.exact(np.array([(k + 1.0) * (count - k) for k in range(count)]))
    return _tridiagonal(
        rational_ball(np.array([-theta * count / 2] * (count + 1), dtype=object)),
        rational_ball(theta / 2) * sqrt(products),
    )


def _tridiagonal(diagonal: Ball, side: Ball) -> Ball:
    size = len(diagonal)
    mid, rad = np.zeros((size, size)), np.zeros((size, size))
    lower, upper = np.arange(size - 1), np.arange(1, size)
    for target, on, off in ((mid, diagonal.mid, side.mid), (rad, diagonal.rad, side.rad)):
        np.fill_diagonal(target, on)
        target[lower, upper] = target[upper, lower] = off
    return Ball(mid, rad)


def _well_chain(values: Mapping[str, Any]) -> tuple[Ball, Ball]:
    """Diagonal and constant side of the symmetrised chain with rates (D/h^2) exp((V_k - V_(k+-1))/eps^2), D = eps^2/2.

    Its stationary law is proportional to exp(-2 V(x_k)/eps^2) by detailed balance.
    """
    epsilon, depth, count = values["epsilon"], values["wells"], values["cells"]
    reach = _reach(epsilon, depth)
    step = 2 * reach / count
    grid = [-reach + step * k for k in range(count + 1)]
    potential = [(x * x - depth) ** 2 / 4 for x in grid]
    scale = rational_ball(epsilon**2 / (2 * step**2))
    climbs = np.array([(a - b) / epsilon**2 for a, b in itertools.pairwise(potential)], dtype=object)
    up, down = exp(rational_ball(climbs)), exp(rational_ball(-climbs))
    zero = Ball.exact(np.zeros(1))
    rates = _joined(up, zero) + _joined(zero, down)
    return -1.0 * scale * rates, scale


def _joined(a: Ball, b: Ball) -> Ball:
    return Ball(np.concatenate([a.mid, b.mid]), np.concatenate([a.rad, b.rad]))


def _reach(epsilon: Fraction, depth: Fraction) -> Fraction:
    """A rational R with density exp(-(R^2 - a)^2/(2 eps^2)) near exp(-8) there."""
    return Fraction(math.sqrt(float(depth) + 4 * float(epsilon))).limit_denominator(1000) + Fraction(1, 1000)


def _well_means(epsilon: Fraction, depth: Fraction) -> tuple[Enclosure, Enclosure]:
    """Means of x^2 and of x^4 - a x^2 under exp(-(x^2 - a)^2/(2 eps^2)), by quotients of certified integrals.

    With R^2 >= 2a: (x^2 - a)^2 >= x^4/4 >= R^3 x/4 beyond R, so the tails are below those of x^k exp(-c x) with
    c = R^3/(8 eps^2).
    """
    with arb_precision(_BITS):
        noise, well = exact_arb(2 * epsilon**2), exact_arb(depth)
        end = Fraction(
            math.ceil(100 * max(math.sqrt(2 * float(depth)) + 1e-6, (1000 * float(epsilon) ** 2) ** 0.25) + 1), 100
        )

        def moment(power: int) -> flint.arb:
            def integrand(z: flint.acb, _: bool) -> flint.acb:
                return z**power * (-((z * z - well) ** 2) / noise).exp()

            return integral_arb(integrand, 0, end, tail=_tail(end, epsilon, power), precision=_BITS)

        total, second, fourth = moment(0), moment(2), moment(4)
        return arb_enclosure(second / total), arb_enclosure((fourth - well * second) / total)


def _tail(end: Fraction, epsilon: Fraction, power: int) -> flint.arb:
    """sum_j (power)_j R^(power - j) / c^(j+1) exp(-c R), the integral of x^power exp(-c x) from R on."""
    reach, rate = exact_arb(end), exact_arb(end**3 / (8 * epsilon**2))
    terms = [reach ** (power - j) * math.perm(power, j) / rate ** (j + 1) for j in range(power + 1)]
    return sum(terms[1:], terms[0]) * (-rate * reach).exp()


def _gaussian_variance(epsilon: Fraction, theta: Fraction) -> Enclosure:
    """v times the quotient of the integrals of y^2 exp(-y^2/2) and exp(-y^2/2); beyond 20, y^2/2 >= 10 y."""
    with arb_precision(_BITS):
        tail = exact_arb(20 * 20) * 2 * (-exact_arb(200)).exp()

        def moment(power: int) -> flint.arb:
            def integrand(z: flint.acb, _: bool) -> flint.acb:
                return z**power * (-(z * z) / 2).exp()

            return integral_arb(integrand, 0, 20, tail=tail, precision=_BITS)

        second, total = moment(2), moment(0)
        return arb_enclosure(exact_arb(epsilon**2 / (2 * theta)) * second / total)


CASE = Case(
    name="diffusion",
    title="Diffusions: stationary densities and spectral gaps",
    group="C",
    source=_SOURCE,
    summary=(
        "A generative diffusion model samples from the stationary density of dX = b(X) dt + eps dW. For a gradient "
        "drift b = -V' it is exp(-2V/eps^2)/Z, a solution of the stationary Fokker-Planck equation. The "
        "Ornstein-Uhlenbeck process forgets its start at a rate that does not depend on the noise; a double well "
        "does so at a rate that is exponentially small in 1/eps^2 (metastability)."
    ),
    parameters=(
        Parameter("epsilon", "1/2", "eps, the noise", bounded_rational(Fraction(1, 10), 10)),
        Parameter(
            "theta",
            "1",
            "theta, drift -theta x of the Ornstein-Uhlenbeck process",
            bounded_rational(Fraction(1, 1000), 1000),
        ),
        Parameter("wells", "1", "a, double well x^4/4 - a x^2/2", bounded_rational(0, 4)),
        Parameter("cells", 60, "states of the finite chains, less one", whole_number(4, 400)),
        Parameter("particles", 20000, "particles of an ensemble", whole_number(1000, 200000)),
    ),
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_VARIANCE, "0.125", "eps^2/2 for theta = 1, eps = 1/2"),
        Known(_GAP, "1", "theta"),
        Known(_VIRIAL, "0.125", "eps^2/2"),
    ),
)
