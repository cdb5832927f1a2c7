"""Recurrent networks with one step of memory: the companion polynomial and the Jury triangle."""

import sympy

from symbolic.checks import CharacteristicPolynomialIs, EquivalentTo, JacobianIs
from symbolic.derivation import Derivation, Step
from symbolic.jury import REFERENCE, RootsInUnitDisc

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (49)"


def derive_recurrent_triangle() -> Derivation:
    """x_{k+1} = a x_k + b G(x_{k-1}) + u with slope s = G'(x*): stable iff |a| < 1 - b s and b s > -1."""
    a, b, u, x, y = sympy.symbols("a b u x y", real=True)
    z, c = sympy.Symbol("z"), sympy.Symbol("c", real=True)
    step = sympy.ImmutableMatrix([a * x + b * sympy.tanh(y) + u, x])
    companion = sympy.ImmutableMatrix([[a, c], [1, 0]])
    polynomial = z**2 - a * z - c
    inside = sympy.And(1 - a - c > 0, 1 + a - c > 0, 1 + c > 0)
    steps = (
        Step(
            "On the pairs (x_k, x_{k-1}) the network with one neuron is a map of the plane; this is its Jacobian.",
            reason="Differentiation.",
            reference=_PAPER,
            check=JacobianIs(step, (x, y), sympy.ImmutableMatrix([[a, b * (1 - sympy.tanh(y) ** 2)], [1, 0]])),
        ),
        Step(
            "With c = b G'(x*) its characteristic polynomial is z^2 - a z - c.",
            reason="Determinant.",
            check=CharacteristicPolynomialIs(companion, z, polynomial),
        ),
        Step(
            "Both multipliers lie in the open unit disc exactly inside Jury's triangle.",
            reason="Jury's conditions p(1) > 0, p(-1) > 0, p(0) < 1.",
            reference=REFERENCE,
            check=RootsInUnitDisc(polynomial, z, inside),
        ),
        Step(
            "The triangle is |a| < 1 - c, c > -1.",
            reason="Rewriting.",
            check=EquivalentTo(inside, sympy.And(sympy.Abs(a) < 1 - c, c > -1)),
        ),
    )
    meaning = ((a, "weight of the present state"), (c, "b G'(x*)"), (u, "input C X + bias"))
    return Derivation("One neuron with memory: the stability triangle", meaning, steps)
