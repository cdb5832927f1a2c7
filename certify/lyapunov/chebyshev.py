"""Chebyshev series, and proved bounds of analytic functions from their values at Chebyshev points."""

from collections.abc import Sequence

from flint import acb, arb, fmpq


def chebyshev_points(count: int) -> list[arb]:
    """The count + 1 points cos(j pi / count), j = 0 .. count, enclosed at the working precision."""
    return [arb.cos_pi_fmpq(fmpq(j, count)) for j in range(count + 1)]


def evaluate(coefficients: Sequence[arb], x: arb) -> arb:
    """sum_k coefficients[k] T_k(x) by Clenshaw's recurrence."""
    last, before = arb(0), arb(0)
    twice = 2 * x
    for coefficient in reversed(coefficients[1:]):
        last, before = twice * last - before + coefficient, last
    return x * last - before + coefficients[0]


def bound_on_ellipse(coefficients: Sequence[arb], rho: arb) -> arb:
    """A bound of |sum_k coefficients[k] T_k| on and inside the Bernstein ellipse of parameter rho >= 1.

    There |T_k(z)| <= (rho^k + rho^-k)/2 <= rho^k.
    """
    total = arb(0)
    for coefficient in reversed(coefficients):
        total = total * rho + abs(coefficient)
    return total


def ellipse_arcs(rho: arb, count: int) -> list[acb]:
    """Balls that cover the upper half of the Bernstein ellipse z = (w + 1/w)/2, |w| = rho.

    A real function needs no more: it is symmetric about the real axis.
    """
    arcs = []
    for j in range(count):
        angle = arb(arb.pi() * fmpq(2 * j + 1, 2 * count)) + arb(0, 1) * arb.pi() / (2 * count)
        sine, cosine = angle.sin_cos()
        arcs.append(acb((rho + 1 / rho) / 2 * cosine, (rho - 1 / rho) / 2 * sine))
    return arcs


def ellipse_parameter(z: acb) -> arb:
    """An upper bound rho >= 1 such that z lies on or inside the Bernstein ellipse of parameter rho.

    The sum of the distances to the foci +-1 is rho + 1/rho.
    """
    half = ((abs(z - 1) + abs(z + 1)) / 2).upper()
    excess = (half * half - 1).nonnegative_part()
    return (half + excess.sqrt()).upper()


def interpolation_bounds(values: Sequence[arb], bound: arb, rho: arb) -> arb:
    """A ball that contains the range over [-1, 1] of a function r that is analytic in the Bernstein ellipse.

    `values` enclose r at the n + 1 points of `chebyshev_points(n)`; `bound` is an upper bound of |r| on the
    ellipse of parameter rho > 1. With c the middle of the values, p the interpolant of r:
    |r - p| <= 4 sup|r - c| rho^-n / (rho - 1) [Trefethen, Approximation Theory and Approximation Practice,
    Theorem 8.2, applied to r - c], and |p - c| <= Lambda max_j |r(x_j) - c| with the Lebesgue constant
    Lambda <= 1 + (2/pi) log(n + 1) [ibid., Theorem 15.2].
    """
    count = len(values) - 1
    centre = _middle(values)
    deviation = max((abs(value - centre).upper() for value in values), key=_key)
    lebesgue = 1 + 2 / arb.pi() * arb(count + 1).log()
    tail = 4 * (bound + abs(centre)) * rho ** (-count) / (rho - 1)
    return centre + (lebesgue * deviation + tail).upper() * arb(0, 1)


def _middle(values: Sequence[arb]) -> arb:
    """An exact number near the middle of the values."""
    low = min((value.lower() for value in values), key=_key)
    high = max((value.upper() for value in values), key=_key)
    return ((low + high) / 2).mid()


def _key(value: arb) -> tuple[bool, arb]:
    """Orders exact Arb numbers, nan and infinities last."""
    return (not value.is_finite(), value)
