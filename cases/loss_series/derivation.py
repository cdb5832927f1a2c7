"""Series whose exponents and autocorrelations are known exactly: the logistic map and first-order autoregression."""

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, SolvesFor
from symbolic.derivation import Derivation, Step


def derive_logistic_exponent() -> Derivation:
    """x -> 4 x (1 - x) has the Lyapunov exponent log 2."""
    angle, n = sympy.Symbol("theta", real=True), sympy.Symbol("n", integer=True, nonnegative=True)
    point = sympy.sin(angle) ** 2
    steps = (
        Step(
            "In the angle theta with x = sin^2 theta the map x -> 4 x (1 - x) doubles the angle.",
            reason="4 sin^2 cos^2 = sin^2 of the double angle.",
            check=Equal(4 * point * (1 - point), sympy.sin(2 * angle) ** 2),
        ),
        Step(
            "The n-th iterate sin^2(2^n theta) has the derivative 2^n sin(2^{n+1} theta).",
            reason="Chain rule.",
            check=DerivativeIs(
                sympy.sin(2**n * angle) ** 2,
                (angle,),
                2 * 2**n * sympy.sin(2**n * angle) * sympy.cos(2**n * angle),
            ),
        ),
        Step(
            "Its logarithm over n tends to log 2: the other factor stays below 2 and, for almost every angle, above "
            "1/n^2 from some n on.",
            reason="Borel-Cantelli: the angles with |sin(2^{n+1} theta)| < 1/n^2 have a summable measure.",
            check=Equal(sympy.Limit(sympy.log(2**n / n**2) / n, n, sympy.oo), sympy.log(2)),
        ),
    )
    return Derivation("The exponent of the logistic map", ((angle, "angle"), (n, "number of steps")), steps)


def derive_autoregression() -> Derivation:
    """x_{t+1} = phi x_t + noise has the autocorrelation phi^k."""
    phi = sympy.Symbol("phi", real=True)
    noise, variance, first, later = sympy.symbols("sigma v c_k c_{k+1}", positive=True)
    half = sympy.Rational(1, 2)
    j, lag = sympy.symbols("j k", integer=True, positive=True)
    steps = (
        Step(
            "The variance v of the stationary series satisfies v = phi^2 v + sigma^2; at phi = 1/2 it is "
            "4 sigma^2 / 3.",
            reason="The noise is independent of the past.",
            check=SolvesFor((1 - half**2) * variance - noise**2, variance, noise**2 * sympy.Rational(4, 3)),
        ),
        Step(
            "The covariance at lag k + 1 is phi times the one at lag k, so the autocorrelation at lag k is phi^k.",
            reason="Multiply the recursion by x_{t-k} and take means.",
            check=AllOf(
                (
                    SolvesFor(later - phi * first, later, phi * first),
                    Equal(sympy.Product(phi, (j, 1, lag)), phi**lag),
                )
            ),
        ),
    )
    return Derivation("The autocorrelation of an autoregression", ((phi, "coefficient"), (noise, "noise")), steps)
