"""Time maps of neural ODEs in closed form: the flow, its derivative, the variational equation, Liouville's formula."""

from collections.abc import Sequence

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, JacobianIs
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (6)-(10)"
TIME = sympy.Symbol("t", positive=True)


def derive_closed_flow(
    field: Sequence[sympy.Expr],
    states: Sequence[sympy.Symbol],
    start: Sequence[sympy.Symbol],
    flow: Sequence[sympy.Expr],
) -> Derivation:
    """That `flow` (n expressions in TIME and `start`) solves h' = f(h) from `start`; its derivative by the input.

    field: n expressions in `states` (and TIME).
    """
    along = [f.subs(dict(zip(states, flow, strict=True)), simultaneous=True) for f in field]
    slopes = sympy.ImmutableMatrix(flow).jacobian(list(start)).applyfunc(sympy.simplify)
    jacobian = sympy.ImmutableMatrix(field).jacobian(list(states))
    moving = jacobian.subs(dict(zip(states, flow, strict=True)), simultaneous=True)
    divergence = sympy.simplify(moving.trace())
    determinant = sympy.simplify(slopes.det())
    steps = (
        Step(
            "The closed form solves the differential equation.",
            reason="Differentiation by t.",
            reference=_PAPER,
            check=AllOf(tuple(DerivativeIs(x, (TIME,), f) for x, f in zip(flow, along, strict=True))),
        ),
        Step(
            "It starts in the input.",
            reason="t = 0.",
            check=AllOf(tuple(Equal(sympy.Subs(x, TIME, 0), y) for x, y in zip(flow, start, strict=True))),
        ),
        Step(
            "The derivative V of the time map with respect to the input.",
            reason="Differentiation.",
            check=JacobianIs(sympy.ImmutableMatrix(list(flow)), tuple(start), sympy.ImmutableMatrix(slopes)),
        ),
        Step(
            "It solves the variational equation V' = Df(h(t)) V.",
            reason="Differentiation by t.",
            check=AllOf(
                tuple(
                    DerivativeIs(slopes[i, j], (TIME,), (moving * slopes)[i, j])
                    for i in range(slopes.rows)
                    for j in range(slopes.cols)
                )
            ),
        ),
        Step(
            "Liouville: the determinant of V obeys (det V)' = div f(h(t)) det V, and is 1 at t = 0: it stays positive.",
            reason="So the time map preserves orientation; in dimension one it is increasing, without critical points.",
            reference="E. Coddington, N. Levinson, Theory of Ordinary Differential Equations, chapter 1, theorem 7.3",
            check=AllOf((DerivativeIs(determinant, (TIME,), divergence * determinant), _starts_at_one(determinant))),
        ),
    )
    meaning = ((TIME, "time"), *((x, "input") for x in start))
    return Derivation("A neural ODE in closed form", meaning, steps)


def derive_liouville() -> Derivation:
    """V' = a(t) V, V(0) = 1 has the positive solution exp of the integral of a: time maps in dimension one increase."""
    a, t = sympy.Function("a", real=True), sympy.Symbol("t", real=True)
    s = sympy.Symbol("s", real=True)
    primitive = sympy.Integral(a(s), (s, 0, t))
    solution = sympy.exp(primitive)
    steps = (
        Step(
            "With a(t) = div f(h(t)) the determinant of DPhi_t is exp of the integral of a, which is positive.",
            reason="Liouville's formula; in dimension one the determinant is Phi_t' itself.",
            reference="E. Coddington, N. Levinson, Theory of Ordinary Differential Equations, chapter 1, theorem 7.3",
            check=DerivativeIs(solution, (t,), a(t) * solution),
        ),
        Step(
            "It is 1 at t = 0.",
            reason="The integral is empty.",
            check=Equal(sympy.Subs(solution, t, 0), sympy.Integer(1)),
        ),
    )
    return Derivation("Time maps preserve orientation", ((t, "time"), (s, "time")), steps)


def _starts_at_one(determinant: sympy.Expr) -> Equal:
    return Equal(sympy.Subs(determinant, TIME, 0), sympy.Integer(1))
