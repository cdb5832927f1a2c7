"""Derivations for bodies with pair forces: first integrals, turning triangles and lines, Routh's criterion, erratum."""

import sympy

from cases.three_body.derivation import (
    PAIRS,
    Bodies,
    RelativeEquilibrium,
    balance_polynomial,
    collinear_ratio,
    imbalance_on_line,
    line_coefficient,
    line_squares,
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
    RealRootsAre,
    SignIs,
    at,
    product,
    total,
)
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (29)"
_ROUTH = "E. J. Routh, On Laplace's three particles, Proc. London Math. Soc. 6 (1875)"
_EULER = "L. Euler, De motu rectilineo trium corporum se mutuo attrahentium (1767)"
_RELATIONS = {-1: "<", 0: "==", 1: ">"}
_Z = sympy.Symbol("z")


def derive_invariants(k: sympy.Rational) -> Derivation:
    """Energy, momentum and angular momentum of three bodies in space have zero derivative along the field."""
    m = sympy.symbols("m1:4", positive=True)
    pulls = dict(zip(PAIRS, sympy.symbols("w23 w31 w12", real=True), strict=True))
    x, v = ([sympy.Matrix(_triple(f"{letter}{i}")) for i in (1, 2, 3)] for letter in "xv")
    forces = [sympy.zeros(3, 1) for _ in m]
    stored = sympy.S.Zero  # the derivative of the potentials along the motion
    for (i, j), pull in pulls.items():
        gap = x[j] - x[i]
        forces[i], forces[j] = forces[i] + pull * gap, forces[j] - pull * gap
        stored += pull * (gap.T * (v[j] - v[i]))[0]
    kinetic = sympy.Add(*[mass * (u.T * u)[0] / 2 for mass, u in zip(m, v, strict=True)])
    power = sympy.Add(
        *[sympy.diff(kinetic, v[i][axis]) * forces[i][axis] / mass for i, mass in enumerate(m) for axis in range(3)]
    )
    zero = sympy.ImmutableMatrix([0, 0, 0])
    steps = (
        _potential_step(k),
        Step(
            "The energy is conserved: its derivative along the field, the sum of w_ij (x_j - x_i).(v_j - v_i) over the "
            "pairs and of grad_v E . F_i / m_i over the bodies, is zero.",
            reason="Expansion, for all values of w_ij = c_ij r_ij^-(k+1).",
            reference=_PAPER,
            check=Equal(sympy.Add(stored, power, evaluate=False), sympy.S.Zero),
        ),
        Step(
            "The momentum is conserved: the forces add up to zero.",
            reason="Action and reaction.",
            check=Equal(_change_of_momentum(forces), zero),
        ),
        Step(
            "The angular momentum is conserved: the derivative of sum m_i x_i x v_i is zero.",
            reason="v x v = 0, and the forces of a pair act along the line that joins it.",
            check=Equal(_change_of_spin(m, x, v, forces), zero),
        ),
    )
    symbols = ((sympy.Symbol("w12"), "c_12 r_12^-(k+1), c_12 the strength of the attraction"), (m[0], "mass"))
    return Derivation(f"Conserved quantities for forces c r^-k, k = {k}", symbols, steps)


def _potential_step(k: sympy.Rational) -> Step:
    a, b, c = gap = sympy.symbols("a b c", positive=True)
    square = a**2 + b**2 + c**2
    potential = sympy.log(square) / 2 if k == 1 else -(square ** ((1 - k) / 2)) / (k - 1)
    return Step(
        "The potential of a pair at the distance r = |(a, b, c)| has the gradient r^-(k+1) (a, b, c).",
        reason="Differentiation.",
        check=AllOf(tuple(DerivativeIs(potential, (axis,), axis * square ** (-(k + 1) / 2)) for axis in gap)),
    )


def _triple(name: str) -> list[sympy.Symbol]:
    return [sympy.Symbol(f"{name}{axis}", real=True) for axis in (1, 2, 3)]


def _change_of_momentum(forces: list[sympy.Matrix]) -> sympy.Basic:
    return sympy.ImmutableMatrix([sympy.Add(*[force[axis] for force in forces], evaluate=False) for axis in range(3)])


def _change_of_spin(
    m: tuple[sympy.Symbol, ...], x: list[sympy.Matrix], v: list[sympy.Matrix], f: list[sympy.Matrix]
) -> sympy.Basic:
    change = sympy.zeros(3, 1)
    for mass, place, speed, force in zip(m, x, v, f, strict=True):
        change += mass * speed.cross(speed) + place.cross(force)
    return change.as_immutable()


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
                    IsRoot((_Z**2 + a * _Z + b,), ((_Z, squares[1]),)),
                )
            ),
        ),
        Step(
            f"(3 - k)^2 - 4 (k + 1)^2 X for these bodies. {words.get(side if side is not None else 2, '')}",
            reason="Exact evaluation.",
            reference=_ROUTH,
            check=SignIs(
                total(sympy.Pow(a, 2, evaluate=False), -4 * b), _RELATIONS.get(side if side is not None else 2, "!=")
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
    s = (_Z**2 + 2 * sympy.I * _Z - h) * (_Z**2 - 2 * sympy.I * _Z - h)
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
                    Equal((s - h**2).subs(h, half), _Z**2 * (_Z**2 + 3 - k)),
                    Equal((s - h**2 * (1 - 4 * x)).subs(h, half), _Z**4 + (3 - k) * _Z**2 + (k + 1) ** 2 * x),
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
    product = sympy.Mul(*[_Z - value for value in values])
    return (
        Step(
            "For equal masses the roots of z^4 + z^2 + 9/4 are +-1/sqrt 2 +- i: a quarter of a turn multiplies "
            "disturbances of the shape by exp(pi/(2 sqrt 2)), about 3.",
            reason="Multiplied out.",
            check=Equal(product, _Z**4 + _Z**2 + sympy.Rational(9, 4)),
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
                CharacteristicPolynomialIs(turning, _Z, (_Z**2 + 1) ** 2),
                EigenvaluesAre(upright, ((sympy.I, 1), (-sympy.I, 1))),
            )
        ),
    )


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
                    Equal(squares[1] + squares[2], -(2 + (1 - power) * coefficient)),
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
        check=SignIs(beta - 1, _RELATIONS.get(side if side is not None else 2, "!=")),
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
        check=AllOf((RealRootsAre(polynomial, variable, roots), SignIs(t, ">"))),
    )


def _line_blocks() -> Step:
    k, alpha = sympy.symbols("k alpha")
    block = sympy.ImmutableMatrix([[_Z**2 - 1 - k * alpha, -2 * _Z], [2 * _Z, _Z**2 - 1 + alpha]])
    product = _Z**4 + (2 + (1 - k) * alpha) * _Z**2 + (1 + k * alpha) * (1 - alpha)
    return Step(
        "On a line the linearised equations d'' - 2 J d' - d = (k A d_x, -A d_y) split along the eigenvalues alpha "
        "of A, A d = M w_l d_l - m_l sum w d; alpha = 1 belongs to the size and gives z^2 (z^2 + 3 - k).",
        reason="Determinant.",
        check=AllOf(
            (
                Equal(sympy.Determinant(block), product),
                Equal(product.subs(alpha, 1), _Z**2 * (_Z**2 + 3 - k)),
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


def derive_gas_erratum() -> Derivation:
    """With f = (x1, x2, x3, 0, 0, 0) positions grow like e^t whatever the forces; (x4, x5, x6, 0, 0, 0) is right."""
    t = sympy.Symbol("t", real=True)
    x = sympy.symbols("x1:7", real=True)
    start = sympy.Symbol("c", real=True)
    force = sympy.symbols("F4:7", real=True)
    printed, right = (sympy.Matrix([*x[k : k + 3], *force]) for k in (0, 3))
    place, speed = sympy.Symbol("x", positive=True), sympy.Symbol("v", real=True)
    energy = speed**2 / 2 - 1 / place
    pull = sympy.Derivative(energy, speed) * (-1 / place**2)
    change = {
        name: sympy.Derivative(energy, place) * moving + pull for name, moving in (("printed", place), ("right", speed))
    }
    moved = sympy.exp(t) * start
    steps = (
        Step(
            "As printed, x_1' = x_1, x_2' = x_2, x_3' = x_3: the positions are c e^t, whatever the velocities and the "
            "forces are.",
            reason="Differentiation of the solution.",
            reference=_PAPER,
            check=DerivativeIs(moved, (t,), moved),
        ),
        Step(
            "The printed field stretches volumes in the phase space at the rate 3, while a collision-less gas keeps "
            "them (Liouville); the corrected field has divergence 0.",
            reason="Divergence; the forces do not depend on the velocities.",
            check=AllOf((Equal(_divergence(printed, x), sympy.Integer(3)), Equal(_divergence(right, x), sympy.S.Zero))),
        ),
        Step(
            "For a particle at the distance x from a fixed unit mass the energy v^2/2 - 1/x changes as printed at the "
            "rate (x - v)/x^2, which is 1 for a particle at rest at x = 1; with the corrected field it is conserved.",
            reason="Lie derivatives.",
            check=AllOf(
                (
                    Equal(change["printed"], (place - speed) / place**2),
                    Equal(change["right"], sympy.S.Zero),
                    Equal(at((place - speed) / place**2, (place, sympy.S.One), (speed, sympy.S.Zero)), sympy.S.One),
                )
            ),
        ),
    )
    return Derivation("Positions must follow the velocities: f = (x4, x5, x6, 0, 0, 0)", (), steps)


def _divergence(field: sympy.Matrix, x: tuple[sympy.Symbol, ...]) -> sympy.Expr:
    return sympy.Add(*[sympy.Derivative(entry, symbol) for entry, symbol in zip(field, x, strict=True)])
