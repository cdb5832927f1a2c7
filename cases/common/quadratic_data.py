"""The circle and XOR data sets as level sets of quadratic Morse functions."""

from collections.abc import Sequence

import sympy

from symbolic.checks import AllOf, Definition, EigenvaluesAre, GradientIs, HessianIs, IsRoot, SignIs, SolvesFor
from symbolic.derivation import Derivation, Step

X1, X2 = sympy.symbols("x_1 x_2", real=True)
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, Figure 4 and Definition 2.7"


def derive_quadratic_morse(
    title: str, curvatures: Sequence[sympy.Rational], centre: Sequence[sympy.Rational], constant: sympy.Rational
) -> Derivation:
    """Psi = (a_1 (x_1 - c_1)^2 + a_2 (x_2 - c_2)^2)/2 + constant, a_k != 0: one critical point, Hessian diag(a)."""
    name = sympy.Symbol("Psi")
    moved = [x - c for x, c in zip((X1, X2), centre, strict=True)]
    value = sum((a * m**2 / 2 for a, m in zip(curvatures, moved, strict=True)), constant)
    slopes = [a * m for a, m in zip(curvatures, moved, strict=True)]
    hessian = sympy.ImmutableMatrix(2, 2, [curvatures[0], 0, 0, curvatures[1]])
    place = tuple(zip((X1, X2), centre, strict=True))
    multiplicities = {a: list(curvatures).count(a) for a in curvatures}
    negative = sum(1 for a in curvatures if a < 0)
    return Derivation(
        title,
        ((X1, "first input"), (X2, "second input")),
        (
            Step("The function whose sign labels the data.", reason="Definition.", check=Definition(name, value)),
            Step(
                "The gradient vanishes only at the centre: each component is linear in one input.",
                reason="Differentiation, and solving two linear equations.",
                check=AllOf(
                    (
                        GradientIs(name, (X1, X2), sympy.ImmutableMatrix(slopes)),
                        *(SolvesFor(s, x, c) for s, (x, c) in zip(slopes, place, strict=True)),
                        IsRoot(tuple(slopes), place),
                    )
                ),
            ),
            Step(
                "The Hessian is constant, with the displayed eigenvalues and a determinant other than 0: the function "
                f"is Morse, of class C2, and its critical point has index {negative}.",
                reason="Differentiation.",
                reference=_PAPER,
                check=AllOf(
                    (
                        HessianIs(name, (X1, X2), hessian),
                        EigenvaluesAre(hessian, tuple(multiplicities.items())),
                        SignIs(sympy.Determinant(hessian), "!="),
                    )
                ),
            ),
        ),
    )
