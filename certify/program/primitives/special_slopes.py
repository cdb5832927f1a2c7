"""Derivatives of the special functions, in terms of the primitives: a table a number of operands."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from certify.program.primitives.primitive import (
    Emitter,
    Parameters,
)

Slope: TypeAlias = Callable[[Emitter, Sequence[int], int, Parameters], int]


def _root_of_pi(e: Emitter) -> int:
    """sqrt(pi) = 2 sqrt(atan 1)."""
    return e.emit("mul", e.number(2.0), e.emit("sqrt", e.emit("atan", e.number(1.0))))


def _gaussian(e: Emitter, x: int) -> int:
    """exp(-x^2 / 2) / sqrt(2 pi)."""
    power = e.emit("exp", e.emit("mul", e.number(-0.5), e.emit("square", x)))
    return e.emit("div", power, e.emit("mul", _root_of_pi(e), e.emit("sqrt", e.number(2.0))))


def _slope_bessel_ie(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """(I_(n-1) + I_(n+1)) / 2 scaled, minus the slope of |x| times the value."""
    (x,), n = operands, p["order"]
    return e.emit("sub", _bessel_mean(e, x, n, "bessel_ie"), e.emit("mul", e.emit("slope_of_abs", x), y))


def _bessel_mean(e: Emitter, x: int, n: int, name: str) -> int:
    if n == 0:
        return e.emit(name, x, order=1)
    around = e.emit("add", e.emit(name, x, order=n - 1), e.emit(name, x, order=n + 1))
    return e.emit("mul", e.number(0.5), around)


def _slope_bessel_j(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    (x,), n = operands, p["order"]
    if n == 0:
        return e.emit("neg", e.emit("bessel_j", x, order=1))
    around = e.emit("sub", e.emit("bessel_j", x, order=n - 1), e.emit("bessel_j", x, order=n + 1))
    return e.emit("mul", e.number(0.5), around)


def _slope_expn(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """E_n' = -E_(n-1), with E_0 = e^-x / x [DLMF 8.19.13]."""
    (x,), n = operands, p["order"]
    if n > 0:
        return e.emit("neg", e.emit("expn", x, order=n - 1))
    return e.emit("neg", e.emit("mul", y, e.emit("add", e.number(1.0), e.emit("div", e.number(1.0), x))))


def _slope_igamma(sign: float) -> Slope:
    """dP/dx = x^(a-1) e^-x / gamma(a), as exp of its logarithm [DLMF 8.8.13]."""

    def slope(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
        a, x = operands
        power = e.emit("mul", e.emit("sub", a, e.number(1.0)), e.emit("log", x))
        density = e.emit("exp", e.emit("sub", e.emit("sub", power, x), e.emit("lgamma", a)))
        return density if sign > 0 else e.emit("neg", density)

    return slope


def _slope_betainc(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """x^(a-1) (1-x)^(b-1) / B(a, b) [DLMF 8.17.1]."""
    a, b, x = operands
    one = e.number(1.0)
    powers = e.emit(
        "add",
        e.emit("mul", e.emit("sub", a, one), e.emit("log", x)),
        e.emit("mul", e.emit("sub", b, one), e.emit("log1p", e.emit("neg", x))),
    )
    shapes = e.emit("add", e.emit("lgamma", a), e.emit("lgamma", b))
    normaliser = e.emit("sub", shapes, e.emit("lgamma", e.emit("add", a, b)))
    return e.emit("exp", e.emit("sub", powers, normaliser))


def _slope_zeta(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """d zeta(s, q) / dq = -s zeta(s + 1, q) [DLMF 25.11.17]."""
    s, q = operands
    return e.emit("neg", e.emit("mul", s, e.emit("zeta", e.emit("add", s, e.number(1.0)), q)))


def _slope_log_ndtr(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """exp(-x^2/2 - log cdf) / sqrt(2 pi)."""
    (x,) = operands
    power = e.emit("exp", e.emit("sub", e.emit("mul", e.number(-0.5), e.emit("square", x)), y))
    return e.emit("div", power, e.emit("mul", _root_of_pi(e), e.emit("sqrt", e.number(2.0))))


def _slope_erfcx(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """2 x y - 2 / sqrt(pi)."""
    doubled = e.emit("mul", e.number(2.0), e.emit("mul", operands[0], y))
    return e.emit("sub", doubled, e.emit("div", e.number(2.0), _root_of_pi(e)))


def _slope_spence(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """log(x) / (1 - x) [DLMF 25.12.2]."""
    (x,) = operands
    return e.emit("div", e.emit("log", x), e.emit("sub", e.number(1.0), x))


def _fresnel_angle(e: Emitter, x: int) -> int:
    """pi x^2 / 2, with pi/2 = 2 atan 1."""
    half = e.emit("mul", e.number(2.0), e.emit("atan", e.number(1.0)))
    return e.emit("mul", half, e.emit("square", x))


def _erf_inv_slope(e: Emitter, operands: Sequence[int], y: int, p: Parameters) -> int:
    """sqrt(pi)/2 e^(y^2)."""
    return e.emit("mul", e.emit("mul", e.number(0.5), _root_of_pi(e)), e.emit("exp", e.emit("square", y)))


def _ratio(e: Emitter, x: int, y: int) -> int:
    return e.emit("div", x, y)


def _next_order(name: str) -> Slope:
    return lambda e, x, y, p: e.emit(name, x[0], order=p["order"] + 1)


UNARY: Mapping[str, Slope] = {
    "lgamma": lambda e, x, y, p: e.emit("digamma", x[0]),
    "gamma": lambda e, x, y, p: e.emit("mul", y, e.emit("digamma", x[0])),
    "digamma": lambda e, x, y, p: e.emit("polygamma", x[0], order=1),
    "expi": lambda e, x, y, p: _ratio(e, e.emit("exp", x[0]), x[0]),
    "erf_inv": _erf_inv_slope,
    "ndtr": lambda e, x, y, p: _gaussian(e, x[0]),
    "log_ndtr": _slope_log_ndtr,
    "ndtri": lambda e, x, y, p: _ratio(e, e.number(1.0), _gaussian(e, y)),
    "erfcx": _slope_erfcx,
    "dawsn": lambda e, x, y, p: e.emit("sub", e.number(1.0), e.emit("mul", e.number(2.0), e.emit("mul", x[0], y))),
    "sine_integral": lambda e, x, y, p: _ratio(e, e.emit("sin", x[0]), x[0]),
    "cosine_integral": lambda e, x, y, p: _ratio(e, e.emit("cos", x[0]), x[0]),
    "fresnel_sine": lambda e, x, y, p: e.emit("sin", _fresnel_angle(e, x[0])),
    "fresnel_cosine": lambda e, x, y, p: e.emit("cos", _fresnel_angle(e, x[0])),
    "spence": _slope_spence,
    "xlogx": lambda e, x, y, p: e.emit("add", e.emit("log", x[0]), e.number(1.0)),
}


ORDERED: Mapping[str, Slope] = {
    "polygamma": lambda e, x, y, p: e.emit("polygamma", x[0], order=p["order"] + 1),
    **{name: _next_order(name) for name in ("sinc", "expm1_over", "log1p_over", "sine_over")},
    "expn": _slope_expn,
    "bessel_ie": _slope_bessel_ie,
    "bessel_i": lambda e, x, y, p: _bessel_mean(e, x[0], p["order"], "bessel_i"),
    "bessel_j": _slope_bessel_j,
}


SEVERAL: Mapping[str, tuple[Slope | None, ...]] = {
    "igamma": (None, _slope_igamma(1.0)),
    "igammac": (None, _slope_igamma(-1.0)),
    "betainc": (None, None, _slope_betainc),
    "zeta": (None, _slope_zeta),
    "xlogy": (lambda e, x, y, p: e.emit("log", x[1]), lambda e, x, y, p: _ratio(e, x[0], x[1])),
    "xlog1py": (
        lambda e, x, y, p: e.emit("log1p", x[1]),
        lambda e, x, y, p: _ratio(e, x[0], e.emit("add", e.number(1.0), x[1])),
    ),
}
