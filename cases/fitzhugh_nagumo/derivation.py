"""Diffusively coupled van der Pol / FitzHugh-Nagumo oscillators at rest: blocks, Hopf bifurcation, its amplitude."""

import sympy

from symbolic.checks import AllOf, CharacteristicPolynomialIs, DerivativeIs, EigenvaluesAre, Equal, IsRoot, JacobianIs
from symbolic.derivation import Derivation, Step
from symbolic.routh_hurwitz import REFERENCE, RootsInLeftHalfPlane

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (32)"


def derive_block_hopf(oscillators: int) -> Derivation:
    """At rest the system splits into one synchronous and M - 1 transverse blocks, which undergo Hopf at K = 1."""
    k, eps, z = sympy.Symbol("K", real=True), sympy.Symbol("epsilon", positive=True), sympy.Symbol("z")
    states = [(sympy.Symbol(f"x{i}", real=True), sympy.Symbol(f"y{i}", real=True)) for i in range(1, oscillators + 1)]
    field = coupled_field(states, k, eps)
    flat = tuple(symbol for pair in states for symbol in pair)
    jacobian = sympy.ImmutableMatrix([[sympy.diff(f, s) for s in flat] for f in field])
    at_rest = sympy.ImmutableMatrix(jacobian.subs(dict.fromkeys(flat, 0)))
    change = _difference_coordinates(oscillators)
    synchronous, transverse = block(sympy.Integer(0), eps), block(k, eps)
    blocks = sympy.ImmutableMatrix(sympy.diag(synchronous, *[transverse] * (oscillators - 1)))
    steps = (
        Step(
            "The Jacobian of the coupled oscillators.",
            reason="Differentiation.",
            reference=_PAPER,
            check=JacobianIs(sympy.ImmutableMatrix(field), flat, jacobian),
        ),
        Step(
            "In the mean and the differences to the first oscillator, at rest, it is block diagonal: one synchronous "
            "block without K and M - 1 equal transverse blocks.",
            reason="The coupling vanishes on equal states and contracts differences with the rate K.",
            check=Equal(sympy.MatMul(change.inv().as_immutable(), at_rest, change, evaluate=False), blocks),
        ),
        Step(
            "The synchronous block has trace 1 > 0: the state of rest is unstable for every K.",
            reason="Characteristic polynomial.",
            check=CharacteristicPolynomialIs(synchronous, z, z**2 - z + eps),
        ),
        Step(
            "A transverse block has trace 1 - K and determinant epsilon.",
            reason="Characteristic polynomial.",
            check=CharacteristicPolynomialIs(transverse, z, z**2 + (k - 1) * z + eps),
        ),
        Step(
            "It is stable exactly for K > 1.",
            reason="Hurwitz.",
            reference=REFERENCE,
            check=RootsInLeftHalfPlane(z**2 + (k - 1) * z + eps, z, sympy.And(k > 1, eps > 0)),
        ),
        Step(
            "At K = 1 its eigenvalues are purely imaginary.",
            reason="The trace vanishes.",
            check=EigenvaluesAre(
                block(sympy.Integer(1), eps), ((sympy.I * sympy.sqrt(eps), 1), (-sympy.I * sympy.sqrt(eps), 1))
            ),
        ),
        Step(
            "They cross the imaginary axis with the speed -1/2: with K = 1 a pair undergoes a Hopf bifurcation.",
            reason="The real part of a complex pair is half the trace.",
            reference="J. Guckenheimer, P. Holmes, Nonlinear Oscillations, Theorem 3.4.2",
            check=DerivativeIs((1 - k) / 2, (k,), -sympy.Rational(1, 2)),
        ),
        *_amplitude_steps(k),
    )
    meaning = ((k, "coupling strength"), (eps, "separation of time scales"))
    return Derivation(f"Hopf bifurcation of {oscillators} coupled oscillators at rest", meaning, steps)


def coupled_field(states: list[tuple[sympy.Symbol, sympy.Symbol]], k: sympy.Expr, eps: sympy.Expr) -> list[sympy.Expr]:
    """x_i' = y_i - x_i^3/3 + x_i + K/M sum_j (x_j - x_i), y_i' = -epsilon x_i."""
    field = []
    for x, y in states:
        coupling = sum((other - x for other, _ in states), sympy.Integer(0))
        field += [y - x**3 / 3 + x + k / len(states) * coupling, -eps * x]
    return field


def block(k: sympy.Expr, eps: sympy.Expr) -> sympy.ImmutableMatrix:
    """The linearisation at rest of a mode that the coupling damps with the rate k."""
    return sympy.ImmutableMatrix([[1 - k, 1], [-eps, 0]])


def largest_real_part(k: sympy.Expr, eps: sympy.Expr) -> sympy.Expr:
    """Of the eigenvalues of `block(k, eps)`, for rational k and eps."""
    trace = 1 - k
    discriminant = trace**2 - 4 * eps
    return trace / 2 if discriminant <= 0 else (trace + sympy.sqrt(discriminant)) / 2


def _difference_coordinates(oscillators: int) -> sympy.ImmutableMatrix:
    """Columns: the mean of all, then each oscillator's difference to the first."""
    columns = sympy.zeros(oscillators, oscillators)
    for i in range(oscillators):
        columns[i, 0] = 1
        if i:
            columns[i, i], columns[0, i] = 1, -1
    return sympy.ImmutableMatrix(sympy.kronecker_product(columns, sympy.eye(2)))


def _amplitude_steps(k: sympy.Symbol) -> tuple[Step, ...]:
    """Two oscillators in antiphase: u' = v - u^3/3 + (1 - K) u, v' = -epsilon u."""
    r, t, u = sympy.Symbol("r", positive=True), sympy.Symbol("t", real=True), sympy.Symbol("u", real=True)
    growth = (1 - k) * u - u**3 / 3
    mean = sympy.Integral(sympy.cos(t) * growth.subs(u, r * sympy.cos(t)), (t, 0, 2 * sympy.pi)) / (2 * sympy.pi)
    averaged = (1 - k) * r / 2 - r**3 / 8
    amplitude = 2 * sympy.sqrt(1 - k)
    return (
        Step(
            "On the invariant space of two oscillators in antiphase the averaged amplitude obeys r' = (1 - K) r/2 - "
            "r^3/8: the cubic coefficient is negative, the bifurcation supercritical.",
            reason="Averaging over u = r cos t, v = -r sin t sqrt(epsilon).",
            reference="J. Guckenheimer, P. Holmes, Nonlinear Oscillations, (3.4.11): a = f_uuu / 16 = -1/8",
            check=AllOf(
                (
                    Equal(mean, averaged),
                    DerivativeIs(-(u**3) / 3, (u, u, u), sympy.Integer(-2)),
                )
            ),
        ),
        Step(
            "For K < 1 it has the amplitude 2 sqrt(1 - K) to first order.",
            reason="A zero of the averaged equation.",
            check=IsRoot((averaged,), ((r, amplitude),)),
        ),
    )
