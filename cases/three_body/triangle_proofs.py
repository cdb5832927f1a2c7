"""Lagrange's triangle: its balance, its spectrum, and Routh's bound on the masses."""

import sympy

from cases.three_body.derivation import (
    PAIRS,
    RELATIONS,
    Bodies,
    RelativeEquilibrium,
    Z,
    sine_sum,
    triangle_squares,
)
from symbolic.checks import (
    AllOf,
    CharacteristicPolynomialIs,
    DerivativeIs,
    EigenvaluesAre,
    Equal,
    IsRoot,
    SignIs,
    total,
)
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

_ROUTH = "E. J. Routh, On Laplace's three particles, Proc. London Math. Soc. 6 (1875)"


def derive_triangle(bodies: Bodies, state: RelativeEquilibrium) -> Derivation:
    """The turning triangle of these bodies, the spectrum of every such triangle, and Routh's criterion here."""
    k, sines = bodies.exponent, sine_sum(bodies, state.sides)
    a, b = 3 - k, (k + 1) ** 2 * sines
    margin = a**2 - 4 * b
    side = number_sign(margin)
    squares = triangle_squares(k, sines)
    words = {
        1: "The criterion holds." + (" All squares are negative and the spectrum is imaginary." if a > 0 else ""),
        0: "The bodies lie on the boundary of the criterion.",
        -1: "The criterion fails: the squares are complex, and an eigenvalue has a positive real part.",
    }
    steps = (
        _balance_step(bodies, state),
        _turning_step(),
        _force_step(),
        *_determinant_steps(),
        _routh_step(),
        Step(
            "For these bodies the squares of the eigenvalues on the level of the integrals are k - 3 and the roots of "
            "s^2 + (3 - k) s + (k + 1)^2 X.",
            reason="Solution of the quadratic equation.",
            check=AllOf(
                (
                    Equal(total(squares[1], squares[2]), -a),
                    IsRoot((Z**2 + a * Z + b,), ((Z, squares[1]),)),
                )
            ),
        ),
        Step(
            f"(3 - k)^2 - 4 (k + 1)^2 X for these bodies. {words.get(side if side is not None else 2, '')}",
            reason="Exact evaluation.",
            reference=_ROUTH,
            check=SignIs(
                total(sympy.Pow(a, 2, evaluate=False), -4 * b), RELATIONS.get(side if side is not None else 2, "!=")
            ),
        ),
        *_equal_masses(bodies),
        _rest_step(),
    )
    return Derivation("Three bodies on a turning triangle", _symbols(), steps)


def _symbols() -> tuple[tuple[sympy.Basic, str], ...]:
    names = (
        ("k", "exponent of the force"),
        ("p1", "m_1 / M, the share of a body in the total mass; p3 = 1 - p1 - p2"),
        ("e1", "exp(2 i angle) of the side opposite to the first body"),
        ("z", "eigenvalue"),
    )
    return tuple((sympy.Symbol(name), meaning) for name, meaning in names)


def _balance_step(bodies: Bodies, state: RelativeEquilibrium) -> Step:
    """c_jk r^-(k+1) = m_j m_k / M for every side."""
    r = sympy.Symbol("r", positive=True)
    checks = tuple(
        IsRoot(
            (strength * r ** (-(bodies.exponent + 1)) - bodies.masses[i] * bodies.masses[j] / bodies.total,),
            ((r, side),),
        )
        for strength, side, (i, j) in zip(bodies.strengths, state.sides, PAIRS, strict=True)
    )
    return Step(
        f"The sides {', '.join(f'{float(side):.6g}' for side in state.sides)} (opposite to the bodies 1, 2, 3) make "
        "every pair attract like m_j m_k / M times its distance.",
        reason="Exact evaluation of c_jk r^-(k+1).",
        check=AllOf(checks),
    )


def _turning_step() -> Step:
    m, x = sympy.symbols("m1:4", positive=True), sympy.symbols("x1:4", real=True)
    total = sympy.Add(*m)
    centre = sympy.Add(*[mass * place for mass, place in zip(m, x, strict=True)]) / total
    checks = tuple(
        Equal(sympy.Add(*[m[i] * m[j] / total * (x[j] - x[i]) for j in range(3)]), -m[i] * (x[i] - centre))
        for i in range(3)
    )
    return Step(
        "Then the force on every body is -m_i times its distance from the centre of mass, the centripetal force of the "
        "angular velocity 1: the triangle turns as a whole.",
        reason="Expansion, in each coordinate.",
        reference="J. L. Lagrange, Essai sur le probleme des trois corps (1772)",
        check=AllOf(checks),
    )


def _force_step() -> Step:
    d, conjugate, k = sympy.symbols("d dbar k", positive=True)
    force = d * (d * conjugate) ** (-(k + 1) / 2)
    size = (d * conjugate) ** (-(k + 1) / 2)
    half = (k + 1) / 2
    return Step(
        "In the complex plane the force d |d|^-(k+1) of a side d has these derivatives by d and by its conjugate.",
        reason="Differentiation, |d|^2 = d dbar.",
        check=AllOf(
            (
                DerivativeIs(force, (d,), (1 - half) * size),
                DerivativeIs(force, (conjugate,), -half * size * d / conjugate),
            )
        ),
    )


def coupling_product() -> tuple[sympy.ImmutableMatrix, sympy.Expr]:
    """(E conj(E) of the coupling E of two sides to the conjugates of both, X) for shares p and directions e."""
    p1, p2 = sympy.symbols("p1 p2")
    e = sympy.symbols("e1:4")
    shares = (p1, p2, 1 - p1 - p2)

    def coupling(directions: tuple[sympy.Expr, ...]) -> sympy.Matrix:
        return sympy.Matrix(
            2, 2, lambda i, j: (directions[i] if i == j else 0) - shares[i] * (directions[j] - directions[2])
        )

    product = coupling(e) * coupling(tuple(1 / direction for direction in e))
    sines = sum(shares[i] * shares[j] * (2 - e[i] / e[j] - e[j] / e[i]) / 4 for i, j in PAIRS)
    return product.as_immutable(), sines


def _determinant_steps() -> tuple[Step, ...]:
    product, sines = coupling_product()
    k, h = sympy.symbols("k h")
    a, b = sympy.symbols("a b")
    c, d = ([sympy.Symbol(f"{name}{i}") for i in range(1, 5)] for name in "cd")
    block = sympy.ImmutableMatrix([[a, 0, c[0], c[1]], [0, a, c[2], c[3]], [d[0], d[1], b, 0], [d[2], d[3], 0, b]])
    first, second = sympy.Matrix(2, 2, c), sympy.Matrix(2, 2, d)
    s = (Z**2 + 2 * sympy.I * Z - h) * (Z**2 - 2 * sympy.I * Z - h)
    half = (k + 1) / 2
    x = sympy.Symbol("X")
    return (
        Step(
            "The sides obey d_l'' + 2 i d_l' - d_l = -M f_l + m_l sum f in the turning frame. Linearised at a turning "
            "triangle, with d_3 = -d_1 - d_2, at exp(z t): (z^2 + 2 i z - h) d = h E conj(d), and the conjugate "
            "equation, h = (k + 1)/2. The determinant of such a system, a and b on the diagonal and C, D beside it.",
            reason="Determinant; it is det(a b I - C D).",
            check=Equal(
                sympy.Determinant(block),
                (a * b) ** 2 - a * b * (first * second).trace() + sympy.expand(first.det() * second.det()),
            ),
        ),
        Step(
            "E conj(E) has the eigenvalues 1 and 1 - 4 X, where (2 - e_i/e_j - e_j/e_i)/4 is the squared sine of the "
            "angle between two sides and X the sum of p_i p_j times these squares.",
            reason="Characteristic polynomial.",
            reference=_ROUTH,
            check=EigenvaluesAre(product, ((sympy.S.One, 1), (1 - 4 * sines, 1))),
        ),
        Step(
            "So a b = h^2 or a b = h^2 (1 - 4 X): z^2 belongs to rotations and angular momentum, z^2 + 3 - k to the "
            "size, and the quartic to the shape.",
            reason="Expansion.",
            reference=_ROUTH,
            check=AllOf(
                (
                    Equal((s - h**2).subs(h, half), Z**2 * (Z**2 + 3 - k)),
                    Equal((s - h**2 * (1 - 4 * x)).subs(h, half), Z**4 + (3 - k) * Z**2 + (k + 1) ** 2 * x),
                )
            ),
        ),
    )


def _routh_step() -> Step:
    m = sympy.symbols("m1:4", positive=True)
    k = sympy.Symbol("k", real=True)
    total, pairs = sympy.Add(*m), m[0] * m[1] + m[1] * m[2] + m[2] * m[0]
    sines = sympy.Rational(3, 4) * pairs / total**2
    margin = (3 - k) ** 2 - 4 * (k + 1) ** 2 * sines
    return Step(
        "For k < 3 the squares of the eigenvalues are real, negative and different exactly when (3 - k)^2 > "
        "4 (k + 1)^2 X. With equal angles X = 3 (m1 m2 + m2 m3 + m3 m1)/(4 M^2), and for k = 2 this is Routh's "
        "criterion 27 (m1 m2 + m2 m3 + m3 m1) < (m1 + m2 + m3)^2.",
        reason="Discriminant of s^2 + (3 - k) s + (k + 1)^2 X, multiplied by M^2.",
        reference=_ROUTH,
        check=Equal(total**2 * margin.subs(k, 2), total**2 - 27 * pairs),
    )


def _equal_masses(bodies: Bodies) -> tuple[Step, ...]:
    if len(set(bodies.masses)) > 1 or len(set(bodies.strengths)) > 1 or bodies.exponent != 2:
        return ()
    root = 1 / sympy.sqrt(2)
    values = (root + sympy.I, root - sympy.I, -root + sympy.I, -root - sympy.I)
    product = sympy.Mul(*[Z - value for value in values])
    return (
        Step(
            "For equal masses the roots of z^4 + z^2 + 9/4 are +-1/sqrt 2 +- i: a quarter of a turn multiplies "
            "disturbances of the shape by exp(pi/(2 sqrt 2)), about 3.",
            reason="Multiplied out.",
            check=Equal(product, Z**4 + Z**2 + sympy.Rational(9, 4)),
        ),
    )


def _rest_step() -> Step:
    turning = sympy.ImmutableMatrix([[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 2], [0, 1, -2, 0]])
    upright = sympy.ImmutableMatrix([[0, 1], [-1, 0]])
    return Step(
        "The rest of the spectrum: +-i twice from the centre of mass, which moves uniformly, in the turning frame; "
        "+-i from each of the two distances perpendicular to the plane of a triangle; 0 twice from the height of the "
        "centre of mass.",
        reason="Characteristic polynomials.",
        check=AllOf(
            (
                CharacteristicPolynomialIs(turning, Z, (Z**2 + 1) ** 2),
                EigenvaluesAre(upright, ((sympy.I, 1), (-sympy.I, 1))),
            )
        ),
    )
