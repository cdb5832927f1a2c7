"""Strict minima under gradient descent: the threshold, the boundary case by the cubic term, and two slips in print."""

from typing import Any

import sympy

from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, EquivalentTo, HessianIs, SignIs, at
from symbolic.derivation import Derivation, Step
from symbolic.inputs import positive_exact_number
from symbolic.loss import LossAnalysis, analyse_loss

X, Y = sympy.symbols("x y", real=True)
S = sympy.Symbol("s", real=True)
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz"


def diagonal_quadratic(*eigenvalues: Any) -> LossAnalysis:
    """The loss sum h_i x_i^2 / 2 with positive exact h_i: stable iff eta < 2 / max h_i. With (1, 4): eta < 1/2."""
    values = [positive_exact_number(value, "an eigenvalue") for value in eigenvalues]
    names = sympy.symbols(f"x1:{len(values) + 1}", real=True)
    loss = sympy.Add(*[h * x**2 / 2 for h, x in zip(values, names, strict=True)])
    return analyse_loss(loss, names)


def quartic_boundary(s: Any = None) -> LossAnalysis:
    """L = x^2 + s x^4/4 at eta = 1, where the multiplier at 0 is exactly -1: stable for s < 0, unstable for s > 0.

    `s`: an exact number, or None for a real symbol; then `.boundary.condition` is the condition on s.
    """
    value = S if s is None else s
    return analyse_loss(X**2 + value * X**4 / 4, (X,), 1, point=(0,), constants=(S,) if s is None else ())


def derive_quadratic_approximation_erratum() -> Derivation:
    """The quadratic approximation of Remark 3.6 needs the factor 1/2; without it the threshold is not (17)."""
    h, eta = sympy.symbols("h eta", positive=True)
    name = sympy.Symbol("L")
    printed, correct = h * X**2, h * X**2 / 2
    return Derivation(
        "The quadratic approximation of the loss carries a factor one half",
        ((X, "deviation from the minimum"), (h, "second derivative at the minimum"), (eta, "learning rate")),
        (
            Step("Take the loss h x^2/2.", reason="Definition.", check=Definition(name, correct)),
            Step("Its Hessian is h.", reason="Differentiation.", check=DerivativeIs(name, (X, X), h)),
            Step(
                "So the printed approximation L(0) + <x, Hess L x> exceeds the loss by h x^2/2, which is "
                "not of smaller order than x^2: the factor 1/2 is missing.",
                reason="Subtraction; the quotient by x^2 is the positive constant h/2.",
                reference=f"{_PAPER}, Remark 3.6",
                check=AllOf((Equal(printed - name, h * X**2 / 2), SignIs(h / 2, ">"))),
            ),
            Step(
                "Gradient descent on the correct approximation multiplies x by 1 - eta h, and stability "
                "is eta h < 2 as in (17).",
                reason="Differentiation.",
                reference=f"{_PAPER}, (17)",
                check=AllOf(
                    (
                        Equal(X - eta * sympy.diff(correct, X), (1 - eta * h) * X),
                        EquivalentTo(sympy.Abs(1 - eta * h) < 1, eta * h < 2),
                    )
                ),
            ),
            Step(
                "On the printed one it would multiply x by 1 - 2 eta h, and stability would read eta h < "
                "1, against (17).",
                reason="Differentiation.",
                check=AllOf(
                    (
                        Equal(X - eta * sympy.diff(printed, X), (1 - 2 * eta * h) * X),
                        EquivalentTo(sympy.Abs(1 - 2 * eta * h) < 1, eta * h < 1),
                    )
                ),
            ),
        ),
    )


def derive_strict_erratum() -> Derivation:
    """A strict local minimum need not have a positive definite Hessian: x^4."""
    name = sympy.Symbol("L")
    nonzero = sympy.Symbol("x", real=True, nonzero=True)
    return Derivation(
        "A strict local minimum with vanishing Hessian",
        ((X, "parameter"),),
        (
            Step("The loss x^4.", reason="Definition.", check=Definition(name, X**4)),
            Step(
                "Its value at 0 is 0 and it is positive everywhere else: 0 is a strict minimum.",
                reason="Even power.",
                check=AllOf((Equal(at(X**4, (X, sympy.Integer(0))), sympy.Integer(0)), SignIs(nonzero**4, ">"))),
            ),
            Step(
                "Its second derivative vanishes at 0. So 'strict' and 'the Hessian is positive definite' "
                "are different conditions; the theorem needs the second one.",
                reason="Differentiation.",
                reference=f"{_PAPER}, paragraph before Theorem 3.5",
                check=AllOf(
                    (
                        HessianIs(name, (X,), sympy.ImmutableMatrix([[12 * X**2]])),
                        Equal(at(12 * X**2, (X, sympy.Integer(0))), sympy.Integer(0)),
                    )
                ),
            ),
        ),
    )
