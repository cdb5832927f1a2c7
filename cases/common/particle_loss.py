"""The loss of a shallow network as an interaction potential: expansion, gradient flow, and four slips of the source."""

import sympy

from symbolic.checks import AllOf, Definition, DerivativeIs, Equal, SignIs, at
from symbolic.derivation import Derivation, Step

SOURCE = "Rotskoff, Vanden-Eijnden, Neural networks as interacting particle systems"

_Y = sympy.symbols("y1 y2", real=True)
_C = sympy.symbols("c1 c2", real=True)
_W = sympy.symbols("w1 w2", positive=True)  # weights of a measure with two points
_T = sympy.symbols("f1 f2", real=True)  # values of the target there
_UNITS = sympy.symbols("g h", cls=sympy.Function)  # phi(x_p, .) as functions of the position
_N = 2


def _unit(place: int, position: sympy.Expr) -> sympy.Expr:
    return _UNITS[place](position)


def _network(place: int) -> sympy.Expr:
    return sum((c * _unit(place, y) for c, y in zip(_C, _Y, strict=True)), sympy.Integer(0)) / _N


def _loss() -> sympy.Expr:
    return sum((w * (_T[p] - _network(p)) ** 2 / 2 for p, w in enumerate(_W)), sympy.Integer(0))


def _force(y: sympy.Expr) -> sympy.Expr:
    return sum((w * _T[p] * _unit(p, y) for p, w in enumerate(_W)), sympy.Integer(0))


def _kernel(y: sympy.Expr, z: sympy.Expr) -> sympy.Expr:
    return sum((w * _unit(p, y) * _unit(p, z) for p, w in enumerate(_W)), sympy.Integer(0))


def _expanded() -> sympy.Expr:
    constant = sum((w * _T[p] ** 2 / 2 for p, w in enumerate(_W)), sympy.Integer(0))
    linear = sum((c * _force(y) for c, y in zip(_C, _Y, strict=True)), sympy.Integer(0)) / _N
    pairs = [(i, j) for i in range(_N) for j in range(_N)]
    quadratic = sum((_C[i] * _C[j] * _kernel(_Y[i], _Y[j]) for i, j in pairs), sympy.Integer(0))
    return constant - linear + quadratic / (2 * _N**2)


def _velocity() -> tuple[sympy.Expr, sympy.Expr]:
    """The right-hand side of (2.1) for the first particle: position, charge."""
    z = sympy.Symbol("z", real=True)
    slope = sympy.diff(_force(z), z).subs(z, _Y[0])
    pull = sum((_C[j] * sympy.diff(_kernel(z, _Y[j]), z).subs(z, _Y[0]) for j in range(_N)), sympy.Integer(0)) / _N
    pair = sum((_C[j] * _kernel(_Y[0], _Y[j]) for j in range(_N)), sympy.Integer(0)) / _N
    return _C[0] * (slope - pull), _force(_Y[0]) - pair


_SYMBOLS: tuple[tuple[sympy.Basic, str], ...] = (
    *((y, "position of a particle (one coordinate)") for y in _Y),
    *((c, "its charge") for c in _C),
    *((w, "weight of a point of the measure") for w in _W),
    *((t, "value of the target there") for t in _T),
    *((unit(_Y[0]), "unit at a point of the measure") for unit in _UNITS),
)


def derive_loss_expansion() -> Derivation:
    """(1.3), (1.4) and (2.1) for arbitrary units, two particles, and a measure with two points.

    Every term of the loss involves at most two particles, one coordinate and one point of the measure: sums over more
    of them are sums of such terms.
    """
    loss = sympy.Symbol("L")
    position, charge = _velocity()
    return Derivation(
        "The loss as a potential, and its gradient flow",
        ((loss, "the loss"), *_SYMBOLS),
        (
            Step("The loss of two particles over two points.", reason="(1.2).", check=Definition(loss, _loss())),
            Step(
                "It is C_f - (1/n) sum c_i F(y_i) + 1/(2 n^2) sum c_i c_j K(y_i, y_j).",
                reason="Expansion of the square; (1.4) defines F and K.",
                reference=f"{SOURCE}, (1.3), (1.4)",
                check=Equal(loss, _expanded()),
            ),
            Step(
                "The right-hand sides of (2.1) are -n times the derivatives of the loss: gradient flow of n loss.",
                reason="Differentiation of the square, not of its expansion.",
                reference=f"{SOURCE}, (2.1), (2.2)",
                check=AllOf(
                    (
                        DerivativeIs(-_N * loss, (_Y[0],), position),
                        DerivativeIs(-_N * loss, (_C[0],), charge),
                    )
                ),
            ),
        ),
    )


def derive_batch_loss_erratum() -> Derivation:
    """f(x) = x, f_n = 0, the uniform measure on [0, 1], one sample: the mean of (1.19) is twice the loss."""
    x = sympy.Symbol("x", real=True)
    mean, loss = sympy.Symbol("E"), sympy.Symbol("L")
    return Derivation(
        "The factor 1/2 of the loss over a training set",
        ((x, "place"), (mean, "the mean of (1.19) over the training set"), (loss, "the loss (1.2)")),
        (
            Step(
                "The loss (1.2) of f(x) = x and f_n = 0 for the uniform measure on [0, 1].",
                reason="(1.2).",
                check=Definition(loss, sympy.Integral(x**2 / 2, (x, 0, 1))),
            ),
            Step(
                "All summands of (1.19) have the same law, so its mean is the mean of one of them, for every P.",
                reason="Linearity of the mean.",
                check=Definition(mean, sympy.Integral(x**2, (x, 0, 1))),
            ),
            Step(
                "The mean of (1.19) is 1/3 and the loss that it should approximate is 1/6.",
                reason="Integration.",
                reference=f"{SOURCE}, (1.19)",
                check=AllOf(
                    (Equal(mean, sympy.Rational(1, 3)), Equal(loss, sympy.Rational(1, 6)), Equal(mean / 2, loss))
                ),
            ),
        ),
    )


_MASS = sympy.symbols("r1 r2", positive=True)
_FORCES = sympy.symbols("F1 F2", real=True)
_KERNELS = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"K{min(i, j) + 1}{max(i, j) + 1}", real=True))


def _energy() -> sympy.Expr:
    """(2.11) of a density with masses r_i at (y_i, c_i)."""
    indices = range(2)
    linear = sum((_C[i] * _FORCES[i] * _MASS[i] for i in indices), sympy.Integer(0))
    pairs = [(i, j) for i in indices for j in indices]
    return -linear + sum((_C[i] * _C[j] * _KERNELS[i, j] * _MASS[i] * _MASS[j] for i, j in pairs), sympy.Integer(0)) / 2


def _mean_force() -> sympy.Expr:
    return sum((_C[j] * _KERNELS[0, j] * _MASS[j] for j in range(2)), sympy.Integer(0))


def derive_variation_erratum() -> Derivation:
    """The first variation of (2.11) is c (F_0 - F): the factor c is missing in (2.12)."""
    energy, c = sympy.Symbol("E0"), _C[0]
    gap = _mean_force() - _FORCES[0]
    charge, field = sympy.symbols("c g", real=True)
    return Derivation(
        "The first variation of the energy",
        ((energy, "the energy (2.11)"), *((r, "mass of the density at a particle") for r in _MASS), (charge, "charge")),
        (
            Step("The energy (2.11) of masses at two places.", reason="(2.11).", check=Definition(energy, _energy())),
            Step(
                "Its derivative by the mass at (y1, c1) is c1 (F_0(y1) - F(y1)), F_0 = sum of c_j K r_j.",
                reason="Differentiation.",
                check=DerivativeIs(energy, (_MASS[0],), c * gap),
            ),
            Step(
                "The printed right-hand side lacks c: with g = F_0 - F, a function of the position alone, the two "
                "differ by (c - 1) g. The charge equation in (2.10) takes the derivative by c: it is F_0 - F for the "
                "correct variation, and 0 for the printed one.",
                reason="Subtraction; differentiation.",
                reference=f"{SOURCE}, (2.12)",
                check=AllOf(
                    (
                        Equal(charge * field - field, (charge - 1) * field),
                        DerivativeIs(charge * field, (charge,), field),
                        DerivativeIs(field, (charge,), sympy.Integer(0)),
                    )
                ),
            ),
        ),
    )


def derive_mean_force_erratum() -> Derivation:
    """F_0 needs K: with its gradient the Gaussian kernel gives 0 at coinciding positions, where F_0 = c."""
    y, z, c = sympy.symbols("y z c", real=True)
    kernel = sympy.exp(-((y - z) ** 2) / 2)
    energy, mass = sympy.Symbol("E0"), sympy.Symbol("r", positive=True)
    return Derivation(
        "K, not its gradient, in the definition of F_0",
        ((y, "position"), (z, "another"), (c, "charge"), (mass, "mass of the density at (y, c)")),
        (
            Step(
                "One particle, F = 0, K(y, z) = exp(-(y - z)^2/2): the energy (2.11).",
                reason="(2.11) with K(y, y) = 1.",
                check=Definition(energy, c**2 * kernel.subs(z, y) * mass**2 / 2),
            ),
            Step(
                "Its derivative by the mass is c times c K(y, y) r = c^2 r, not zero for c != 0.",
                reason="Differentiation.",
                check=AllOf((DerivativeIs(energy, (mass,), c * (c * mass)), SignIs((c**2 * mass).subs(c, 1), ">"))),
            ),
            Step(
                "With the gradient of K, as printed, F_0(y) = c r dK(y, z)/dy at z = y is zero.",
                reason="Differentiation.",
                reference=f"{SOURCE}, (2.13)",
                check=Equal(c * mass * at(sympy.Derivative(kernel, y), (z, y)), sympy.Integer(0)),
            ),
        ),
    )


def derive_drift_erratum() -> Derivation:
    """The drift of (3.13) must be -n grad loss: with the printed sign the loss grows."""
    slope, n = sympy.Symbol("g", real=True, nonzero=True), sympy.Symbol("n", positive=True)
    _, charge = _velocity()
    loss = sympy.Symbol("L")
    return Derivation(
        "The sign of the drift",
        ((slope, "a derivative of the loss, not zero"), (n, "number of particles"), (loss, "the loss"), *_SYMBOLS),
        (
            Step("The loss of two particles over two points.", reason="(1.2).", check=Definition(loss, _loss())),
            Step(
                "The drift of C_1 in (3.15) is -n times the derivative of the loss.",
                reason="Differentiation.",
                check=DerivativeIs(-_N * loss, (_C[0],), charge),
            ),
            Step(
                "Along dZ = -n grad(loss) dt the loss changes at the rate -n |grad|^2 < 0; along the printed drift "
                "+n grad(loss) it grows at the rate n |grad|^2 > 0 wherever the gradient does not vanish.",
                reason="Chain rule, in each coordinate.",
                reference=f"{SOURCE}, (3.13)",
                check=AllOf((SignIs(slope * (-n * slope), "<"), SignIs(slope * (n * slope), ">"))),
            ),
        ),
    )
