"""Bodies with pair forces c r^-k in exact arithmetic: conserved quantities, relative equilibria and their spectra.

m_i x_i'' = sum_j c_ij (x_j - x_i) / |x_j - x_i|^(k + 1); c_ij > 0 attracts. Newton's law is c_ij = m_i m_j, k = 2.
Time is measured so that relative equilibria turn with the angular velocity 1.
"""

import functools
from dataclasses import dataclass
from typing import final

import mpmath
import sympy

from foundation import InputError
from symbolic.prove_sign import number_sign

Triple = tuple[sympy.Expr, sympy.Expr, sympy.Expr]
PAIRS = ((1, 2), (2, 0), (0, 1))  # the pair opposite to each body
RELATIONS = {-1: "<", 0: "==", 1: ">"}  # what a sign says of a difference
Z = sympy.Symbol("z")  # the unknown of characteristic polynomials


@final
@dataclass(frozen=True)
class Bodies:
    """Three masses, the strengths (c_23, c_31, c_12) of attraction of the opposite pairs, and the exponent k > -1."""

    masses: Triple
    strengths: Triple
    exponent: sympy.Rational

    @property
    def total(self) -> sympy.Expr:
        """The total mass."""
        return sympy.Add(*self.masses)

    @property
    def pulls(self) -> Triple:
        """C_l = M c_jk / (m_j m_k), so that a pair at the distance r falls together like C_l r^-k in its field."""
        first, second, third = (
            self.total * c / (self.masses[i] * self.masses[j]) for c, (i, j) in zip(self.strengths, PAIRS, strict=True)
        )
        return first, second, third


@final
@dataclass(frozen=True)
class RelativeEquilibrium:
    """Sides (r_23, r_31, r_12) and positions of the three bodies in the plane, at the angular velocity `rate`."""

    sides: Triple
    points: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    momentum: sympy.Expr
    rate: sympy.Expr


def triangle(bodies: Bodies) -> RelativeEquilibrium:
    """The triangle with r_l^(k+1) = C_l, at the angular velocity 1; raises `InputError` where there is none.

    Every body is then pulled by the force m_i times its distance from the centre of mass. Equilateral (Lagrange) when
    the strengths are products of the masses.
    """
    if any(number_sign(c) != 1 for c in bodies.strengths):
        raise InputError(
            "a triangle turns as a whole only if all three pairs attract each other: m_i m_j - q_i q_j must be above 0 "
            f"for all pairs, but is {', '.join(str(c) for c in bodies.strengths)}; change the charges"
        )
    root = 1 / (bodies.exponent + 1)
    sides = (bodies.pulls[0] ** root, bodies.pulls[1] ** root, bodies.pulls[2] ** root)
    if any(number_sign(sum(sides) - 2 * side) != 1 for side in sides):
        lengths = ", ".join(f"{float(side):.4g}" for side in sides)
        raise InputError(
            f"the attractions ask for a triangle with sides {lengths}, which no triangle has; use configuration=line"
        )
    return RelativeEquilibrium(sides, _corners(sides), moment_of_inertia(bodies, sides), sympy.S.One)


def _corners(sides: Triple) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
    r23, r31, r12 = sides
    x3 = (r12**2 + r31**2 - r23**2) / (2 * r12)
    return (sympy.S.Zero, sympy.S.Zero), (r12, sympy.S.Zero), (x3, sympy.sqrt(r31**2 - x3**2))


def moment_of_inertia(bodies: Bodies, sides: Triple) -> sympy.Expr:
    """sum of m_i m_j r_ij^2 / M, about the centre of mass."""
    terms = [bodies.masses[i] * bodies.masses[j] * side**2 for side, (i, j) in zip(sides, PAIRS, strict=True)]
    return sympy.Add(*terms) / bodies.total


def sine_sum(bodies: Bodies, sides: Triple) -> sympy.Expr:
    """X = sum of m_i m_j sin^2(angle opposite to r_ij) / M^2; 3 (m1 m2 + m2 m3 + m3 m1) / (4 M^2) for equal sides."""
    if len(set(sides)) == 1:
        return sympy.Rational(3, 4) * sum(bodies.masses[i] * bodies.masses[j] for i, j in PAIRS) / bodies.total**2
    squares = [side**2 for side in sides]
    terms = []
    for l, (i, j) in enumerate(PAIRS):
        cosine = (squares[i] + squares[j] - squares[l]) / (2 * sides[i] * sides[j])
        terms.append(bodies.masses[i] * bodies.masses[j] * (1 - cosine**2))
    return sympy.Add(*terms) / bodies.total**2


@functools.lru_cache(maxsize=16)
def collinear_ratio(bodies: Bodies) -> sympy.Expr:
    """t = r_23 / r_12 of the bodies in the order 1, 2, 3 on a turning line (Euler).

    The one positive root: exact where k is whole and where the outer bodies are alike, else a SymPy float (an
    estimate, by a search). Raises `InputError` where there is none or several, or the forces do not pull inwards.
    """
    found = _whole_roots(bodies) if bodies.exponent.q == 1 else _searched_roots(bodies)
    inward = [root for root in found if _is_positive(squared_rate(bodies, root))]
    if len(inward) != 1:
        raise InputError(
            f"there are {len(inward)} turning lines with the bodies in the order 1, 2, 3, not one; change the charges "
            "or the order of the bodies"
        )
    return inward[0]


def _is_positive(value: sympy.Expr) -> bool:
    return bool(value > 0) if value.has(sympy.Float) else number_sign(value) == 1


def is_mirrored(bodies: Bodies) -> bool:
    """Whether the outer bodies 1 and 3 are alike: then t = 1 is balanced, whatever the exponent is."""
    return bodies.masses[0] == bodies.masses[2] and bodies.strengths[0] == bodies.strengths[2]


def _whole_roots(bodies: Bodies) -> list[sympy.Expr]:
    t = sympy.Symbol("t", real=True)
    polynomial = sympy.Poly(balance_polynomial(bodies, t), t)
    if polynomial.is_zero:
        raise InputError("every ratio of the distances is balanced: the forces are linear; choose another exponent")
    return [root for root in dict.fromkeys(polynomial.real_roots()) if number_sign(root) == 1]


def _searched_roots(bodies: Bodies) -> list[sympy.Expr]:
    """Sign changes of the imbalance on a grid from 10^-9 to 10^9, refined to 30 digits; 1 exactly where it is one."""
    t = sympy.Symbol("t", positive=True)
    imbalance = sympy.lambdify(t, imbalance_on_line(bodies, t), "mpmath")
    with mpmath.workdps(50):
        grid = [mpmath.mpf(10) ** (mpmath.mpf(k) / 16 + mpmath.mpf(1) / 37) for k in range(-144, 145)]
        signs = [mpmath.sign(imbalance(place)) for place in grid]
        brackets = [grid[k : k + 2] for k in range(len(grid) - 1) if signs[k] * signs[k + 1] < 0]
        found = [mpmath.findroot(imbalance, bracket, solver="anderson", verify=False) for bracket in brackets]
        near_one = [is_mirrored(bodies) and abs(root - 1) < mpmath.mpf(10) ** -20 for root in found]
        return [sympy.Integer(1) if one else sympy.Float(root, 40) for root, one in zip(found, near_one, strict=True)]


def balance_polynomial(bodies: Bodies, t: sympy.Symbol) -> sympy.Expr:
    """A polynomial in t whose positive roots are the ratios at which both distances turn with one velocity."""
    return sympy.expand(sympy.fraction(sympy.together(imbalance_on_line(bodies, t)))[0])


def weights_on_line(bodies: Bodies, t: sympy.Expr) -> Triple:
    """C_l r_l^-(k+1) / M of the pairs for r_12 = 1, r_23 = t."""
    power = -(bodies.exponent + 1)
    first, second, third = bodies.pulls
    m = bodies.total
    return first * t**power / m, second * (1 + t) ** power / m, third / m


def _shift(weights: Triple, t: sympy.Expr) -> sympy.Expr:
    """sum of w_l q_l for q_3 = 1, q_1 = t, q_2 = -(1 + t)."""
    return weights[2] + weights[0] * t - weights[1] * (1 + t)


def squared_rate(bodies: Bodies, t: sympy.Expr) -> sympy.Expr:
    """The square of the angular velocity at r_12 = 1 that the distance r_12 asks for; positive where it is inwards."""
    weights = weights_on_line(bodies, t)
    return bodies.total * weights[2] - bodies.masses[2] * _shift(weights, t)


def imbalance_on_line(bodies: Bodies, t: sympy.Expr) -> sympy.Expr:
    """The difference of the squared rates that the two neighbouring distances ask for, times t."""
    weights = weights_on_line(bodies, t)
    return t * squared_rate(bodies, t) - (bodies.total * weights[0] * t - bodies.masses[0] * _shift(weights, t))


def collinear(bodies: Bodies) -> RelativeEquilibrium:
    """The bodies 1, 2, 3 on a turning line.

    The angular velocity is 1 where the ratio t is rational or k = 3; otherwise the angular momentum is a rational
    number near the one that belongs to the angular velocity 1. All numbers are estimates where t is one.
    """
    t, k = collinear_ratio(bodies), bodies.exponent
    unit = (t, 1 + t, sympy.S.One)
    size = squared_rate(bodies, t) ** (1 / (k + 1))  # r_12 at the angular velocity 1
    inertia = moment_of_inertia(bodies, unit)
    momentum, rate = inertia * size**2, sympy.S.One
    if not t.is_Rational and k != 3:
        whole = sympy.Rational(str(momentum.evalf(30))).limit_denominator(2**20)
        # at the angular velocity w all sides are w^(-2/(k+1)) times as long: momentum = w^(1 - 4/(k+1)) times as large
        rate, momentum = (whole / momentum) ** ((k + 1) / (k - 3)), whole
        size *= rate ** (-2 / (k + 1))
    first = (sympy.S.Zero, sympy.S.Zero)
    points = (first, (size, sympy.S.Zero), (size * (1 + t), sympy.S.Zero))
    return RelativeEquilibrium((size * t, size * (1 + t), size), points, momentum, rate)


def line_coefficient(bodies: Bodies, t: sympy.Expr) -> sympy.Expr:
    """beta = sum of (m_j + m_k) w_l / w^2 - 1: the pairs of eigenvalues across the shape solve `line_quartic`."""
    weights = weights_on_line(bodies, t)
    total = sum((bodies.total - bodies.masses[l]) * weights[l] for l in range(3))
    return total / squared_rate(bodies, t) - 1


def triangle_squares(k: sympy.Expr, sines: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The squares of the eigenvalues of a triangle on its level of the integrals: k - 3, and the two of the quartic."""
    return (k - 3, *_quadratic_roots(3 - k, (k + 1) ** 2 * sines))


def line_squares(k: sympy.Expr, beta: sympy.Expr) -> tuple[sympy.Expr, ...]:
    """The squares of the eigenvalues of a line on its level of the integrals."""
    return (k - 3, *_quadratic_roots(2 + (1 - k) * beta, (1 + k * beta) * (1 - beta)))


def _quadratic_roots(a: sympy.Expr, b: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    root = sympy.sqrt(a**2 - 4 * b)
    return (-a + root) / 2, (-a - root) / 2


def largest_real_part(squares: tuple[sympy.Expr, ...]) -> sympy.Expr:
    """Of the square roots of numbers that are real or the two conjugate solutions of a real quadratic equation."""
    first, second, third = squares
    radicand = sympy.expand((second - third) ** 2)
    parts = [sympy.sqrt(first)] if number_sign(first) == 1 else []
    if number_sign(radicand) == -1:
        modulus, real = sympy.sqrt(sympy.simplify(sympy.expand(second * third))), sympy.expand((second + third) / 2)
        parts.append(sympy.sqrt((modulus + real) / 2))
    else:
        parts += [sympy.sqrt(value) for value in (second, third) if number_sign(value) == 1]
    return max(parts, key=lambda part: part.evalf(30)) if parts else sympy.S.Zero


def reduced_field(bodies: Bodies, momentum: sympy.Expr) -> tuple[tuple[sympy.Expr, ...], tuple[sympy.Symbol, ...]]:
    """The planar system of three bodies without translations and rotations, at this angular momentum: (field, symbols).

    (r, 0) is the second body seen from the first and (a, b) the third one seen from their centre of mass, in a frame
    that turns with the first two; u, v, w are the velocities of r, and of (a, b) in a frame at rest.
    """
    r, a, b, u, v, w = symbols = sympy.symbols("r a b u v w", real=True)
    m1, m2, m3 = bodies.masses
    pair, k = m1 + m2, bodies.exponent
    inner, outer = m1 * m2 / pair, m3 * pair / bodies.total
    turning = (momentum - outer * (a * w - b * v)) / (inner * r**2)
    from_first, from_second = (a + m2 / pair * r, b), (a - m1 / pair * r, b)

    def force(strength: sympy.Expr, gap: tuple[sympy.Expr, sympy.Expr]) -> tuple[sympy.Expr, sympy.Expr]:
        scale = strength * (gap[0] ** 2 + gap[1] ** 2) ** (-(k + 1) / 2)
        return scale * gap[0], scale * gap[1]

    pull13, pull23 = force(bodies.strengths[1], from_first), force(bodies.strengths[0], from_second)
    along = bodies.strengths[2] * r ** (-k)
    field = (
        u,
        v + turning * b,
        w - turning * a,
        r * turning**2 - along / inner + pull23[0] / m2 - pull13[0] / m1,
        turning * w - (pull13[0] + pull23[0]) / outer,
        -turning * v - (pull13[1] + pull23[1]) / outer,
    )
    return field, symbols


def heaviest_first(bodies: Bodies, state: RelativeEquilibrium) -> tuple[Bodies, RelativeEquilibrium]:
    """The same turning bodies, numbered by falling masses: a light pair makes the reduced system ill-conditioned."""
    order = sorted(range(3), key=lambda i: -bodies.masses[i])
    moved = Bodies(_picked(bodies.masses, order), _picked(bodies.strengths, order), bodies.exponent)
    sides = _picked(state.sides, order)
    if any(y != 0 for _, y in state.points):
        return moved, RelativeEquilibrium(sides, _corners(sides), state.momentum, state.rate)
    places = [state.points[i][0] for i in order]
    side = 1 if _is_positive(places[1] - places[0]) else -1
    points = tuple((side * place, sympy.S.Zero) for place in places)
    return moved, RelativeEquilibrium(sides, points, state.momentum, state.rate)


def _picked(values: Triple, order: list[int]) -> Triple:
    return values[order[0]], values[order[1]], values[order[2]]


def reduced_point(bodies: Bodies, state: RelativeEquilibrium) -> tuple[sympy.Expr, ...]:
    """The relative equilibrium in the coordinates of `reduced_field`."""
    m1, m2, _ = bodies.masses
    (x1, _), (x2, _), (x3, y3) = state.points
    a, b = x3 - (m1 * x1 + m2 * x2) / (m1 + m2), y3
    return x2 - x1, a, b, sympy.S.Zero, -state.rate * b, state.rate * a
