"""The transition of many neurons with equal weights: the law of their number, its rate, and the pitchfork at J = 4."""

import sympy

from symbolic import AllOf, Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.checks import at, total

TITLE = "The mean-field transition of many neurons, at J = 4"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.1"

_SIZE, _COUNT, _STRENGTH, _BIAS = sympy.symbols("M n J b", positive=True)
_U, _FIELD = sympy.Symbol("u", positive=True), sympy.Symbol("h", real=True)
_SHARE = 1 / (1 + _U)  # lies between 0 and 1 for u > 0
_M, _S = sympy.symbols("m s", real=True)
_RATE = _M * sympy.log(_M) + (1 - _M) * sympy.log(1 - _M) + _BIAS * _M - _STRENGTH * _M**2 / 2
_SLOPE = sympy.log(_M) - sympy.log(1 - _M) + _BIAS - _STRENGTH * _M
_DRIFT = 1 / (1 + sympy.exp(_BIAS - _STRENGTH * _M)) - _M
_HALF = sympy.Rational(1, 2)
_SYMBOLS = (
    (_SIZE, "number of neurons M"),
    (_COUNT, "number n of neurons with the value 1"),
    (_STRENGTH, "J: every pair has the weight -J/M"),
    (_BIAS, "bias of every neuron"),
    (_M, "share n/M of the neurons with the value 1"),
    (_U, "(1 - m)/m"),
    (_FIELD, "J m - b"),
    (_S, "2 m - 1"),
)


def derive_transition() -> Derivation:
    """a_ij = -J/M for all pairs (in the printed update negative weights attract), and biases b."""
    return Derivation(TITLE, _SYMBOLS, (*_law_steps(), *_transition_steps()))


def _law_steps() -> tuple[Step, ...]:
    return (
        Step(
            "A state with n ones has n (n - 1)/2 pairs of ones: its energy depends on n alone, and with m = n/M it "
            "is M times b m - J m^2/2, up to J m/2.",
            reason="Counting; the energy of detailed balance, with the sign that belongs to the update.",
            reference=f"{_PAPER}, (22)",
            check=Equal(
                at(_BIAS * _COUNT - _STRENGTH / _SIZE * _COUNT * (_COUNT - 1) / 2, (_COUNT, _M * _SIZE)),
                total(_SIZE * (_BIAS * _M - _STRENGTH * _M**2 / 2), _STRENGTH * _M / 2),
            ),
        ),
        Step(
            "There are M!/(n! (M - n)!) such states, and by Stirling's formula minus the logarithm of their number "
            "is M (m log m + (1 - m) log(1 - m)) up to the order log M. So the share has the law exp(-M I(m)) "
            "to that order, with this rate I and this slope of it.",
            reason="Differentiation.",
            check=DerivativeIs(_RATE, (_M,), _SLOPE),
        ),
        Step(
            "Its minima solve m = 1/(1 + exp(b - J m)): each neuron sees the mean of the others. The mean of "
            "one-at-a-time updates has the same rest points, m' = 1/(1 + exp(b - J m)) - m.",
            reason="The logistic function inverts log(m/(1 - m)).",
            reference=f"{_PAPER}, (21)",
            check=Equal(at(sympy.log(_M / (1 - _M)), (_M, 1 / (1 + sympy.exp(-_FIELD)))), _FIELD),
        ),
    )


def _transition_steps() -> tuple[Step, ...]:
    return (
        Step(
            "The curvature of the rate is 1/(m (1 - m)) - J, at least 4 - J: for J <= 4 the rate is strictly "
            "convex (except at one point for J = 4), it has one minimum, and there is no transition in b.",
            reason="With u = (1 - m)/m the excess over 4 is (1 - u)^2/u.",
            check=AllOf(
                (
                    DerivativeIs(_SLOPE, (_M,), 1 / (_M * (1 - _M)) - _STRENGTH),
                    Equal(at(1 / (_M * (1 - _M)) - 4, (_M, _SHARE)), (1 - _U) ** 2 / _U),
                    SignIs((1 - _U) ** 2 / _U, ">="),
                )
            ),
        ),
        Step(
            "At the symmetric bias b = J/2 the share 1/2 is always a critical point; in s = 2 m - 1 the equation "
            "is s = tanh(J s/4).",
            reason="Substitution.",
            check=Equal(
                at(2 / (1 + sympy.exp(_BIAS - _STRENGTH * _M)) - 1, (_BIAS, _STRENGTH / 2), (_M, (1 + _S) * _HALF)),
                sympy.tanh(_STRENGTH * _S / 4).rewrite(sympy.exp),
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
                    Equal(at(1 / (_M * (1 - _M)) - _STRENGTH, (_M, _HALF)), 4 - _STRENGTH),
                    Equal(
                        at(sympy.Derivative(_DRIFT, _M), (_M, _HALF), (_BIAS, _STRENGTH / 2)),
                        _STRENGTH / 4 - 1,
                    ),
                )
            ),
        ),
    )
