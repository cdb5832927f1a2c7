"""The elementary functions of one Arb ball at the current working precision."""

import math
from collections.abc import Callable, Iterator, Mapping

import flint

from foundation import InputError


def power(x: flint.arb, exponent: int) -> flint.arb:
    """By repeated squaring of |x| or x: `arb ** int` of a ball around zero returned nan in some versions."""
    if exponent < 0:
        return 1 / power(x, -exponent)
    if exponent % 2 == 0:
        return _square(power(x, exponent // 2)) if exponent else flint.arb(1)
    if not x.is_exact() and x.is_finite():
        return _monotone(lambda a: a * power(a, exponent - 1), x)
    return x * power(x, exponent - 1)


def _divide(x: flint.arb, y: flint.arb) -> flint.arb:
    return x / y


def _domain(name: str, lowest: float, strict: bool) -> Callable[[flint.arb], flint.arb]:
    """The method `name` of arb on its domain (lowest, inf), or [lowest, inf) when not strict."""

    def apply(x: flint.arb) -> flint.arb:
        if x.is_finite() and not (x > lowest if strict else x >= lowest):
            domain = f"{'(' if strict else '['}{lowest}, inf)"
            raise InputError(f"{name} of a ball that reaches down to {float(x.lower())}; it must lie in {domain}")
        return getattr(x, name)()

    return apply


def _unit(name: str) -> Callable[[flint.arb], flint.arb]:
    def apply(x: flint.arb) -> flint.arb:
        if x.is_finite() and not (x >= -1 and x <= 1):
            raise InputError(f"{name} of a ball that leaves [-1, 1]: {x}")
        return getattr(x, name)()

    return apply


def _square(x: flint.arb) -> flint.arb:
    magnitude = abs(x)
    return magnitude * magnitude


def _logistic(x: flint.arb) -> flint.arb:
    return _monotone(lambda a: 1 / (1 + (-a).exp()), x)


def _cbrt(x: flint.arb) -> flint.arb:
    return _monotone(_cbrt_point, x)


def _cbrt_point(x: flint.arb) -> flint.arb:
    if x.contains(0) and not x.is_zero():
        bound = abs(x).upper().root(3)
        return bound.union(-bound)
    return x.root(3) if x >= 0 else -((-x).root(3))


def _monotone(function: Callable[[flint.arb], flint.arb], x: flint.arb) -> flint.arb:
    """The hull of an increasing function's values at both ends."""
    if x.is_exact() or not x.is_finite():
        return function(x)
    return function(x.lower()).union(function(x.upper()))


def _logaddexp(x: flint.arb, y: flint.arb) -> flint.arb:
    """log(e^x + e^y), increasing in both."""
    if x.is_exact() and y.is_exact():
        return _logaddexp_point(x, y)
    if not (x.is_finite() and y.is_finite()):
        return flint.arb(0, math.inf)
    return _logaddexp_point(x.lower(), y.lower()).union(_logaddexp_point(x.upper(), y.upper()))


def _logaddexp_point(x: flint.arb, y: flint.arb) -> flint.arb:
    return x.max(y) + (-abs(x - y)).exp().log1p()


def _pow(x: flint.arb, y: flint.arb) -> flint.arb:
    if x.is_finite() and not x > 0:
        raise InputError(f"pow of a base that reaches down to {float(x.lower())}; it must be above 0")
    return (y * x.log()).exp()


def _sign(x: flint.arb) -> flint.arb:
    if x.is_zero():
        return flint.arb(0)
    return flint.arb(1) if x > 0 else (flint.arb(-1) if x < 0 else flint.arb(0, 1))


def _method(name: str) -> Callable[[flint.arb], flint.arb]:
    return lambda x: getattr(x, name)()


_METHODS = ("exp", "expm1", "tanh", "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh", "erf", "erfc")

_ELEMENTARY: dict[str, Callable[..., flint.arb]] = {
    **{name: _method(name) for name in (*_METHODS, "floor", "ceil")},
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": _divide,
    "neg": lambda x: -x,
    "abs": abs,
    "square": _square,
    "log": _domain("log", 0, True),
    "log1p": _domain("log1p", -1, True),
    "sqrt": _domain("sqrt", 0, False),
    "rsqrt": _domain("rsqrt", 0, True),
    "acosh": _domain("acosh", 1, False),
    "asin": _unit("asin"),
    "acos": _unit("acos"),
    "atanh": _unit("atanh"),
    "logistic": _logistic,
    "cbrt": _cbrt,
    "pow": _pow,
    "sign": _sign,
    "maximum": flint.arb.max,
    "minimum": flint.arb.min,
    "logaddexp": _logaddexp,
    "atan2": lambda y, x: flint.arb.atan2(y, x),
}


class _Functions(Mapping[str, Callable[..., flint.arb]]):
    """The elementary functions; the table of special functions is loaded when one of them is asked for."""

    def __getitem__(self, name: str) -> Callable[..., flint.arb]:
        return _ELEMENTARY[name] if name in _ELEMENTARY else _special()[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**_special(), **_ELEMENTARY})

    def __len__(self) -> int:
        return len({**_special(), **_ELEMENTARY})


def _special() -> Mapping[str, Callable[..., flint.arb]]:
    from certify.program.special.table import FUNCTIONS as special

    return special


FUNCTIONS: Mapping[str, Callable[..., flint.arb]] = _Functions()
