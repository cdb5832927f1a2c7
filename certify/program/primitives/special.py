"""Special functions: their derivatives, and where they are real-analytic.

Values: `certify.program.special.table`. Orders (n of polygamma, E_n, I_n, J_n) are whole numbers, kept as parameters.
Derivatives by a parameter that is not listed (igamma and betainc by their shapes, zeta by its exponent) are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.primitives.primitive import (
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
from certify.program.primitives.special_slopes import ORDERED, SEVERAL, UNARY, Slope
from certify.program.signature import Signature
from certify.program.values import NumberSystem, Value, aligned
from foundation import InputError

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
    *(_primitive(name, (slope,), {}) for name, slope in UNARY.items()),
    *(_primitive(name, (slope,), {"order": "integer"}) for name, slope in ORDERED.items()),
    *(_primitive(name, slopes, {}) for name, slopes in SEVERAL.items()),
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
