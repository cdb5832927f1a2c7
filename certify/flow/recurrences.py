"""Taylor coefficients along a straight line, one after the other, in Arb balls.

Each coefficient is a formula of earlier ones that holds for the exact series, so that balls that hold those give a ball
that holds it [R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, 9.2; A. Griewank, A. Walther,
Evaluating Derivatives, table 13.2].
"""

from collections.abc import Callable, Iterable, Sequence
from operator import mul
from typing import TypeAlias, final

import flint

from certify.effort import charge_arb
from certify.flow.straight_line import Operation, StraightLine
from certify.program.arb_functions import FUNCTIONS, power
from foundation import InputError

Coefficients: TypeAlias = list[flint.arb]
Step: TypeAlias = Callable[[int], None]

ZERO, ONE = flint.arb(0), flint.arb(1)


@final
class Recurrence:
    """The coefficients of a straight line's results, as those of the inputs become known.

    inputs: one list of coefficients for each, which may grow between the steps. `advance(k)` appends coefficient k of
    every result; it needs coefficients 0 .. k of the inputs, and to have been called for all smaller k.
    """

    def __init__(self, line: StraightLine, inputs: Sequence[Coefficients]) -> None:
        self._lists: dict[int, Coefficients] = dict(enumerate(inputs))
        self._constants = line.constants
        self._outputs = line.outputs
        self._steps: list[Step] = []
        self._lists.update((place, []) for place in line.operations)
        for place, operation in line.operations.items():
            self._steps.append(self._step(place, operation))

    def advance(self, k: int) -> None:
        for step in self._steps:
            step(k)

    def outputs(self, k: int) -> list[flint.arb]:
        """Coefficient k of each output."""
        return [
            (self._constants[place] if k == 0 else ZERO) if place in self._constants else self._lists[place][k]
            for place in self._outputs
        ]

    def _step(self, place: int, operation: Operation) -> Step:
        name, out = operation.name, self._lists[place]
        if name == "power":
            product, base = operation.operands
            return _power(self._list(product), self._list(base), out, operation.exponent)
        if name in ("sin", "cos"):
            partner = self._lists[place + 1 if name == "sin" else place - 1]
            return _circular(name, self._list(operation.operands[0]), partner, out)
        if len(operation.operands) == 1:
            return _UNARY[name](self._list(operation.operands[0]), out)
        x, y = operation.operands
        if y in self._constants:
            return _with_constant(name, self._list(x), self._constants[y], out)
        if x in self._constants:
            if name in ("add", "mul"):
                return _with_constant(name, self._list(y), self._constants[x], out)
            return _BINARY[name](_Constant(self._constants[x]), self._list(y), out)
        return _BINARY[name](self._list(x), self._list(y), out)

    def _list(self, place: int) -> Coefficients:
        return self._lists[place]


class _Constant(list[flint.arb]):
    """The coefficients of a constant, as many as are asked for."""

    def __init__(self, value: flint.arb) -> None:
        super().__init__([value])

    def __getitem__(self, k):  # type: ignore[no-untyped-def, override]
        return super().__getitem__(0) if k == 0 else ZERO


def dot(x: Iterable[flint.arb], y: Iterable[flint.arb]) -> flint.arb:
    """sum x_i y_i over the shorter of the two."""
    return sum(map(mul, x, y), ZERO)


def _with_constant(name: str, x: Coefficients, constant: flint.arb, out: Coefficients) -> Step:
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


def _power(product: Coefficients, base: Coefficients, out: Coefficients, exponent: int) -> Step:
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


def _circular(name: str, x: Coefficients, partner: Coefficients, out: Coefficients) -> Step:
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


_UNARY: dict[str, Callable[[Coefficients, Coefficients], Step]] = {
    "neg": _neg,
    "square": _square,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": _riccati("tanh", 0),
    "logistic": _riccati("logistic", 1),
}
_BINARY: dict[str, Callable[[Coefficients, Coefficients, Coefficients], Step]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
}


def value(line: StraightLine, point: Sequence[flint.arb], precision: int) -> list[flint.arb]:
    """The outputs over a ball of points. Raises `InputError` where a function has no value."""
    charge_arb(len(line.operations), precision)
    run = Recurrence(line, [[x] for x in point])
    run.advance(0)
    return run.outputs(0)


def solution(line: StraightLine, start: Sequence[flint.arb], order: int, precision: int) -> list[list[flint.arb]]:
    """x_0, ..., x_order of the solution of x' = f(x): x_(k+1) = f(x)_k / (k + 1).

    Raises `InputError` where they have no finite enclosure.
    """
    charge_arb(len(line.operations) * (order + 1) * (order + 2) // 2, precision)
    states = [[x] for x in start]
    run = Recurrence(line, states)
    for k in range(order):
        run.advance(k)
        for state, slope in zip(states, run.outputs(k), strict=True):
            following = slope / (k + 1)
            if not following.is_finite():
                raise InputError("the Taylor coefficients have no finite enclosure over the box")
            state.append(following)
    return states


def along(line: StraightLine, states: Sequence[Coefficients], precision: int) -> list[list[flint.arb]]:
    """The coefficients of the outputs along known series, as many as these have; one list for each."""
    order = len(states[0])
    charge_arb(len(line.operations) * order * (order + 1) // 2, precision)
    run = Recurrence(line, states)
    rows = []
    for k in range(order):
        run.advance(k)
        rows.append(run.outputs(k))
    return rows
