"""The next Taylor coefficient of a result from those of its operands, in Arb balls.

Each coefficient is a formula of earlier ones that holds for the exact series, so that balls that hold those give a ball
that holds it [R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, 9.2; A. Griewank, A. Walther,
Evaluating Derivatives, table 13.2]. A rule appends coefficient k to the result's list when it is called with k.
"""

from collections.abc import Callable, Iterable
from operator import mul
from typing import Any, TypeAlias

import flint

from certify.program.arb_functions import FUNCTIONS, power

Coefficients: TypeAlias = list[flint.arb]
Step: TypeAlias = Callable[[int], None]

ZERO, ONE = flint.arb(0), flint.arb(1)


class Constant(list[flint.arb]):
    """The coefficients of a constant, as many as are asked for."""

    def __init__(self, value: flint.arb) -> None:
        super().__init__([value])

    def __getitem__(self, k: Any) -> Any:
        return super().__getitem__(0) if k == 0 else ZERO


def dot(x: Iterable[flint.arb], y: Iterable[flint.arb]) -> flint.arb:
    """sum x_i y_i over the shorter of the two."""
    return sum(map(mul, x, y), ZERO)


def with_constant(name: str, x: Coefficients, constant: flint.arb, out: Coefficients) -> Step:
    if name == "mul":
        return lambda k: out.append(x[k] * constant)
    if name == "div":
        return lambda k: out.append(x[k] / constant)
    function = FUNCTIONS[name]
    return lambda k: out.append(x[k] if k else function(x[0], constant))


def _add(x: Coefficients, y: Coefficients, out: Coefficients) -> Step:
    return lambda k: out.append(x[k] + y[k])


def _sub(x: Coefficients, y: Coefficients, out: Coefficients) -> Step:
    return lambda k: out.append(x[k] - y[k])


def _neg(x: Coefficients, out: Coefficients) -> Step:
    return lambda k: out.append(-x[k])


def _mul(x: Coefficients, y: Coefficients, out: Coefficients) -> Step:
    return lambda k: out.append(dot(x, y[k::-1]))


def _div(x: Coefficients, y: Coefficients, out: Coefficients) -> Step:
    """q y = x."""
    return lambda k: out.append((x[k] - dot(out, y[k:0:-1])) / y[0] if k else FUNCTIONS["div"](x[0], y[0]))


def _square(x: Coefficients, out: Coefficients) -> Step:
    square = FUNCTIONS["square"]

    def step(k: int) -> None:
        half = (k + 1) // 2
        pairs = 2 * dot(x[:half], x[k : k - half : -1]) if k else ZERO
        out.append(pairs if k % 2 else pairs + square(x[k // 2]))

    return step


def power_of(product: Coefficients, base: Coefficients, out: Coefficients, exponent: int) -> Step:
    """The product of equal factors; its first coefficient by the rule of balls, which is sharper."""
    return lambda k: out.append(product[k] if k else power(base[0], exponent))


def _exp(x: Coefficients, out: Coefficients) -> Step:
    """y' = y x'."""
    weighted: Coefficients = []

    def step(k: int) -> None:
        if k == 0:
            out.append(FUNCTIONS["exp"](x[0]))
            return
        weighted.append(x[k] * k)
        out.append(dot(weighted, out[k - 1 :: -1]) / k)

    return step


def _log(x: Coefficients, out: Coefficients) -> Step:
    """x y' = x'."""
    weighted: Coefficients = []

    def step(k: int) -> None:
        if k == 0:
            out.append(FUNCTIONS["log"](x[0]))
            return
        out.append((x[k] - dot(weighted, x[k - 1 : 0 : -1]) / k) / x[0])
        weighted.append(out[k] * k)

    return step


def _sqrt(x: Coefficients, out: Coefficients) -> Step:
    """y y = x."""

    def step(k: int) -> None:
        if k == 0:
            out.append(FUNCTIONS["sqrt"](x[0]))
            return
        out.append((x[k] - dot(out[1:k], out[k - 1 : 0 : -1])) / (2 * out[0]))

    return step


def circular(name: str, x: Coefficients, partner: Coefficients, out: Coefficients) -> Step:
    """sin' = cos x', cos' = -sin x'; the partner's coefficients below k are known."""
    weighted: Coefficients = []
    sign = 1 if name == "sin" else -1

    def step(k: int) -> None:
        if k == 0:
            out.append(FUNCTIONS[name](x[0]))
            return
        weighted.append(x[k] * (sign * k))
        out.append(dot(weighted, partner[k - 1 :: -1]) / k)

    return step


def _riccati(name: str, linear: int) -> Callable[[Coefficients, Coefficients], Step]:
    """y' = s x', s = y - y^2 for linear = 1 (logistic) and s = 1 - y^2 for 0 (tanh)."""

    def made(x: Coefficients, out: Coefficients) -> Step:
        weighted: Coefficients = []
        slopes: Coefficients = []
        squares: Coefficients = []
        square = _square(out, squares)

        def step(k: int) -> None:
            if k == 0:
                out.append(FUNCTIONS[name](x[0]))
            else:
                weighted.append(x[k] * k)
                out.append(dot(weighted, slopes[k - 1 :: -1]) / k)
            square(k)
            first = out[k] if linear else (ZERO if k else ONE)
            slopes.append(first - squares[k])

        return step

    return made


UNARY: dict[str, Callable[[Coefficients, Coefficients], Step]] = {
    "neg": _neg,
    "square": _square,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": _riccati("tanh", 0),
    "logistic": _riccati("logistic", 1),
}
BINARY: dict[str, Callable[[Coefficients, Coefficients, Coefficients], Step]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
}
