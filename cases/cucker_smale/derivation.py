"""The exact view of flocking."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.parameters import as_sympy
from cases.cucker_smale.many_agents import derive_many_agents
from cases.cucker_smale.system import DISTANCE, FLOCKS, LEFT_OVER, THRESHOLD, oriented
from cases.model import SymbolicView
from certify.verdict import Verdict
from symbolic import AllOf, Check, Definition, Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.checks import at
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (35)"


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    coupling, alpha = as_sympy(values["coupling"]), as_sympy(values["alpha"])
    r, w = (as_sympy(x) for x in oriented(values))
    derivations = [_first_integral(), _quadratic(), derive_many_agents()]
    threshold = _exact_threshold(alpha, coupling, r)
    if threshold is None:
        return SymbolicView(tuple(derivations))
    if alpha == 1:
        derivations.append(_logarithm())
    exact: dict[str, Any] = {THRESHOLD: threshold}
    side = -1 if threshold is sympy.oo else number_sign(w - threshold)
    if side == -1:
        exact |= {FLOCKS: Verdict.PROVED, LEFT_OVER: sympy.Integer(0)}
        if alpha == 2:
            exact[DISTANCE] = sympy.Abs(sympy.tan(w / coupling + sympy.atan(r)))
        if alpha == 1:
            exact[DISTANCE] = sympy.exp(sympy.Abs(w / coupling + sympy.sign(r) * sympy.log(1 + abs(r)))) - 1
    elif side == 1:
        exact |= {FLOCKS: Verdict.REFUTED, LEFT_OVER: w - threshold}
    if threshold is not sympy.oo and side in (-1, 1):
        derivations.append(_decision(w, threshold, side))
    return SymbolicView(tuple(derivations), exact)


def _exact_threshold(alpha: sympy.Rational, coupling: sympy.Rational, r: sympy.Rational) -> sympy.Expr | None:
    """K times the integral of 1/(1 + |s|^alpha) from r on, where it has a closed form."""
    if alpha <= 1:
        return sympy.oo
    if r == 0:
        return coupling * (sympy.pi / alpha) / sympy.sin(sympy.pi / alpha)
    return coupling * (sympy.pi / 2 - sympy.atan(r)) if alpha == 2 else None


def _first_integral() -> Derivation:
    """Two agents: r' = w, w' = -K w/(1 + |r|^alpha), and w + K F(r) is constant."""
    v, u, w, r, s = sympy.symbols("v1 v2 w r s", positive=True)
    coupling, alpha = sympy.symbols("K alpha", positive=True)
    weight = 1 / (1 + r**alpha)
    pulls = coupling / 2 * (u - v) * weight, coupling / 2 * (v - u) * weight
    area = sympy.Integral(1 / (1 + s**alpha), (s, 0, r))
    name = sympy.Symbol("I")
    return Derivation(
        "The first integral of two agents",
        ((v, "velocity of the first agent"), (u, "velocity of the second"), (r, "distance"), (w, "relative velocity")),
        (
            Step(
                "With a_12 = a_21 = K/2 the relative velocity w = v2 - v1 has the derivative -K w/(1 + r^alpha), and "
                "the mean velocity is constant.",
                reason="Difference and sum of the two equations.",
                reference=_SOURCE,
                check=AllOf(
                    (
                        Equal(pulls[1] - pulls[0], -coupling * (u - v) * weight),
                        Equal(pulls[0] + pulls[1], sympy.Integer(0)),
                    )
                ),
            ),
            Step(
                "Let I be the relative velocity plus K times an area.",
                reason="Definition.",
                check=Definition(name, w + coupling * area),
            ),
            Step(
                "Its derivative by r.", reason="Fundamental theorem.", check=DerivativeIs(name, (r,), coupling * weight)
            ),
            Step(
                "Along solutions (r' = w) it is constant.",
                reason="Chain rule.",
                check=Equal(
                    sympy.Derivative(name, w) * (-coupling * w * weight) + coupling * weight * w, sympy.Integer(0)
                ),
            ),
            Step(
                "So w stays positive for ever, and r grows without bound, exactly when w(0) is at least K times the "
                "area from r(0) to infinity. For alpha > 1 it is finite: 1/(1 + s^alpha) is below s^-alpha, which has "
                "the bounded antiderivative -s^(1 - alpha)/(alpha - 1).",
                reason="Comparison; for alpha <= 1 the integrand is at least 1/(2s) from 1 on, and the area infinite.",
                reference="Cucker and Smale, Emergent behavior in flocks, IEEE Trans. Autom. Control 52 (2007)",
                check=AllOf(
                    (
                        Equal(s**-alpha - 1 / (1 + s**alpha), 1 / (s**alpha * (1 + s**alpha))),
                        DerivativeIs(-(s ** (1 - alpha)) / (alpha - 1), (s,), s**-alpha),
                    )
                ),
            ),
        ),
    )


def _quadratic() -> Derivation:
    """alpha = 2: the area is atan r, the threshold K (pi/2 - atan r0), the final distance tan(w0/K + atan r0)."""
    r, w, coupling = sympy.symbols("r w K", positive=True)
    return Derivation(
        "The case alpha = 2",
        ((r, "distance"), (w, "relative velocity at distance 0"), (coupling, "coupling")),
        (
            Step(
                "The area is the arcus tangent.",
                reason="Differentiation; both vanish at 0.",
                check=DerivativeIs(sympy.atan(r), (r,), 1 / (1 + r**2)),
            ),
            Step(
                "The whole area is pi/2.",
                reason="Limit.",
                check=Equal(sympy.Limit(sympy.atan(r), r, sympy.oo), sympy.pi / 2),
            ),
            Step(
                "From r = 0 with w below K pi/2 the agents stop separating where K atan r = w, at r = tan(w/K).",
                reason="Substitution.",
                check=Equal(sympy.tan(sympy.atan(r), evaluate=False), r),
            ),
        ),
    )


def _logarithm() -> Derivation:
    """alpha = 1: the area is log(1 + r) for r >= 0, unbounded, so all agents flock."""
    r, w, coupling, start = sympy.symbols("r w K r0", positive=True)
    end = (1 + start) * sympy.exp(w / coupling) - 1
    return Derivation(
        "The case alpha = 1",
        (
            (r, "distance"),
            (start, "distance at the start"),
            (w, "relative velocity at the start"),
            (coupling, "coupling"),
        ),
        (
            Step(
                "The area up to r is a logarithm, and odd in r.",
                reason="Differentiation; both vanish at 0.",
                check=DerivativeIs(sympy.log(1 + r), (r,), 1 / (1 + r)),
            ),
            Step(
                "It is unbounded, its reciprocal tends to 0: no velocity escapes.",
                reason="Limit.",
                check=Equal(sympy.Limit(1 / sympy.log(1 + r), r, sympy.oo), sympy.Integer(0)),
            ),
            Step(
                "The first integral is w at the start and 0 + K log((1 + r)/(1 + r0)) at the end: the final distance.",
                reason="The first integral keeps its value.",
                check=Equal(at(coupling * sympy.log((1 + r) / (1 + start)), (r, end)), w),
            ),
        ),
    )


def _decision(w: sympy.Rational, threshold: sympy.Expr, side: int) -> Derivation:
    check: Check = SignIs(w - threshold, "<" if side < 0 else ">")
    text = "below the threshold: the agents flock" if side < 0 else "above the threshold: the agents separate for ever"
    reference = "" if threshold.has(sympy.atan) else "NIST Digital Library of Mathematical Functions, 5.12.3 and 5.5.3"
    step = Step(f"The relative velocity {w} is {text}.", reason="Exact comparison.", reference=reference, check=check)
    return Derivation("The decision", (), (step,))
