"""Moments on the half line, real zeros of polynomials, and the end of an interval of given area, in Arb."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.elementary.arb import float_bounds
from certify.effort import charge_arb
from certify.integral import Integrand, exact_arb, integral_arb
from certify.values.formula import Formula
from foundation import CertificateError

_FARTHEST, _LARGEST_POWER, _LARGEST_DEGREE = 2**40, 64, 64
# Arb's quadrature asks an analytic integrand for some hundred values; one with a pole, for as many as it may.
MOST_EVALUATIONS = 10_000

Evaluator = Callable[[Formula], flint.arb]
Rational = Callable[[Formula], Fraction | None]
Positive = Callable[[flint.acb], flint.acb]


def moment(arguments: list[Formula], of: Evaluator, exactly: Rational) -> flint.arb:
    """The integral of x^k exp(-p(x)) over x >= 0, p a polynomial with rational coefficients, the leading one positive.

    Beyond R, where p(R + s) = p(R) + c s + terms with coefficients >= 0 and c > 0, the integrand is at most
    (R + s)^k exp(-p(R) - c s), whose integral is exp(-p(R)) sum_j C(k, j) R^(k-j) j! / c^(j+1).
    """
    power = _whole(arguments[0], 0, _LARGEST_POWER, "power of a moment")
    given = [exactly(part) for part in arguments[1]]
    coefficients = [value for value in given if value is not None]
    if len(coefficients) != len(given) or not 1 < len(given) <= _LARGEST_DEGREE or not coefficients[-1] > 0:
        raise CertificateError("the certificate's moment needs rational coefficients, the leading one positive")
    bits = int(flint.ctx.prec)
    end, shifted = _far_enough(coefficients, bits)
    exact = [exact_arb(value) for value in coefficients]

    def integrand(z: flint.acb, _: bool) -> flint.acb:
        total = flint.acb(exact[-1])
        for coefficient in reversed(exact[:-1]):
            total = total * z + coefficient
        return z**power * (-total).exp()

    level, rate = exact_arb(shifted[0]), exact_arb(shifted[1])
    terms = [
        exact_arb(Fraction(math.comb(power, j) * end ** (power - j) * math.factorial(j))) / rate ** (j + 1)
        for j in range(power + 1)
    ]
    beyond = (-level).exp() * sum(terms[1:], terms[0])
    # the tail is positive, so that it is added from one side only
    return counted_integral(integrand, flint.arb(0), exact_arb(end), bits) + flint.arb(0).union(beyond)


def _far_enough(coefficients: list[Fraction], bits: int) -> tuple[int, list[Fraction]]:
    """The first power of two R with the coefficients of p(R + s) beyond the first >= 0, c > 0 and p(R) large."""
    end = 1
    while end <= _FARTHEST:
        shifted = _shifted(coefficients, end)
        if shifted[1] > 0 and min(shifted[1:]) >= 0 and shifted[0] - min(Fraction(0), coefficients[0]) > bits:
            return end, shifted
        end *= 2
    raise CertificateError("the certificate's moment decays too slowly to be integrated")


def _shifted(coefficients: list[Fraction], by: int) -> list[Fraction]:
    """The coefficients of p(by + s) in s, by Horner's rule."""
    found: list[Fraction] = []
    for coefficient in reversed(coefficients):
        raised = [Fraction(0), *found]
        found = [by * a + b for a, b in zip([*found, Fraction(0)], raised, strict=True)]
        found[0] += coefficient
    return found[: len(coefficients)]


def real_root(arguments: list[Formula], of: Evaluator, exactly: Rational) -> flint.arb:
    """The k-th smallest real zero, counted without multiplicity, of a polynomial with rational coefficients."""
    given = [exactly(part) for part in arguments[0]]
    rational = [value for value in given if value is not None]
    if len(rational) != len(given) or not 1 < len(given) <= _LARGEST_DEGREE:
        raise CertificateError("the certificate's polynomial needs rational coefficients")
    scale = math.lcm(*(value.denominator for value in rational))
    coefficients = [int(value * scale) for value in rational]
    charge_arb(64 * len(coefficients) ** 3, int(flint.ctx.prec))
    polynomial = flint.fmpz_poly(coefficients)
    if polynomial.degree() < 1:
        raise CertificateError("the certificate's polynomial is constant")
    found: list[Any] = polynomial.complex_roots()
    roots = [root.real for root, _ in found if root.imag == 0]
    place = _whole(arguments[1], 1, len(coefficients), "place of a zero")
    if place > len(roots):
        raise CertificateError(f"the certificate asks for the zero {place} of a polynomial with {len(roots)} real ones")
    return sorted(roots, key=lambda root: root.mid())[place - 1]


def reach(integrand: Integrand, positive: Positive, lower: flint.arb, area: flint.arb, bits: int) -> flint.arb:
    """The x >= lower with area = the integral of a positive function from lower to x, by bisection.

    Both ends are kept by proved signs. `positive`, which has the signs of the function but for isolated zeros, must be
    proved positive on the way: the area increases strictly, and the end is unique.
    """
    if area == 0:
        return lower
    if not area > 0:
        return flint.arb("nan")
    low, width = Fraction(float_bounds(lower)[0]), Fraction(1)
    start, high = low, Fraction(float_bounds(lower)[1]) + 1
    while (side := _side(integrand, lower, area, high, bits)) <= 0:
        if side == 0 or width > 2**100:
            return flint.arb("nan")
        low, width = high, 2 * width
        high = start + width
    if not _is_positive(positive, lower, exact_arb(high)):
        return flint.arb("nan")
    return _bisected(integrand, lower, area, (low, high), bits)


def _bisected(
    integrand: Integrand, lower: flint.arb, area: flint.arb, ends: tuple[Fraction, Fraction], bits: int
) -> flint.arb:
    low, high = ends
    for _ in range(160):
        middle = Fraction(float((low + high) / 2))
        side = _side(integrand, lower, area, middle, bits) if low < middle < high else 0
        if side == 0:
            break
        low, high = (middle, high) if side < 0 else (low, middle)
    return exact_arb(low).union(exact_arb(high))


def _side(integrand: Integrand, lower: flint.arb, area: flint.arb, end: Fraction, bits: int) -> int:
    rest = counted_integral(integrand, lower, exact_arb(end), bits) - area
    return 1 if rest > 0 else -1 if rest < 0 else 0


def _is_positive(positive: Positive, lower: flint.arb, upper: flint.arb, depth: int = 0) -> bool:
    charge_arb(8, int(flint.ctx.prec))
    value = positive(flint.acb(lower.union(upper)))
    if value.real > 0 and value.imag == 0:
        return True
    if depth > 12:
        return False
    middle = ((lower + upper) / 2).mid()
    return all(_is_positive(positive, a, b, depth + 1) for a, b in ((lower, middle), (middle, upper)))


def counted_integral(integrand: Integrand, lower: flint.arb, upper: flint.arb, bits: int) -> flint.arb:
    """The integral, with the work of its evaluations charged; inside of Arb's quadrature nothing may be raised."""
    calls = [0]

    def counted(z: flint.acb, analytic: bool) -> flint.acb:
        calls[0] += 1
        return integrand(z, analytic)

    found = integral_arb(counted, lower, upper, precision=bits, evaluations=MOST_EVALUATIONS)
    charge_arb(64 * calls[0], bits)
    return found


def _whole(value: Any, least: int, most: int, what: str) -> int:
    if type(value) is not int or not least <= value <= most:
        raise CertificateError(f"the certificate's {what} must be between {least} and {most}, but is {value!r:.40}")
    return value
