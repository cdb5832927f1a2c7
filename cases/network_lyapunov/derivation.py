"""Two estimators of exponential divergence, the slope of a fit and the rate since the start, compared exactly."""

import sympy

from symbolic.checks import AllOf, Equal, SignIs
from symbolic.derivation import Derivation, Step

_PAPER = "Danovski, Soriano, Lacasa, Front. Complex Syst. 2, 2024"
_RATE, _DELAY, _LENGTH = sympy.symbols("lambda s n", positive=True)


def derive_estimator_erratum() -> Derivation:
    """(3) is not the slope of the best exponential fit unless the growth begins at once."""
    return Derivation(
        "The expansion rate (3) is not the slope of the exponential fit",
        _SYMBOLS,
        (*_weight_steps(), *_delay_steps()),
    )


def derive_transient_erratum() -> Derivation:
    """Growth that ends gives a rate that tends to zero: a positive one over a finite time is no Lyapunov exponent."""
    saturation, time, first, largest = sympy.symbols("tau T d_0 D", positive=True)
    rate = _RATE * saturation / time
    bound = sympy.log(largest / first) / time
    steps = (
        Step(
            "Growth at the rate lambda for tau steps and none afterwards gives, over T > tau steps, the rate "
            "lambda tau / T, which is smaller than lambda: with T = tau + n the gap is lambda n / (tau + n).",
            reason="The logarithm of the distance has grown by lambda tau.",
            check=AllOf(
                (
                    Equal((_RATE - rate).subs(time, saturation + _LENGTH), _RATE * _LENGTH / (saturation + _LENGTH)),
                    SignIs(_RATE * _LENGTH / (saturation + _LENGTH), ">"),
                )
            ),
        ),
        Step(
            "It tends to zero with T: the orbit's Lyapunov exponent is not positive, whatever the transient's rate.",
            reason="Limit.",
            check=Equal(sympy.Limit(rate, time, sympy.oo), sympy.Integer(0)),
        ),
        Step(
            "The same holds for every distance that stays below a number D: log(D / d_0) / T bounds (3) at tau = T.",
            reason="(3) grows with the distance at its end; limit.",
            reference=f"{_PAPER}, (3)",
            check=Equal(sympy.Limit(bound, time, sympy.oo), sympy.Integer(0)),
        ),
    )
    symbols = (
        (_RATE, "rate of growth"),
        (saturation, "steps of growth"),
        (time, "all steps"),
        (first, "first distance"),
        (largest, "bound of the distances"),
    )
    return Derivation("A rate over a finite time is not a Lyapunov exponent", symbols, steps)


_SYMBOLS = (
    (_RATE, "rate of growth"),
    (_DELAY, "steps without growth, before it begins"),
    (_LENGTH, "steps of exponential growth"),
)


def _weight_steps() -> tuple[Step, ...]:
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    count = sympy.Symbol("n", integer=True, positive=True)
    sample = sympy.Function("y", real=True)
    weight = 6 * (k + 1) * (count - k) / (count * (count + 1) * (count + 2))
    middle, size = sympy.Rational(5, 2), 5
    increments = sample(k + 1) - sample(k)
    slope = sympy.Sum((k - middle) * sample(k), (k, 0, size)) / sympy.Sum((k - middle) ** 2, (k, 0, size))
    return (
        Step(
            "The least-squares slope of samples y_0, ..., y_n is a weighted mean of the increments, with the weights "
            "6 (k + 1)(n - k) / (n (n + 1)(n + 2)): most weight in the middle. Shown for n = 5.",
            reason="Abel summation.",
            check=Equal(slope, sympy.Sum(weight.subs(count, size) * increments, (k, 0, size - 1))),
        ),
        Step(
            "The weights sum to one for every n, so both estimators give lambda where all increments are lambda.",
            reason="Sums of powers.",
            check=Equal(sympy.Sum(weight, (k, 0, count - 1)), sympy.Integer(1)),
        ),
        Step(
            "(3), taken over the same samples, is the plain mean of the increments: (y_n - y_0) / n.",
            reason="The sum telescopes.",
            reference=f"{_PAPER}, (3)",
            check=Equal(sympy.Sum(increments, (k, 0, size - 1)) / size, (sample(size) - sample(0)) / size),
        ),
    )


def _delay_steps() -> tuple[Step, ...]:
    k = sympy.Symbol("k", integer=True, nonnegative=True)
    count, delay = sympy.symbols("n s", integer=True, positive=True)
    moments = sympy.Sum((k - count / 2) * _RATE * k, (k, 0, count))
    squares = sympy.Sum((k - count / 2) ** 2, (k, 0, count))
    total = sympy.Sum(0, (k, 0, delay - 1)) + sympy.Sum(_RATE, (k, 0, count - 1))
    rate = _RATE * _LENGTH / (_DELAY + _LENGTH)
    factor = sympy.Mul(_RATE, sympy.Pow(rate, -1, evaluate=False), evaluate=False)
    numbers = sympy.Mul(sympy.Add(30, 50, evaluate=False), sympy.Rational(1, 50), evaluate=False)
    return (
        Step(
            "Let the distance stay for s steps and then grow exponentially for n steps. The least-squares slope over "
            "the phase of growth is lambda; (3) adds up the increments since step 0 and gives lambda n / (s + n).",
            reason="Both estimators on the same series; sums of powers.",
            check=AllOf(
                (
                    Equal(moments / squares, _RATE),
                    Equal(total / (delay + count), _RATE * count / (delay + count)),
                )
            ),
        ),
        Step(
            "They differ by lambda s / (s + n), which is positive: (3) is too small whenever growth begins late.",
            reason="Subtraction.",
            check=AllOf(
                (
                    Equal(_RATE - rate, _RATE * _DELAY / (_DELAY + _LENGTH)),
                    SignIs(_RATE * _DELAY / (_DELAY + _LENGTH), ">"),
                )
            ),
        ),
        Step(
            "The slope is (s + n) / n times the rate (3): a factor 1.6 where growth of 50 steps begins after 30.",
            reason="Division.",
            check=AllOf((Equal(factor, (_DELAY + _LENGTH) / _LENGTH), Equal(numbers, sympy.Rational(8, 5)))),
        ),
    )
