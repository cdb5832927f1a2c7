"""Derivatives of an iterated map in two orders: the variational equation forward, its adjoint in reverse."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import sympy

from cases.common.exact_formulas import Formula, minus, values_task
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.common.told import counted
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.integral import arb_enclosure, exact_arb
from certify.program import jacobian, trace
from foundation.arb_precision import arb_precision
from numeric import double_precision
from symbolic import AllOf, Definition, Derivation, DerivativeIs, Equal, IsRoot, Step

_SOURCE = (
    "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, section 4.5"
)
_END = "x_n"
_FORWARD, _REVERSE = "dx_n/dp, forward (variational equation)", "dx_n/dp, reverse (adjoint equation)"
_INITIAL_FORWARD, _INITIAL_REVERSE = "dx_n/dx_0, forward", "dx_n/dx_0, reverse"
_EXACT_STEPS = 12
_SHOWN_STEPS = 4


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    parameter, start, steps = as_sympy(values["parameter"]), as_sympy(values["start"]), values["steps"]
    derivations = (_orders(min(steps, 5)), _logistic(parameter, start, min(steps, _SHOWN_STEPS)))
    if steps > _EXACT_STEPS:
        return SymbolicView(derivations)
    end, forward, initial = (as_sympy(x) for x in _forward(values["parameter"], values["start"], steps))
    reverse, initial_reverse = (as_sympy(x) for x in _reverse(values["parameter"], values["start"], steps))
    exact = {
        _END: end,
        _FORWARD: forward,
        _REVERSE: reverse,
        _INITIAL_FORWARD: initial,
        _INITIAL_REVERSE: initial_reverse,
    }
    return SymbolicView(derivations, exact)


def _forward(p: Any, x: Any, steps: int) -> tuple[Any, Any, Any]:
    """(x_n, v_n, s_n): v' = p (1 - 2x) v + x (1 - x) from 0 is dx/dp, s' = p (1 - 2x) s from 1 is dx/dx_0."""
    v, s = 0 * x, 1 + 0 * x
    for _ in range(steps):
        x, v, s = p * x * (1 - x), p * (1 - 2 * x) * v + x * (1 - x), p * (1 - 2 * x) * s
    return x, v, s


def _reverse(p: Fraction, x: Fraction, steps: int) -> tuple[Fraction, Fraction]:
    """(dx_n/dp, dx_n/dx_0) by the adjoint w_k = p (1 - 2 x_k) w_{k+1}, w_n = 1."""
    orbit = [x]
    for _ in range(steps - 1):
        orbit.append(p * orbit[-1] * (1 - orbit[-1]))
    adjoint, total = Fraction(1), Fraction(0)
    for point in reversed(orbit):
        total += adjoint * point * (1 - point)
        adjoint *= p * (1 - 2 * point)
    return total, adjoint


def _orders(steps: int) -> Derivation:
    """v_{k+1} = a_k v_k + b_k forward and w_k = a_k w_{k+1} in reverse: v_n = sum_k w_{k+1} b_k."""
    a, b = sympy.symbols(f"a0:{steps}", real=True), sympy.symbols(f"b0:{steps}", real=True)
    v = [sympy.Integer(0), *sympy.symbols(f"v1:{steps + 1}", real=True)]
    w = [*sympy.symbols(f"w0:{steps}", real=True), sympy.Integer(1)]
    forward = [
        Step(
            f"Forward, step {k + 1}.",
            reason="Variational equation along the orbit.",
            check=Definition(v[k + 1], a[k] * v[k] + b[k]),
        )
        for k in range(steps)
    ]
    reverse = [
        Step(
            f"Reverse, back to step {k}.",
            reason="Adjoint equation: the transposed multipliers in the opposite order.",
            check=Definition(w[k], a[k] * w[k + 1]),
        )
        for k in reversed(range(steps))
    ]
    total = sympy.Add(*[w[k + 1] * b[k] for k in range(steps)])
    equal = Step(
        f"Both orders give the same derivative of x_{steps} by p.",
        reason="All products are multiplied out.",
        reference=_SOURCE,
        check=Equal(v[steps], total),
    )
    symbols = ((a[0], "multiplier df_0/dx at x_0, and so on"), (b[0], "direct effect df_0/dp at x_0, and so on"))
    return Derivation("Two orders of the chain rule", symbols, (*forward, *reverse, equal))


def _logistic(parameter: sympy.Rational, start: sympy.Rational, steps: int) -> Derivation:
    """The first steps of the logistic map as polynomials in p and x_0, differentiated at the parameters."""
    p, x = sympy.symbols("p x", real=True)
    names = sympy.symbols(f"x0:{steps + 1}", real=True)
    place = ((p, parameter), (names[0], start))
    maps = [
        Step(
            f"Step {k + 1}.", reason="The logistic map.", check=Definition(names[k + 1], p * names[k] * (1 - names[k]))
        )
        for k in range(steps)
    ]
    end, slope, initial = _forward(parameter, start, steps)
    return Derivation(
        f"The logistic map: {counted(steps, 'step')} from the start",
        ((p, "parameter of the map"), (names[0], "starting point")),
        (
            Step(
                "One step and its two partial derivatives.",
                reason="Differentiation.",
                check=AllOf(
                    (
                        DerivativeIs(p * x * (1 - x), (x,), p * (1 - 2 * x)),
                        DerivativeIs(p * x * (1 - x), (p,), x * (1 - x)),
                    )
                ),
            ),
            *maps,
            Step("Its value at the parameters.", reason="Substitution.", check=IsRoot((names[-1] - end,), place)),
            Step(
                "Its derivative by p, by differentiating the composed polynomial.",
                reason="Differentiation, then substitution.",
                check=IsRoot((sympy.Derivative(names[-1], p) - slope,), place),
            ),
            Step(
                "Its derivative by the starting point.",
                reason="Differentiation, then substitution.",
                check=IsRoot((sympy.Derivative(names[-1], names[0]) - initial,), place),
            ),
        ),
    )


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    p, x, steps = as_float(values["parameter"]), as_float(values["start"]), values["steps"]

    def end(parameters: Any, start: Any) -> Any:
        return jax.lax.scan(lambda y, q: (q * y * (1 - y), None), start, parameters)[0]

    def shared(q: Any, start: Any) -> Any:
        return end(jnp.full(steps, q), start)

    value, forward = jax.jvp(lambda q: shared(q, x), (p,), (1.0,))
    _, initial = jax.jvp(lambda y: shared(p, y), (x,), (1.0,))
    _, pull = jax.vjp(shared, p, x)
    reverse, initial_reverse = pull(jnp.ones(()))
    errors = _errors(p, x, steps)
    found = {_END: value, _FORWARD: forward, _REVERSE: reverse}
    found |= {_INITIAL_FORWARD: initial, _INITIAL_REVERSE: initial_reverse}
    size = {_END: errors[0], _FORWARD: errors[1], _REVERSE: errors[1]}
    estimates = {name: Estimate(float(x), size.get(name, errors[2])) for name, x in found.items() if errors[0] < 1e-3}
    each = jnp.full(steps, p)
    gap = float(jnp.abs(jax.jacfwd(end)(each, x) - jax.jacrev(end)(each, x)).max())
    remarks = [
        f"With a parameter of its own at each step, one reverse pass gives {counted(steps, 'derivative')}; "
        f"{counted(steps, 'forward pass', 'forward passes')}, one for each, give the same up to {gap:.2g}."
    ]
    if not max(errors) < 1e-3:
        estimates = _many_digits(values)
        remarks.append(
            "Rounding errors grow along this orbit: the estimates are computed with more digits than float64."
        )
    return NumericView(estimates, (_picture(p, x, steps),), tuple(remarks))


def _many_digits(values: Mapping[str, Any]) -> dict[str, Estimate]:
    """Forward differentiation with enough decimal digits for 4^n; errors are those of rounding to float64."""
    with mpmath.workdps(50 + 2 * values["steps"]):
        p, x = (mpmath.mpf(values[name].numerator) / values[name].denominator for name in ("parameter", "start"))
        end, forward, initial = (float(y) for y in _forward(p, x, values["steps"]))
    found = {_END: end, _FORWARD: forward, _REVERSE: forward, _INITIAL_FORWARD: initial, _INITIAL_REVERSE: initial}
    return {name: Estimate(value, 1e-15 * max(1.0, abs(value))) for name, value in found.items()}


def _errors(p: float, x: float, steps: int) -> tuple[float, float, float]:
    """First-order bounds of the rounding errors of x_n, dx_n/dp and dx_n/dx_0, times four."""
    unit = 4 * 2.0**-52
    v, s = 0.0, 1.0
    error, error_v, error_s = unit, unit, unit
    for _ in range(steps):
        multiplier, curvature = abs(p * (1 - 2 * x)), 2 * abs(p) * error
        error_v = multiplier * error_v + curvature * abs(v) + error + unit * (1 + abs(v))
        error_s = multiplier * error_s + curvature * abs(s) + unit * (1 + abs(s))
        error = multiplier * error + unit
        x, v, s = p * x * (1 - x), p * (1 - 2 * x) * v + x * (1 - x), p * (1 - 2 * x) * s
    return 4 * error, 4 * error_v, 4 * error_s


def _picture(p: float, x: float, steps: int) -> Plot:
    """|dx_k/dp| grows along the orbit; |dx_n/dx_k| is computed from its end."""
    orbit = [x]
    for _ in range(steps):
        orbit.append(p * orbit[-1] * (1 - orbit[-1]))
    forward, reverse = [0.0], [1.0]
    for point in orbit[:-1]:
        forward.append(p * (1 - 2 * point) * forward[-1] + point * (1 - point))
    for point in reversed(orbit[:-1]):
        reverse.append(p * (1 - 2 * point) * reverse[-1])
    index = np.arange(steps + 1)
    return Plot(
        f"Sensitivities along the logistic map, p = {p:g}",
        "step k",
        "sensitivity",
        (
            Series("path", index, np.array(forward), "dx_k/dp, computed forward"),
            Series("path", index, np.array(reverse[::-1]), f"dx_n/dx_k, computed in reverse from n = {steps}"),
        ),
        f"The forward sensitivity starts at 0 and ends at {forward[-1] + 0.0:.4g}; the adjoint starts at 1 at the end "
        f"of the orbit and reaches {reverse[-1] + 0.0:.4g} at its beginning.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    """Forward in Arb by hand; in reverse by the pullback of the traced program."""
    p, x, steps = values["parameter"], values["start"], values["steps"]
    bits = 128 + 3 * steps
    with arb_precision(bits):
        ball, point = exact_arb(p, "p"), exact_arb(x, "x0")
        end, forward, initial = _forward(ball, point, steps)
        arguments = [np.array(ball, dtype=object), np.array(point, dtype=object)]
        reverse = np.asarray(jacobian(_program(steps), arguments, wrt=(0, 1), precision=bits)).reshape(-1)
    proved = {
        _END: end,
        _FORWARD: forward,
        _INITIAL_FORWARD: initial,
        _REVERSE: reverse[0],
        _INITIAL_REVERSE: reverse[1],
    }
    return CertifiedView((_task(p, x, steps),), {name: arb_enclosure(value) for name, value in proved.items()})


def _task(p: Fraction, x: Fraction, steps: int) -> Task:
    """The orbit, then both orders of the chain rule, as straight-line programs of rational operations."""
    formulas: dict[str, Formula] = {}

    def named(name: str, formula: Formula) -> Formula:
        formulas[name] = formula
        return ["value", len(formulas)]

    orbit = [named("- x_0", x)]
    multipliers, effects = [], []
    for k in range(1, steps + 1):
        rest = ["+", 1, minus(orbit[-1])]
        multipliers.append(named(f"- multiplier {k}", ["*", p, ["+", 1, ["*", -2, orbit[-1]]]]))
        effects.append(named(f"- effect {k}", ["*", orbit[-1], rest]))
        orbit.append(named(_END if k == steps else f"- x_{k}", ["*", p, effects[-1]]))
    slope: Formula = 0
    initial: Formula = 1
    for k, (a, b) in enumerate(zip(multipliers, effects, strict=True), start=1):
        slope = named(_FORWARD if k == steps else f"- forward {k}", ["+", ["*", a, slope], b])
        initial = named(_INITIAL_FORWARD if k == steps else f"- forward from x_0, {k}", ["*", a, initial])
    adjoint: Formula = 1
    total: Formula = 0
    for k, (a, b) in enumerate(zip(reversed(multipliers), reversed(effects), strict=True), start=1):
        total = named(_REVERSE if k == steps else f"- reverse sum {k}", ["+", total, ["*", adjoint, b]])
        adjoint = named(_INITIAL_REVERSE if k == steps else f"- adjoint {k}", ["*", a, adjoint])
    return values_task("both orders of the chain rule", formulas)


@double_precision
def _program(steps: int) -> Any:
    def composed(p: Any, x: Any) -> Any:
        for _ in range(steps):
            x = p * x * (1 - x)
        return x

    return trace(composed, np.float64(0.5), np.float64(0.5))


CASE = case_of(
    "backprop",
    readers={
        "parameter": bounded_rational(0, 4),
        "start": bounded_rational(0, 1),
        "steps": whole_number(1, 200),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_END, "189/256", "3 (9/16) (7/16)"),
        Known(_FORWARD, "81/256", "63/256 - (3/8) (-3/16), by hand"),
        Known(_REVERSE, "81/256", "the same number"),
    ),
)
