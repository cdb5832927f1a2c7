"""Exponential, error, sine, cosine and Fresnel integrals, dilogarithm. Formulas: DLMF chapters 6, 7, 8 and 25."""

import flint

from certify.program.special.enclosures import (
    at_point,
    mean_value,
    monotone,
    require,
    require_above,
    require_between,
    shown,
    whole_order,
)


def expi(x: flint.arb) -> flint.arb:
    """Ei(x), x != 0: increasing above 0 and decreasing below, as Ei' = e^x / x."""
    require(not x.is_finite() or x > 0 or x < 0, f"expi of a ball around its pole 0: {shown(x)}")
    return monotone(lambda t: t.ei(), x)


def exponential_integral(order: flint.arb, x: flint.arb) -> flint.arb:
    """E_n(x), n = 0, 1, ..., x > 0 (x >= 0 for n >= 2): decreasing in x [DLMF 8.19]."""
    n = int(float(order.mid()))
    require(order == n and n >= 0, f"expn needs an order 0, 1, 2, ..., but got {order}")
    require_above("expn", x, 0, strict=n < 2)
    return monotone(lambda t: t.expint(n) if t > 0 else 1 / flint.arb(n - 1), x)


def inverse_error_function(x: flint.arb) -> flint.arb:
    """erfinv(x), |x| < 1, increasing."""
    require_between("erf_inv", x, -1, 1, strict=True)
    return monotone(lambda t: t.erfinv(), x)


def normal_cdf(x: flint.arb) -> flint.arb:
    """The distribution function of the standard normal law, erfc(-x / sqrt 2) / 2, increasing."""
    return monotone(lambda t: (-t / flint.arb(2).sqrt()).erfc() / 2, x)


def log_normal_cdf(x: flint.arb) -> flint.arb:
    """log(erfc(-x / sqrt 2) / 2), increasing."""

    def value(t: flint.arb) -> flint.arb:
        root = flint.arb(2).sqrt()
        return (-(t / root).erfc() / 2).log1p() if t > 0 else ((-t / root).erfc() / 2).log()

    return monotone(value, x)


def normal_quantile(p: flint.arb) -> flint.arb:
    """-sqrt 2 erfcinv(2 p), 0 < p < 1, increasing."""
    require_between("ndtri", p, 0, 1, strict=True)
    return monotone(lambda t: -flint.arb(2).sqrt() * (2 * t).erfcinv(), p)


def scaled_erfc(x: flint.arb) -> flint.arb:
    """e^(x^2) erfc(x), decreasing."""
    return monotone(lambda t: (t * t).exp() * t.erfc(), x)


def dawson(x: flint.arb) -> flint.arb:
    """e^(-x^2) times the integral of e^(t^2) from 0 to x: sqrt(pi)/2 e^(-x^2) erfi(x) [DLMF 7.5.1]."""

    def value(t: flint.arb) -> flint.arb:
        return flint.arb.pi().sqrt() / 2 * (-t * t).exp() * t.erfi()

    return mean_value(value, lambda t: 1 - 2 * t * value(t), x)


def sine_integral(x: flint.arb) -> flint.arb:
    """Si(x), with Si' = sin(x) / x."""
    return mean_value(lambda t: t.si(), lambda t: t.sinc(), x)


def sinc(order: flint.arb, x: flint.arb) -> flint.arb:
    """The n-th derivative of sin(pi x) / (pi x) = int_0^1 cos(pi x t) dt: |f_n| <= pi^n / (n + 1) everywhere, and
    x f_n = pi^(n-1) sin(pi x + n pi/2) - n f_(n-1) [DLMF 6.2.4 and Leibniz' rule].
    """
    n = whole_order("sinc", order)
    pi = flint.arb.pi()
    bound, steepest = pi**n / (n + 1), pi ** (n + 1) / (n + 2)
    everywhere = (-bound).union(bound)
    if not x.is_finite():
        return everywhere
    at_zero = (-1) ** (n // 2) * bound if n % 2 == 0 else flint.arb(0)
    around = at_zero + (-steepest).union(steepest) * x
    middle = x.mid()
    if middle.is_zero():
        return around.intersection(everywhere)
    centred = at_point(lambda: _sinc_at(n, middle)) + (-steepest).union(steepest) * (x - middle)
    return centred.intersection(around).intersection(everywhere) if centred.is_finite() else around


def _sinc_at(n: int, x: flint.arb) -> flint.arb:
    """At an exact x other than 0; sin(y + n pi/2) runs through sin, cos, -sin, -cos."""
    pi, value = flint.arb.pi(), x.sinc_pi()
    sine, cosine = x.sin_pi(), x.cos_pi()
    for k in range(1, n + 1):
        turned = (sine, cosine, -sine, -cosine)[k % 4]
        value = (pi ** (k - 1) * turned - k * value) / x
    return value


def exponential_over_argument(order: flint.arb, x: flint.arb) -> flint.arb:
    """The n-th derivative of (e^x - 1) / x: int_0^1 t^n e^(t x) dt = M(n + 1, n + 2, x) / (n + 1), increasing
    [DLMF 13.4.1].
    """
    n = whole_order("expm1_over", order)
    return monotone(lambda t: t.hypgeom_1f1(n + 1, n + 2) / (n + 1), x)


def logarithm_over_argument(order: flint.arb, x: flint.arb) -> flint.arb:
    """The n-th derivative of log(1 + x) / x, x > -1: (-1)^n n! int_0^1 t^n (1 + t x)^(-n - 1) dt, monotone, with the
    integral F(n + 1, n + 1; n + 2; -x) / (n + 1) [DLMF 15.6.1].
    """
    n = whole_order("log1p_over", order)
    require_above("log(1 + x) / x", x, -1)
    factor = (-1) ** n * flint.arb(n).gamma() if n else flint.arb(1)
    factor = factor * n / (n + 1) if n else factor
    return monotone(lambda t: factor * (-t).hypgeom_2f1(n + 1, n + 1, n + 2), x)


def sine_over_argument(order: flint.arb, x: flint.arb) -> flint.arb:
    """The n-th derivative of sin(x) / x = int_0^1 cos(t x) dt: int_0^1 t^n cos(t x + n pi / 2) dt, at most 1 / (n + 1),
    the real part of i^n M(n + 1, n + 2, i x) / (n + 1) [DLMF 13.4.1].
    """
    n = whole_order("sine_over", order)
    bound, steepest = flint.arb(1) / (n + 1), flint.arb(1) / (n + 2)
    everywhere = (-bound).union(bound)
    if not x.is_finite():
        return everywhere

    def value(t: flint.arb) -> flint.arb:
        turned = flint.acb(0, t).hypgeom_1f1(n + 1, n + 2) / (n + 1)
        return (turned.real, -turned.imag, -turned.real, turned.imag)[n % 4]

    if x.is_exact():
        return at_point(lambda: value(x))
    middle = x.mid()
    centred = at_point(lambda: value(middle)) + (-steepest).union(steepest) * (x - middle)
    return centred.intersection(everywhere)


def cosine_integral(x: flint.arb) -> flint.arb:
    """Ci(x), x > 0, with Ci' = cos(x) / x."""
    require_above("cosine_integral", x, 0)
    return mean_value(lambda t: t.ci(), lambda t: t.cos() / t, x)


def fresnel_sine(x: flint.arb) -> flint.arb:
    """The integral of sin(pi t^2 / 2) from 0 to x [DLMF 7.2.8]."""
    return mean_value(lambda t: t.fresnel_s(True), lambda t: (t * t / 2).sin_pi(), x)


def fresnel_cosine(x: flint.arb) -> flint.arb:
    """The integral of cos(pi t^2 / 2) from 0 to x [DLMF 7.2.7]."""
    return mean_value(lambda t: t.fresnel_c(True), lambda t: (t * t / 2).cos_pi(), x)


def spence(x: flint.arb) -> flint.arb:
    """The dilogarithm Li_2(1 - x), x > 0, decreasing; Li_2(y) = pi^2/6 - log(y) log(1 - y) - Li_2(1 - y) for y near 1
    and Li_2(y) = -pi^2/6 - log(-y)^2 / 2 - Li_2(1/y) for y < -1 [DLMF 25.12].
    """
    require_above("spence", x, 0)
    return monotone(_spence_at, x)


def _spence_at(x: flint.arb) -> flint.arb:
    y, basel = 1 - x, flint.arb.pi() ** 2 / 6
    if x > 2:
        return -basel - (-y).log() ** 2 / 2 - (1 / y).polylog(2)
    if x < 0.5:
        return basel - y.log() * x.log() - x.polylog(2)
    return flint.arb(0) if y.is_zero() else y.polylog(2)
