"""Rounding to nearest, and how a computed bound is made an upper bound.

NumPy's elementwise `+ - * /` and `sqrt` on float64 are correctly rounded to nearest with gradual underflow
[IEEE 754-2019; N. Higham, Accuracy and Stability of Numerical Algorithms, ch. 2]. With u = 2^-53 and
eta = 2^-1074 a computed value z of an exact x satisfies |z - x| <= u |z| for sums and quotients of normal
size, and |z - x| <= eta / 2 where z is subnormal (sums are exact there). No rounding mode is ever switched.
"""

import math

import numpy as np

from foundation import InputError

UNIT_ROUNDOFF = 2.0**-53
SMALLEST_SUBNORMAL = 2.0**-1074
SMALLEST_NORMAL = 2.0**-1022

# Below this magnitude u * |z| would itself lose bits to underflow; an absolute term takes over.
_SMALL = 2.0**-960

_LARGEST = 2.0**1023 * (2 - 2 * UNIT_ROUNDOFF)
_SUCCESSOR = UNIT_ROUNDOFF * (1 + 2 * UNIT_ROUNDOFF)


def gamma(count: int) -> float:
    """An upper bound of count*u / (1 - count*u) [Higham, Lemma 3.1]; raises for absurd counts."""
    if count < 0 or count >= 2**50:
        raise InputError(f"error bounds need an inner dimension between 0 and 2^50, but got {count}")
    product = count * UNIT_ROUNDOFF  # exact: a power of two times an integer below 2^53
    return 0.0 if count == 0 else math.nextafter(product / (1.0 - product), math.inf)


def inflate(bound: np.ndarray, operations: int) -> np.ndarray:
    """An upper bound of the exact value of a sum of products of non-negative floats, from its computed value.

    `bound` was computed in at most `operations` roundings along any path from the inputs. Each loses at most
    the factor 1 - u or, below the normal range, eta/2. Exact zeros stay zero only for callers that
    know that no product underflowed: use `inflate_products` after multiplications.
    """
    return bound * (1.0 + (2 * operations + 2) * UNIT_ROUNDOFF)


def inflate_products(bound: np.ndarray, operations: int) -> np.ndarray:
    """Like `inflate`, for computed sums of products: adds operations * eta against underflow."""
    return inflate(bound, operations) + operations * SMALLEST_SUBNORMAL


def rounding_error(value: np.ndarray) -> np.ndarray:
    """Bound of the error of one correctly rounded `+` or `-` whose computed result is `value`.

    2u|value| instead of u|value|: the doubled bound stays valid when the product below is itself rounded in
    the subnormal range, because sums below 2^-1021 are exact.
    """
    return np.abs(value) * (2 * UNIT_ROUNDOFF)


def product_error(value: np.ndarray) -> np.ndarray:
    """Bound of the error of one correctly rounded `*`, `/` or `sqrt` whose computed result is `value`.

    Adds 2 eta where the result is so small that it may be rounded in the subnormal range.
    """
    magnitude = np.abs(value)
    error = magnitude * (2 * UNIT_ROUNDOFF)
    small = magnitude < _SMALL
    return np.where(small, error + 2 * SMALLEST_SUBNORMAL, error) if np.any(small) else error


def next_up(value: np.ndarray) -> np.ndarray:
    """The smallest float above each entry."""
    with np.errstate(over="ignore"):
        return np.nextafter(value, np.inf)


def next_down(value: np.ndarray) -> np.ndarray:
    """The largest float below each entry."""
    with np.errstate(over="ignore"):
        return np.nextafter(value, -np.inf)


def sum_error(x: np.ndarray, y: np.ndarray, total: np.ndarray) -> np.ndarray:
    """x + y - total exactly, for total = fl(x + y) [Knuth's TwoSum]; NaN where an intermediate overflowed."""
    shadow = total - x
    return (x - (total - shadow)) + (y - shadow)


def add_up(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x + y where that is a float, else a float at most two steps above it.

    The step is fl(u(1 + 2u)|s| + eta) [S. Rump, P. Zimmermann, S. Boldo, G. Melquiond, Computing predecessor and
    successor in rounding to nearest, BIT 49 (2009), Algorithm 1].
    """
    with np.errstate(over="ignore", invalid="ignore"):
        total = x + y
        inexact = ~(sum_error(x, y, total) <= 0)
        if not np.any(inexact):
            return total
        above = total + _step(total) * inexact
        overflow = total == -np.inf
        return np.where(overflow, -_LARGEST, above) if np.any(overflow) else above


def add_down(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """x + y where that is a float, else a float at most two steps below it."""
    return -add_up(-x, -y)


def _step(value: np.ndarray) -> np.ndarray:
    return np.abs(value) * _SUCCESSOR + SMALLEST_SUBNORMAL
