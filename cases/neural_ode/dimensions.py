"""Why non-augmented neural ODEs have no critical points: Liouville's formula, and gradients under invertible "
"matrices."""

import sympy

from symbolic import Derivation, Equal, Step

TITLE = "No critical points in any dimension"


def derive_no_critical_points() -> Derivation:
    """Two dimensions show the identities; determinants of larger matrices obey them too."""
    t = sympy.Symbol("t", real=True)
    entries = sympy.Matrix(2, 2, [sympy.Function(f"v{i}{j}")(t) for i in (1, 2) for j in (1, 2)])
    slopes = sympy.Matrix(2, 2, sympy.symbols("f11 f12 f21 f22", real=True))
    moved = dict(zip([sympy.Derivative(v, t) for v in entries], slopes * entries, strict=True))
    derivative = sympy.diff(entries.det(), t).subs(moved)
    d = sympy.Matrix(2, 2, sympy.symbols("d11 d12 d21 d22", real=True))
    w = sympy.Matrix(sympy.symbols("w1 w2", real=True))
    return Derivation(
        TITLE,
        (
            (entries[0, 0], "entry of V, the derivative of the flow by the input"),
            (slopes[0, 0], "entry of Df along the solution"),
            (d[0, 0], "entry of the derivative of the time-T map"),
            (w[0], "entry of the output weights"),
        ),
        (
            Step(
                "Liouville: with V' = Df V the determinant obeys (det V)' = div f det V. It is 1 at the start, "
                "so it is the "
                "exponential of an integral, and positive: the time-T map has an invertible derivative.",
                reason="Product rule, in two dimensions.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, (9), (10)",
                check=Equal(derivative, slopes.trace() * entries.det()),
            ),
            Step(
                "The gradient of the output w . Phi(x) is D^T w. The adjugate multiplies it back to det(D) w: a "
                "gradient of "
                "zero means w = 0. So with w different from 0 no gradient vanishes, whatever d is.",
                reason="The adjugate times the matrix is the determinant.",
                reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 2.9",
                check=Equal((d.T.adjugate() * (d.T * w)).as_immutable(), (d.det() * w).as_immutable()),
            ),
        ),
    )
