"""The double well forgets its start slowly: an upper bound of the spectral gap, exponentially small in 1/eps^2."""

import sympy

from symbolic import AllOf, Derivation, DerivativeIs, Equal, Implied, Step
from symbolic.checks import at

TITLE = "The gap of the double well is exponentially small"
_BAKRY = "D. Bakry, I. Gentil, M. Ledoux, Analysis and Geometry of Markov Diffusion Operators, section 4.2"


def derive_metastability() -> Derivation:
    """The variational principle with one trial function, which changes its sign on the ridge between the wells."""
    x = sympy.Symbol("x", real=True)
    epsilon, a, delta, r = sympy.symbols("epsilon a delta r", positive=True)
    gap, mass, variance, slope = sympy.symbols("g q v c", real=True)
    well = x**4 / 4 - a * x**2 / 2
    exponent = (a**2 - r**2 - 2 * a * delta**2) / (2 * epsilon**2)
    width = sympy.sqrt(a + r) - sympy.sqrt(a - r)
    chosen = ((r, a / 2), (delta, sympy.sqrt(a) / 4))
    factor = epsilon**2 / (2 * delta**2)
    bound = 8 * epsilon**2 / a * sympy.exp(-5 * a**2 / (16 * epsilon**2))
    return Derivation(
        TITLE,
        (
            (epsilon, "noise"),
            (a, "the wells lie at +-sqrt a, a > 0"),
            (delta, "half the width of the ridge: the trial function is x/delta for |x| < delta, and -1 or 1 beyond"),
            (r, "the wells' bottoms: a - r <= x^2 <= a + r, r < a"),
            (gap, "spectral gap"),
            (mass, "stationary probability of the ridge, |x| < delta"),
            (variance, "variance of the trial function"),
            (slope, "epsilon^2/(2 delta^2): c q is its Dirichlet form, half epsilon^2 times the mean squared slope"),
        ),
        (
            Step(
                "On the ridge the squared slope of the trial function is 1/delta^2, and beyond it is 0: its Dirichlet "
                "form is c q.",
                reason="Differentiation.",
                check=DerivativeIs(x / delta, (x,), 1 / delta),
            ),
            Step(
                "The trial function is odd and the stationary density even, so its mean is 0 and its variance at least "
                "1 - q. The gap is at most the Dirichlet form over the variance of any function.",
                reason="Variational principle for the reversible generator.",
                reference=_BAKRY,
                check=Implied(
                    sympy.And(gap * variance <= slope * mass, variance >= 1 - mass, gap >= 0),
                    gap * (1 - mass) <= slope * mass,
                ),
            ),
            Step(
                "On the ridge -V is at most a delta^2/2: the displayed sum has two terms that are not negative there. "
                "The ridge has the weight 2 delta exp(a delta^2/epsilon^2) at most.",
                reason="V = x^4/4 - a x^2/2 and the density exp(-2V/epsilon^2)/Z.",
                check=Equal(well + a * delta**2 / 2, x**4 / 4 + a * (delta**2 - x**2) / 2),
            ),
            Step(
                "At the bottoms -V is at least (a^2 - r^2)/4: the right side is not negative for |x^2 - a| <= r. So Z "
                "is at least 2 (sqrt(a + r) - sqrt(a - r)) exp((a^2 - r^2)/(2 epsilon^2)).",
                reason="Completing the square.",
                check=Equal(-well - (a**2 - r**2) / 4, (r**2 - (x**2 - a) ** 2) / 4),
            ),
            Step(
                "So q is at most delta/(sqrt(a + r) - sqrt(a - r)) exp(-(a^2 - r^2 - 2 a delta^2)/(2 epsilon^2)). With "
                "r = a/2 and delta^2 = a/16 the exponent is -5 a^2/(16 epsilon^2), and the factor in front does not "
                "depend on a or epsilon.",
                reason="Quotient of the two bounds, and substitution.",
                check=AllOf(
                    (
                        Equal(at(exponent, *chosen), 5 * a**2 / (16 * epsilon**2)),
                        Equal(at(delta / width, *chosen), 1 / (2 * (sympy.sqrt(6) - sympy.sqrt(2)))),
                        Equal(at(factor, *chosen), 8 * epsilon**2 / a),
                    )
                ),
            ),
            Step(
                "The gap is therefore at most a constant times (epsilon^2/a) exp(-5 a^2/(16 epsilon^2)), as soon as q "
                "is below 1/2: it falls faster than every power of epsilon, and epsilon^2 times its logarithm is at "
                "most -5 a^2/16 in the limit. Smaller r and delta bring this number as near to -a^2/2 as wanted.",
                reason="Limit.",
                check=Equal(
                    sympy.Limit(sympy.expand_log(epsilon**2 * sympy.log(bound), force=True), epsilon, 0),
                    -5 * a**2 / 16,
                ),
            ),
        ),
    )
