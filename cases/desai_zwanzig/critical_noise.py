"""The noise at which the disordered state of coupled double-well particles loses stability, by certified integrals."""

import math
from fractions import Fraction

import flint

from certify.enclosure import Enclosure
from certify.integral import exact_arb, integral_arb
from foundation.arb_precision import arb_precision

_BITS = 128


def order_excess(noise: Fraction, coupling: Fraction) -> flint.arb:
    """K <x^2> - D under the density exp(-(x^4/4 + (K - 1) x^2/2)/D), proved; its zeros in D are critical.

    Source: D. Dawson, Critical dynamics and fluctuations for a mean-field model of cooperative behavior, J. Stat. Phys.
    31 (1983). Tails: with R^2 >= 4 |K - 1|, x^4/4 + (K - 1) x^2/2 >= x^4/8 >= R^3 x/8 beyond R.
    """
    reach = max(2 * math.sqrt(abs(float(coupling - 1))), (800 * float(noise)) ** 0.25)
    end = Fraction(math.ceil(64 * reach) + 1, 64)
    with arb_precision(_BITS):
        d, slope = exact_arb(noise), exact_arb(coupling - 1)
        second, total = (_moment(power, d, slope, end, noise) for power in (2, 0))
        return exact_arb(coupling) * second / total - d


def _moment(power: int, d: flint.arb, slope: flint.arb, end: Fraction, noise: Fraction) -> flint.arb:
    def integrand(z: flint.acb, _: bool) -> flint.acb:
        square = z * z
        return z**power * (-(square * square / 4 + slope * square / 2) / d).exp()

    reach, rate = exact_arb(end), exact_arb(end**3 / (8 * noise))
    terms = [reach ** (power - j) * math.perm(power, j) / rate ** (j + 1) for j in range(power + 1)]
    tail = sum(terms[1:], terms[0]) * (-rate * reach).exp()
    return integral_arb(integrand, 0, end, tail=tail, precision=_BITS)


def critical_noise(coupling: Fraction, guess: float, width: float = 1e-13) -> Enclosure | None:
    """Two noises around the guess between which K <x^2> - D is proved to fall through zero; None when it is not."""
    low, high = guess - width, guess + width
    if low <= 0:
        return None
    above, below = order_excess(Fraction(low), coupling), order_excess(Fraction(high), coupling)
    return Enclosure(low, high) if above > 0 and below < 0 else None


def mean_excess(mean: Fraction, noise: Fraction, coupling: Fraction) -> flint.arb:
    """<x> - m under the density exp(-(x^4/4 + (K - 1) x^2/2 - K m x)/D), m > 0, proved; its zeros are self-consistent.

    The two half-lines are joined: sinh and cosh of K m x/D. Tails: with R^2 >= 4 |K - 1| and R^3 >= 16 K m the exponent
    is above x^4/8 - K m x >= R^3 x/16 beyond R.
    """
    pull = coupling * mean
    reach = max(2 * math.sqrt(abs(float(coupling - 1))), (16 * float(pull)) ** (1 / 3), (1600 * float(noise)) ** 0.25)
    end = Fraction(math.ceil(64 * reach) + 1, 64)
    with arb_precision(_BITS):
        d, slope, push = exact_arb(noise), exact_arb(coupling - 1), exact_arb(pull)

        def part(power: int) -> flint.arb:
            def integrand(z: flint.acb, _: bool) -> flint.acb:
                square = z * z
                weight = -(square * square / 4 + slope * square / 2) / d
                right, left = (weight + push * z / d).exp(), (weight - push * z / d).exp()
                return z * (right - left) if power else right + left

            rate = exact_arb(end**3 / (16 * noise))
            tail = 2 * (exact_arb(end) ** power / rate + power / rate**2) * (-rate * exact_arb(end)).exp()
            return integral_arb(integrand, 0, end, tail=tail, precision=_BITS)

        return part(1) / part(0) - exact_arb(mean)


def order_parameter(noise: Fraction, coupling: Fraction, guess: float, width: float) -> Enclosure | None:
    """Two positive means around the guess between which <x> - m is proved to fall through zero; None otherwise."""
    low, high = guess - width, guess + width
    if low <= 0:
        return None
    rising, falling = (mean_excess(Fraction(m), noise, coupling) for m in (low, high))
    return Enclosure(low, high) if rising > 0 and falling < 0 else None
