"""Dobrushin's estimate for laws that move along their own characteristics, and the limit of many particles from it."""

import sympy

from symbolic import Derivation, Equal, Step

TITLE = "Dobrushin's estimate, and the Vlasov limit from it"
_SOURCE = "R. Dobrushin, Funct. Anal. Appl. 13 (1979); Chemnitz, Engel, Kuehn, Kuntz, (36)-(43)"


def derive_dobrushin() -> Derivation:
    """Two pairs of particles show the identities: means over more pairs are sums of such terms."""
    bound, share, t = sympy.symbols("L p t", positive=True)
    first, second = sympy.symbols("d1 d2", nonnegative=True)
    distance = sympy.Function("D")(t)
    mean = share * first + (1 - share) * second
    x, y = sympy.Function("x")(t), sympy.Function("y")(t)
    phi, g = sympy.Function("phi"), sympy.Function("g")
    moved = {
        sympy.Derivative(x, t): (g(x, x) + g(x, y)) / 2,
        sympy.Derivative(y, t): (g(y, x) + g(y, y)) / 2,
    }
    tested = sympy.diff((phi(x) + phi(y)) / 2, t).subs(moved)
    slope = [sympy.diff(phi(z), t) / sympy.diff(z, t) for z in (x, y)]
    return Derivation(
        TITLE,
        (
            (bound, "Lipschitz constant: |g(x, x') - g(y, y')| <= L (|x - y| + |x' - y'|)"),
            (share, "weight of the first pair in a coupling of the two laws"),
            (first, "distance of the particles of the first pair"),
            (distance, "mean distance in the coupling"),
        ),
        (
            Step(
                "The law of finitely many particles is a solution itself, in the weak sense: the mean of a test "
                "function "
                "changes by the mean of its slope times the force, which is a mean over the same law. Nothing is "
                "lost at "
                "finite M.",
                reason="Chain rule, shown for two particles x' = (g(x, x) + g(x, y))/2.",
                reference=_SOURCE,
                check=Equal(tested, (slope[0] * (g(x, x) + g(x, y)) + slope[1] * (g(y, x) + g(y, y))) / 4),
            ),
            Step(
                "Take a coupling of two laws and move each pair along the characteristics of its own law. The "
                "distance of "
                "a pair grows at most at the rate L (its distance + the mean distance); in the mean that is 2 L D.",
                reason="The Lipschitz bound under the mean; here for two pairs with weights p and 1 - p.",
                check=Equal(share * bound * (first + mean) + (1 - share) * bound * (second + mean), 2 * bound * mean),
            ),
            Step(
                "So exp(-2 L t) D never rises, and D(t) <= exp(2 L t) D(0).",
                reason="Its derivative is exp(-2 L t) (D' - 2 L D) <= 0.",
                check=Equal(
                    sympy.Derivative(sympy.exp(-2 * bound * t) * distance, t),
                    sympy.exp(-2 * bound * t) * (sympy.Derivative(distance, t) - 2 * bound * distance),
                ),
            ),
            Step(
                "The best coupling at the start gives D(0) = W1(0), and the moved one is a coupling, so W1(t) <= "
                "D(t): this "
                "is (43). If the law of the particles tends to a law at the start, then their law at time t is Cauchy "
                "in W1 and tends to the solution of the Vlasov equation, uniformly on bounded times.",
                reason="Every W1(0) is multiplied by the same factor.",
                reference=_SOURCE,
                check=Equal(sympy.Limit(sympy.exp(2 * bound * t) * first, first, 0), sympy.Integer(0)),
            ),
        ),
    )
