"""Certified averages of monomials times exponentials over spheres and Gaussian measures, in Arb."""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import flint

from certify.integral import exact_arb


def sphere_moment(exponent: Sequence[flint.arb], powers: Sequence[int]) -> flint.arb:
    """The average of x^powers exp(b . x) over the sphere |x|^2 = d in R^d, d = len(b) >= 2, proved.

    With u = |b|^2 the average of exp(b . x) is g(u) = 0F1(; d/2; d u/4), whose j-th derivative is
    (d/4)^j / (d/2)_j 0F1(; d/2 + j; d u/4); the monomial is the derivative of g(|b|^2) by b, in closed form because
    |b + t|^2 - |b|^2 is a sum over the coordinates [NIST Handbook 10.9, 10.39; sections 5 and 16]. `exponent`: balls;
    the working precision is that of `flint.ctx`.
    """
    dimension = len(exponent)
    square = sum((b * b for b in exponent), flint.arb(0))
    total = flint.arb(0)
    for pairs in itertools.product(*(range(power // 2 + 1) for power in powers)):
        order = sum(powers) - sum(pairs)
        term = sphere_derivative(square, dimension, order)
        for b, power, pair in zip(exponent, powers, pairs, strict=True):
            ways = math.factorial(power) // (math.factorial(pair) * math.factorial(power - 2 * pair))
            term = term * ways * (2 * b) ** (power - 2 * pair)
        total = total + term
    return total


def gaussian_moment(
    exponent: Sequence[flint.arb], powers: Sequence[int], decay: Fraction, variance: Fraction
) -> flint.arb:
    """The mean of x^powers exp(b . x - decay |x|^2 / 2) under N(0, variance I), decay >= 0, proved.

    Per coordinate the tilted law is N(v b, v) with v = variance / (1 + decay variance), and its mass is
    (1 + decay variance)^(-1/2) exp(v b^2 / 2) (completing the square).
    """
    spread = exact_arb(variance / (1 + decay * variance))
    mass = 1 / exact_arb(1 + decay * variance).sqrt()
    total = flint.arb(1)
    for b, power in zip(exponent, powers, strict=True):
        moment = flint.arb(0)
        for pair in range(power // 2 + 1):
            ways = Fraction(math.factorial(power), math.factorial(pair) * math.factorial(power - 2 * pair) * 2**pair)
            moment = moment + exact_arb(ways) * spread**pair * (spread * b) ** (power - 2 * pair)
        total = total * mass * (spread * b * b / 2).exp() * moment
    return total


def sphere_derivative(square: flint.arb, dimension: int, order: int) -> flint.arb:
    """The `order`-th derivative of the average of exp(b . x) over |x|^2 = d by `square` = |b|^2, proved."""
    half = Fraction(dimension, 2)
    rising = math.prod((half + k for k in range(order)), start=Fraction(1))
    factor = Fraction(dimension, 4) ** order / rising
    return exact_arb(factor) * (square * exact_arb(Fraction(dimension, 4))).hypgeom_0f1(exact_arb(half + order))
