"""The exact loss of a network of exponential units with given float parameters, enclosed in Arb."""

from fractions import Fraction

import flint
import numpy as np

from certify.enclosure import Enclosure
from certify.exponential_moments import sphere_derivative
from certify.integral import arb_enclosure, exact_arb
from foundation.arb_precision import arb_precision

_BITS = 128


def exact_half_mean_square(total: np.ndarray) -> Fraction:
    """C_f, (6 |s|^2 + 9 |trace s|^2)/(72 (d + 2)(d + 4)), s the permutation sum, in rationals."""
    d = len(total)
    square = sum((Fraction(float(entry)) ** 2 for entry in total.ravel()), Fraction(0))
    traces = [sum((Fraction(float(total[p, p, r])) for p in range(d)), Fraction(0)) for r in range(d)]
    return (6 * square + 9 * sum((t * t for t in traces), Fraction(0))) / (72 * (d + 2) * (d + 4))


def enclosed_radial_loss(total: np.ndarray, positions: np.ndarray, charges: np.ndarray, rate: Fraction) -> Enclosure:
    """(1.3) for the floats as they are: C_f - (1/n) sum c_i F(y_i) + 1/(2 n^2) sum c_i c_j K(y_i, y_j), proved."""
    n, d = positions.shape
    with arb_precision(_BITS):
        scale = exact_arb(rate)
        b = [[scale * exact_arb(float(t)) for t in row] for row in positions]
        c = [exact_arb(float(t)) for t in charges]
        value = exact_arb(exact_half_mean_square(total))
        for i in range(n):
            value = value - c[i] * _force(total, b[i]) / n
            for j in range(i + 1):
                square = sum(((p + q) ** 2 for p, q in zip(b[i], b[j], strict=True)), exact_arb(0))
                weight = 1 if i == j else 2
                value = value + c[i] * c[j] * sphere_derivative(square, d, 0) * weight / (2 * n * n)
        return arb_enclosure(value)


def _force(total: np.ndarray, b: list[flint.arb]) -> flint.arb:
    d = len(b)
    square = sum((t * t for t in b), exact_arb(0))
    cubic = linear = exact_arb(0)
    for p in range(d):
        for r in range(d):
            linear = linear + exact_arb(float(total[p, p, r])) * b[r]
            for q in range(d):
                cubic = cubic + exact_arb(float(total[p, q, r])) * b[p] * b[q] * b[r]
    slopes = 8 * sphere_derivative(square, d, 3) * cubic + 12 * sphere_derivative(square, d, 2) * linear
    return slopes / (6 * d)
