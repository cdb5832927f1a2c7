"""Certified integrals of one variable, by Arb's adaptive Gauss-Legendre quadrature."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.elementary.arb import float_bounds
from certify.enclosure import Enclosure
from foundation import InputError
from foundation.arb_precision import arb_precision

Integrand = Callable[[flint.acb, bool], flint.acb]


def integral(integrand: Integrand, lower: Any, upper: Any, *, tail: Any = 0, precision: int = 128) -> Enclosure:
    """Enclosure of the integral of `integrand` from `lower` to `upper`; see `integral_arb`."""
    return arb_enclosure(integral_arb(integrand, lower, upper, tail=tail, precision=precision))


def integral_arb(
    integrand: Integrand,
    lower: Any,
    upper: Any,
    *,
    tail: Any = 0,
    precision: int = 128,
    evaluations: int | None = None,
) -> flint.arb:
    """A real Arb ball that contains the integral of a function that is real on the segment, plus a tail.

    `integrand(z, analytic)` takes a complex ball and must enclose its values there; where `analytic` is true it must
    return a non-finite ball unless the function is analytic on all of z (nothing to do for quotients of entire
    functions; pass the flag on to `acb.sqrt` and `acb.log`). `lower`, `upper`: rationals (int, float, `Fraction`) or
    `flint.arb`. `tail`: a proved bound of what lies beyond the ends, of either sign; it widens the ball. `evaluations`:
    how many the quadrature may ask for before it gives what it has (None: Arb's own limit). Proved [F.
    Johansson, Numerical integration in arbitrary-precision ball arithmetic, ICMS 2018]. Unbounded where the
    integrand has a pole on the segment. Raises `InputError` on ends that are no finite numbers.
    """
    if isinstance(precision, bool) or not isinstance(precision, int) or not 16 <= precision <= 100_000:
        raise InputError(f"precision must be a number of bits between 16 and 100000, but is {precision!r}")
    with arb_precision(precision):
        ends = exact_arb(lower, "lower"), exact_arb(upper, "upper")
        spread = exact_arb(tail, "tail")
        found = flint.acb.integral(integrand, flint.acb(ends[0]), flint.acb(ends[1]), eval_limit=evaluations).real
        return found + spread.union(-spread)


def exact_arb(value: Any, name: str = "number") -> flint.arb:
    """A ball around a rational number at the current precision; a finite `flint.arb` is passed on."""
    if isinstance(value, flint.arb):
        if not value.is_finite():
            raise InputError(f"{name} must be a bounded ball, but is {value}")
        return value
    try:
        number = Fraction(value)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        raise InputError(f"{name} must be a finite number, but is {value!r}") from None
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def arb_enclosure(value: flint.arb) -> Enclosure:
    """Floats around an Arb ball; exact where it is one float, infinite where the ball is unbounded."""
    if value.is_exact() and value == float(value.mid()):
        return Enclosure(float(value.mid()), float(value.mid()))
    return Enclosure(*float_bounds(value))
