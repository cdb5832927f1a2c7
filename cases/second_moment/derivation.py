"""Random multipliers on the line: the almost-sure exponent, the moments, and the critical power between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError
from symbolic.checks import AllOf, Definition, Equal, IsRoot, RealRootsAre, SignIs
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.inputs import exact_number
from symbolic.renewal import probability_vector


def scalar_exponent(multipliers: Sequence[Any], probabilities: Sequence[Any] | None = None) -> sympy.Expr:
    """E log |a| in nats per step, exactly; -oo when a multiplier of positive probability is 0."""
    values, weights = _law(multipliers, probabilities)
    if any(is_zero(a) and not is_zero(p) for a, p in zip(values, weights, strict=True)):
        return -sympy.oo
    terms = [p * sympy.log(abs(a)) for a, p in zip(values, weights, strict=True) if not is_zero(p)]
    return sympy.expand_log(sympy.Add(*terms), force=True)


def scalar_moment(multipliers: Sequence[Any], power: Any, probabilities: Sequence[Any] | None = None) -> sympy.Expr:
    """Lambda(p) = log E |a|^p for an exact p > 0 (or a positive symbol); below 0 is stability in the p-th mean."""
    values, weights = _law(multipliers, probabilities)
    p = power if isinstance(power, sympy.Symbol) else exact_number(power, "the power")
    if p.is_positive is not True:
        raise InputError(f"the power must be positive, but is {p}")
    return sympy.log(sympy.Add(*[w * abs(a) ** p for a, w in zip(values, weights, strict=True)]))


def _law(multipliers: Sequence[Any], probabilities: Sequence[Any] | None) -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    values = [exact_number(value, "a multiplier") for value in multipliers]
    if not values:
        raise InputError("multipliers is empty; pass at least one number")
    return values, probability_vector(probabilities, len(values))


@final
@dataclass(frozen=True)
class MomentExample:
    """The multipliers 1/4 and -2 with equal probability: `exponent`, `second_moment` Lambda(2), `critical_power`."""

    exponent: sympy.Expr
    second_moment: sympy.Expr
    critical_power: sympy.Expr
    derivation: Derivation


def quarter_and_two() -> MomentExample:
    """Almost surely stable, not mean-square stable: multipliers 1/4, -2; critical power log2 of the golden ratio."""
    u, p = sympy.symbols("u p", positive=True)
    x = sympy.Symbol("x", real=True)
    multipliers = (sympy.Rational(1, 4), sympy.Integer(-2))
    golden = (1 + sympy.sqrt(5)) / 2
    exponent = -sympy.log(2) / 2
    second = sympy.log(sympy.Rational(65, 32))
    name = sympy.Symbol("lambda")
    mean = (sympy.Rational(1, 4) ** 2 + sympy.Integer(2) ** 2) / 2
    steps = (
        Step(
            "The exponent is the mean of the logarithms of the moduli.",
            reason="Law of large numbers.",
            check=Definition(name, sympy.Add(*[sympy.log(abs(a)) for a in multipliers]) / 2),
        ),
        Step(
            "It is negative: almost every orbit tends to 0.",
            reason="log (1/4) = -2 log 2.",
            check=AllOf((Equal(name, exponent), SignIs(exponent, "<"))),
        ),
        Step(
            "The mean square of a multiplier exceeds one, so Lambda(2) = log (65/32) > 0: the second moment grows.",
            reason="Arithmetic.",
            check=AllOf((Equal(mean, sympy.Rational(65, 32)), SignIs(second, ">"))),
        ),
        Step(
            "With u = 2^p the p-th mean is (u^-2 + u)/2, and it equals one exactly when u^3 - 2 u^2 + 1 = 0.",
            reason="Multiplication by 2 u^2.",
            check=Equal(2 * u**2 * ((u**-2 + u) / 2 - 1), u**3 - 2 * u**2 + 1),
        ),
        Step(
            "The real solutions are 1, that is p = 0, and the golden ratio and its conjugate, which is negative.",
            reason="Real root isolation.",
            check=RealRootsAre(x**3 - 2 * x**2 + 1, x, (sympy.Integer(1), golden, (1 - sympy.sqrt(5)) / 2)),
        ),
        Step(
            "So the critical power is log2 of the golden ratio. Below it the p-th mean tends to 0, above it grows.",
            reason="log E |a|^p is convex in p and vanishes at 0 and there only.",
            check=IsRoot((u**3 - 2 * u**2 + 1,), ((u, golden),)),
        ),
    )
    derivation = Derivation("Almost-sure against mean-square stability", ((u, "2^p"), (p, "power")), steps)
    return MomentExample(exponent, second, sympy.log(golden) / sympy.log(2), derivation)
