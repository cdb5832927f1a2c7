"""The exact view of mean-field limits."""

from collections.abc import Mapping
from typing import Any

import sympy

from cases.common.dobrushin import derive_dobrushin
from cases.common.parameters import as_sympy
from cases.mean_field.system import BOUND, FIRST, GROWTH, LAST, LIPSCHITZ, bound_holds
from cases.model import SymbolicView
from symbolic import AllOf, Definition, Derivation, DerivativeIs, Equal, IsRoot, Step
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (36)-(43)"


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    a, b, time, width, shift, radius = (as_sympy(values[n]) for n in ("a", "b", "time", "width", "shift", "radius"))
    lipschitz = {
        "linear": max(abs(a), abs(b)),
        "sine": abs(a),
        "cubic": max(abs(a), abs(a - 3 * radius**2), abs(b)),
    }[values["coupling"]]
    exact: dict[str, Any] = {LIPSCHITZ: lipschitz, FIRST: _distance(1 - width, (1 - width) / 2 - shift)}
    if bound_holds(values):
        exact[BOUND] = sympy.exp(2 * lipschitz * time)
    derivations = [derive_dobrushin(), _distances(), _characteristics()]
    if values["coupling"] == "linear":
        slope = sympy.exp(a * time) * (1 - width)
        exact[LAST] = _distance(slope, sympy.exp((a + b) * time) * ((1 - width) / 2 - shift))
        if exact[FIRST] != 0:
            exact[GROWTH] = exact[LAST] / exact[FIRST]
    return SymbolicView(tuple(derivations), exact)


def _distance(slope: sympy.Expr, middle: sympy.Expr) -> sympy.Expr:
    """The integral of |slope (q - 1/2) + middle| over q in (0, 1)."""
    slope, middle = abs(slope), abs(middle)
    if number_sign(slope / 2 - middle) == 1:
        return (slope**2 / 4 + middle**2) / slope
    return middle


def _distances() -> Derivation:
    q = sympy.Symbol("q", real=True)
    slope, middle = sympy.symbols("A B", positive=True)
    line = slope * (q - sympy.Rational(1, 2)) + middle
    root = sympy.Rational(1, 2) - middle / slope
    pieces = sympy.Integral(line, (q, root, 1)) - sympy.Integral(line, (q, 0, root))
    return Derivation(
        "The Wasserstein distance of two uniform laws",
        ((q, "level of the quantile"), (slope, "difference of the widths"), (middle, "difference of the means")),
        (
            Step(
                "W_1 is the integral of the distance of the quantiles. When the difference A (q - 1/2) + B keeps its "
                "sign (A/2 <= B), it is B.",
                reason="Integration.",
                reference="Villani, Topics in Optimal Transportation, 2.18",
                check=Equal(sympy.Integral(line, (q, 0, 1)), middle),
            ),
            Step(
                "When it changes its sign (B < A/2), it is (A^2/4 + B^2)/A.",
                reason="Integration over the two pieces.",
                check=Equal(pieces, (slope**2 / 4 + middle**2) / slope),
            ),
        ),
    )


def _characteristics() -> Derivation:
    """g = a x + b y: x(t) = e^(a t) (x0 - m0) + e^((a + b) t) m0."""
    a, b, t, x0, m0 = sympy.symbols("a b t x0 m0", real=True)
    mean, place = sympy.symbols("m x")
    shift = sympy.Symbol("delta", positive=True)
    return Derivation(
        "Characteristics for g = a x + b y, and the equality in Dobrushin's estimate",
        ((x0, "starting point"), (m0, "mean of the law at the start"), (mean, "mean of the law")),
        (
            Step("The mean.", reason="Definition.", check=Definition(mean, sympy.exp((a + b) * t) * m0)),
            Step(
                "A characteristic.", reason="Definition.", check=Definition(place, sympy.exp(a * t) * (x0 - m0) + mean)
            ),
            Step(
                "They solve m' = (a + b) m and x' = a x + b m, which is (37).",
                reason="Differentiation.",
                reference=_SOURCE,
                check=AllOf(
                    (DerivativeIs(mean, (t,), (a + b) * mean), DerivativeIs(place, (t,), a * place + b * mean))
                ),
            ),
            Step(
                "They start at m0 and x0.",
                reason="Substitution.",
                check=IsRoot((mean - m0, place - x0), ((t, sympy.Integer(0)),)),
            ),
            Step(
                "Two laws that differ by the shift delta stay shifted: by delta exp((a + b) t). For g = x + y the "
                "Lipschitz constant is L = 1, and W_1(t) = exp(2 L t) W_1(0): the estimate (43) is an equality.",
                reason="Both means shift by delta, so the differences x0 - m0 agree.",
                check=Equal(
                    (sympy.exp((a + b) * t) * (m0 + shift) - sympy.exp((a + b) * t) * m0).subs({a: 1, b: 1}),
                    sympy.exp(2 * t) * shift,
                ),
            ),
        ),
    )
