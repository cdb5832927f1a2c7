"""Special functions of Arb balls at the current working precision.

Monotone functions are evaluated at the ends of a ball, the others in the mean-value form f(m) + f'(X) (X - m),
intersected with Arb's own enclosure over the ball. Outside a function's domain, and where a ball meets a pole,
`InputError` is raised. Formulas: NIST Digital Library of Mathematical Functions (DLMF), section in each docstring.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import flint

from foundation import InputError
from foundation.arb_precision import arb_precision

Unary: TypeAlias = Callable[[flint.arb], flint.arb]

# Arb loses bits by cancellation: a point is evaluated again with twice the bits, at most this often.
_ATTEMPTS = 5
# Bits that a result at a point may fall short of the working precision before it is evaluated again.
_LOST = 24


def _unknown() -> flint.arb:
    return flint.arb(0, math.inf)


def _demand(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


def _point(function: Callable[[], flint.arb]) -> flint.arb:
    """The value at exact arguments, with more bits where cancellation has eaten them."""
    precision = flint.ctx.prec
    value = function()
    for doubling in range(1, _ATTEMPTS):
        if value.is_finite() and (value.is_zero() or value.rel_accuracy_bits() >= precision - _LOST):
            break
        with arb_precision(precision << doubling):
            value = function()
    return value


def _rising(function: Unary, x: flint.arb) -> flint.arb:
    """The hull of a monotone function's values at both ends."""
    if not x.is_finite():
        return _unknown()
    if x.is_exact():
        return _point(lambda: function(x))
    low, high = x.lower(), x.upper()
    return _point(lambda: function(low)).union(_point(lambda: function(high)))


def _centred(function: Unary, slope: Unary, x: flint.arb) -> flint.arb:
    """Mean-value form, intersected with the function of the whole ball."""
    if not x.is_finite():
        return _unknown()
    if x.is_exact():
        return _point(lambda: function(x))
    direct = function(x)
    middle = x.mid()
    centred = _point(lambda: function(middle)) + slope(x) * (x - middle)
    if not centred.is_finite():
        return direct
    return direct.intersection(centred) if direct.is_finite() else centred


def _no_pole(name: str, x: flint.arb) -> None:
    """The poles of the gamma function are 0, -1, -2, ..."""
    at_pole = x.is_finite() and not x > 0 and x.contains_integer()
    _demand(not at_pole, f"{name} of a ball that holds one of its poles 0, -1, -2, ...: {_shown(x)}")


def _above(name: str, x: flint.arb, lowest: float, strict: bool = True) -> None:
    inside = not x.is_finite() or (x > lowest if strict else x >= lowest)
    sign = ">" if strict else ">="
    _demand(inside, f"{name} is enclosed for arguments {sign} {lowest:g}, but the ball is {_shown(x)}")


def _between(name: str, x: flint.arb, low: float, high: float, strict: bool) -> None:
    inside = not x.is_finite() or ((x > low and x < high) if strict else (x >= low and x <= high))
    bounds = f"({low:g}, {high:g})" if strict else f"[{low:g}, {high:g}]"
    _demand(inside, f"{name} is defined on {bounds}, but the ball is {_shown(x)}")


def _shown(x: flint.arb) -> str:
    return f"[{float(x.lower()):.17g}, {float(x.upper()):.17g}]"


# The gamma function and its relatives, DLMF 5.


def _log_gamma_at(x: flint.arb) -> flint.arb:
    """log |gamma(x)|; below 0 by reflection, |gamma(x) gamma(1 - x)| = pi / |sin(pi x)| [DLMF 5.5.3]."""
    if x > 0:
        return x.lgamma()
    return (flint.arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def log_gamma(x: flint.arb) -> flint.arb:
    """log |gamma(x)|."""
    _no_pole("lgamma", x)
    return _centred(_log_gamma_at, digamma, x)


def gamma(x: flint.arb) -> flint.arb:
    """gamma(x)."""
    _no_pole("gamma", x)
    return _centred(lambda t: t.gamma(), lambda t: t.gamma() * digamma(t), x)


def gamma_sign(x: flint.arb) -> flint.arb:
    """The sign of gamma(x): 1 above 0, and alternating between the poles below."""
    _no_pole("gammasgn", x)
    if not x.is_finite():
        return flint.arb(0, 1)
    return flint.arb(1) if x > 0 or _whole(x.lower().floor()) % 2 == 0 else flint.arb(-1)


def _whole(x: flint.arb) -> int:
    """The whole number that the ball is; raises `InputError` where the precision does not tell which."""
    number = x.unique_fmpz()
    if number is None:
        raise InputError(f"the number {x} is too large for the working precision; raise `precision`")
    return int(number)


def digamma(x: flint.arb) -> flint.arb:
    """psi(x) = gamma'(x) / gamma(x), increasing between its poles [DLMF 5.15.1]."""
    _no_pole("digamma", x)
    return _rising(lambda t: t.digamma(), x)


def polygamma(order: flint.arb, x: flint.arb) -> flint.arb:
    """The derivative of that order of psi: (-1)^(n+1) n! zeta(n + 1, x), monotone for x > 0 [DLMF 5.15]."""
    n = int(float(order.mid()))
    _demand(order == n and n >= 0, f"polygamma needs an order 0, 1, 2, ..., but got {order}")
    if n == 0:
        return digamma(x)
    _no_pole("polygamma", x)
    if x > 0:
        factor = flint.arb(math.factorial(n)) * (-1 if n % 2 == 0 else 1)
        return _rising(lambda t: factor * flint.arb(n + 1).zeta(t), x)
    return _centred(lambda t: _polygamma_below(n, t), lambda t: _polygamma_below(n + 1, t), x)


def _polygamma_below(n: int, x: flint.arb) -> flint.arb:
    """Between the poles: psi_n(x) = psi_n(x + m) - (-1)^n n! sum_{k < m} (x + k)^(-n-1) with x + m > 0
    [DLMF 5.15.5].
    """
    steps = _whole((1 - x.lower()).ceil())
    factor = flint.arb(math.factorial(n)) * (-1) ** n
    above = -factor * flint.arb(n + 1).zeta(x + steps)
    return above - factor * sum((_negative_power(x + k, n + 1) for k in range(steps)), flint.arb(0))


def _negative_power(x: flint.arb, exponent: int) -> flint.arb:
    result = flint.arb(1)
    for _ in range(exponent):
        result = result / x
    return result


# Functions with closed ends of their domain take the ends of balls, exact numbers, and give enclosures of their lowest
# and their highest value: a ball of Arb that begins at 0 would be rounded across it.
Ends: TypeAlias = tuple[flint.arb, flint.arb]


def lower_gamma(a: Ends, x: Ends) -> Ends:
    """P(a, x), a > 0, x >= 0: increasing in x, decreasing in a [DLMF 8.2]."""
    return _corners("igamma", lambda s, t: t.gamma_lower(s, 1) if t > 0 else flint.arb(0), a, x)


def upper_gamma(a: Ends, x: Ends) -> Ends:
    """Q(a, x) = 1 - P(a, x)."""
    return _corners("igammac", lambda s, t: t.gamma_upper(s, 1) if t > 0 else flint.arb(1), a, x)


def _corners(name: str, function: Callable[[flint.arb, flint.arb], flint.arb], a: Ends, x: Ends) -> Ends:
    if not _finite(a, x):
        return flint.arb(0), flint.arb(1)
    _above(name, a[0], 0)
    _above(name, x[0], 0, strict=False)
    first, second = _point(lambda: function(a[1], x[0])), _point(lambda: function(a[0], x[1]))
    return (first, second) if name == "igamma" else (second, first)


def incomplete_beta(a: Ends, b: Ends, x: Ends) -> Ends:
    """I_x(a, b), a, b > 0, 0 <= x <= 1: increasing in x and b, decreasing in a [DLMF 8.17]."""
    if not _finite(a, b, x):
        return flint.arb(0), flint.arb(1)
    _above("betainc", a[0], 0)
    _above("betainc", b[0], 0)
    _between("betainc", x[0], 0, 1, strict=False)
    _between("betainc", x[1], 0, 1, strict=False)

    def value(s: flint.arb, t: flint.arb, z: flint.arb) -> flint.arb:
        return z if z == 0 or z == 1 else z.beta_lower(s, t, 1)

    return _point(lambda: value(a[1], b[0], x[0])), _point(lambda: value(a[0], b[1], x[1]))


def _finite(*ends: Ends) -> bool:
    return all(end.is_finite() for pair in ends for end in pair)


def hurwitz_zeta(s: flint.arb, q: flint.arb) -> flint.arb:
    """zeta(s, q), s > 1, q > 0: decreasing in q [DLMF 25.11]."""
    _above("zeta", s, 1)
    _above("zeta", q, 0)
    if not s.is_finite():
        return _unknown()
    return _rising(lambda t: s.zeta(t), q)


# Exponential integrals and error functions, DLMF 6 and 7.


def expi(x: flint.arb) -> flint.arb:
    """Ei(x), x != 0: increasing above 0 and decreasing below, as Ei' = e^x / x."""
    _demand(not x.is_finite() or x > 0 or x < 0, f"expi of a ball around its pole 0: {_shown(x)}")
    return _rising(lambda t: t.ei(), x)


def exponential_integral(order: flint.arb, x: flint.arb) -> flint.arb:
    """E_n(x), n = 0, 1, ..., x > 0 (x >= 0 for n >= 2): decreasing in x [DLMF 8.19]."""
    n = int(float(order.mid()))
    _demand(order == n and n >= 0, f"expn needs an order 0, 1, 2, ..., but got {order}")
    _above("expn", x, 0, strict=n < 2)
    return _rising(lambda t: t.expint(n) if t > 0 else 1 / flint.arb(n - 1), x)


def inverse_error_function(x: flint.arb) -> flint.arb:
    """erfinv(x), |x| < 1, increasing."""
    _between("erf_inv", x, -1, 1, strict=True)
    return _rising(lambda t: t.erfinv(), x)


def normal_cdf(x: flint.arb) -> flint.arb:
    """The distribution function of the standard normal law, erfc(-x / sqrt 2) / 2, increasing."""
    return _rising(lambda t: (-t / flint.arb(2).sqrt()).erfc() / 2, x)


def log_normal_cdf(x: flint.arb) -> flint.arb:
    """log(erfc(-x / sqrt 2) / 2), increasing."""

    def value(t: flint.arb) -> flint.arb:
        root = flint.arb(2).sqrt()
        return (-(t / root).erfc() / 2).log1p() if t > 0 else ((-t / root).erfc() / 2).log()

    return _rising(value, x)


def normal_quantile(p: flint.arb) -> flint.arb:
    """-sqrt 2 erfcinv(2 p), 0 < p < 1, increasing."""
    _between("ndtri", p, 0, 1, strict=True)
    return _rising(lambda t: -flint.arb(2).sqrt() * (2 * t).erfcinv(), p)


def scaled_erfc(x: flint.arb) -> flint.arb:
    """e^(x^2) erfc(x), decreasing."""
    return _rising(lambda t: (t * t).exp() * t.erfc(), x)


def dawson(x: flint.arb) -> flint.arb:
    """e^(-x^2) times the integral of e^(t^2) from 0 to x: sqrt(pi)/2 e^(-x^2) erfi(x) [DLMF 7.5.1]."""

    def value(t: flint.arb) -> flint.arb:
        return flint.arb.pi().sqrt() / 2 * (-t * t).exp() * t.erfi()

    return _centred(value, lambda t: 1 - 2 * t * value(t), x)


def sine_integral(x: flint.arb) -> flint.arb:
    """Si(x), with Si' = sin(x) / x."""
    return _centred(lambda t: t.si(), lambda t: t.sinc(), x)


def sinc(order: flint.arb, x: flint.arb) -> flint.arb:
    """The n-th derivative of sin(pi x) / (pi x) = int_0^1 cos(pi x t) dt: |f_n| <= pi^n / (n + 1) everywhere, and
    x f_n = pi^(n-1) sin(pi x + n pi/2) - n f_(n-1) [DLMF 6.2.4 and Leibniz' rule].
    """
    n = _order("sinc", order)
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
    centred = _point(lambda: _sinc_at(n, middle)) + (-steepest).union(steepest) * (x - middle)
    return centred.intersection(around).intersection(everywhere) if centred.is_finite() else around


def _sinc_at(n: int, x: flint.arb) -> flint.arb:
    """At an exact x other than 0; sin(y + n pi/2) runs through sin, cos, -sin, -cos."""
    pi, value = flint.arb.pi(), x.sinc_pi()
    sine, cosine = x.sin_pi(), x.cos_pi()
    for k in range(1, n + 1):
        turned = (sine, cosine, -sine, -cosine)[k % 4]
        value = (pi ** (k - 1) * turned - k * value) / x
    return value


def cosine_integral(x: flint.arb) -> flint.arb:
    """Ci(x), x > 0, with Ci' = cos(x) / x."""
    _above("cosine_integral", x, 0)
    return _centred(lambda t: t.ci(), lambda t: t.cos() / t, x)


def fresnel_sine(x: flint.arb) -> flint.arb:
    """The integral of sin(pi t^2 / 2) from 0 to x [DLMF 7.2.8]."""
    return _centred(lambda t: t.fresnel_s(True), lambda t: (t * t / 2).sin_pi(), x)


def fresnel_cosine(x: flint.arb) -> flint.arb:
    """The integral of cos(pi t^2 / 2) from 0 to x [DLMF 7.2.7]."""
    return _centred(lambda t: t.fresnel_c(True), lambda t: (t * t / 2).cos_pi(), x)


def spence(x: flint.arb) -> flint.arb:
    """The dilogarithm Li_2(1 - x), x > 0, decreasing; Li_2(y) = pi^2/6 - log(y) log(1 - y) - Li_2(1 - y) for y near 1
    and Li_2(y) = -pi^2/6 - log(-y)^2 / 2 - Li_2(1/y) for y < -1 [DLMF 25.12].
    """
    _above("spence", x, 0)
    return _rising(_spence_at, x)


def _spence_at(x: flint.arb) -> flint.arb:
    y, basel = 1 - x, flint.arb.pi() ** 2 / 6
    if x > 2:
        return -basel - (-y).log() ** 2 / 2 - (1 / y).polylog(2)
    if x < 0.5:
        return basel - y.log() * x.log() - x.polylog(2)
    return flint.arb(0) if y.is_zero() else y.polylog(2)


# Bessel functions, DLMF 10.


def scaled_bessel_i(order: flint.arb, x: flint.arb) -> flint.arb:
    """e^-|x| I_n(x), n = 0, 1, ...; I_n(-x) = (-1)^n I_n(x)."""
    n = _order("bessel_ie", order)
    if not x.is_finite():
        return flint.arb(0, 1)

    def value(t: flint.arb) -> flint.arb:
        return t.bessel_i(n, scaled=True)

    def slope(t: flint.arb) -> flint.arb:
        return (t.bessel_i(abs(n - 1), scaled=True) + t.bessel_i(n + 1, scaled=True)) / 2 - value(t)

    if x >= 0:
        return _centred(value, slope, x)
    if x <= 0:
        return _centred(value, slope, -x) * (-1) ** n
    high = _centred(value, slope, flint.arb(0).union(abs(x).upper()))
    return high if n % 2 == 0 else high.union(-high)


def bessel_i(order: flint.arb, x: flint.arb) -> flint.arb:
    """I_n(x), n = 0, 1, ...; I_n' = (I_(n-1) + I_(n+1)) / 2; increasing in |x|."""
    n = _order("bessel_i", order)
    if n % 2:
        return _rising(lambda t: t.bessel_i(n), x)
    if not x.is_finite():
        return _unknown()
    size = abs(x)
    return _rising(lambda t: abs(t).bessel_i(n), x if x >= 0 or x <= 0 else flint.arb(0).union(size.upper()))


def bessel_j(order: flint.arb, x: flint.arb) -> flint.arb:
    """J_n(x), n = 0, 1, ...; J_0' = -J_1, J_n' = (J_(n-1) - J_(n+1)) / 2."""
    n = _order("bessel_j", order)

    def slope(t: flint.arb) -> flint.arb:
        return -t.bessel_j(1) if n == 0 else (t.bessel_j(n - 1) - t.bessel_j(n + 1)) / 2

    return _centred(lambda t: t.bessel_j(n), slope, x)


def _order(name: str, order: flint.arb) -> int:
    n = int(float(order.mid()))
    _demand(order == n and n >= 0, f"{name} needs an order 0, 1, 2, ..., but got {order}")
    return n


# Entropies.


def xlogx(x: Ends) -> Ends:
    """x log x, x >= 0, with the limit 0 at 0; it falls to -1/e at 1/e and rises from there."""
    if not _finite(x):
        return flint.arb("-inf"), flint.arb("inf")
    low, high = x
    _above("x log x", low, 0, strict=False)

    def value(t: flint.arb) -> flint.arb:
        return t * t.log() if t > 0 else flint.arb(0)

    first, second = _point(lambda: value(low)), _point(lambda: value(high))
    turning = (-flint.arb(1)).exp()
    outside = high < turning or low > turning
    return (first.min(second) if outside else -turning), first.max(second)


def xlogy(x: flint.arb, y: flint.arb) -> flint.arb:
    """x log y, y > 0, and 0 where x is exactly 0 (y >= 0)."""
    if x.is_zero():
        _above("xlogy", y, 0, strict=False)
        return flint.arb(0) if y.is_finite() else _unknown()
    _above("xlogy", y, 0)
    return x * _rising(lambda t: t.log(), y)


def xlog1py(x: flint.arb, y: flint.arb) -> flint.arb:
    """x log(1 + y), y > -1, and 0 where x is exactly 0 (y >= -1)."""
    if x.is_zero():
        _above("xlog1py", y, -1, strict=False)
        return flint.arb(0) if y.is_finite() else _unknown()
    _above("xlog1py", y, -1)
    return x * _rising(lambda t: t.log1p(), y)


FROM_ENDS: dict[str, Callable[..., Ends]] = {
    "igamma": lower_gamma,
    "igammac": upper_gamma,
    "betainc": incomplete_beta,
    "xlogx": xlogx,
}
"Functions of the ends of balls."


def _on_balls(function: Callable[..., Ends]) -> Callable[..., flint.arb]:
    def apply(*balls: flint.arb) -> flint.arb:
        low, high = function(*((x.lower(), x.upper()) for x in balls))
        return low.union(high) if low.is_finite() and high.is_finite() else _unknown()

    return apply


FUNCTIONS: dict[str, Callable[..., flint.arb]] = {
    **{name: _on_balls(function) for name, function in FROM_ENDS.items()},
    "lgamma": log_gamma,
    "gamma": gamma,
    "gamma_sign": gamma_sign,
    "digamma": digamma,
    "polygamma": polygamma,
    "zeta": hurwitz_zeta,
    "expi": expi,
    "expn": exponential_integral,
    "erf_inv": inverse_error_function,
    "ndtr": normal_cdf,
    "log_ndtr": log_normal_cdf,
    "ndtri": normal_quantile,
    "erfcx": scaled_erfc,
    "dawsn": dawson,
    "sine_integral": sine_integral,
    "cosine_integral": cosine_integral,
    "fresnel_sine": fresnel_sine,
    "fresnel_cosine": fresnel_cosine,
    "sinc": sinc,
    "spence": spence,
    "bessel_ie": scaled_bessel_i,
    "bessel_i": bessel_i,
    "bessel_j": bessel_j,
    "xlogy": xlogy,
    "xlog1py": xlog1py,
}
