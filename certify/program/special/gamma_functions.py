"""The gamma function and its relatives, at the current working precision. Formulas: DLMF chapters 5, 8 and 25."""

import math
from collections.abc import Callable

import flint

from certify.program.special.enclosures import (
    Ends,
    are_finite,
    at_point,
    mean_value,
    monotone,
    require,
    require_above,
    require_between,
    require_no_pole,
    unknown,
)
from foundation import InputError


def _log_gamma_at(x: flint.arb) -> flint.arb:
    """log |gamma(x)|; below 0 by reflection, |gamma(x) gamma(1 - x)| = pi / |sin(pi x)| [DLMF 5.5.3]."""
    if x > 0:
        return x.lgamma()
    return (flint.arb.pi() / abs(x.sin_pi())).log() - (1 - x).lgamma()


def log_gamma(x: flint.arb) -> flint.arb:
    """log |gamma(x)|."""
    require_no_pole("lgamma", x)
    return mean_value(_log_gamma_at, digamma, x)


def gamma(x: flint.arb) -> flint.arb:
    """gamma(x)."""
    require_no_pole("gamma", x)
    return mean_value(lambda t: t.gamma(), lambda t: t.gamma() * digamma(t), x)


def gamma_sign(x: flint.arb) -> flint.arb:
    """The sign of gamma(x): 1 above 0, and alternating between the poles below."""
    require_no_pole("gammasgn", x)
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
    require_no_pole("digamma", x)
    return monotone(lambda t: t.digamma(), x)


def polygamma(order: flint.arb, x: flint.arb) -> flint.arb:
    """The derivative of that order of psi: (-1)^(n+1) n! zeta(n + 1, x), monotone for x > 0 [DLMF 5.15]."""
    n = int(float(order.mid()))
    require(order == n and n >= 0, f"polygamma needs an order 0, 1, 2, ..., but got {order}")
    if n == 0:
        return digamma(x)
    require_no_pole("polygamma", x)
    if x > 0:
        factor = flint.arb(math.factorial(n)) * (-1 if n % 2 == 0 else 1)
        return monotone(lambda t: factor * flint.arb(n + 1).zeta(t), x)
    return mean_value(lambda t: _polygamma_below(n, t), lambda t: _polygamma_below(n + 1, t), x)


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


def lower_gamma(a: Ends, x: Ends) -> Ends:
    """P(a, x), a > 0, x >= 0: increasing in x, decreasing in a [DLMF 8.2]."""
    return _corners("igamma", lambda s, t: t.gamma_lower(s, 1) if t > 0 else flint.arb(0), a, x)


def upper_gamma(a: Ends, x: Ends) -> Ends:
    """Q(a, x) = 1 - P(a, x)."""
    return _corners("igammac", lambda s, t: t.gamma_upper(s, 1) if t > 0 else flint.arb(1), a, x)


def _corners(name: str, function: Callable[[flint.arb, flint.arb], flint.arb], a: Ends, x: Ends) -> Ends:
    if not are_finite(a, x):
        return flint.arb(0), flint.arb(1)
    require_above(name, a[0], 0)
    require_above(name, x[0], 0, strict=False)
    first, second = at_point(lambda: function(a[1], x[0])), at_point(lambda: function(a[0], x[1]))
    return (first, second) if name == "igamma" else (second, first)


def incomplete_beta(a: Ends, b: Ends, x: Ends) -> Ends:
    """I_x(a, b), a, b > 0, 0 <= x <= 1: increasing in x and b, decreasing in a [DLMF 8.17]."""
    if not are_finite(a, b, x):
        return flint.arb(0), flint.arb(1)
    require_above("betainc", a[0], 0)
    require_above("betainc", b[0], 0)
    require_between("betainc", x[0], 0, 1, strict=False)
    require_between("betainc", x[1], 0, 1, strict=False)

    def value(s: flint.arb, t: flint.arb, z: flint.arb) -> flint.arb:
        return z if z == 0 or z == 1 else z.beta_lower(s, t, 1)

    return at_point(lambda: value(a[1], b[0], x[0])), at_point(lambda: value(a[0], b[1], x[1]))


def hurwitz_zeta(s: flint.arb, q: flint.arb) -> flint.arb:
    """zeta(s, q), s > 1, q > 0: decreasing in q [DLMF 25.11]."""
    require_above("zeta", s, 1)
    require_above("zeta", q, 0)
    if not s.is_finite():
        return unknown()
    return monotone(lambda t: s.zeta(t), q)
