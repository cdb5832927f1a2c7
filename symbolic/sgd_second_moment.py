"""The second moment of the products of SGD's random matrices: its operator, and the rate at which it grows."""

import itertools
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError
from symbolic.checks import AllOf, Equal, RealRootsAre, SignIs, at, total
from symbolic.derivation import Derivation, Step
from symbolic.gram import gram_of
from symbolic.sgd_family import sgd_family


@final
@dataclass(frozen=True)
class SecondMoment:
    """X -> mean of A_S X A_S^T on symmetric X: `matrix` (m x m, m = N (N + 1)/2), its characteristic polynomial."""

    matrix: sympy.ImmutableMatrix
    variable: sympy.Symbol
    polynomial: sympy.Expr


def second_moment(kernel: Any, learning_rate: Any = None, batch_size: int = 1) -> SecondMoment:
    """The second-moment operator in the basis e_i e_j^T + e_j e_i^T (i < j), e_i e_i^T; exact.

    Lambda(2) = log of its spectral radius; below 0 is mean-square stability (Wu, Ma, E 2018).
    """
    matrix = gram_of(kernel)
    family = list(sgd_family(matrix, learning_rate, batch_size).values())
    pairs = list(itertools.combinations_with_replacement(range(matrix.rows), 2))
    columns = [_image(family, pair, pairs) for pair in pairs]
    operator = sympy.Matrix.hstack(*columns).applyfunc(sympy.expand).as_immutable()
    z = sympy.Symbol("z")
    polynomial = sympy.expand((z * sympy.eye(len(pairs)) - operator).det(method="berkowitz"))
    return SecondMoment(operator, z, polynomial)


def _image(family: list[sympy.MatrixBase], pair: tuple[int, int], pairs: list[tuple[int, int]]) -> sympy.Matrix:
    size = family[0].rows
    unit = sympy.zeros(size, size)
    unit[pair], unit[pair[::-1]] = 1, 1
    mean = sum((member * unit * member.T for member in family), sympy.zeros(size, size)) / len(family)
    return sympy.Matrix([mean[i, j] for i, j in pairs])


def _least_positive(polynomial: sympy.Expr, x: sympy.Symbol, root: sympy.Expr, roots: list[sympy.Expr]) -> AllOf:
    """A zero above 0, and the others below 0 or above it."""
    is_zero_there = Equal(at(polynomial, (x, root)), sympy.Integer(0))
    others = [other for other in roots if other != root]
    order = [SignIs(total(other, -root), ">" if other.is_positive else "<") for other in others]
    return AllOf((is_zero_there if root.is_Rational else SignIs(root, ">"), *order))


def mean_square_threshold(kernel: Any, batch_size: int = 1) -> tuple[sympy.Expr, Derivation]:
    """The exact learning rate below which SGD is mean-square stable and from which on it is not; K numeric, K > 0.

    It is the least positive root of det(I - M(eta)), M the second-moment operator. Raises `InputError` otherwise.
    """
    matrix = gram_of(kernel)
    if matrix.free_symbols or not all(entry.is_Rational for entry in matrix):
        raise InputError("the exact mean-square threshold needs a rational Gram matrix; substitute its symbols")
    if not matrix.is_positive_definite:
        raise InputError(f"the Gram matrix {matrix.tolist()} is not positive definite; the gradients are dependent")
    eta = sympy.Symbol("eta", positive=True)
    operator = second_moment(matrix, eta, batch_size).matrix
    size = operator.rows
    determinant = sympy.expand((sympy.eye(size) - operator).det(method="berkowitz"))
    reduced = sympy.cancel(determinant / eta**size)
    x = sympy.Symbol("x", real=True)
    roots = list(dict.fromkeys(sympy.Poly(reduced.subs(eta, x), x).real_roots()))
    threshold = next((root for root in roots if root.is_positive), None)
    if threshold is None:
        raise InputError("the second-moment determinant has no positive root; the Gram matrix is degenerate")
    steps = (
        Step(
            "The determinant of I - M(eta) has this form, M(eta) the second-moment operator on symmetric matrices.",
            reason="Expansion.",
            check=Equal((sympy.eye(size) - operator).as_immutable().det(method="berkowitz"), eta**size * reduced),
        ),
        Step(
            "The real zeros of the last factor.",
            reason="Real root isolation.",
            check=RealRootsAre(reduced.subs(eta, x), x, tuple(roots)),
        ),
        Step(
            "The least positive one is the threshold. M preserves the cone of positive semidefinite "
            "matrices, so its spectral radius is an eigenvalue; it is below one for small eta since K > "
            "0, and depends continuously on eta, so it reaches one first at this zero. It does not return "
            "below one: where some P > 0 has E A^T P A < P, the same P works for every smaller eta, "
            "because v^T (E A^T P A - P) v is a convex function of eta that vanishes at eta = 0.",
            reason="Krein-Rutman theorem and convexity.",
            reference="Wu, Ma, E (2018), Definition 2",
            check=_least_positive(reduced.subs(eta, x), x, threshold, roots),
        ),
    )
    return threshold, Derivation("The mean-square threshold", ((eta, "learning rate"),), steps)
