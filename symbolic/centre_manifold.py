"""Stability when a multiplier is exactly -1 or +1: the first higher-order term decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy.logic.boolalg import Boolean

from foundation import InputError
from symbolic.checks import AllOf, Check, Definition, EigenvaluesAre, Equal, JacobianIs, SignIs, TaylorIs, at, total
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.inputs import exact_number, fresh_symbol, smooth_expression, symbol_tuple
from symbolic.prove_sign import prove_sign
from symbolic.spaces import is_shown
from symbolic.spectrum import eigenvalues

_CENTRE = "Y. A. Kuznetsov, Elements of Applied Bifurcation Theory, Theorem 5.2 and section 5.4"


@final
@dataclass(frozen=True)
class BoundaryStability:
    """The answer of a higher-order test at a fixed point with a multiplier of modulus one.

    `verdict`: "stable" (attracts a neighbourhood), "unstable", "semistable" (attracts one side only), "neutral" (all
    nearby points are periodic) or "undecided". `coefficient`: the deciding coefficient, None when there is none.
    `condition`: when it is stable, as a condition on the remaining symbols.
    """

    verdict: str
    coefficient: sympy.Expr | None
    condition: Boolean | None
    derivation: Derivation


def cubic_term_test(
    map_: Any, variable: Any, point: Any, constants: Any = (), most_order: int = 9
) -> BoundaryStability:
    """The stability of a fixed point of a map of the line whose multiplier is exactly -1 or +1.

    Multiplier -1: f(f(u)) = u + c u^k + ..., first non-zero c (k is odd): stable for c < 0, unstable for c > 0.
    Multiplier +1: f(u) = u + c u^k + ...: k odd as before; k even: semistable. Proved: the argument, |g(u)| < |u| near
    0, is elementary. Raises `InputError` when `point` is not fixed or its multiplier is not -1 or +1.
    """
    (x,) = symbol_tuple(variable, "the variable")
    fixed = symbol_tuple(constants, "constants", 0)
    f = smooth_expression(map_, (x,), fixed, "the map")
    place = exact_number(point, "the point")
    u = fresh_symbol("u", f, real=True)
    local = sympy.expand(f.subs(x, place + u) - place)
    multiplier = _multiplier(local, u)
    iterate = local if multiplier == 1 else sympy.expand(local.subs(u, local, simultaneous=True))
    name = fresh_symbol("F", f)
    steps = [
        Step(
            f"With u = {x} - ({place}) the map becomes F(u), and u = 0 is fixed.",
            reason="Translation.",
            check=Definition(name, local),
        ),
        Step(
            f"The multiplier at the fixed point is {multiplier}, so the linear part decides nothing.",
            reason="Differentiation.",
            check=TaylorIs(name, u, sympy.Integer(0), 1, multiplier * u),
        ),
    ]
    if multiplier == -1:
        name = fresh_symbol("G", f)
        steps.append(
            Step(
                "The second iterate G(u) = F(F(u)) has multiplier +1.",
                reason="Composition.",
                check=Definition(name, local.subs(u, local, simultaneous=True)),
            )
        )
    # F = u is what the first step says already; F(F(u)) = u is an identity
    itself = Definition(name, u) if multiplier == 1 else Equal(at(local, (u, local)), u)
    return _first_term(steps, iterate, name, u, most_order, itself)


def _multiplier(local: sympy.Expr, u: sympy.Symbol) -> sympy.Expr:
    if not is_zero(local.subs(u, 0)):
        raise InputError("the point is not shown to be a fixed point of the map; solve map(x) = x first")
    slope = sympy.diff(local, u).subs(u, 0)
    for value in (sympy.Integer(-1), sympy.Integer(1)):
        if is_zero(slope - value):
            return value
    raise InputError(f"the multiplier is {sympy.simplify(slope)}, not -1 or +1: its modulus against 1 already decides")


def _first_term(
    steps: list[Step], iterate: sympy.Expr, name: sympy.Symbol, u: sympy.Symbol, most_order: int, itself: Check
) -> BoundaryStability:
    meanings = ((u, "deviation from the fixed point"),)
    title = "Stability at a multiplier of modulus one"
    if is_zero(iterate - u):
        steps.append(
            Step(
                "This iterate is the identity: every nearby point is periodic, and none is attracted.",
                reason="Exact identity.",
                check=itself,
            )
        )
        return BoundaryStability("neutral", None, sympy.false, Derivation(title, meanings, tuple(steps)))
    for order in range(2, most_order + 1):
        value = sympy.factor(sympy.diff(iterate, u, order).subs(u, 0) / sympy.factorial(order))
        if is_zero(value):
            continue
        steps.append(
            Step(
                f"Its first term beyond the linear one has order {order}.",
                reason="Taylor expansion.",
                check=TaylorIs(name, u, sympy.Integer(0), order, u + value * u**order),
            )
        )
        verdict, condition, last = _verdict(value, order)
        return BoundaryStability(verdict, value, condition, Derivation(title, meanings, (*steps, *last)))
    return BoundaryStability("undecided", None, None, Derivation(title, meanings, tuple(steps)))


def _verdict(value: sympy.Expr, order: int) -> tuple[str, Boolean | None, tuple[Step, ...]]:
    sign = prove_sign(value)
    if order % 2 == 0:
        if sign is None or not sign.strict:
            return "undecided", None, ()
        step = Step(
            "The first term has even order: points on one side approach the fixed point, on the other they leave.",
            reason="The sign of F(u) - u does not change at 0.",
            check=SignIs(value, "!="),
        )
        return "semistable", sympy.false, (step,)
    condition = sympy.StrictLessThan(value, 0)
    if sign is None or not sign.strict:
        return "undecided", condition, ()
    if sign.side == -1:
        step = Step(
            "The coefficient is negative, so near 0 the iterate keeps the sign of u and strictly shrinks |u|: "
            "the fixed point attracts a whole neighbourhood.",
            reason="0 < G(u)/u = 1 + c u^(k-1) + ... < 1 for small u different from 0; a decreasing "
            "sequence |u| converges to a fixed point, and 0 is the only one.",
            check=SignIs(value, "<"),
        )
        return "stable", sympy.true, (step,)
    step = Step(
        "The coefficient is positive, so near 0 the iterate strictly enlarges |u|: no orbit other than one "
        "that meets 0 exactly converges to it.",
        reason="G(u)/u = 1 + c u^(k-1) + ... > 1 for small u different from 0.",
        check=SignIs(value, ">"),
    )
    return "unstable", sympy.false, (step,)


def flip_test(map_: Sequence[Any], variables: Any, point: Sequence[Any], constants: Any = ()) -> BoundaryStability:
    """The stability of a fixed point of a map of R^D with one simple multiplier -1, all others inside the unit disc.

    On the centre manifold x(u) = u q + w2 u^2 + w3 u^3 + ... the map is u -> -u + c u^3 + O(u^4); the vectors and c are
    solved exactly and the invariance is a checked step. c > 0: stable, c < 0: unstable (centre manifold theorem).
    Raises `InputError` when the point is not fixed or its multipliers are not as required.
    """
    names = symbol_tuple(variables, "the variables")
    fixed = symbol_tuple(constants, "constants", 0)
    rows = [smooth_expression(row, names, fixed, "the map") for row in map_]
    place = [exact_number(value, "a coordinate of the point") for value in point]
    if not len(rows) == len(names) == len(place):
        raise InputError(f"{len(names)} variables, {len(rows)} components and {len(place)} coordinates do not match")
    moved = {name: value + name for name, value in zip(names, place, strict=True)}
    shifted = [row.subs(moved, simultaneous=True) - value for row, value in zip(rows, place, strict=True)]
    local = sympy.Matrix(shifted).applyfunc(sympy.expand)
    if any(not is_zero(entry.subs(dict.fromkeys(names, 0), simultaneous=True)) for entry in local):
        raise InputError("the point is not shown to be a fixed point of the map; solve map(x) = x first")
    return _flip(local.as_immutable(), names)


def _flip(local: sympy.ImmutableMatrix, names: tuple[sympy.Symbol, ...]) -> BoundaryStability:
    linear = local.jacobian(names).subs(dict.fromkeys(names, 0), simultaneous=True).as_immutable()
    values = _multipliers(linear)
    u = fresh_symbol("u", local, real=True)
    curve, coefficient = _centre_curve(local, names, linear, u)
    image = local.subs(dict(zip(names, curve, strict=True)), simultaneous=True)
    target = curve.subs(u, -u + coefficient * u**3, simultaneous=True)
    inside: list[Check] = [EigenvaluesAre(linear, values)]
    inside += [SignIs(total(1, -sympy.Abs(value, evaluate=False)), ">") for value, _ in values if value != -1]
    steps = (
        Step(
            "The map in coordinates centred at the fixed point, and its Jacobian.",
            reason="Differentiation.",
            check=JacobianIs(local, names, local.jacobian(names).as_immutable()),
        ),
        Step(
            "At the fixed point exactly one multiplier is -1, it is simple, and all others lie inside the unit disc.",
            reason="Characteristic polynomial.",
            check=AllOf(tuple(inside)),
        ),
        Step(
            f"The curve x(u) = {list(curve)} is mapped to x(-u + c u^3) with c = {coefficient}, up to terms of fourth "
            "order: it is the centre manifold, and this is the map on it.",
            reason="Taylor expansion of the invariance equation.",
            reference=_CENTRE,
            check=AllOf(
                tuple(
                    TaylorIs(sympy.expand(a - b), u, sympy.Integer(0), 3, sympy.Integer(0))
                    for a, b in zip(image, target, strict=True)
                )
            ),
        ),
    )
    derivation = Derivation("Stability at a simple multiplier -1", ((u, "coordinate on the centre manifold"),), steps)
    return _flip_verdict(sympy.factor(coefficient), derivation)


def _multipliers(linear: sympy.ImmutableMatrix) -> tuple[tuple[sympy.Expr, int], ...]:
    values = eigenvalues(linear)
    if values is None:
        raise InputError("the multipliers have no exact real form that can be ordered; pass numbers for the constants")
    flips = [power for value, power in values if is_zero(value + 1)]
    others = [value for value, _ in values if not is_zero(value + 1)]
    if flips != [1] or not all(is_shown(SignIs(1 - abs(value), ">")) for value in others):
        raise InputError(f"the multipliers are {values}; this test needs a simple -1 and all others of modulus below 1")
    return tuple((sympy.Integer(-1) if is_zero(value + 1) else value, power) for value, power in values)


def _centre_curve(
    local: sympy.ImmutableMatrix, names: tuple[sympy.Symbol, ...], linear: sympy.ImmutableMatrix, u: sympy.Symbol
) -> tuple[sympy.Matrix, sympy.Expr]:
    """x(u) to third order and c: (I - A) w2 = f2(q), (I + A) w3 = c q - f3 with f_k the terms of order k along x."""
    size = len(names)
    right = (linear + sympy.eye(size)).nullspace()[0]
    left = (linear.T + sympy.eye(size)).nullspace()[0]
    second = (sympy.eye(size) - linear).LUsolve(_order(local, names, right * u, u, 2))
    third = _order(local, names, right * u + second * u**2, u, 3)
    coefficient = sympy.cancel((left.T * third)[0] / (left.T * right)[0])
    remainder = coefficient * right - third
    solution, free = (linear + sympy.eye(size)).gauss_jordan_solve(remainder)
    cubic = solution.subs(dict.fromkeys(free, 0))
    return (right * u + second * u**2 + cubic * u**3).applyfunc(sympy.expand), coefficient


def _order(
    local: sympy.ImmutableMatrix, names: tuple[sympy.Symbol, ...], curve: sympy.Matrix, u: sympy.Symbol, order: int
) -> sympy.Matrix:
    image = local.subs(dict(zip(names, curve, strict=True)), simultaneous=True)
    return image.applyfunc(lambda entry: sympy.diff(entry, u, order).subs(u, 0) / sympy.factorial(order))


def _flip_verdict(coefficient: sympy.Expr, derivation: Derivation) -> BoundaryStability:
    condition = sympy.StrictGreaterThan(coefficient, 0)
    sign = prove_sign(coefficient)
    if sign is None or not sign.strict:
        return BoundaryStability("undecided", coefficient, None if coefficient == 0 else condition, derivation)
    verdict = "stable" if sign.side == 1 else "unstable"
    text = {
        "stable": "c is positive, so |-u + c u^3| = |u| (1 - c u^2) < |u| near 0: the point attracts a neighbourhood.",
        "unstable": "c is negative, so |-u + c u^3| = |u| (1 - c u^2) > |u| near 0: the point is unstable.",
    }[verdict]
    step = Step(
        text,
        reason="Reduction principle: stability on the centre manifold is stability in the whole space.",
        reference=_CENTRE,
        check=SignIs(coefficient, ">" if sign.side == 1 else "<"),
    )
    return BoundaryStability(verdict, coefficient, condition, derivation.then([step]))
