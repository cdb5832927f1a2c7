"""The noise at which the disordered state of coupled double-well particles loses stability, by certified integrals."""

import math
from fractions import Fraction

import flint

from certify.enclosure import Enclosure
from certify.integral import exact_arb, integral_arb

_BITS = 128


def order_excess(noise: Fraction, coupling: Fraction) -> flint.arb:
    """K <x^2> - D under the density exp(-(x^4/4 + (K - 1) x^2/2)/D), proved; its zeros in D are critical.

    Source: D. Dawson, Critical dynamics and fluctuations for a mean-field model of cooperative behavior, J. Stat. Phys.
    31 (1983). Tails: with R^2 >= 4 |K - 1|, x^4/4 + (K - 1) x^2/2 >= x^4/8 >= R^3 x/8 beyond R.
    """
    reach = max(2 * math.sqrt(abs(float(coupling - 1))), (800 * float(noise)) ** 0.25)
    end = Fraction(math.ceil(64 * reach) + 1, 64)
    with flint.ctx.workprec(_BITS):
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
