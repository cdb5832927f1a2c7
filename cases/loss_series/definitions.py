"""The estimators by their formulas: what they do not see, what bounds them, and where they are exact."""

import sympy

from symbolic import AllOf, Derivation, Equal, Step
from symbolic.checks import at, total

TITLE = "The two estimators, and what they give where the answer is known"


def derive_estimators() -> Derivation:
    """Autocorrelation and the curve of Kantz; three numbers show the identities of sums."""
    x = sympy.symbols("x1:4", real=True)
    scale, shift = sympy.symbols("a b", real=True)
    growth, size = sympy.symbols("Lambda delta", positive=True)
    k = sympy.Symbol("k", positive=True)
    centred = sympy.symbols("z1:4", real=True)

    def covariance(values: tuple[sympy.Expr, ...], lag: int) -> sympy.Expr:
        mean = sympy.Add(*values) / 3
        return sympy.Add(*[(values[t] - mean) * (values[t + lag] - mean) for t in range(3 - lag)])

    moved = tuple(scale * entry + shift for entry in x)
    z1, z2, z3 = centred
    variance, lagged = z1**2 + z2**2 + z3**2, z1 * z2 + z2 * z3
    curve = sympy.log(size) + k * sympy.log(growth)
    times = range(3)
    middle = sympy.Rational(1)
    fitted = sympy.Add(*[(time - middle) * at(curve, (k, sympy.Integer(time))) for time in times]) / 2
    return Derivation(
        TITLE,
        (
            (x[0], "value of the series"),
            (scale, "change of unit"),
            (shift, "change of level"),
            (z1, "value less the mean"),
            (size, "distance of two neighbours at the start"),
            (growth, "factor by which each step multiplies it"),
            (k, "number of steps"),
        ),
        (
            Step(
                "The autocorrelation at lag k is r_k = c_k/c_0 with c_k = sum over t of (x_t - m)(x_(t+k) - m), m the "
                "mean. A change a x + b of unit and level multiplies every c_k by a^2: r_k does not see it.",
                reason="The mean moves along; here three values and the lag 1.",
                check=AllOf(
                    (
                        Equal(covariance(moved, 1), scale**2 * covariance(x, 1)),
                        Equal(covariance(moved, 0), scale**2 * covariance(x, 0)),
                    )
                ),
            ),
            Step(
                "It lies between -1 and 1: c_0 - c_k and c_0 + c_k are half of sums of squares, the series with zeros "
                "beyond its ends.",
                reason="Expansion of the squares.",
                check=AllOf(
                    (
                        Equal(
                            total(variance, -lagged),
                            (z1**2 + (z1 - z2) ** 2 + (z2 - z3) ** 2 + z3**2) / 2,
                        ),
                        Equal(
                            total(variance, lagged),
                            (z1**2 + (z1 + z2) ** 2 + (z2 + z3) ** 2 + z3**2) / 2,
                        ),
                    )
                ),
            ),
            Step(
                "Kantz's curve S(k) is the mean over t of the logarithm of the mean over the neighbours u of t of "
                "|x_(t+k) - x_(u+k)|. Where every step multiplies distances by Lambda it is log delta + k log Lambda.",
                reason="Logarithm of delta Lambda^k.",
                reference="H. Kantz, Phys. Lett. A 185 (1994)",
                check=Equal(sympy.log(size * growth**k), curve),
            ),
            Step(
                "The exponent is the slope of S by least squares: for such a curve it is log Lambda, the Lyapunov "
                "exponent, whatever delta is; here from k = 0, 1, 2. For the loss of a training run the factor "
                "changes from place to place, and the slope is an estimate.",
                reason="The slope is sum of (k - 1) S(k) over sum of (k - 1)^2.",
                check=Equal(fitted, sympy.log(growth)),
            ),
        ),
    )
