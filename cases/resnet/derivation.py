"""Residual networks as Euler steps: the order, its leading coefficient, and when a layer is injective."""

from collections.abc import Sequence

import sympy

from symbolic.checks import DerivativeIs, Equal, JacobianIs, SignIs, at
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (4)-(7)"
_HAIRER = "E. Hairer, S. Norsett, G. Wanner, Solving Ordinary Differential Equations I, II.8"


def derive_euler_order() -> Derivation:
    """L (h(T) - h_L) converges: to c^2 e^c / 2 for h' = c h, to T E(T) with E' = Df E + h''/2 in general."""
    layers = sympy.Symbol("L", positive=True)
    c, h, x = sympy.symbols("c h x", real=True)
    f = sympy.Function("f")
    error = f(h) * sympy.log(f(h) / f(x)) / 2
    gap = layers * (sympy.exp(c) - (1 + c / layers) ** layers)
    steps = (
        Step(
            "For h' = c h on [0, 1] with h(0) = 1 each layer multiplies by 1 + c/L. The error times the number of "
            "layers converges: the order is one.",
            reason="Limit.",
            reference=_PAPER,
            check=Equal(sympy.Limit(gap, layers, sympy.oo), c**2 * sympy.exp(c) / 2),
        ),
        Step(
            "For h' = h the limit is e/2.",
            reason="Substitution.",
            check=Equal(at(c**2 * sympy.exp(c) / 2, (c, sympy.S.One)), sympy.E / 2),
        ),
        Step(
            "In general L (h(T) - h_L) converges to T E(T), where E starts at 0 and E' = Df(h) E + h''/2. For one "
            "neuron E = f(h) log(f(h)/f(x))/2 solves it along h' = f(h), since h'' = f'(h) f(h).",
            reason="Chain rule: E' is the derivative by h times f(h).",
            reference=_HAIRER,
            check=Equal(
                sympy.Derivative(error, h) * f(h),
                sympy.diff(f(h), h) * error + sympy.diff(f(h), h) * f(h) / 2,
            ),
        ),
    )
    meaning = ((layers, "number of layers L"), (h, "state h(t)"), (x, "input"), (f(h), "the vector field"))
    return Derivation("Order one, and the coefficient of the error", meaning, steps)


def derive_injectivity() -> Derivation:
    """g(h) = h + delta f(h): a block with Lipschitz constant below one cannot join two states."""
    distance, gap, slope, excess = sympy.symbols("r epsilon s e", positive=True)
    t, product = sympy.Symbol("t", real=True), sympy.Symbol("q", nonnegative=True)
    return Derivation(
        "When a layer h -> h + delta f(h) is injective",
        (
            (distance, "distance of two states"),
            (gap, "1 - Lip(delta f)"),
            (slope, "least eigenvalue of the symmetric part of I + delta Df on the convex box"),
        ),
        (
            Step(
                "If delta f has the Lipschitz constant 1 - epsilon, two states at the distance r are mapped at least "
                "epsilon r apart.",
                reason="Triangle inequality.",
                check=SignIs(distance - (1 - gap) * distance, ">"),
            ),
            Step(
                "It suffices that the symmetric part of I + delta Df is positive definite on a convex box: then (x - "
                "y) (g(x) - g(y)) >= s r^2.",
                reason="Mean value theorem along the segment.",
                check=SignIs(slope * distance**2 + product, ">"),
            ),
            Step(
                "If the determinant of I + delta Df has both signs on the box, the layer is not injective: an "
                "injective continuous map of a connected open set has the same local degree everywhere, and at a "
                "regular point this is the sign of the determinant. On the line: h - (1 + e) h decreases although h - "
                "0 h increases.",
                reason="Invariance of domain and Brouwer's degree; the derivative of h - (1 + e) h.",
                reference="K. Deimling, Nonlinear Functional Analysis, Theorem 3.3",
                check=DerivativeIs(t - (1 + excess) * t, (t,), -excess),
            ),
        ),
    )


def derive_layer(
    inner: sympy.MatrixBase, outer: sympy.MatrixBase, bias: Sequence[sympy.Expr], step: sympy.Expr, activation: str
) -> Derivation:
    """The Jacobian of one layer h + (T/L) V sigma(W h + b) of this network."""
    h = sympy.symbols(f"h1:{inner.cols + 1}", real=True)
    z = inner * sympy.Matrix(h) + sympy.Matrix(list(bias))
    values, slopes = _activation(z, activation)
    layer = (sympy.Matrix(h) + step * outer * values).as_immutable()
    jacobian = (sympy.eye(inner.cols) + step * outer * sympy.diag(*slopes) * inner).as_immutable()
    check = JacobianIs(layer, h, jacobian)
    reason = "Differentiation: I + (T/L) V diag(sigma'(W h + b)) W."
    title = "The Jacobian of one layer"
    meaning = tuple((symbol, f"neuron {i + 1}") for i, symbol in enumerate(h))
    return Derivation(title, meaning, (Step("One layer and its Jacobian.", reason=reason, check=check),))


def _activation(z: sympy.MatrixBase, activation: str) -> tuple[sympy.MatrixBase, list[sympy.Expr]]:
    if activation == "identity":
        return z, [sympy.Integer(1)] * len(z)
    if activation == "tanh":
        return z.applyfunc(sympy.tanh), [1 - sympy.tanh(entry) ** 2 for entry in z]
    logistic = z.applyfunc(lambda entry: 1 / (1 + sympy.exp(-entry)))
    return logistic, [entry * (1 - entry) for entry in logistic]
