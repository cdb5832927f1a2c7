"""Gradient descent on L = k (1 - t1 t2)^2: the stable arc of the hyperbola of minima, derived and checked."""

from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.checks import (
    AllOf,
    Check,
    Equal,
    EquivalentTo,
    SignIs,
    at,
)
from symbolic.derivation import Derivation, Step
from symbolic.inputs import positive_exact_number
from symbolic.loss import analyse_loss
from symbolic.prove_sign import number_sign

T1, T2 = sympy.symbols("t1 t2", real=True)
_U = sympy.Symbol("u", positive=True)
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, Figure 7 and (19)"


@final
@dataclass(frozen=True)
class StableArc:
    """The minima (t1, 1/t1) whose normal multiplier has modulus below one: `lower` < t1^2 < `upper`; None when empty.

    `condition` is that statement in the positive symbol u = t1^2. With symbols for k or eta the bounds hold where
    2 eta k < 1, which is part of the condition.
    """

    lower: sympy.Expr | None
    upper: sympy.Expr | None
    condition: Boolean
    derivation: Derivation


def hyperbola_loss(k: Any = None) -> sympy.Expr:
    """k (1 - t1 t2)^2; k is the positive symbol k, or an exact positive number."""
    return scale_of(k) * (1 - T1 * T2) ** 2


def hyperbola_stable_arc(k: Any = None, eta: Any = None) -> StableArc:
    """The strictly stable part of the manifold of minima as a function of the scale k and the learning rate eta.

    Each is an exact positive number or None for a symbol. Raises `InputError` on anything else.
    """
    scale = scale_of(k)
    analysis = analyse_loss(hyperbola_loss(k), (T1, T2), eta, constants=scale.free_symbols)
    rate = analysis.learning_rate
    c = 2 * rate * scale
    quadratic = sympy.expand(c * _U**2 - 2 * _U + c)
    condition = sympy.StrictLessThan(c * (_U**2 + 1) / _U, 2)
    start = Step(
        "In terms of u = t1^2 > 0 a point of the hyperbola is strictly stable when a quadratic in u is negative.",
        reason="Multiplication by u, which is positive.",
        check=EquivalentTo(condition, quadratic < 0),
    )
    derivation = analysis.derivation.then([start])
    if c.free_symbols:
        return _symbolic_arc(c, quadratic, derivation)
    if number_sign(c - 1) in (0, 1):
        return _empty_arc(c, quadratic, derivation)
    return _numeric_arc(c, quadratic, derivation)


def scale_of(k: Any) -> sympy.Expr:
    """The factor k of the loss: the positive symbol k, or an exact positive number."""
    return sympy.Symbol("k", positive=True) if k is None else positive_exact_number(k, "k")


def _ends(c: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    root = sympy.sqrt(1 - c**2)
    return sympy.expand((1 - root) / c), sympy.expand((1 + root) / c)


def _numeric_arc(c: sympy.Expr, quadratic: sympy.Expr, derivation: Derivation) -> StableArc:
    lower, upper = _ends(c)
    inside = sympy.And(lower < _U, upper > _U)
    step = Step(
        "So the strictly stable arc is the set of points with t1^2 between these two numbers.",
        reason="The zeros of the quadratic.",
        reference=_PAPER,
        check=EquivalentTo(quadratic < 0, inside),
    )
    return StableArc(lower, upper, inside, derivation.then([step]))


def _symbolic_arc(c: sympy.Expr, quadratic: sympy.Expr, derivation: Derivation) -> StableArc:
    lower, upper = _ends(c)
    steps = (
        Step(
            "The quadratic is negative between its two zeros, which are real and distinct when 2 eta k < 1.",
            reason="Factorisation.",
            reference=_PAPER,
            check=Equal(quadratic, c * (_U - lower) * (_U - upper)),
        ),
        Step(
            "When 2 eta k >= 1 both terms on the right are non-negative: the quadratic has no negative "
            "value and no point is strictly stable.",
            reason="Completing the square.",
            check=Equal(quadratic, c * (_U - 1) ** 2 + 2 * (c - 1) * _U),
        ),
    )
    condition = sympy.And(c < 1, lower < _U, upper > _U)
    return StableArc(lower, upper, condition, derivation.then(steps))


def _empty_arc(c: sympy.Expr, quadratic: sympy.Expr, derivation: Derivation) -> StableArc:
    completed = Equal(quadratic, c * (_U - 1) ** 2 + 2 * (c - 1) * _U)
    steps = (
        Step(
            "The quadratic is a sum of terms that are non-negative for 2 eta k >= 1."
            + (" Here 2 eta k = 1, and it is a square." if c == 1 else ""),
            reason="Completing the square.",
            check=AllOf((completed, SignIs(c - 1, ">="))) if c != 1 else completed,
        ),
        Step(
            "Hence no point of the manifold of minima is strictly stable: the sharpness is at least 2/eta everywhere.",
            reason="The quadratic is never negative.",
            reference=_PAPER,
            check=SignIs(quadratic, ">="),
        ),
    )
    return StableArc(None, None, sympy.false, derivation.then(steps))


def derive_hyperbola_erratum() -> Derivation:
    """With the printed k = 1, eta = 1/2 no minimum is strictly stable, the orbit diverges; k = 1/2 is meant."""
    arc = hyperbola_stable_arc(1, sympy.Rational(1, 2)).derivation
    intended = hyperbola_stable_arc(sympy.Rational(1, 2), sympy.Rational(1, 2))
    t = sympy.Symbol("t1", real=True, nonzero=True)
    sharpness = Step(
        "In the original variables: on the manifold the sharpness is 2 (t1^2 + t2^2), and it exceeds 4 = "
        "2/eta by a square.",
        reason="t2 = 1/t1.",
        check=Equal(2 * (t**2 + 1 / t**2) - 4, 2 * (t - 1 / t) ** 2),
    )
    meant = Step(
        "With the factor one half in the loss, k = 1/2, the stable arc is the one that the figure shows.",
        reason="The same derivation with k = 1/2.",
        reference=_PAPER,
        check=EquivalentTo(_U**2 / 4 - _U + sympy.Rational(1, 4) < 0, intended.condition),
    )
    steps = (sharpness, *_divergence_steps(), meant)
    return Derivation("The printed loss of Figure 7 has no strictly stable minimum", arc.symbols, (*arc.steps, *steps))


def _divergence_steps() -> tuple[Step, ...]:
    """r = 1 - t1 t2 and s = t1^2 + t2^2 along the orbit of (5/2, 41/100) for 2 eta k = 1."""
    point = (sympy.Rational(5, 2), sympy.Rational(41, 100))
    count = 5
    for _ in range(count - 1):
        point = unit_step(*point)
    r, s = sympy.symbols("r s", real=True)
    before = (r, 1 - point[0] * point[1]), (s, point[0] ** 2 + point[1] ** 2)
    after_r, after_s = r * (1 - s - r + r**2), s + 4 * r * (1 - r) + r**2 * s
    q, w = sympy.symbols("q w", nonnegative=True)
    big = 10 + q
    total = big**2 / 2 - w
    next_r = big * (1 - total - big + big**2)
    next_s = total + 4 * big * (1 - big) + big**2 * total
    return (
        Step(
            "Let r = 1 - t1 t2 and s = t1^2 + t2^2. One step with 2 eta k = 1 maps r to r (1 - s - r + "
            "r^2) and s to s + 4 r (1 - r) + r^2 s.",
            reason="Expansion.",
            check=AllOf(_residual_identities()),
        ),
        Step(
            f"The orbit of (2.5, 0.41), in exact rational arithmetic, has r >= 10 and s <= r^2/2 after {count} steps: "
            "below are r - 10 and r^2/2 - s in terms of the step before.",
            reason="Exact evaluation.",
            check=AllOf((SignIs(at(after_r - 10, *before), ">="), SignIs(at(after_r**2 / 2 - after_s, *before), ">="))),
        ),
        Step(
            "In the region r >= 10, s <= r^2/2 the next r is at least 2 r: write r = 10 + q and s = r^2/2 - w.",
            reason="All terms are non-negative.",
            check=SignIs(sympy.expand(next_r - 2 * big), ">="),
        ),
        Step(
            "And the next pair lies in the region again. Hence r doubles at every step, and the orbit diverges.",
            reason="All terms are non-negative.",
            check=SignIs(sympy.expand(next_r**2 / 2 - next_s), ">="),
        ),
    )


def unit_step(x: sympy.Expr, y: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """One step of gradient descent for 2 eta k = 1."""
    r = 1 - x * y
    return x + r * y, y + r * x


def _residual_identities() -> tuple[Check, ...]:
    x, y = unit_step(T1, T2)
    r, s = 1 - T1 * T2, T1**2 + T2**2
    return Equal(1 - x * y, r * (1 - s - r + r**2)), Equal(x**2 + y**2, s + 4 * r * (1 - r) + r**2 * s)
