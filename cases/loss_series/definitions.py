"""The estimators by their formulas: what they do not see, what bounds them, and where they are exact."""

import sympy

from symbolic import AllOf, Derivation, Equal, Step
from symbolic.checks import at, total

TITLE = "The two estimators, and what they give where the answer is known"

_X = sympy.symbols("x1:4", real=True)
_SCALE, _SHIFT = sympy.symbols("a b", real=True)
_GROWTH, _SIZE = sympy.symbols("Lambda delta", positive=True)
_K = sympy.Symbol("k", positive=True)
_CENTRED = sympy.symbols("z1:4", real=True)


def _covariance(values: tuple[sympy.Expr, ...], lag: int) -> sympy.Expr:
    mean = sympy.Add(*values) / 3
    return sympy.Add(*[(values[t] - mean) * (values[t + lag] - mean) for t in range(3 - lag)])


_MOVED = tuple(_SCALE * entry + _SHIFT for entry in _X)
_Z1, _Z2, _Z3 = _CENTRED
_VARIANCE, _LAGGED = _Z1**2 + _Z2**2 + _Z3**2, _Z1 * _Z2 + _Z2 * _Z3
_CURVE = sympy.log(_SIZE) + _K * sympy.log(_GROWTH)
_TIMES = range(3)
_MIDDLE = sympy.Rational(1)
_FITTED = sympy.Add(*[(time - _MIDDLE) * at(_CURVE, (_K, sympy.Integer(time))) for time in _TIMES]) / 2
_SYMBOLS = (
    (_X[0], "value of the series"),
    (_SCALE, "change of unit"),
    (_SHIFT, "change of level"),
    (_Z1, "value less the mean"),
    (_SIZE, "distance of two neighbours at the start"),
    (_GROWTH, "factor by which each step multiplies it"),
    (_K, "number of steps"),
)


def derive_estimators() -> Derivation:
    """Autocorrelation and the curve of Kantz; three numbers show the identities of sums."""
    return Derivation(TITLE, _SYMBOLS, (*_autocorrelation_steps(), *_kantz_steps()))


def _autocorrelation_steps() -> tuple[Step, ...]:
    return (
        Step(
            "The autocorrelation at lag k is r_k = c_k/c_0 with c_k = sum over t of (x_t - m)(x_(t+k) - m), m the "
            "mean. A change a x + b of unit and level multiplies every c_k by a^2: r_k does not see it.",
            reason="The mean moves along; here three values and the lag 1.",
            check=AllOf(
                (
                    Equal(_covariance(_MOVED, 1), _SCALE**2 * _covariance(_X, 1)),
                    Equal(_covariance(_MOVED, 0), _SCALE**2 * _covariance(_X, 0)),
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
                        total(_VARIANCE, -_LAGGED),
                        (_Z1**2 + (_Z1 - _Z2) ** 2 + (_Z2 - _Z3) ** 2 + _Z3**2) / 2,
                    ),
                    Equal(
                        total(_VARIANCE, _LAGGED),
                        (_Z1**2 + (_Z1 + _Z2) ** 2 + (_Z2 + _Z3) ** 2 + _Z3**2) / 2,
                    ),
                )
            ),
        ),
    )


def _kantz_steps() -> tuple[Step, ...]:
    return (
        Step(
            "Kantz's curve S(k) is the mean over t of the logarithm of the mean over the neighbours u of t of "
            "|x_(t+k) - x_(u+k)|. Where every step multiplies distances by Lambda it is log delta + k log Lambda.",
            reason="Logarithm of delta Lambda^k.",
            reference="H. Kantz, Phys. Lett. A 185 (1994)",
            check=Equal(sympy.log(_SIZE * _GROWTH**_K), _CURVE),
        ),
        Step(
            "The exponent is the slope of S by least squares: for such a curve it is log Lambda, the Lyapunov "
            "exponent, whatever delta is; here from k = 0, 1, 2. For the loss of a training run the factor "
            "changes from place to place, and the slope is an estimate.",
            reason="The slope is sum of (k - 1) S(k) over sum of (k - 1)^2.",
            check=Equal(_FITTED, sympy.log(_GROWTH)),
        ),
    )
