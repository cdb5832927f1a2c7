"""Multiplicative weights at a Nash equilibrium: exact multipliers of simultaneous and alternating play."""

from typing import Any

import sympy

from cases.common.matrix_games import (
    NashEquilibrium,
    coordinates,
    full_strategies,
    nash_equilibrium,
    reduced_point,
    replicator_jacobian,
)
from symbolic.checks import AllOf, CharacteristicPolynomialIs, Equal, SignIs, TaylorIs
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import largest, largest_modulus

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.4"
_BAILEY = "J. P. Bailey, G. Piliouras, Multiplicative weights update in zero-sum games, EC (2018)"


def weights_map(
    a: sympy.MatrixBase, b: sympy.MatrixBase, rate: sympy.Expr, symbols: tuple[sympy.Expr, ...], alternating: bool
) -> tuple[sympy.Expr, ...]:
    """One round in the coordinates: x_i e^{eta (A y)_i} normalised, then y_j e^{eta (B x)_j}, with the new x or not."""
    x, y = full_strategies(a, symbols)
    new_x = _weighted(x, rate * a * y)
    new_y = _weighted(y, rate * b * (new_x if alternating else x))
    return (*new_x[:-1], *new_y[:-1])


def _weighted(shares: sympy.Matrix, gains: sympy.Matrix) -> sympy.Matrix:
    weights = sympy.Matrix([share * sympy.exp(gain) for share, gain in zip(shares, gains, strict=True)])
    return weights / sum(weights)


def tangent_map(jacobian: sympy.MatrixBase, rows: int, rate: sympy.Expr, alternating: bool) -> sympy.ImmutableMatrix:
    """The linearised round at an interior equilibrium from the replicator's Jacobian [[0, P], [Q, 0]].

    Simultaneous: I + eta J. Alternating: [[I, eta P], [eta Q, I + eta^2 Q P]].
    """
    n = rows - 1
    linear = sympy.Matrix(sympy.eye(jacobian.rows) + rate * jacobian)
    if alternating:
        linear[n:, n:] += rate**2 * jacobian[n:, :n] * jacobian[:n, n:]
    return linear.as_immutable()


def largest_multiplier(
    a: sympy.MatrixBase, b: sympy.MatrixBase, equilibrium: NashEquilibrium, rate: sympy.Rational, alternating: bool
) -> sympy.Expr | None:
    """The spectral radius of the round at the equilibrium: inner multipliers, and e^{eta gain} of unused strategies."""
    rows, columns = list(equilibrium.rows), list(equilibrium.columns)
    outside = [sympy.exp(rate * gain) for gain in _gains(a, equilibrium.y, rows) + _gains(b, equilibrium.x, columns)]
    inner = []
    if len(rows) + len(columns) > 2:
        first, second = a.extract(rows, columns), b.extract(columns, rows)
        x, y = equilibrium.x.extract(rows, [0]), equilibrium.y.extract(columns, [0])
        own = NashEquilibrium(x, y, tuple(range(len(rows))), tuple(range(len(columns))))
        radius = largest_modulus(tangent_map(replicator_jacobian(first, second, own), len(rows), rate, alternating))
        if radius is None:
            return None
        inner = [radius]
    return largest([*inner, *outside])


def _gains(payoff: sympy.MatrixBase, mixture: sympy.MatrixBase, used: list[int]) -> list[sympy.Expr]:
    """How much the unused strategies earn more than the used ones."""
    earned = payoff * mixture
    return [earned[k] - earned[used[0]] for k in range(payoff.rows) if k not in used]


def derive_matching_pennies() -> Derivation:
    """Matching pennies with any learning rate: multipliers 1 +- i eta, and on the unit circle for alternating play."""
    eta, step = sympy.Symbol("eta", positive=True), sympy.Symbol("s", real=True)
    a = sympy.Matrix([[1, -1], [-1, 1]])
    z = sympy.Symbol("z")
    jacobian = replicator_jacobian(a, -a.T, nash_equilibrium(a, -a.T))
    both, taking_turns = (tangent_map(jacobian, 2, eta, alternating) for alternating in (False, True))
    steps = (
        _expansion_step(a, -a.T, eta, step, both, False),
        Step(
            "Its multipliers are 1 +- i eta, of squared modulus 1 + eta^2 > 1: play spirals away from the equilibrium "
            "for every learning rate.",
            reason="Characteristic polynomial, with roots 1 +- i eta; product of the roots.",
            reference=_BAILEY,
            check=AllOf(
                (
                    CharacteristicPolynomialIs(both, z, (z - 1 - sympy.I * eta) * (z - 1 + sympy.I * eta)),
                    Equal(sympy.Determinant(both), 1 + eta**2),
                    SignIs(eta**2, ">"),
                )
            ),
        ),
        _expansion_step(a, -a.T, eta, step, taking_turns, True),
        Step(
            "When the players take turns the multipliers have the product 1 and the sum 2 - eta^2: for eta < 2 they "
            "are a pair on the unit circle, for eta > 2 one of them lies outside.",
            reason="Characteristic polynomial.",
            check=CharacteristicPolynomialIs(taking_turns, z, z**2 - (2 - eta**2) * z + 1),
        ),
    )
    return Derivation("Matching pennies under multiplicative weights", ((eta, "learning rate"),), steps)


def _expansion_step(
    a: sympy.MatrixBase, b: sympy.MatrixBase, rate: Any, step: sympy.Symbol, linear: sympy.MatrixBase, alternating: bool
) -> Step:
    """The linear part of the round along every direction, by differentiation."""
    directions = sympy.symbols(f"d1:{len(coordinates(a)) + 1}", real=True)
    point = reduced_point(nash_equilibrium(a, b))
    moved = tuple(value + step * d for value, d in zip(point, directions, strict=True))
    image = linear * sympy.Matrix(directions)
    round_ = weights_map(a, b, rate, moved, alternating)
    checks = tuple(
        TaylorIs(entry, step, sympy.Integer(0), 1, value + step * sympy.expand(part))
        for entry, value, part in zip(round_, point, image, strict=True)
    )
    words = "taking turns" if alternating else "at the same time"
    return Step(
        f"One round, the players updating {words}, has this linear part at the equilibrium.",
        reason="Differentiation of the normalised weights.",
        reference=_PAPER,
        check=AllOf(checks),
    )


def derive_round(
    a: sympy.MatrixBase, b: sympy.MatrixBase, equilibrium: NashEquilibrium, rate: sympy.Rational, alternating: bool
) -> Derivation:
    """The linear part of a round of this game at an interior equilibrium, and its characteristic polynomial."""
    z, step = sympy.Symbol("z"), sympy.Symbol("s", real=True)
    linear = tangent_map(replicator_jacobian(a, b, equilibrium), a.rows, rate, alternating)
    polynomial = sympy.Matrix(linear).charpoly(z).as_expr()
    steps = (
        _expansion_step(a, b, rate, step, linear, alternating),
        Step(
            "The characteristic polynomial of the linear part.",
            reason="Determinant.",
            check=CharacteristicPolynomialIs(linear, z, polynomial),
        ),
    )
    return Derivation("A round of this game at its interior equilibrium", (), steps)
