"""Heavy ball, Nesterov and Adam at a minimum: their companion polynomials and exact stability conditions."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.checks import AllOf, CharacteristicPolynomialIs, Definition, Equal, EquivalentTo, JacobianIs, SignIs
from symbolic.derivation import Derivation, Step
from symbolic.jury import REFERENCE, RootsInUnitDisc

_H = sympy.Symbol("h", positive=True)
_ETA = sympy.Symbol("eta", positive=True)
_Z = sympy.Symbol("z")


@final
@dataclass(frozen=True)
class OptimizerStability:
    """The update of one Hessian eigendirection: `matrix` (2 x 2), its `polynomial` in `variable`, and the exact
    `condition` for spectral radius < 1 in the symbols eta, h (Hessian eigenvalue) and those of the method.

    `threshold`: for momentum parameters below one, stable exactly for eta < threshold.
    """

    matrix: sympy.ImmutableMatrix
    polynomial: sympy.Expr
    variable: sympy.Symbol
    condition: Boolean
    threshold: sympy.Expr
    derivation: Derivation


def heavy_ball() -> OptimizerStability:
    """x_{n+1} = x_n - eta grad L(x_n) + beta (x_n - x_{n-1}): stable iff |beta| < 1 and eta h < 2 (1 + beta)."""
    beta = sympy.Symbol("beta", real=True)
    x, previous = sympy.symbols("x_n x_{n-1}", real=True)
    update = sympy.ImmutableMatrix([x - _ETA * _H * x + beta * (x - previous), x])
    matrix = sympy.ImmutableMatrix([[1 + beta - _ETA * _H, -beta], [1, 0]])
    polynomial = _Z**2 - (1 + beta - _ETA * _H) * _Z + beta
    condition = sympy.And(sympy.Abs(beta) < 1, 2 * (1 + beta) > _ETA * _H)
    steps = _companion_steps(update, (x, previous), matrix, polynomial, condition)
    return _stability("heavy ball", matrix, polynomial, condition, 2 * (1 + beta) / _H, steps, beta)


def nesterov() -> OptimizerStability:
    """y = x_n + beta (x_n - x_{n-1}), x_{n+1} = y - eta grad L(y), 0 <= beta < 1: eta h < 2 (1 + beta)/(1 + 2 beta)."""
    beta = sympy.Symbol("beta", nonnegative=True)
    x, previous = sympy.symbols("x_n x_{n-1}", real=True)
    ahead = x + beta * (x - previous)
    update = sympy.ImmutableMatrix([ahead - _ETA * _H * ahead, x])
    factor = 1 - _ETA * _H
    matrix = sympy.ImmutableMatrix([[(1 + beta) * factor, -beta * factor], [1, 0]])
    polynomial = _Z**2 - (1 + beta) * factor * _Z + beta * factor
    conditions = sympy.And(_ETA * _H * (1 + 2 * beta) < 2 * (1 + beta), beta * factor < 1)
    steps = _companion_steps(update, (x, previous), matrix, polynomial, conditions)
    threshold = 2 * (1 + beta) / ((1 + 2 * beta) * _H)
    condition = sympy.And(threshold > _ETA, beta < 1)
    premise = sympy.And(conditions, beta < 1)
    steps += (
        Step(
            "For 0 <= beta < 1 the condition beta (1 - eta h) < 1 always holds, and the threshold remains.",
            reason="beta (1 - eta h) <= beta < 1, and 1 + 2 beta > 0.",
            check=EquivalentTo(premise, condition),
        ),
    )
    return _stability("Nesterov's method", matrix, polynomial, conditions, threshold, steps, beta)


def adam() -> OptimizerStability:
    """Adam near a minimum with zero moments, sqrt(v) + epsilon -> epsilon: eta h (1 - beta_1) < 2 epsilon (1 + beta_1).

    The linear part in (theta, m) after the bias corrections have died out. How good it is: the last step bounds the
    relative change of the step size by sqrt(v)/epsilon.
    """
    first = sympy.Symbol("beta_1", nonnegative=True)
    epsilon = sympy.Symbol("epsilon", positive=True)
    theta, m = sympy.symbols("theta m", real=True)
    moment = first * m + (1 - first) * _H * theta
    update = sympy.ImmutableMatrix([theta - _ETA / epsilon * moment, moment])
    rate = _ETA * _H * (1 - first) / epsilon
    matrix = sympy.ImmutableMatrix([[1 - rate, -_ETA / epsilon * first], [(1 - first) * _H, first]])
    polynomial = sympy.expand(_Z**2 - (1 + first - rate) * _Z + first)
    condition = sympy.And(first < 1, _ETA * _H * (1 - first) < 2 * epsilon * (1 + first))
    steps = _companion_steps(update, (theta, m), matrix, polynomial, condition)
    steps += _adam_neighbourhood(epsilon)
    threshold = 2 * epsilon * (1 + first) / ((1 - first) * _H)
    return _stability("Adam with small second moment", matrix, polynomial, condition, threshold, steps, first, epsilon)


def _adam_neighbourhood(epsilon: sympy.Symbol) -> tuple[Step, ...]:
    root = sympy.Symbol("u", nonnegative=True)
    deviation = 1 - epsilon / (root + epsilon)
    return (
        Step(
            "The true step divides by u + epsilon with u = sqrt(v), not by epsilon. The relative change of the step "
            "size is u/(u + epsilon), at most u/epsilon: the linearisation describes the method where the gradients "
            "that formed v are small against epsilon, and only there.",
            reason="One fraction; the difference of the two bounds is non-negative.",
            check=AllOf(
                (Equal(deviation, root / (root + epsilon)), SignIs(root / epsilon - root / (root + epsilon), ">="))
            ),
        ),
    )


def _companion_steps(
    update: sympy.ImmutableMatrix,
    state: tuple[sympy.Symbol, sympy.Symbol],
    matrix: sympy.ImmutableMatrix,
    polynomial: sympy.Expr,
    condition: Boolean,
) -> tuple[Step, ...]:
    name = sympy.MatrixSymbol("C", 2, 2)
    return (
        Step(
            "Along an eigenvector of the Hessian with eigenvalue h > 0 the gradient is h times the deviation, and one "
            "step acts on the state of two numbers by a matrix, the Jacobian of the update.",
            reason="Differentiation of the update rule.",
            check=JacobianIs(update, state, matrix),
        ),
        Step("Call this matrix C.", reason="Definition.", check=Definition(name, matrix)),
        Step(
            "Its characteristic polynomial.",
            reason="Expansion of the determinant.",
            check=CharacteristicPolynomialIs(name, _Z, polynomial),
        ),
        Step(
            "Both roots lie in the open unit disc if and only if the condition on the right holds.",
            reason="Jury's criterion, p(1) > 0, p(-1) > 0 and product of the roots below one, rewritten.",
            reference=REFERENCE,
            check=RootsInUnitDisc(polynomial, _Z, condition),
        ),
    )


def _stability(
    title: str,
    matrix: sympy.ImmutableMatrix,
    polynomial: sympy.Expr,
    condition: Boolean,
    threshold: sympy.Expr,
    steps: tuple[Step, ...],
    *settings: sympy.Symbol,
) -> OptimizerStability:
    symbols = (
        (_ETA, "learning rate"),
        (_H, "eigenvalue of the Hessian"),
        *((s, "setting of the method") for s in settings),
    )
    derivation = Derivation(f"Stability of {title}", symbols, steps)
    return OptimizerStability(matrix, polynomial, _Z, condition, threshold, derivation)
