"""Special functions: their derivatives, and where they are real-analytic.

Values: `certify.program.special.table`. Orders (n of polygamma, E_n, I_n, J_n) are whole numbers, kept as parameters.
Derivatives by a parameter that is not listed (igamma and betainc by their shapes, zeta by its exponent) are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.primitives.primitive import (
    Emitter,
    Parameters,
    Primitive,
    Pull,
    demand,
    elementwise_shape,
    reduced_to,
)
from certify.program.primitives.regularity import (
    ENTIRE,
    INSIDE_UNIT,
    KINK,
    POSITIVE,
    UNPROVED,
    ZERO_EXCLUDED,
    Condition,
    Extent,
    Regularity,
    domain,
    is_positive,
)
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value, aligned
from foundation import InputError

Slope: TypeAlias = Callable[[Emitter, Sequence[int], int, Parameters], int]

_HIGHEST_ORDER = 100


def _infer(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
        demand(all(s.is_real for s in operands), f"takes real operands, got {[s.dtype for s in operands]}")
        order = parameters.get("order", 0)
        demand(0 <= order <= _HIGHEST_ORDER, f"the order must be 0..{_HIGHEST_ORDER}, but is {order}")
        return Signature(elementwise_shape(operands))

    return infer


def _evaluate(name: str) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        values = aligned(system, operands)
        if "order" in parameters:
            order = system.constant(np.full((1,) * values[0].ndim, float(parameters["order"])))
            return system.function(name, order, *values)
        return system.function(name, *values)

    return evaluate


def _pull(name: str, slopes: Sequence[Slope | None]) -> Callable[[Pull], Sequence[int | None]]:
    """The cotangent times each partial derivative; None marks one that is refused where it is needed."""

    def pull(p: Pull) -> Sequence[int | None]:
        e, shares = p.emitter, []
        for position, (operand, slope) in enumerate(zip(p.operands, slopes, strict=True)):
            if slope is None:
                shares.append(e.emit("no_derivative", p.cotangent, operand, function=f"{name}:{position}"))
                continue
            share = e.emit("mul", p.cotangent, slope(e, p.operands, p.output, p.parameters))
            shares.append(reduced_to(e, share, operand))
        return shares

    return pull


def _refuse(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    name, _, position = parameters["function"].partition(":")
    raise InputError(
        f"the derivative of {name} by its argument {position} is not enclosed; keep that argument constant"
    )


def _infer_refused(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    _infer(2)(operands, {})
    return operands[1]


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


_UNARY: Mapping[str, Slope] = {
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

_ORDERED: Mapping[str, Slope] = {
    "polygamma": lambda e, x, y, p: e.emit("polygamma", x[0], order=p["order"] + 1),
    **{name: _next_order(name) for name in ("sinc", "expm1_over", "log1p_over", "sine_over")},
    "expn": _slope_expn,
    "bessel_ie": _slope_bessel_ie,
    "bessel_i": lambda e, x, y, p: _bessel_mean(e, x[0], p["order"], "bessel_i"),
    "bessel_j": _slope_bessel_j,
}

_SEVERAL: Mapping[str, tuple[Slope | None, ...]] = {
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


# Where the functions are analytic.


def _off_poles(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    """No whole number <= 0 in the extent."""
    x = operands[0]
    between = np.isfinite(x.lower) & np.isfinite(x.upper) & (np.ceil(x.lower) > x.upper)
    return np.asarray(is_positive(x) | between)


def _each_within(*bounds: tuple[float, float]) -> Condition:
    """Every operand strictly inside of its interval."""

    def holds(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
        inside = [
            (x.lower > low) & ((x.upper < high) | (high == np.inf))
            for x, (low, high) in zip(operands, bounds, strict=True)
        ]
        return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*inside)))

    return holds


_ABOVE_ZERO = (0.0, np.inf)


_OFF_POLES = domain("its argument must exclude the poles 0, -1, -2, ...", _off_poles)
_SHAPES = domain("its shape and its argument must lie above 0", _each_within(_ABOVE_ZERO, _ABOVE_ZERO))
_REGULAR: Mapping[str, Regularity] = {
    **dict.fromkeys(("lgamma", "gamma", "digamma", "gamma_sign"), _OFF_POLES),
    **dict.fromkeys(("polygamma", "expn", "cosine_integral", "spence", "xlogx"), POSITIVE),
    **dict.fromkeys(
        (
            "ndtr",
            "log_ndtr",
            "erfcx",
            "dawsn",
            "sinc",
            "expm1_over",
            "sine_over",
            "sine_integral",
            "fresnel_sine",
            "fresnel_cosine",
            "bessel_i",
            "bessel_j",
        ),
        ENTIRE,
    ),
    "expi": ZERO_EXCLUDED,
    "erf_inv": INSIDE_UNIT,
    "ndtri": domain("its argument must lie strictly between 0 and 1", _each_within((0.0, 1.0))),
    "bessel_ie": KINK,
    "igamma": _SHAPES,
    "igammac": _SHAPES,
    "betainc": domain(
        "its shapes must lie above 0 and its argument strictly between 0 and 1",
        _each_within(_ABOVE_ZERO, _ABOVE_ZERO, (0.0, 1.0)),
    ),
    "zeta": domain("its exponent must lie above 1 and its shift above 0", _each_within((1.0, np.inf), _ABOVE_ZERO)),
    "xlogy": domain("its second argument must lie above 0", lambda o, p: is_positive(o[1])),
    "log1p_over": domain("its argument must lie above -1", lambda o, p: o[0].lower > -1.0),
    "xlog1py": domain("its second argument must lie above -1", lambda o, p: o[1].lower > -1.0),
}


def _primitive(name: str, slopes: Sequence[Slope | None], parameters: Mapping[str, Any]) -> Primitive:
    return Primitive(name, _infer(len(slopes)), _evaluate(name), _pull(name, slopes), parameters, _REGULAR[name])


PRIMITIVES = (
    *(_primitive(name, (slope,), {}) for name, slope in _UNARY.items()),
    *(_primitive(name, (slope,), {"order": "integer"}) for name, slope in _ORDERED.items()),
    *(_primitive(name, slopes, {}) for name, slopes in _SEVERAL.items()),
    # locally constant between the poles, which its evaluation excludes
    Primitive("gamma_sign", _infer(1), _evaluate("gamma_sign"), lambda p: (None,), {}, _OFF_POLES),
    Primitive(
        "no_derivative",
        _infer_refused,
        _refuse,
        None,
        {"function": "text"},
        UNPROVED,
    ),
)
