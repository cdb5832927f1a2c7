"""The network tanh 2x - w tanh x: its critical points by resultants, and two exceptions to a classification."""

from dataclasses import dataclass
from typing import final

import sympy

from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, Implied, IsRoot, SignIs
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

X = sympy.Symbol("x", real=True)
T = sympy.Symbol("t", real=True)
S = sympy.Symbol("s", nonnegative=True)
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.9"


@final
@dataclass(frozen=True)
class NetworkClass:
    """number: 1, 2, 3 for C1, C2, C3 on [-b, b] (None when exact comparison of the critical point with b fails).

    point: the positive critical point, curvature: f'' there; None where there is none inside.
    """

    number: int | None
    point: sympy.Expr | None
    curvature: sympy.Expr | None
    derivation: Derivation


def network_class(weight: sympy.Rational, half_width: sympy.Rational) -> NetworkClass:
    """The class of tanh 2x - w tanh x on [-half_width, half_width]."""
    derivation = derive_network_class(weight)
    if weight == 2:
        return NetworkClass(3, None, None, derivation)
    if weight <= 0 or weight > 2:
        return NetworkClass(1, None, None, derivation)
    root = critical_square(weight)
    point = sympy.atanh(sympy.sqrt(root))
    side = number_sign(half_width - sympy.log((1 + sympy.sqrt(root)) / (1 - sympy.sqrt(root))) / 2)
    if side is None or side < 0:
        return NetworkClass(None if side is None else 1, None, None, derivation)
    tangent = sympy.sqrt(root)
    curvature = (1 - root) * sympy.diff(_factor(weight, T), T).subs(T, tangent) * (1 - root) / (1 + root) ** 2
    return NetworkClass(2, point, sympy.simplify(curvature), derivation)


def critical_square(weight: sympy.Expr) -> sympy.Expr:
    """The positive zero s = tanh(x)^2 of w s^2 + (2w + 2) s + w - 2, for 0 < w < 2."""
    return (sympy.sqrt(4 * weight + 1) - 1 - weight) / weight


def _factor(weight: sympy.Expr, t: sympy.Expr) -> sympy.Expr:
    """The factor of the derivative that decides: 2 (1 - t^2) - w (1 + t^2)^2."""
    return 2 * (1 - t**2) - weight * (1 + t**2) ** 2


def derive_network_class(weight: sympy.Expr) -> Derivation:
    """Critical points of tanh 2x - w tanh x in t = tanh x, for every w; the value `weight` is placed at the end."""
    w = sympy.symbols("w", real=True)
    p = _factor(w, T)
    return Derivation(
        f"The class of tanh 2x - w tanh x on the real line, here with w = {weight}",
        ((X, "input"), (T, "tanh x"), (w, "outer weight")),
        (*_critical_steps(w, p), *_class_steps(w, p)),
    )


def _critical_steps(w: sympy.Symbol, p: sympy.Expr) -> tuple[Step, ...]:
    """Critical points are the zeros of p(t) in (-1, 1), and the degenerate ones its double zeros."""
    f, polynomial = sympy.symbols("f p")
    tangent = sympy.tanh(X)
    double = 2 * tangent / (1 + tangent**2)
    discriminant = sympy.resultant(p, sympy.diff(p, T), T)
    return (
        Step(
            "By the addition theorem tanh 2x = 2t/(1 + t^2) with t = tanh x.",
            reason="Addition theorem.",
            check=Equal(sympy.tanh(2 * X).rewrite(sympy.exp), double.rewrite(sympy.exp)),
        ),
        Step(
            "The network, with inner weights (2, 1), outer weights (1, -w).",
            reason="Definition.",
            check=Definition(f, double - w * tangent),
        ),
        Step("The factor that decides.", reason="Definition.", check=Definition(polynomial, p)),
        Step(
            "The derivative is (1 - t^2)/(1 + t^2)^2 times p(t): critical points are the zeros of p in (-1, 1).",
            reason="Chain rule with dt/dx = 1 - t^2.",
            check=DerivativeIs(f, (X,), ((1 - T**2) / (1 + T**2) ** 2 * p).subs(T, tangent)),
        ),
        Step(
            "A critical point is degenerate iff p and p' vanish together. Their resultant vanishes only for w = 0, 2 "
            "and -1/4, and for w = -1/4 the double zeros are t^2 = 3 > 1, outside of the range of tanh.",
            reason="The resultant in t, factored; for w = 0 the zeros of p = 2 (1 - t^2) are +-1.",
            reference=_PAPER,
            check=AllOf(
                (
                    Equal(discriminant, -256 * w**2 * (w - 2) * (4 * w + 1) ** 2),
                    Equal(p.subs(w, -sympy.Rational(1, 4)), (T**2 - 3) ** 2 / 4),
                )
            ),
        ),
    )


def _class_steps(w: sympy.Symbol, p: sympy.Expr) -> tuple[Step, ...]:
    """The class for w <= 0, 0 < w < 2, w = 2 and w > 2, from the signs of p."""
    in_s = w * S**2 + (2 * w + 2) * S + w - 2
    positive = sympy.Symbol("w", positive=True)
    small = sympy.Symbol("v", positive=True)  # w = 2 / (1 + v) lies in (0, 2)
    root = critical_square(2 / (1 + small))
    return (
        Step(
            "For w = 2 the origin is critical and degenerate: class C3.",
            reason="Substitution.",
            check=IsRoot((p.subs(w, 2), sympy.diff(p.subs(w, 2), T)), ((T, sympy.Integer(0)),)),
        ),
        Step(
            "For w <= 0 the derivative is positive: p > 0 on (-1, 1). For w > 2 it is negative: p <= 2 - w. Class C1.",
            reason="With s = t^2 in [0, 1): 2 (1 - s) - w (1 + s)^2 >= 2 (1 - s) for w <= 0, and -p = w - 2 + "
            "(2w + 2) s + w s^2.",
            check=AllOf(
                (
                    Equal(-p.subs(T, sympy.sqrt(S)), in_s),
                    SignIs((in_s - (w - 2)).subs(w, positive), ">="),
                    Implied(sympy.Gt(w, 2), sympy.Gt(w - 2, 0)),
                )
            ),
        ),
        Step(
            "For 0 < w < 2 (w = 2/(1 + v) with v > 0) there is exactly one s in (0, 1): -p increases with s from "
            "w - 2 < 0 to 4 w > 0. Two critical points, non-degenerate by the resultant: class C2.",
            reason="Intermediate value theorem; quadratic formula.",
            reference=_PAPER,
            check=AllOf(
                (
                    SignIs(in_s.subs({w: 2 / (1 + small), S: 0}), "<"),
                    SignIs(in_s.subs({w: positive, S: 1}), ">"),
                    SignIs(sympy.diff(in_s, S).subs(w, positive), ">"),
                    IsRoot((in_s.subs(w, 2 / (1 + small)),), ((S, root),)),
                )
            ),
        ),
    )


def derive_inner_width_erratum() -> Derivation:
    """tanh(x + 1) - tanh(x - 1): widths d_0 = d_1 = 1, inner width 2, and a non-degenerate critical point at 0."""
    f = sympy.Symbol("Phi")
    value = sympy.tanh(X + 1) - sympy.tanh(X - 1)
    slope = 1 / sympy.cosh(X + 1) ** 2 - 1 / sympy.cosh(X - 1) ** 2
    curvature = -4 * sympy.tanh(1) * (1 - sympy.tanh(1) ** 2)
    return Derivation(
        "A non-augmented network with a critical point",
        ((X, "input"), (f, "network")),
        (
            Step(
                "One layer with the update rule (3), weights W = (1, 1)^T, outer weights (1, -1), biases (1, -1) and "
                "0: all weight matrices have full rank. The layers have d_0 = 1 >= d_1 = 1, so it is non-augmented.",
                reason="Definition.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, section 2.1",
                check=Definition(f, value),
            ),
            Step(
                "Its derivative.",
                reason="Differentiation.",
                check=DerivativeIs(f, (X,), 2 - 2 + (1 - sympy.tanh(X + 1) ** 2) - (1 - sympy.tanh(X - 1) ** 2)),
            ),
            Step(
                "It vanishes iff cosh(x - 1)^2 = cosh(x + 1)^2, that is for sinh 2x sinh 2 = 0: at x = 0 only.",
                reason="cosh(a)^2 - cosh(b)^2 = sinh(a + b) sinh(a - b).",
                check=AllOf(
                    (
                        Equal(
                            (sympy.cosh(X - 1) ** 2 - sympy.cosh(X + 1) ** 2).rewrite(sympy.exp),
                            (-sympy.sinh(2 * X) * sympy.sinh(2)).rewrite(sympy.exp),
                        ),
                        Equal(
                            (slope * sympy.cosh(X + 1) ** 2 * sympy.cosh(X - 1) ** 2),
                            sympy.cosh(X - 1) ** 2 - sympy.cosh(X + 1) ** 2,
                        ),
                    )
                ),
            ),
            Step(
                "There the second derivative is negative: a non-degenerate critical point. The network is of class "
                "C2, although every non-augmented network is said to be of class C1.",
                reason="Substitution, and the sign of a number.",
                reference=_PAPER,
                check=AllOf((Equal(sympy.diff(value, X, 2).subs(X, 0), curvature), SignIs(curvature, "<"))),
            ),
        ),
    )


def derive_cubic_activation_erratum() -> Derivation:
    """sigma(z) = z^3 is strictly monotone and C^k; the network x^3 is non-augmented and of class C3."""
    f, y, z = sympy.Symbol("Phi"), sympy.Symbol("a", real=True), sympy.Symbol("z", real=True)
    gap = sympy.Symbol("h", positive=True)
    return Derivation(
        "A strictly monotone activation with a critical point",
        ((X, "input"), (f, "network")),
        (
            Step(
                "The activation z^3 is strictly increasing: (a + h)^3 > a^3 for h > 0.",
                reason="The difference is h (3 a^2 + 3 a h + h^2), and the quadratic form is definite.",
                check=AllOf(
                    (
                        Equal((y + gap) ** 3 - y**3, gap * (3 * y**2 + 3 * y * gap + gap**2)),
                        SignIs(3 * y**2 + 3 * y * gap + gap**2, ">"),
                    )
                ),
            ),
            Step(
                "One layer with weights 1 and biases 0, d_0 = d_1 = 1.",
                reason="Definition.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, Definition 2.1",
                check=Definition(f, X**3),
            ),
            Step(
                "At 0 the first and the second derivative vanish: a degenerate critical point. The network is of "
                "class C3, although every non-augmented network is said to be of class C1.",
                reason="Differentiation and substitution.",
                reference=_PAPER,
                check=AllOf(
                    (
                        DerivativeIs(f, (X,), 3 * X**2),
                        DerivativeIs(f, (X, X), 6 * X),
                        IsRoot((3 * X**2, 6 * X), ((X, sympy.Integer(0)),)),
                    )
                ),
            ),
            Step(
                "What the theorem needs is a derivative without zeros: then the gradient of a non-augmented network is "
                "a product of matrices of full rank with W~ and W square or falling in size, and does not vanish. "
                "For one layer of width one it is sigma'(z) W~ W, zero only with sigma'(z).",
                reason="Chain rule.",
                check=DerivativeIs(sympy.tanh(z), (z,), 1 - sympy.tanh(z) ** 2),
            ),
        ),
    )
