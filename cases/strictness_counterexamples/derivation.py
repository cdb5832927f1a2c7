"""Where statements about overparameterised losses fail: away from the zero set, or at its singular points."""

import sympy

from symbolic.checks import (
    AllOf,
    Definition,
    EigenvaluesAre,
    Equal,
    GradientIs,
    HessianIs,
    IsRoot,
    KernelIs,
    SignIs,
    at,
)
from symbolic.derivation import Derivation, Step

A, B = sympy.symbols("a b", real=True)
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 3.3"
_TWO = sympy.Integer(2)
_ORIGIN = ((A, sympy.Integer(0)), (B, sympy.Integer(0)))


def derive_rank_counterexample() -> Derivation:
    """(1 - a b)^2 with N = q = 1, D = 2: at 0 the Hessian has eigenvalues 2 and -2, so rank 2 > q N."""
    name, residual = sympy.symbols("L f", real=True)
    loss = (1 - A * B) ** 2
    hessian = sympy.hessian(loss, (A, B)).applyfunc(sympy.factor).as_immutable()
    at_origin = hessian.subs({A: 0, B: 0}).as_immutable()
    f = sympy.Function("f")(A, B)
    square = f**2 / 2
    gradient = sympy.Matrix([f.diff(A), f.diff(B)])
    outer = (gradient * gradient.T + f * sympy.hessian(f, (A, B))).as_immutable()
    return Derivation(
        "The Hessian of an overparameterised loss can exceed rank q N away from the minima",
        ((A, "parameter"), (B, "parameter"), (residual, "residual of the only data point")),
        (
            Step(
                "One data point, one output, two parameters: q N = 1 < D = 2.",
                reason="Definition.",
                check=Definition(name, loss),
            ),
            Step("The Hessian.", reason="Differentiation.", check=HessianIs(name, (A, B), hessian)),
            Step(
                "At the origin, which is a critical point with loss 1, its eigenvalues are 2 and -2: the "
                "rank is 2, not at most q N = 1.",
                reason="Characteristic polynomial.",
                reference=_PAPER,
                check=AllOf(
                    (
                        IsRoot((sympy.Derivative(name, A), sympy.Derivative(name, B), name - 1), _ORIGIN),
                        EigenvaluesAre(at_origin, ((-_TWO, 1), (_TWO, 1))),
                    )
                ),
            ),
            Step(
                "The reason: the Hessian of f^2/2 is the outer square of the gradient of f plus f times "
                "the Hessian of f. The first part has rank at most q N; the second vanishes where f = 0, "
                "on the zero set, and only there is the rank bounded by q N.",
                reason="Product rule.",
                check=HessianIs(square, (A, B), outer),
            ),
        ),
    )


def derive_strict_minimum_counterexample() -> Derivation:
    """Phi = 1 + |theta|^2 - |theta|^4, y = 0: a strict local minimum although D = 2 > q N = 1, off the zero set."""
    network, loss = sympy.symbols("Phi L")
    square = A**2 + B**2
    value = 1 + square - square**2
    radius = (1 + sympy.sqrt(5)) / 2
    angle = sympy.Symbol("phi", real=True)
    on_circle = ((A, sympy.sqrt(radius) * sympy.cos(angle)), (B, sympy.sqrt(radius) * sympy.sin(angle)))
    gradient = sympy.ImmutableMatrix([sympy.factor(sympy.diff(value, A)), sympy.factor(sympy.diff(value, B))])
    hessian = sympy.hessian(value**2 / 2, (A, B)).subs({A: 0, B: 0}).as_immutable()
    slope = 4 * radius * (1 - 2 * radius) ** 2
    return Derivation(
        "A strict local minimum of an overparameterised loss",
        ((A, "parameter"), (B, "parameter"), (network, "network output"), (loss, "loss")),
        (
            Step("The network, for one input.", reason="Definition.", check=Definition(network, value)),
            Step("The loss for the target 0.", reason="Definition.", check=Definition(loss, network**2 / 2)),
            Step(
                "The standing assumption holds: the network vanishes on the circle |theta|^2 = (1 + sqrt 5)/2.",
                reason="Substitution.",
                check=IsRoot((network,), on_circle),
            ),
            Step(
                "Its gradient is 2 theta (1 - 2 |theta|^2), of squared length 4 |theta|^2 (1 - 2 "
                "|theta|^2)^2, which is positive on the circle: the zero set is a one-dimensional "
                "manifold.",
                reason="Differentiation.",
                check=AllOf(
                    (
                        GradientIs(network, (A, B), gradient),
                        Equal(gradient.dot(gradient), 4 * square * (1 - 2 * square) ** 2),
                        SignIs(sympy.expand(slope), ">"),
                    )
                ),
            ),
            Step(
                "Nevertheless the origin, with loss 1/2, is a critical point whose Hessian is twice the "
                "identity: a strict local minimum, and the Hessian has rank 2 > q N. 'No strict minima' "
                "holds on the zero set only.",
                reason="Differentiation; the residual times the Hessian of the network does not vanish there.",
                reference=_PAPER,
                check=AllOf(
                    (
                        IsRoot((sympy.Derivative(loss, A), sympy.Derivative(loss, B), loss - _TWO**-1), _ORIGIN),
                        HessianIs(loss, (A, B), sympy.hessian(value**2 / 2, (A, B)).as_immutable()),
                        EigenvaluesAre(hessian, ((_TWO, 2),)),
                    )
                ),
            ),
        ),
    )


def derive_kernel_counterexample() -> Derivation:
    """Phi = a^2 with parameters (a, b), y = 0: on the zero set the Hessian vanishes; its kernel is too large."""
    name, network = sympy.symbols("L Phi")
    hessian = sympy.ImmutableMatrix([[6 * A**2, 0], [0, 0]])
    zero = sympy.ImmutableMatrix([[0, 0], [0, 0]])
    return Derivation(
        "The kernel of the Hessian can be larger than the tangent space",
        ((A, "parameter"), (B, "parameter"), (network, "network output")),
        (
            Step("The network.", reason="Definition.", check=Definition(network, A**2)),
            Step("The loss for the target 0.", reason="Definition.", check=Definition(name, network**2 / 2)),
            Step(
                "The zero set is the line a = 0, with a one-dimensional tangent space.",
                reason="a^4/2 vanishes only there.",
                check=IsRoot((name,), ((A, sympy.Integer(0)),)),
            ),
            Step("The Hessian.", reason="Differentiation.", check=HessianIs(name, (A, B), hessian)),
            Step(
                "On the zero set it vanishes: its kernel is the whole plane. The gradient of the network "
                "vanishes there too, so the gradients of the outputs are dependent; this is the "
                "hypothesis that is missing.",
                reason="Substitution.",
                reference=_PAPER,
                check=AllOf(
                    (
                        AllOf(
                            tuple(Equal(at(entry, (A, sympy.S.Zero)), sympy.S.Zero) for entry in hessian if entry != 0)
                        ),
                        KernelIs(zero, sympy.eye(2).as_immutable()),
                        IsRoot((sympy.Derivative(network, A), sympy.Derivative(network, B)), ((A, sympy.Integer(0)),)),
                    )
                ),
            ),
        ),
    )
