"""Gradient descent on the hyperbola of minima at the critical learning rate: its vertex (1, 1) attracts, proved."""

from typing import Any

import sympy

from cases.hyperbola.derivation import T1, T2, scale_of, unit_step
from symbolic.bernstein import Box
from symbolic.checks import (
    AllOf,
    Definition,
    EigenvaluesAre,
    Equal,
    JacobianIs,
    PositiveOnBox,
    SignIs,
    TaylorIs,
    at,
)
from symbolic.derivation import Derivation, Step

_R = sympy.Symbol("r", real=True)
_W = sympy.Symbol("w", nonnegative=True)
_LEVEL = sympy.Symbol("v", nonnegative=True)
_M = -1 + _R + _R**2 - _W
_V = _R**2 * (1 - _R) + _W * (_W + 4 * (1 - _R)) / 2


def derive_hyperbola_vertex(k: Any = 1) -> Derivation:
    """Gradient descent with eta = 1/(2 k) at (1, 1), where the normal multiplier is exactly -1: a complete proof.

    Proved: every start in an explicit neighbourhood converges to a minimum in it, and all starts outside a null set
    converge to (1, 1) itself. So (1, 1) is locally stable although no minimum is strictly stable. The argument is
    elementary (an explicit strict Lyapunov function); no centre manifold theorem is needed. `k` as in `hyperbola_loss`.
    """
    scale = scale_of(k)
    symbols = ((T1, "parameter"), (T2, "parameter"), (_R, "residual 1 - t1 t2"), (_W, "(t1 - t2)^2"))
    steps = (*_vertex_setting(scale), *_vertex_coordinates(), *_vertex_lyapunov(), *_vertex_trap(), *_vertex_limit())
    return Derivation("The minimum (1, 1) of the hyperbola at the learning rate 1/(2 k)", symbols, steps)


def _vertex_setting(scale: sympy.Expr) -> tuple[Step, ...]:
    loss = sympy.Symbol("L")
    update = sympy.ImmutableMatrix(unit_step(T1, T2))
    gradient = sympy.ImmutableMatrix([sympy.Derivative(loss, T1), sympy.Derivative(loss, T2)])
    start = sympy.ImmutableMatrix([T1, T2])
    t = sympy.Symbol("t", real=True, nonzero=True)
    u = sympy.Symbol("u", real=True)
    jacobian = update.jacobian([T1, T2]).as_immutable()
    return (
        Step("The loss.", reason="Definition.", check=Definition(loss, scale * (1 - T1 * T2) ** 2)),
        Step(
            "With eta = 1/(2 k) one step of gradient descent adds (1 - t1 t2) (t2, t1) to (t1, t2), whatever k is.",
            reason="Differentiation.",
            check=Equal(start - gradient / (2 * scale), update),
        ),
        Step("Its Jacobian.", reason="Differentiation.", check=JacobianIs(update, (T1, T2), jacobian)),
        Step(
            "At (1, 1) the multipliers are 1, along the manifold of minima, and exactly -1 across it: the "
            "linearisation does not decide.",
            reason="Characteristic polynomial.",
            check=EigenvaluesAre(
                jacobian.subs({T1: 1, T2: 1}).as_immutable(), ((sympy.Integer(-1), 1), (sympy.Integer(1), 1))
            ),
        ),
        Step(
            "At every other minimum (t, 1/t), t different from 1 and -1, the normal multiplier is below "
            "-1: these minima are unstable.",
            reason="The normal multiplier is 1 - eta times the sharpness.",
            reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 3.9",
            check=Equal(1 - (t**2 + 1 / t**2), -1 - (t - 1 / t) ** 2),
        ),
        Step(
            "On the invariant line t1 = t2 = 1 + u the second iterate is u - 16 u^3 + ...: there (1, 1) "
            "attracts. What remains is the motion along the manifold, where the other minima repel.",
            reason="Taylor expansion of the map t -> 2 t - t^3 composed with itself.",
            check=TaylorIs(_line(_line(1 + u)) - 1, u, sympy.Integer(0), 3, u - 16 * u**3),
        ),
    )


def _line(t: sympy.Expr) -> sympy.Expr:
    return 2 * t - t**3


def _vertex_coordinates() -> tuple[Step, ...]:
    x, y = unit_step(T1, T2)
    r, w = 1 - T1 * T2, (T1 - T2) ** 2
    return (
        Step(
            "Use the residual r = 1 - t1 t2 and w = (t1 - t2)^2, with t1 + t2 > 0. They determine the "
            "point up to the exchange of t1 and t2, since (t1 + t2)^2 = 4 (1 - r) + w, and (1, 1) is the "
            "point r = w = 0.",
            reason="Expansion.",
            check=Equal((T1 + T2) ** 2, 4 * (1 - r) + w),
        ),
        Step(
            "One step maps r to r m with m = -1 + r + r^2 - w, w to w (1 - r)^2, and multiplies t1 + t2 by 1 + r.",
            reason="Expansion.",
            check=AllOf(
                (
                    Equal(1 - x * y, r * _M.subs({_R: r, _W: w}, simultaneous=True)),
                    Equal((x - y) ** 2, w * (1 - r) ** 2),
                    Equal(x + y, (T1 + T2) * (1 + r)),
                )
            ),
        ),
    )


def _increment() -> sympy.Expr:
    """(V after one step - V)/r^2, a polynomial in r and w."""
    after = _V.subs({_R: _R * _M, _W: _W * (1 - _R) ** 2}, simultaneous=True)
    return sympy.cancel(sympy.expand(after - _V) / _R**2)


def _vertex_lyapunov() -> tuple[Step, ...]:
    name = sympy.Symbol("V")
    increment = _increment()
    after = _V.subs({_R: _R * _M, _W: _W * (1 - _R) ** 2}, simultaneous=True)
    tenth = sympy.Rational(1, 10)
    gap = sympy.expand(-increment - 3 * _R**2 - _W)
    zero = sympy.Integer(0)
    boxes: list[Box] = [((_R, -tenth, zero), (_W, zero, tenth)), ((_R, zero, tenth), (_W, zero, tenth))]
    return (
        Step(
            "The Lyapunov function. Its terms are r^2 t1 t2 and half of (t1^2 - t2^2)^2.",
            reason="Definition.",
            check=Definition(name, _V),
        ),
        Step(
            "One step changes V by r^2 times a polynomial.",
            reason="Expansion.",
            check=Equal(sympy.expand(after) - name, _R**2 * increment),
        ),
        Step(
            "In the box |r| <= 1/10, 0 <= w <= 1/10 that polynomial is at most -(3 r^2 + w). So V never "
            "increases there, and a step with r different from 0 decreases it by at least 3 r^4.",
            reason="Bernstein coefficients on the two halves of the box.",
            check=AllOf(tuple(PositiveOnBox(gap, box) for box in boxes)),
        ),
    )


def _vertex_trap() -> tuple[Step, ...]:
    radius, level, width = (_R, sympy.Rational(1, 15)), (_LEVEL, sympy.Rational(1, 250)), (_W, sympy.Rational(1, 450))
    tenth = sympy.Rational(1, 10)
    box = ((_R, -tenth, tenth), (_W, sympy.Integer(0), tenth))
    v = sympy.expand(_V)
    return (
        Step(
            "In the box V is at least 9/10 r^2 and at least 9/5 w.",
            reason="1 - r >= 9/10, and all terms of V are non-negative.",
            check=AllOf(
                (
                    PositiveOnBox(v - sympy.Rational(9, 10) * _R**2, box),
                    PositiveOnBox(v - sympy.Rational(9, 5) * _W, box),
                )
            ),
        ),
        Step(
            "Let S be the set of points of the box with t1 + t2 > 0 and V <= v, for some 0 < v <= 1/250. "
            "On S therefore |r| <= 1/15 and w <= 1/450, so |m| <= 3/2, and the image has |r| <= 1/10 and "
            "w <= 1/10: it lies in the box, it has t1 + t2 > 0 because 1 + r > 0, and V <= v there. So S "
            "is mapped into itself. These sets S shrink to (1, 1) as v decreases, which makes (1, 1) "
            "stable in the sense of Lyapunov.",
            reason="Exact rational arithmetic with the bounds of the previous step.",
            check=AllOf(
                (
                    SignIs(at(sympy.Rational(9, 10) * _R**2 - _LEVEL, radius, level), ">="),
                    SignIs(at(sympy.Rational(9, 5) * _W - _LEVEL, width, level), ">="),
                    SignIs(at(sympy.Rational(3, 2) - (1 + _R + _R**2 + _W), radius, width), ">="),
                    SignIs(at(tenth - sympy.Rational(3, 2) * _R, radius), ">="),
                    SignIs(at(tenth - _W * (1 + _R) ** 2, radius, width), ">="),
                )
            ),
        ),
    )


def _vertex_limit() -> tuple[Step, ...]:
    x, y = unit_step(T1, T2)
    determinant = sympy.expand(sympy.Matrix([x, y]).jacobian([T1, T2]).det())
    return (
        Step(
            "Along an orbit in S the values of V decrease and the sum of 3 r^4 over all steps is finite, "
            "so r tends to 0, and then w tends to a limit. If that limit were positive, |r| would grow by "
            "a factor tending to 1 + w > 1 at every step, which is impossible unless r is exactly 0 from "
            "some step on. Hence either the orbit lands on the manifold of minima after finitely many "
            "steps and stays, or r and w tend to 0: it converges to (1, 1).",
            reason="The factor is m, at r = 0.",
            check=Equal(at(_M, (_R, sympy.Integer(0))), -(1 + _W)),
        ),
        Step(
            "The starts that land on the manifold after finitely many steps form a Lebesgue-null set: the "
            "determinant of the Jacobian is a polynomial that does not vanish identically (it is -1 at "
            "(1, 1)), so preimages of null sets are null sets. So almost every start in S converges to "
            "(1, 1): this minimum is locally stable although its normal multiplier has modulus one, and "
            "with its mirror image (-1, -1) it is the only stable one.",
            reason="A non-zero polynomial vanishes on a null set only; local stability as in Definition 3.7.",
            reference="Chemnitz, Engel, Kuehn, Kuntz, Definition 3.7 and Proposition 3.8",
            check=Equal(at(determinant, (T1, sympy.Integer(1)), (T2, sympy.Integer(1))), sympy.Integer(-1)),
        ),
    )
