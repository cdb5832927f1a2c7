"""Scaling by powers of two, so that squares neither overflow nor underflow, and back with outward rounding."""

import math

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure

_MODERATE = 2.0**100


def level(matrix: Ball) -> tuple[Ball, int]:
    """(B, k) with A = 2^k B and the largest entry of B near 1; (A, 0) when it is moderate already.

    What underflows is charged to the radii, so that 2^-k A lies in B for every matrix A of the ball.
    """
    largest = float(max(np.abs(matrix.mid).max(), 0.0 if matrix.is_exact else matrix.rad.max()))
    if largest == 0.0 or 1 / _MODERATE < largest < _MODERATE:
        return matrix, 0
    exponent = math.frexp(largest)[1]
    with np.errstate(under="ignore"):
        mid, rad = np.ldexp(matrix.mid, -exponent), np.ldexp(matrix.rad, -exponent)
    lost = (np.ldexp(mid, exponent) != matrix.mid) | (np.ldexp(rad, exponent) != matrix.rad)
    # underflow moves the midpoint and the radius by less than eta each
    return Ball._unchecked(mid, np.where(lost, np.nextafter(np.nextafter(rad, np.inf), np.inf), rad)), exponent


def scaled_bounds(lower: np.ndarray, upper: np.ndarray, exponent: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds times 2^exponent, rounded outward where that is not exact."""
    if exponent == 0:
        return lower, upper
    with np.errstate(over="ignore", under="ignore"):
        low, high = np.ldexp(lower, exponent), np.ldexp(upper, exponent)
        low_exact, high_exact = np.ldexp(low, -exponent) == lower, np.ldexp(high, -exponent) == upper
    return (
        np.where(low_exact, low, np.nextafter(low, -np.inf)),
        np.where(high_exact, high, np.nextafter(high, np.inf)),
    )


def scaled_enclosure(value: Enclosure, exponent: int) -> Enclosure:
    """The enclosure times 2^exponent, rounded outward."""
    lower, upper = scaled_bounds(np.array(value.lower), np.array(value.upper), exponent)
    return Enclosure(float(lower), float(upper))


def equilibrating_exponents(diagonal: np.ndarray) -> np.ndarray | None:
    """k with 2^(2 k_i) d_i near 1 for the positive entries; None when they are level and moderate already."""
    positive = np.where(diagonal > 0, diagonal, 1.0)
    if positive.max() <= 16 * positive.min() and positive.min() > 1 / _MODERATE and positive.max() < _MODERATE:
        return None
    return np.asarray(-(np.frexp(positive)[1] // 2))


def congruent(matrix: Ball, exponents: np.ndarray) -> Ball | None:
    """D A D with D = diag(2^k): contains the exact product for every A in the ball; None when it overflows."""
    both = exponents[:, None] + exponents[None, :]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        mid, rad = np.ldexp(matrix.mid, both), np.ldexp(matrix.rad, both)
        lost = (np.ldexp(mid, -both) != matrix.mid) | (np.ldexp(rad, -both) != matrix.rad)
    if not (np.isfinite(mid).all() and np.isfinite(rad).all()):
        return None
    return Ball._unchecked(mid, np.where(lost, np.nextafter(np.nextafter(rad, np.inf), np.inf), rad))
