"""Phi = t1 t2 + t3 x on the inputs 1 and -1: the exact stability of SGD, from gradients of equal length."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.checks import AllOf, Check, EigenvaluesAre, Equal, EquivalentTo, SignIs, at, product
from symbolic.derivation import Derivation, Step
from symbolic.gram import gram_matrix
from symbolic.sgd_family import sgd_family

T1, T2, T3, X = sympy.symbols("t1 t2 t3 x", real=True)
S = sympy.Symbol("s", positive=True)
_ETA = sympy.Symbol("eta", positive=True)


@final
@dataclass(frozen=True)
class ProductFeatures:
    """The Gram matrix in s = t1^2 + t2^2 > 0 and the exact stability conditions of gradient descent and SGD (B = 1)."""

    kernel: sympy.ImmutableMatrix
    gradient_descent_condition: Boolean
    sgd_condition: Boolean
    derivation: Derivation


def product_features() -> ProductFeatures:
    """SGD has lambda < 0 iff eta (s + 1) < 2 (lambda = 0 at equality); gradient descent: eta s < 2 and eta < 2.

    Proved for all s > 0 and eta > 0. That the sign of lambda decides stability needs a regular minimum (s not 1).
    """
    found = gram_matrix(T1 * T2 + T3 * X, (T1, T2, T3), X, (1, -1))
    kernel = sympy.ImmutableMatrix([[S + 1, S - 1], [S - 1, S + 1]])
    descent = sympy.And(_ETA * S < 2, _ETA < 2)
    steps = (*found.derivation.steps, *_kernel_steps(found.kernel, kernel, descent), *equal_length_steps(kernel))
    meanings = (*found.derivation.symbols, (S, "t1^2 + t2^2"), (_ETA, "learning rate"))
    derivation = Derivation("SGD with product features", meanings, steps)
    return ProductFeatures(kernel, descent, _ETA * (S + 1) < 2, derivation)


def _kernel_steps(found: sympy.ImmutableMatrix, kernel: sympy.ImmutableMatrix, descent: Boolean) -> tuple[Step, ...]:
    eigenvalues = ((_TWO, 1), (_TWO * S, 1))
    both = sympy.And(sympy.Abs(1 - _ETA) < 1, sympy.Abs(1 - _ETA * S) < 1)
    return (
        Step(
            "The Gram matrix depends on s = t1^2 + t2^2 only.",
            reason="Substitution.",
            check=AllOf(tuple(Equal(at(a, (S, T1**2 + T2**2)), b) for a, b in zip(kernel, found, strict=True))),
        ),
        Step(
            "Its eigenvalues are 2 and 2 s, both positive: the two gradients are linearly independent.",
            reason="Characteristic polynomial.",
            check=AllOf((EigenvaluesAre(kernel, eigenvalues), SignIs(S, ">"))),
        ),
        Step(
            "Gradient descent, I - (eta/2) K, has the multipliers 1 - eta and 1 - eta s: it is stable "
            "exactly when eta s < 2 and eta < 2.",
            reason="Eigenvalues of K divided by N = 2.",
            reference="Chemnitz, Engel, Theorem A",
            check=EquivalentTo(both, descent),
        ),
    )


_TWO = sympy.Integer(2)


def equal_length_steps(kernel: sympy.ImmutableMatrix) -> tuple[Step, ...]:
    """For K > 0 with one value g on its diagonal: SGD (B = 1) has lambda < 0 iff eta g < 2, and = 0 at eta g = 2."""
    size, length = kernel.rows, kernel[0, 0]
    family = sgd_family(kernel, _ETA)
    w = sympy.Matrix(sympy.symbols(f"w1:{size + 1}", real=True))
    return (
        Step(
            "All gradients have the same squared length.",
            reason="The diagonal of K.",
            check=_combined(
                Equal(product(sympy.eye(size)[i, :], kernel, sympy.eye(size)[:, i]), sympy.ImmutableMatrix([[length]]))
                for i in range(size)
            ),
        ),
        Step(
            "In the Euclidean norm of the normal space, |w|^2 = w^T K w, a step with data point i reduces "
            "the squared length by eta (2 - eta K_ii) (K w)_i^2.",
            reason="Expansion.",
            check=_combined(_contraction(kernel, family[(i,)], w, i) for i in range(size)),
        ),
        Step(
            "If eta K_ii < 2 no step increases the norm, and a word that contains every data point "
            "strictly decreases it: were the norm kept, every (K w)_i met would be zero, w would not "
            "move, and K w = 0 would give w = 0. So some block of steps contracts with positive "
            "probability and none expands: lambda < 0.",
            reason="Compactness of the unit sphere; the logarithm of a product of norms is at most the sum.",
            check=EquivalentTo(_ETA * (2 - _ETA * length) > 0, _ETA * length < 2),
        ),
        Step(
            "Every step has the determinant 1 - eta K_ii, so the sum of the N exponents is log |1 - eta "
            "g|, g the common squared length; and lambda is at least its N-th part.",
            reason="Multiplicativity of the determinant.",
            reference="L. Arnold, Random Dynamical Systems, Theorem 3.4.1",
            check=_combined(Equal(sympy.Determinant(family[(i,)]), 1 - _ETA * length) for i in range(size)),
        ),
        Step(
            "This sum is negative exactly when eta g < 2. Hence lambda > 0 when eta g > 2, and at eta g = "
            "2, where all steps are isometries, lambda = 0. At a regular minimum (a connected graph of "
            "non-zero K_ij, and eta g different from 1) SGD is therefore stable if eta g < 2, unstable if eta g > 2.",
            reason="log |1 - x| < 0 if and only if |1 - x| < 1.",
            reference="Chemnitz, Engel, Theorem B",
            check=EquivalentTo(sympy.Abs(1 - _ETA * length) < 1, _ETA * length < 2),
        ),
    )


def _contraction(kernel: sympy.ImmutableMatrix, member: sympy.ImmutableMatrix, w: sympy.Matrix, i: int) -> Check:
    after = member * w
    before, later = (w.T * kernel * w)[0], (after.T * kernel * after)[0]
    loss = _ETA * (2 - _ETA * kernel[i, i]) * (kernel * w)[i] ** 2
    return Equal(sympy.Add(before, -sympy.expand(later), evaluate=False), loss)


def _combined(checks: object) -> Check:
    return AllOf(tuple(checks))  # type: ignore[arg-type]
