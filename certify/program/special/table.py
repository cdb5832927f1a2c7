"""Special functions of Arb balls at the current working precision.

Monotone functions are evaluated at the ends of a ball, the others in the mean-value form f(m) + f'(X) (X - m),
intersected with Arb's own enclosure over the ball. Outside a function's domain, and where a ball meets a pole,
`InputError` is raised. Formulas: NIST Digital Library of Mathematical Functions (DLMF), section in each docstring.
"""

from collections.abc import Callable

import flint

from certify.program.special.bessel_functions import bessel_i, bessel_j, scaled_bessel_i
from certify.program.special.enclosures import Ends, are_finite, at_point, monotone, require_above, unknown
from certify.program.special.gamma_functions import (
    digamma,
    gamma,
    gamma_sign,
    hurwitz_zeta,
    incomplete_beta,
    log_gamma,
    lower_gamma,
    polygamma,
    upper_gamma,
)
from certify.program.special.integral_functions import (
    cosine_integral,
    dawson,
    expi,
    exponential_integral,
    exponential_over_argument,
    fresnel_cosine,
    fresnel_sine,
    inverse_error_function,
    log_normal_cdf,
    logarithm_over_argument,
    normal_cdf,
    normal_quantile,
    scaled_erfc,
    sinc,
    sine_integral,
    sine_over_argument,
    spence,
)

# The gamma function and its relatives, DLMF 5.


# Exponential integrals and error functions, DLMF 6 and 7.


# Bessel functions, DLMF 10.


# Entropies.


def xlogx(x: Ends) -> Ends:
    """x log x, x >= 0, with the limit 0 at 0; it falls to -1/e at 1/e and rises from there."""
    if not are_finite(x):
        return flint.arb("-inf"), flint.arb("inf")
    low, high = x
    require_above("x log x", low, 0, strict=False)

    def value(t: flint.arb) -> flint.arb:
        return t * t.log() if t > 0 else flint.arb(0)

    first, second = at_point(lambda: value(low)), at_point(lambda: value(high))
    turning = (-flint.arb(1)).exp()
    outside = high < turning or low > turning
    return (first.min(second) if outside else -turning), first.max(second)


def xlogy(x: flint.arb, y: flint.arb) -> flint.arb:
    """x log y, y > 0, and 0 where x is exactly 0 (y >= 0)."""
    if x.is_zero():
        require_above("xlogy", y, 0, strict=False)
        return flint.arb(0) if y.is_finite() else unknown()
    require_above("xlogy", y, 0)
    return x * monotone(lambda t: t.log(), y)


def xlog1py(x: flint.arb, y: flint.arb) -> flint.arb:
    """x log(1 + y), y > -1, and 0 where x is exactly 0 (y >= -1)."""
    if x.is_zero():
        require_above("xlog1py", y, -1, strict=False)
        return flint.arb(0) if y.is_finite() else unknown()
    require_above("xlog1py", y, -1)
    return x * monotone(lambda t: t.log1p(), y)


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
        return low.union(high) if low.is_finite() and high.is_finite() else unknown()

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
    "expm1_over": exponential_over_argument,
    "log1p_over": logarithm_over_argument,
    "sine_over": sine_over_argument,
    "sinc": sinc,
    "spence": spence,
    "bessel_ie": scaled_bessel_i,
    "bessel_i": bessel_i,
    "bessel_j": bessel_j,
    "xlogy": xlogy,
    "xlog1py": xlog1py,
}
