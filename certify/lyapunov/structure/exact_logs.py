"""Means of logarithms of rational numbers, and the cases in which they are exactly zero.

sum_i p_i log|v_i| = 0 iff prod_i |v_i|^(p_i) = 1: no enclosure shows this, whole numbers do. Values that are inverse
to one another are set off first, whatever their probabilities; what is left is multiplied out if the powers are small.
"""

import math

import numpy as np
from flint import arb, fmpq, fmpq_poly

from certify.enclosure import Enclosure
from certify.lyapunov.families.arb_family import FLOAT_BITS, enclosure_of
from foundation.arb_precision import arb_precision

# Powers of more bits are not multiplied out.
_MOST_BITS = 200_000

# Polynomials of more bits are not factored, which no time limit could interrupt: below, it takes milliseconds.
_MOST_FACTOR_BITS = 5_000

ZERO = Enclosure(0.0, 0.0)


def mean_log(weights: list[fmpq], values: list[fmpq]) -> Enclosure:
    """Bounds of sum_i w_i log|v_i| for rational w_i > 0; exactly 0 where that is proved; -inf for a value 0."""
    if any(value == 0 for value in values):
        return Enclosure(-np.inf, -np.inf)
    if is_balanced(weights, values):
        return ZERO
    with arb_precision(FLOAT_BITS):
        return enclosure_of(sum((arb(w) * arb(abs(v)).log() for w, v in zip(weights, values, strict=True)), arb(0)))


def is_balanced(weights: list[fmpq], values: list[fmpq]) -> bool:
    """Whether prod_i |v_i|^(w_i) = 1 is proved for values that are not zero; False also when it is not known."""
    totals: dict[tuple[int, int], fmpq] = {}
    for weight, value in zip(weights, values, strict=True):
        pair, sign = (int(abs(value.p)), int(value.q)), 1
        if pair[0] < pair[1]:
            pair, sign = pair[::-1], -1
        totals[pair] = totals.get(pair, fmpq(0)) + sign * weight
    left = [(pair, weight) for pair, weight in totals.items() if weight != 0 and pair[0] != pair[1]]
    if not left:
        return True
    scale = math.lcm(*(int(weight.q) for _, weight in left))
    powers = [(pair, int(weight * scale)) for pair, weight in left]
    if sum(abs(n) * (p.bit_length() + q.bit_length()) for (p, q), n in powers) > _MOST_BITS:
        return False
    sides = [1, 1]
    for (p, q), n in powers:
        sides[0] *= p**n if n > 0 else q**-n
        sides[1] *= q**n if n > 0 else p**-n
    return sides[0] == sides[1]


def cyclotomic_part(polynomial: fmpq_poly) -> tuple[bool, list[fmpq_poly]]:
    """Whether a factor has only roots of unity as roots, and the factors over the rationals that have others.

    Polynomials of long coefficients are not factored, and count as one factor that has others.
    """
    bits = max(abs(int(x)).bit_length() for x in polynomial.numer().coeffs())
    if polynomial.degree() * bits > _MOST_FACTOR_BITS:
        return False, [polynomial]
    _, factors = polynomial.numer().factor()
    unity = [bool(factor.is_cyclotomic()) for factor, _ in factors]
    return any(unity), [fmpq_poly(factor) for (factor, _), own in zip(factors, unity, strict=True) if not own]
