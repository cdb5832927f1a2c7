"""The transition of many neurons with equal weights: the law of their number, its rate, and the pitchfork at J = 4."""

import sympy

from symbolic import AllOf, Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.checks import at, total

TITLE = "The mean-field transition of many neurons, at J = 4"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.1"


def derive_transition() -> Derivation:
    """a_ij = -J/M for all pairs (in the printed update negative weights attract), and biases b."""
    size, count, strength, bias = sympy.symbols("M n J b", positive=True)
    u, field = sympy.Symbol("u", positive=True), sympy.Symbol("h", real=True)
    share = 1 / (1 + u)  # lies between 0 and 1 for u > 0
    m, s = sympy.symbols("m s", real=True)
    rate = m * sympy.log(m) + (1 - m) * sympy.log(1 - m) + bias * m - strength * m**2 / 2
    slope = sympy.log(m) - sympy.log(1 - m) + bias - strength * m
    drift = 1 / (1 + sympy.exp(bias - strength * m)) - m
    half = sympy.Rational(1, 2)
    return Derivation(
        TITLE,
        (
            (size, "number of neurons M"),
            (count, "number n of neurons with the value 1"),
            (strength, "J: every pair has the weight -J/M"),
            (bias, "bias of every neuron"),
            (m, "share n/M of the neurons with the value 1"),
            (u, "(1 - m)/m"),
            (field, "J m - b"),
            (s, "2 m - 1"),
        ),
        (
            Step(
                "A state with n ones has n (n - 1)/2 pairs of ones: its energy depends on n alone, and with m = n/M it "
                "is M times b m - J m^2/2, up to J m/2.",
                reason="Counting; the energy of detailed balance, with the sign that belongs to the update.",
                reference=f"{_PAPER}, (22)",
                check=Equal(
                    at(bias * count - strength / size * count * (count - 1) / 2, (count, m * size)),
                    total(size * (bias * m - strength * m**2 / 2), strength * m / 2),
                ),
            ),
            Step(
                "There are M!/(n! (M - n)!) such states, and by Stirling's formula minus the logarithm of their number "
                "is M (m log m + (1 - m) log(1 - m)) up to the order log M. So the share has the law exp(-M I(m)) "
                "to that order, with this rate I and this slope of it.",
                reason="Differentiation.",
                check=DerivativeIs(rate, (m,), slope),
            ),
            Step(
                "Its minima solve m = 1/(1 + exp(b - J m)): each neuron sees the mean of the others. The mean of "
                "one-at-a-time updates has the same rest points, m' = 1/(1 + exp(b - J m)) - m.",
                reason="The logistic function inverts log(m/(1 - m)).",
                reference=f"{_PAPER}, (21)",
                check=Equal(at(sympy.log(m / (1 - m)), (m, 1 / (1 + sympy.exp(-field)))), field),
            ),
            Step(
                "The curvature of the rate is 1/(m (1 - m)) - J, at least 4 - J: for J <= 4 the rate is strictly "
                "convex (except at one point for J = 4), it has one minimum, and there is no transition in b.",
                reason="With u = (1 - m)/m the excess over 4 is (1 - u)^2/u.",
                check=AllOf(
                    (
                        DerivativeIs(slope, (m,), 1 / (m * (1 - m)) - strength),
                        Equal(at(1 / (m * (1 - m)) - 4, (m, share)), (1 - u) ** 2 / u),
                        SignIs((1 - u) ** 2 / u, ">="),
                    )
                ),
            ),
            Step(
                "At the symmetric bias b = J/2 the share 1/2 is always a critical point; in s = 2 m - 1 the equation "
                "is s = tanh(J s/4).",
                reason="Substitution.",
                check=Equal(
                    at(2 / (1 + sympy.exp(bias - strength * m)) - 1, (bias, strength / 2), (m, (1 + s) * half)),
                    sympy.tanh(strength * s / 4).rewrite(sympy.exp),
                ),
            ),
            Step(
                "There the curvature is 4 - J, and the updates return to 1/2 at the rate 1 - J/4. For J > 4 both "
                "change sign: 1/2 is a maximum of the rate and repels. As the curvature falls and then rises on "
                "(0, 1), and the slope is -infinity at 0 and infinity at 1, there are exactly two minima, at +-s. A "
                "pitchfork: above J = 4 most neurons agree.",
                reason="Substitution and differentiation.",
                reference="R. Ellis, Entropy, Large Deviations, and Statistical Mechanics, section IV.4",
                check=AllOf(
                    (
                        Equal(at(1 / (m * (1 - m)) - strength, (m, half)), 4 - strength),
                        Equal(
                            at(sympy.Derivative(drift, m), (m, half), (bias, strength / 2)),
                            strength / 4 - 1,
                        ),
                    )
                ),
            ),
        ),
    )
