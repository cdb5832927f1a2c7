"""Euler's line: its balance, and the sign that makes it unstable."""

import sympy

from cases.three_body.derivation import (
    RELATIONS,
    Bodies,
    Z,
    balance_polynomial,
    collinear_ratio,
    imbalance_on_line,
    line_coefficient,
    line_squares,
)
from symbolic.checks import (
    AllOf,
    Equal,
    RealRootsAre,
    SignIs,
    product,
    total,
)
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

_EULER = "L. Euler, De motu rectilineo trium corporum se mutuo attrahentium (1767)"


def derive_line(bodies: Bodies) -> Derivation:
    """The spectrum of every turning line (Euler), and the line of these bodies where its ratio is exact."""
    t = collinear_ratio(bodies)
    power, coefficient = sympy.symbols("k beta", real=True)
    squares = line_squares(power, coefficient)
    here = () if t.is_Float else (_line_balance(bodies, t), _line_sign(bodies, t))
    steps = [
        *here,
        _line_blocks(),
        _line_trace(),
        Step(
            "The squares of the eigenvalues across the size, in units of the squared angular velocity, as functions of "
            "k and beta.",
            reason="Solution of the quadratic equation.",
            check=AllOf(
                (
                    Equal(total(squares[1], squares[2]), -(2 + (1 - power) * coefficient)),
                    Equal(squares[1] * squares[2], (1 + power * coefficient) * (1 - coefficient)),
                )
            ),
        ),
    ]
    return Derivation("Three bodies on a turning line", (), tuple(steps))


def _line_sign(bodies: Bodies, t: sympy.Expr) -> Step:
    beta = line_coefficient(bodies, t)
    side = number_sign(beta - 1)
    return Step(
        f"For these bodies r_23/r_12 = {float(t):.6g} and beta = {float(beta):.6g}.",
        reason="Exact evaluation. For beta > 1 and k > 0 the product of the roots below is negative: one square is "
        "positive and the line is unstable.",
        reference=_EULER,
        check=SignIs(total(beta, sympy.Integer(-1)), RELATIONS.get(side if side is not None else 2, "!=")),
    )


def _line_balance(bodies: Bodies, t: sympy.Expr) -> Step:
    """The real roots of the balance of the two distances, of which t is the positive one with an inward pull."""
    if bodies.exponent.q != 1:
        return Step(
            "The outer bodies are alike: with equal distances, t = r_23/r_12 = 1, both turn with one angular velocity.",
            reason="Substitution into the balance of the two distances.",
            reference=_EULER,
            check=Equal(imbalance_on_line(bodies, t), sympy.S.Zero),
        )
    variable = sympy.Symbol("t", real=True)
    polynomial = balance_polynomial(bodies, variable)
    roots = tuple(dict.fromkeys(sympy.Poly(polynomial, variable).real_roots()))
    return Step(
        f"Both distances turn with one angular velocity when t = r_23/r_12 is a root of this polynomial; the root "
        f"t = {float(t):.6g} is positive.",
        reason="Isolation of the real roots.",
        reference=_EULER,
        check=AllOf((RealRootsAre(polynomial, variable, roots), *(() if t.is_Rational else (SignIs(t, ">"),)))),
    )


def _line_blocks() -> Step:
    k, alpha = sympy.symbols("k alpha")
    block = sympy.ImmutableMatrix([[Z**2 - 1 - k * alpha, -2 * Z], [2 * Z, Z**2 - 1 + alpha]])
    product = Z**4 + (2 + (1 - k) * alpha) * Z**2 + (1 + k * alpha) * (1 - alpha)
    return Step(
        "On a line the linearised equations d'' - 2 J d' - d = (k A d_x, -A d_y) split along the eigenvalues alpha "
        "of A, A d = M w_l d_l - m_l sum w d; alpha = 1 belongs to the size and gives z^2 (z^2 + 3 - k).",
        reason="Determinant.",
        check=AllOf(
            (
                Equal(sympy.Determinant(block), product),
                Equal(product.subs(alpha, 1), Z**2 * (Z**2 + 3 - k)),
            )
        ),
    )


def _line_trace() -> Step:
    m, w = sympy.symbols("m1:4"), sympy.symbols("w1:4")
    total = sympy.Add(*m)
    matrix = sympy.Matrix(3, 3, lambda i, j: (total * w[i] if i == j else 0) - m[i] * w[j])
    ones = sympy.ones(1, 3)
    trace = sympy.Add(*[(total - m[i]) * w[i] for i in range(3)])
    return Step(
        "A maps into the triples with the sum 0, and its trace is sum of (m_j + m_k) w_l: the other eigenvalue is "
        "beta = sum of (m_j + m_k) w_l - 1.",
        reason="Column sums and trace.",
        check=AllOf(
            (
                Equal(product(ones, matrix), sympy.zeros(1, 3).as_immutable()),
                Equal(sympy.Trace(matrix.as_immutable()), trace),
            )
        ),
    )
