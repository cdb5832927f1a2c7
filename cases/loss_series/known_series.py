"""Series with known exponents and autocorrelations, on which the estimators are tried."""

import flint
import numpy as np

from certify.arithmetic.elementary.arb import float_bounds
from certify.enclosure import Enclosure
from certify.integral import integral_arb
from foundation.arb_precision import arb_precision

COEFFICIENT = 0.5
_TAIL = 1e-16


def logistic(count: int, generator: np.random.Generator) -> np.ndarray:
    """An orbit of x -> 4 x (1 - x) from a random start, after 100 steps."""
    value, orbit = float(generator.uniform(0.1, 0.4)), np.empty(count + 100)
    for step in range(count + 100):
        orbit[step] = value
        value = 4 * value * (1 - value)
    return orbit[100:]


def autoregression(count: int, generator: np.random.Generator) -> np.ndarray:
    """x_{t+1} = x_t / 2 + standard normal noise, after 100 steps."""
    noise, value, series = generator.standard_normal(count + 100), 0.0, np.empty(count + 100)
    for step in range(count + 100):
        series[step] = value
        value = COEFFICIENT * value + noise[step]
    return series[100:]


def logistic_exponent() -> Enclosure:
    """The exponent of the logistic map, log 4 + (2/pi) int_0^{pi/2} log cos: enclosed by quadrature.

    The mean of log|4 - 8 x| for the invariant law, with x = sin^2(phi / 2) and the symmetry of |cos phi|. Over the
    last `_TAIL` before pi/2 the integrand lies between log(2 t / pi) and log t, t the distance to pi/2.
    """
    with arb_precision(160):
        half, end = flint.arb.pi() / 2, flint.arb(_TAIL)
        # log cos(pi/2 - t) = log sin t >= log(2 t / pi); the integral of log(2 t / pi) over 0..end
        lowest = end * ((2 * end / flint.arb.pi()).log() - 1)
        body = integral_arb(_log_sine, end, half)
        total = flint.arb(4).log() + (body + lowest.union(flint.arb(0))) / half
        return Enclosure(*float_bounds(total))


def _log_sine(z: flint.acb, analytic: bool) -> flint.acb:
    return z.sin().log(analytic=analytic)
