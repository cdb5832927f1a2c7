"""Bessel functions of whole order. Formulas: DLMF chapter 10."""

import flint

from certify.program.special.enclosures import mean_value, monotone, unknown, whole_order


def scaled_bessel_i(order: flint.arb, x: flint.arb) -> flint.arb:
    """e^-|x| I_n(x), n = 0, 1, ...; I_n(-x) = (-1)^n I_n(x)."""
    n = whole_order("bessel_ie", order)
    if not x.is_finite():
        return flint.arb(0, 1)

    def value(t: flint.arb) -> flint.arb:
        return t.bessel_i(n, scaled=True)

    def slope(t: flint.arb) -> flint.arb:
        return (t.bessel_i(abs(n - 1), scaled=True) + t.bessel_i(n + 1, scaled=True)) / 2 - value(t)

    if x >= 0:
        return mean_value(value, slope, x)
    if x <= 0:
        return mean_value(value, slope, -x) * (-1) ** n
    high = mean_value(value, slope, flint.arb(0).union(abs(x).upper()))
    return high if n % 2 == 0 else high.union(-high)


def bessel_i(order: flint.arb, x: flint.arb) -> flint.arb:
    """I_n(x), n = 0, 1, ...; I_n' = (I_(n-1) + I_(n+1)) / 2; increasing in |x|."""
    n = whole_order("bessel_i", order)
    if n % 2:
        return monotone(lambda t: t.bessel_i(n), x)
    if not x.is_finite():
        return unknown()
    size = abs(x)
    return monotone(lambda t: abs(t).bessel_i(n), x if x >= 0 or x <= 0 else flint.arb(0).union(size.upper()))


def bessel_j(order: flint.arb, x: flint.arb) -> flint.arb:
    """J_n(x), n = 0, 1, ...; J_0' = -J_1, J_n' = (J_(n-1) - J_(n+1)) / 2."""
    n = whole_order("bessel_j", order)

    def slope(t: flint.arb) -> flint.arb:
        return -t.bessel_j(1) if n == 0 else (t.bessel_j(n - 1) - t.bessel_j(n + 1)) / 2

    return mean_value(lambda t: t.bessel_j(n), slope, x)
