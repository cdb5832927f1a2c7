"""Derivations for bodies with pair forces: their first integrals, and an erratum."""

import sympy

from cases.three_body.derivation import (
    PAIRS,
)
from symbolic.checks import (
    AllOf,
    DerivativeIs,
    Equal,
    at,
)
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (29)"


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
