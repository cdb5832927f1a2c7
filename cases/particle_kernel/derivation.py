"""The kernel of the network's motion: the identity at finite n, its quadratic form, and when it is degenerate."""

import sympy

from cases.common.particle_loss import SOURCE
from symbolic.checks import AllOf, Definition, Equal, IsRoot, KernelIs, SignIs, at, total
from symbolic.derivation import Derivation, Step

_Y = sympy.symbols("y1 y2", real=True)
_C = sympy.symbols("c1 c2", real=True)
_W = sympy.symbols("w1 w2", positive=True)
_T = sympy.symbols("f1 f2", real=True)
_UNITS = sympy.symbols("g h", cls=sympy.Function)
_N = 2
_SYMBOLS: tuple[tuple[sympy.Basic, str], ...] = (
    *((y, "position of a particle (one coordinate)") for y in _Y),
    *((c, "its charge") for c in _C),
    *((w, "weight of a point of the measure") for w in _W),
    *((t, "value of the target there") for t in _T),
    *((unit(_Y[0]), "unit at a point of the measure") for unit in _UNITS),
)


def _network(p: int) -> sympy.Expr:
    return sympy.Add(*[c * _UNITS[p](y) for c, y in zip(_C, _Y, strict=True)]) / _N


def _kernel(p: int, q: int) -> sympy.Expr:
    """M of the empirical distribution between two points."""
    terms = [
        c**2 * sympy.diff(_UNITS[p](y), y) * sympy.diff(_UNITS[q](y), y) + _UNITS[p](y) * _UNITS[q](y)
        for c, y in zip(_C, _Y, strict=True)
    ]
    return sympy.Add(*terms) / _N


def derive_finite_identity() -> Derivation:
    """(2.37) at finite n, and (2.39), for arbitrary units, two particles and a measure with two points."""
    loss = sympy.Add(*[w * (_T[p] - _network(p)) ** 2 / 2 for p, w in enumerate(_W)])
    speeds = {name: -_N * sympy.diff(loss, name) for name in (*_Y, *_C)}
    rate = sympy.Add(*[sympy.diff(_network(0), name) * speed for name, speed in speeds.items()])
    pulled = -sympy.Add(*[w * _kernel(0, q) * (_network(q) - _T[q]) for q, w in enumerate(_W)])
    r = sympy.symbols("r1 r2", real=True)
    form = sympy.Add(*[_W[p] * _W[q] * r[p] * r[q] * _kernel(p, q) for p in range(2) for q in range(2)])
    images = [sympy.Add(*[_W[p] * r[p] * _UNITS[p](y) for p in range(2)]) for y in _Y]
    squares = [c**2 * sympy.diff(image, y) ** 2 + image**2 for c, y, image in zip(_C, _Y, images, strict=True)]
    name = sympy.Symbol("v")
    return Derivation(
        "The motion of the network at finite n",
        ((name, "time derivative of f_n at the first point"), *_SYMBOLS, *((x, "a function on the points") for x in r)),
        (
            Step(
                "Along the gradient flow (2.1), with both lines written as -n times derivatives of the loss, the "
                "network changes at the first point by the chain rule.",
                reason="Chain rule.",
                check=Definition(name, rate),
            ),
            Step(
                "This is minus the integral of M([rho_n], x, x') (f_n(x') - f(x')): (2.37) holds for the empirical "
                "distribution itself, without a limit.",
                reason="Expansion; sums over more particles, coordinates and points are sums of such terms.",
                reference=f"{SOURCE}, (2.37), (2.38)",
                check=Equal(name, pulled),
            ),
            Step(
                "The quadratic form of M is the mean of c^2 |grad R|^2 + R^2 over the particles, R = integral of "
                "r phi: M is a Gram matrix of the units and their gradients.",
                reason="Expansion.",
                reference=f"{SOURCE}, (2.39), (2.40)",
                check=Equal(form, sympy.Add(*squares) / _N),
            ),
        ),
    )


def derive_rank_bound(particles: int, size: int, rank: int) -> Derivation:
    """n (N + 1) features span the kernel's range: the rank cannot exceed their number."""
    n, dimension, m = sympy.symbols("n N m", integer=True, positive=True)
    return Derivation(
        "How many points a finite network can fit",
        ((n, "number of particles"), (dimension, "directions in which a particle moves"), (m, "number of points")),
        (
            Step(
                "Each particle contributes one row for phi and one for each of the N directions of its gradient, so "
                "M = A^T A / n with a matrix A of n (N + 1) rows, and rank M <= n (N + 1): on more points M is "
                "singular. Particles at one place share rows, and a charge 0 removes the N rows of the gradient.",
                reason="Rank of a product.",
                check=Equal(n * 1 + n * dimension, n * (dimension + 1)),
            ),
            Step(
                f"Here n = {particles} and N = {size}, and the rows that differ are {rank} in number.",
                reason="Counting.",
                check=SignIs(
                    total(
                        at(n * (dimension + 1), (n, sympy.Integer(particles)), (dimension, sympy.Integer(size))), -rank
                    ),
                    ">=",
                ),
            ),
        ),
    )


def derive_support_erratum() -> Derivation:
    """A density without full support: a discriminating unit and an r that M does not see; and one particle."""
    y = sympy.Symbol("y", real=True)
    r1, r2, c = sympy.symbols("r1 r2 c", real=True)
    image = r1 * y**4  # on y > 0 the unit of the second point vanishes
    form = sympy.Integral(c**2 * sympy.diff(image, y) ** 2 + image**2, (y, 0, 1))
    value = r1**2 * (sympy.Rational(16, 7) * c**2 + sympy.Rational(1, 9))
    features = sympy.Matrix([[1, sympy.exp(-2), sympy.exp(-8)], [0, 2 * sympy.exp(-2), 4 * sympy.exp(-8)]])
    null = sympy.Matrix([sympy.exp(-8), -2 * sympy.exp(-6), 1])
    return Derivation(
        "A positive definite M needs a density that is positive everywhere",
        ((y, "position"), (c, "charge"), (r1, "r at the first point"), (r2, "r at the second point")),
        (
            Step(
                "Two points, positions in [-1, 1], phi(x1, y) = y^4 for y > 0 and 0 else, phi(x2, y) = phi(x1, -y): "
                "twice differentiable and discriminating, because R(1) = r1 and R(-1) = r2. With the density uniform "
                "on [0, 1] the form (2.39) does not contain r2: it vanishes for r = (0, 1).",
                reason="Integration.",
                check=AllOf(
                    (
                        Equal(form, value),
                        IsRoot((value,), ((r1, sympy.Integer(0)), (r2, sympy.Integer(1)))),
                    )
                ),
            ),
            Step(
                "At finite n it always fails on enough points: one Gaussian unit exp(-(x - y)^2/2) at y = 0 with "
                "charge 1, on the points 0, 2, 4. The rows of phi and of its gradient have a common null vector.",
                reason="The matrix has rank two on three points; the form is the sum of squares of its rows with r.",
                reference=f"{SOURCE}, (2.39), and (2.50), (3.33) where it is used",
                check=KernelIs(features, null),
            ),
        ),
    )
