"""Random multipliers on the line: the almost-sure exponent, the moments, and the critical power between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError
from symbolic.checks import AllOf, Definition, Equal, IsRoot, RealRootsAre, SignIs, at
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


def orthogonal_exponent(multipliers: Sequence[Any]) -> sympy.Expr:
    """(1/N) log max |a_i|: with orthogonal gradients a step with point i moves its own direction only. Exact."""
    values = [sympy.Abs(exact_number(a, "a multiplier")) for a in multipliers]
    return sympy.log(sympy.Max(*values)) / len(values)


def critical_power(multipliers: Sequence[Any]) -> sympy.Expr | None:
    """The p > 0 with E |a|^p = 1 when the non-zero |a_i| are integer powers of one rational b; None otherwise.

    With u = b^p it is the root u > 1 of a polynomial: the mean is convex in p, at most 1 at 0 and exceeds 1 later.
    """
    sizes = [sympy.Abs(exact_number(a, "a multiplier")) for a in multipliers]
    exponents = [_prime_exponents(a) for a in sizes if a != 0]
    primes = sorted({p for row in exponents for p in row})
    rows = [[row.get(p, 0) for p in primes] for row in exponents]
    direction = next((row for row in rows if any(row)), None)
    if direction is None:
        return None
    unit = [entry // math.gcd(*direction) for entry in direction]
    if sympy.prod(sympy.Integer(p) ** e for p, e in zip(primes, unit, strict=True)) < 1:
        unit = [-entry for entry in unit]
    at = next(k for k, entry in enumerate(unit) if entry)
    powers = [row[at] // unit[at] for row in rows]
    if any(row != [power * entry for entry in unit] for row, power in zip(rows, powers, strict=True)):
        return None
    variable, lowest = sympy.Symbol("u", positive=True), min(powers)
    total = sum(variable ** (power - lowest) for power in powers) - len(sizes) * variable**-lowest
    roots = [root for root in sympy.real_roots(sympy.expand(total * variable ** max(0, lowest))) if root > 1]
    base = sympy.prod(sympy.Integer(p) ** e for p, e in zip(primes, unit, strict=True))
    return sympy.log(max(roots)) / sympy.log(base) if roots else None


def _prime_exponents(number: sympy.Rational) -> dict[int, int]:
    return {int(p): int(e) for p, e in sympy.factorrat(number).items()}


def derive_jensen() -> Derivation:
    """lambda <= Lambda(p)/p for every p > 0, from the tangent of the logarithm, and where it is an equality."""
    x, m, p, c = sympy.symbols("x m p c", positive=True)
    gap = x / m - 1 - sympy.log(x / m)
    weights = sympy.symbols("w1:3", positive=True)
    sizes = sympy.symbols("u1:3", positive=True)
    mean = weights[0] * sizes[0] + weights[1] * sizes[1]
    tangent = sum(w * (u / m - 1) for w, u in zip(weights, sizes, strict=True))
    steps = (
        Step(
            "For x, m > 0 the function x/m - 1 - log(x/m) vanishes at x = m and its slope has the sign of x - m. So it "
            "is positive for x different from m: log x <= log m + x/m - 1, with equality at x = m only.",
            reason="Differentiation; the tangent of a concave function lies above it.",
            check=AllOf(
                (
                    Equal(sympy.Derivative(gap, x) * (x - m), (x - m) ** 2 / (m * x)),
                    Equal(sympy.Subs(gap, x, m), sympy.Integer(0)),
                )
            ),
        ),
        Step(
            "Take x = |a|^p, m = E |a|^p. The mean of the right-hand side is log m, because E x = m: for two values "
            "u1, u2 with weights w1 + w2 = 1 this is displayed. Hence p E log |a| <= log E |a|^p, that is "
            "lambda <= Lambda(p)/p; at p = 2 stability in mean square implies lambda < 0.",
            reason="Linearity of the mean.",
            reference="Chemnitz, Engel, Proposition A.4",
            check=Equal(
                tangent.subs(weights[1], 1 - weights[0]),
                ((mean - m) / m).subs(weights[1], 1 - weights[0]),
            ),
        ),
        Step(
            "The bound cannot be improved: for multipliers of one modulus c it is an equality at every p.",
            reason="Both sides are log c.",
            check=Equal(sympy.log(c**p) / p, sympy.log(c)),
        ),
        Step(
            "Its converse is false: with 1/4 and -2 the left side is negative and the right side positive.",
            reason="Exact comparison of logarithms.",
            check=AllOf(
                (
                    SignIs((sympy.log(sympy.Rational(1, 4)) + sympy.log(2)) / 2, "<"),
                    SignIs(sympy.log((sympy.Rational(1, 16) + 4) / 2) / 2, ">"),
                )
            ),
        ),
    )
    symbols = ((x, "|a|^p"), (m, "E |a|^p"), (p, "power"), (c, "a modulus"), *((w, "weight") for w in weights))
    return Derivation(
        "The exponent lies below every moment (Jensen)", (*symbols, *((u, "value") for u in sizes)), steps
    )


def _step(eta: sympy.Symbol, mask: sympy.MatrixBase, kernel: sympy.MatrixBase) -> sympy.MatAdd:
    """I - eta E K as written."""
    drawn = sympy.MatMul(-eta, mask.as_immutable(), kernel.as_immutable(), evaluate=False)
    return sympy.MatAdd(sympy.eye(2).as_immutable(), drawn, evaluate=False)


def derive_gradients() -> Derivation:
    """Which data give the chain of one residual: collinear gradients, and then the hypothesis H1 fails."""
    g, h, eta = sympy.symbols("g h eta", positive=True)
    collinear = sympy.ImmutableMatrix([[g**2, g * h], [g * h, h**2]])
    orthogonal = sympy.ImmutableMatrix([[g**2, 0], [0, h**2]])
    first, second = sympy.diag(1 - eta * g**2, 1).as_immutable(), sympy.diag(1, 1 - eta * h**2).as_immutable()
    mask = sympy.diag(1, 0).as_immutable()
    steps = (
        Step(
            "All steps multiply one and the same residual only if the gradients are collinear, lengths g and h. Their "
            "Gram matrix is singular: the gradients are dependent, H1 fails, and Theorem B does not apply to this "
            "chain. It is the linear model of the appendix, not an overparameterised network.",
            reason="Determinant.",
            reference="Chemnitz, Engel, Appendix A",
            check=Equal(sympy.Determinant(collinear), sympy.Integer(0)),
        ),
        Step(
            "With orthogonal gradients (H1 holds) a step with one point multiplies the residual of that point only.",
            reason="A_i = I - eta e_i e_i^T K.",
            check=AllOf(
                (
                    Equal(_step(eta, mask, orthogonal), first),
                    Equal(_step(eta, sympy.eye(2) - mask, orthogonal), second),
                )
            ),
        ),
        Step(
            "These matrices commute, so that the exponents are (1/2) log |1 - eta g^2| and (1/2) log |1 - eta h^2|, "
            "and the larger one counts, not the mean.",
            reason="Law of large numbers for each coordinate.",
            check=Equal(sympy.MatMul(first, second, evaluate=False), sympy.MatMul(second, first, evaluate=False)),
        ),
        Step(
            "The multipliers 1/4 and -2 decay as a chain of one residual, and grow on orthogonal gradients: the "
            "opposite sign from the same numbers.",
            reason="Exact comparison of logarithms.",
            check=AllOf(
                (
                    SignIs((sympy.log(sympy.Rational(1, 4)) + sympy.log(2)) / 2, "<"),
                    SignIs(sympy.log(2) / 2, ">"),
                )
            ),
        ),
    )
    symbols = ((g, "length of the first gradient"), (h, "length of the second gradient"), (eta, "learning rate"))
    return Derivation("Which gradients give this chain", symbols, steps)


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
    x, y = sympy.symbols("x y", real=True)
    multipliers = (sympy.Rational(1, 4), sympy.Integer(-2))
    golden = (1 + sympy.sqrt(5)) / 2
    exponent = -sympy.log(2) / 2
    second = sympy.log(sympy.Rational(65, 32))
    name = sympy.Symbol("lambda")
    mean = at((x**2 + y**2) / 2, (x, multipliers[0]), (y, multipliers[1]))
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
            reason="log E |a|^p is convex in p and vanishes at 0 and at this power: negative between, positive beyond.",
            check=IsRoot((u**3 - 2 * u**2 + 1,), ((u, golden),)),
        ),
    )
    derivation = Derivation("Almost-sure against mean-square stability", ((u, "2^p"), (p, "power")), steps)
    return MomentExample(exponent, second, sympy.log(golden) / sympy.log(2), derivation)
